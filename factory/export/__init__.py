"""Export a run's rows for other tools, into RUN/exports. Only --to hub uploads anything."""

from collections.abc import Callable, Mapping
from pathlib import Path

from factory.core.errors import UserMistake
from factory.core.recipe import Recipe
from factory.core.run_folder import Run
from factory.dataset.preference_pairs import PREFERENCE_FILE as PREFERENCE
from factory.export.axolotl import axolotl
from factory.export.forms import FORMS
from factory.export.llama_factory import llama_factory
from factory.export.parquet import parquet
from factory.export.settings import folded_pair, folds_for, left_out_comment, plain_pair


def preference(run: Run, recipe: Recipe, folder: Path) -> str:
    """Write the preference pairs without those that hold control tokens.

    System messages are folded into the user turn if the student's template has no place for them.
    """
    if not run.has(PREFERENCE):
        raise UserMistake(
            f"{run.folder / PREFERENCE}: is missing: this run has no two answers to the same "
            "question that differ in value"
        )
    pairs, folding = run.lines(PREFERENCE), folds_for(run)
    kept = (folded_pair(one) if folding else one for one in pairs if plain_pair(one))
    run.write_lines(f"exports/preference/{PREFERENCE}", kept)
    call = (
        f'TRL: DPOTrainer(train_dataset=load_dataset("json", data_files="{PREFERENCE}", '
        'split="train"), …)'
    )
    return call + left_out_comment(sum(not plain_pair(one) for one in pairs))


Export = Callable[[Run, Recipe, Path], str]
EXPORTS: Mapping[str, Export] = {
    "parquet": parquet,
    "axolotl": axolotl,
    "llama-factory": llama_factory,
    "preference": preference,
}


def export(run: Run, recipe: Recipe, to: str) -> tuple[Path, str]:
    """Write the export; return its folder and the command that uses it. Raises UserMistake."""
    if to not in EXPORTS:
        raise UserMistake(f"--to {to}: must be one of: {', '.join((*FORMS, *EXPORTS, 'hub'))}")
    folder = run.folder / "exports" / to
    folder.mkdir(parents=True, exist_ok=True)
    return folder, EXPORTS[to](run, recipe, folder)
