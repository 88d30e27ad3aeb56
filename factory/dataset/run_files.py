"""Write the files of a run: its inputs before anything is asked, its dataset afterwards."""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from factory.core.recipe import Recipe
from factory.core.records import SPLIT_FILES, Row, digest
from factory.core.run_folder import Run, example_line, unfinished_line
from factory.dataset.preference_pairs import PREFERENCE_FILE
from factory.generation.engine import Outcome
from factory.planning.call_keys import WRITE_KEYS_FILE, write_keys_json
from factory.planning.frozen_test_sets import (
    HELD_OUT_DIGESTS_FILE,
    held_out_digests,
    require_same_rows,
)
from factory.planning.plan import Plan
from factory.tasks import Tasks

DUPLICATE_LOCATIONS_FILE = "places.jsonl"  # other locations of the same content


def write_inputs(run: Run, recipe: Recipe, text: str, tasks: Tasks, plan: Plan) -> None:
    """Write the recipe (`text` is its TOML), the documents and what was skipped. An older recipe is
    kept next to the new one.
    """
    path = run.folder / "recipe.toml"
    if run.has(path.name) and (old := path.read_bytes()) != text.encode():
        older = digest(old.decode("utf-8", "backslashreplace"))
        shutil.copy(path, run.folder / f"recipe.{older}.toml")
    run.write(path.name, text)
    for task in recipe.tasks:
        if task.file:  # the run is read without the recipe's folder
            run.write(task.file, task.text)
    run.write(WRITE_KEYS_FILE, write_keys_json(plan, tasks, recipe))
    run.write_documents(plan.documents)
    run.write_lines("skipped.jsonl", (s.model_dump() for s in plan.skipped))
    run.write_lines("set_aside.jsonl", (a.model_dump() for a in plan.aside))
    if plan.further or run.has(DUPLICATE_LOCATIONS_FILE):
        run.write_lines(DUPLICATE_LOCATIONS_FILE, (place.model_dump() for place in plan.further))


def write_dataset(
    run: Run,
    plan: Plan,
    outcome: Outcome,
    held_out: Mapping[str, Iterable[Row]],
    train: Sequence[Row],
) -> None:
    """Write held-out files first, so that nothing changes if one of them may not. The training file
    is the last one. Raises UserMistake if a held-out file of a trained student would change.
    """
    for name, rows in {**held_out, SPLIT_FILES["train"]: train}.items():
        require_same_rows(run, name, rows)
    for name, rows in held_out.items():
        run.write_lines(name, rows)
    run.write(HELD_OUT_DIGESTS_FILE, json.dumps(held_out_digests(plan.slots)) + "\n")
    run.write_lines("kept.jsonl", (example_line(e) for e in outcome.kept))
    run.write_lines("rejected.jsonl", (example_line(e) for e in outcome.rejected))
    run.write_lines("unfinished.jsonl", (unfinished_line(u) for u in outcome.unfinished))
    run.write_lines(SPLIT_FILES["train"], train)


def write_preference_pairs(run: Run, pairs: Iterator[Row]) -> None:
    """Write the pairs for DPO. The file is left out if there are none and never were any."""
    if (first := next(pairs, None)) or run.has(PREFERENCE_FILE):
        run.write_lines(PREFERENCE_FILE, chain([first] if first else [], pairs))
