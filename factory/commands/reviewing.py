"""The commands of the spot-check: a sample out to an expert, the verdicts back."""

from pathlib import Path

from factory.commands import opened, out, say
from factory.errors import UserMistake
from factory.html import write_html
from factory.recipe import Recipe
from factory.records import SPLITS, Chunk, DocumentRef, Example
from factory.review.cards import deck, freeze, frozen
from factory.review.findings import NAME as FINDINGS
from factory.review.findings import findings
from factory.review.homes import EXPORTS, read
from factory.review.intake import Fits, take_in
from factory.review.sampling import Candidate, Sample, Wanted, candidates, sample
from factory.review.tables import review_tables
from factory.roles import tasks_of
from factory.run import Run


def export_review(folder: Path, to: str, wanted: Wanted, again: bool) -> None:
    """The sample that is there where the same is wanted, whatever has changed since; `again` draws a new one."""
    run, recipe = opened(folder)
    if to not in EXPORTS:
        raise UserMistake(f"--to {to}: must be one of: {', '.join(EXPORTS)}")
    if wanted.split is not None and wanted.split not in SPLITS:
        raise UserMistake(f"--split {wanted.split}: must be one of: {', '.join(SPLITS)}")
    wanted = wanted.model_copy(update={"seed": recipe.seed})
    there = frozen(run)
    if again or not there or there[0].wanted != wanted:
        freeze(run, _drawn(run, recipe, wanted))
        there = frozen(run)
    assert there
    path = EXPORTS[to](run, deck(run, recipe, *there))
    say(f"{path}: {_told(there[0])}; filled in, it comes back by  docstill review import {folder} FILE")


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


def import_review(folder: Path, files: list[Path], target: float) -> None:
    run, recipe = opened(folder)
    for file in files:
        found = take_in(run, str(file), read(file), fits_of(recipe))
        say(f"{file}: {len(found)} verdicts")
    labelled = {task.name for task in recipe.tasks if task.labels}
    if told := findings(run, labelled.__contains__, target):
        run.write(FINDINGS, told.model_dump_json(indent=1) + "\n")
        for table in review_tables(told):
            out.print(table)
        if run.has("report.json"):
            say(f"as a page: {write_html(run)}")
    say("corrections and rejections take effect at the next docstill make; what was rejected goes back to the teacher with the reason")


def fits_of(recipe: Recipe) -> Fits:
    """Whether a corrected answer is one that its task could have: by its schema."""
    tasks = tasks_of(recipe)
    nowhere = Chunk(digest="", document=DocumentRef(digest="", name=""), start=0, end=0, text="")

    def fits(task: str, question: str, answer: str) -> str:
        one = Example(id="", task=task, instruction=question, response=answer, chunk=nowhere)
        verdict = tasks[task].schema(one) if task in tasks else None
        return verdict.reason if verdict and not verdict.passed else ""

    return fits
