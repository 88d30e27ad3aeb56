"""The commands of the spot-check: a sample out to an expert, the verdicts back."""

from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote

import typer

from factory.commands import alone, opened, out, say
from factory.core.errors import UserMistake
from factory.core.outcomes import cost_words
from factory.core.recipe import Recipe
from factory.core.records import FILES, SPLITS, Chunk, DocumentRef, Example
from factory.core.run_folder import Run
from factory.reports.html import write_html
from factory.review import expert_verdicts
from factory.review.apply_to_similar import OF, apply, like
from factory.review.blind_comparison import Exported, add_pairs, export_pairs, is_comparison, pairs_of
from factory.review.cards import deck, freeze, frozen
from factory.review.comparison_results import sentences
from factory.review.effects import write_reviewed_gold
from factory.review.findings import NAME as FINDINGS
from factory.review.findings import NotApplied, findings
from factory.review.formats import EXPORTS, json_of, read, told_apart
from factory.review.importer import Filled, Fits, Intake, add, checked, listed
from factory.review.lookup import exported_texts
from factory.review.sampling import Candidate, Sample, Wanted, candidates, sample
from factory.review.tables import review_tables
from factory.tasks.build import tasks_of

SHOWN = 10  # of the examples that a rejection would touch


@alone
def export_review(folder: Path, to: str, wanted: Wanted, again: bool) -> None:
    """The sample that is there where the same is wanted, whatever has changed since; `again` draws a new one."""
    run, recipe = opened(folder)
    if to not in EXPORTS:
        raise UserMistake(f"--to {to}: must be one of: {', '.join(EXPORTS)}")
    if wanted.split is not None and wanted.split not in SPLITS:
        raise UserMistake(f"--split {wanted.split}: must be one of: {', '.join(SPLITS)}")
    wanted = wanted.model_copy(update={"seed": recipe.seed})
    there = None if again else frozen(run)
    if there and there[0].wanted != wanted and expert_verdicts(run):
        raise UserMistake(
            f"{folder}: another sample of this run is being read, and its verdicts speak for that one; "
            "export it with the same options, or add --again to draw a new one"
        )
    if again or not there or there[0].wanted != wanted:
        freeze(run, _drawn(run, recipe, wanted))
        there = frozen(run)
    assert there
    path = EXPORTS[to](run, deck(run, recipe, *there))
    say(f"{path}: {_told(there[0])}; filled in, it comes back by  docstill review import {quote(str(folder))} FILE")


@alone
def export_comparison(folder: Path, models: str, count: int | None) -> None:
    """Two models' answers on one page, blind."""
    run, recipe = opened(folder)
    names = [name.strip() for name in models.split(",")]
    if len(names) != 2 or not all(names) or names[0] == names[1]:
        raise UserMistake(f"--compare {models}: must be two models that have answered, such as base,student")
    path, n = export_pairs(run, (names[0], names[1]), count, recipe.seed)
    say(f"{path}: {n} questions, sides shuffled; filled in, it comes back by  docstill review import {quote(str(folder))} FILE")


def _drawn(run: Run, recipe: Recipe, wanted: Wanted) -> Sample:
    kept, rejected = (_candidates(run, recipe, name, wanted.split) for name in ("kept.jsonl", "rejected.jsonl"))
    if not kept:
        of = f" for {wanted.split}" if wanted.split else ""
        raise UserMistake(f"{run.folder}: nothing was kept{of}, there is nothing to review")
    return sample(kept, rejected, wanted)


def _told(found: Sample) -> str:
    twice = sum(one.second for one in found.chosen)
    kept = sum(one.state == "kept" for one in found.chosen)
    others = len(found.chosen) - kept
    rejected = f" and {others} rejected of {found.rejected_of:,}" if others else ""
    return f"{kept} of {found.of:,} kept examples{rejected}, {twice} of them for two reviewers"


def _candidates(run: Run, recipe: Recipe, name: str, split: str | None) -> list[Candidate]:
    labelled = {task.name for task in recipe.tasks if task.labels}
    return candidates(run.lines(name), labelled.__contains__, recipe.filters.grounding.support, split)


@alone
def import_review(folder: Path, files: list[Path], target: float) -> None:
    """Every file is read before anything is applied; a row that can't be applied is listed, and the others are."""
    run, recipe = opened(folder)
    _must_be_whole(run)
    pairs, filled = _read(run, files)
    checks = {file: checked(run, some, fits_of(recipe)) for file, some in filled.items()}
    if checks and not pairs and not any(one.verdicts for one in checks.values()):
        _refuse_nothing(checks)
    for file, exported in pairs.items():
        told = add_pairs(run, exported)
        say("\n".join((f"{file}: {told.n} questions rated by {', '.join(told.reviewers)}", *sentences(told))))
    if checks:
        _apply(run, recipe, checks, target)
    if run.has("report.json"):
        say(f"as a page: {write_html(run)}")


def _must_be_whole(run: Run) -> None:
    """A run that was never made, or is damaged, says so before the files do. Raises UserMistake."""
    run.lines("kept.jsonl")
    frozen(run)
    expert_verdicts(run)
    if run.has(FILES["test"]):
        deque(run.lines(FILES["test"]), maxlen=0)  # a line is read when it is looked at


def _read(run: Run, files: Sequence[Path]) -> tuple[dict[Path, Exported], dict[Path, list[Filled]]]:
    """Comparisons and reviews. Raises UserMistake where one file can't be read."""
    pairs: dict[Path, Exported] = {}
    filled: dict[Path, list[Filled]] = {}
    for file in files:
        content = json_of(file) if file.suffix.lower() == ".json" else None
        if is_comparison(content):
            pairs[file] = pairs_of(run, file, content)
        elif content is not None:
            filled[file] = told_apart(file, content)
        else:
            filled[file] = read(file, exported_texts(run))
    return pairs, filled


def _refuse_nothing(checks: Mapping[Path, Intake]) -> None:
    """Raises UserMistake where the files hold faults, and no verdict that can be applied."""
    if faulty := [listed(str(file), one.faults) for file, one in checks.items() if one.faults]:
        raise UserMistake("\n".join((*faulty, "nothing was applied")))


def _apply(run: Run, recipe: Recipe, checks: Mapping[Path, Intake], target: float) -> None:
    for file, found in checks.items():
        add(run, found.verdicts)
        say(f"{file}: {len(found.verdicts)} verdicts")
        for note in found.notes:
            say(f"  {note.where}: {note.why}")
        if found.faults:
            say(listed(str(file), found.faults))
    if gold := write_reviewed_gold(run, recipe):
        say(f"{gold} test rows that were read are gold now, and decide: {run.folder}/gold.jsonl")
    labelled = {task.name for task in recipe.tasks if task.labels}
    if told := findings(run, labelled.__contains__, target):
        left = [NotApplied(file=str(file), where=f.where, why=f.why) for file, one in checks.items() for f in one.faults]
        told = told.model_copy(update={"not_applied": tuple(left)})
        run.write(FINDINGS, told.model_dump_json(indent=1, exclude_defaults=True) + "\n")
        for table in review_tables(told):
            out.print(table)
    say("corrections and rejections take effect at the next docstill make; what was rejected goes back to the teacher with the reason")


@alone
def apply_to_all(folder: Path, id: str, of: str, yes: bool) -> None:
    """Shows what a rejection would touch and cost, then does it."""
    run = Run(folder).must_exist()
    if of not in OF:
        raise UserMistake(f"--of {of}: must be one of: {', '.join(OF)}")
    touched = like(run, id, of)
    say(f'"{touched.said.why}" would be said of {len(touched.lines)} kept examples that nobody has read, of the same {of}')
    for line in touched.lines[:SHOWN]:
        say(f"  {line.id}  {line.instruction}  {line.response}")
    if len(touched.lines) > SHOWN:
        say(f"  and {len(touched.lines) - SHOWN} more")
    if touched.lines:
        say(f"writing each once more takes about {cost_words(touched.foreseen)}, by what the run has taken so far")
    if not touched.lines or not (yes or (out.is_terminal and typer.confirm("Do it?"))):
        say("nothing was changed" if out.is_terminal or not touched.lines else "nothing was changed; add --yes to do it")
        return
    say(f"{apply(run, touched)} examples go back to the teacher with the reason at the next docstill make")


def fits_of(recipe: Recipe) -> Fits:
    """Whether a corrected answer is one that its task could have: by its schema."""
    tasks = tasks_of(recipe)
    nowhere = Chunk(digest="", document=DocumentRef(digest="", name=""), start=0, end=0, text="")

    def fits(task: str, question: str, answer: str) -> str:
        one = Example(id="", task=task, instruction=question, response=answer, chunk=nowhere)
        verdict = tasks[task].schema(one) if task in tasks else None
        return verdict.reason if verdict and not verdict.passed else ""

    return fits
