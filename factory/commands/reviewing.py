"""The commands of the spot-check: a sample out to an expert, the verdicts back."""

from pathlib import Path

from factory.commands import opened, say
from factory.errors import UserMistake
from factory.recipe import Recipe
from factory.records import SPLITS, Chunk, DocumentRef, Example
from factory.review.cards import deck
from factory.review.homes import EXPORTS, read
from factory.review.intake import Fits, take_in
from factory.review.sampling import Candidate, Sample, candidates, sample, size_for
from factory.roles import tasks_of
from factory.run import Run

SAMPLE = "review/sample.json"


def export_review(folder: Path, to: str, size: tuple[int | None, float], rejected: int, split: str | None) -> None:
    """`size`: so many examples, or else as many as bring the precision within so many points."""
    run, recipe = opened(folder)
    if to not in EXPORTS:
        raise UserMistake(f"--to {to}: must be one of: {', '.join(EXPORTS)}")
    if split is not None and split not in SPLITS:
        raise UserMistake(f"--split {split}: must be one of: {', '.join(SPLITS)}")
    kept, others = (_candidates(run, recipe, name, split) for name in ("kept.jsonl", "rejected.jsonl"))
    if not kept:
        raise UserMistake(f"{folder}: nothing was kept{f' for {split}' if split else ''}, there is nothing to review")
    count, points = size
    counts = (min(count or size_for(points, len(kept)), len(kept)), min(rejected, len(others)))
    found = sample(kept, others, counts, recipe.seed, split)
    run.write(SAMPLE, found.model_dump_json(indent=1) + "\n")
    path = EXPORTS[to](run, deck(run, recipe, found))
    say(f"{path}: {_told(found, counts)}; filled in, it comes back by  docstill review import {folder} FILE")


def _told(found: Sample, counts: tuple[int, int]) -> str:
    twice = sum(one.second for one in found.chosen)
    rejected = f" and {counts[1]} rejected of {found.rejected_of:,}" if counts[1] else ""
    return f"{counts[0]} of {found.of:,} kept examples{rejected}, {twice} of them for two reviewers"


def _candidates(run: Run, recipe: Recipe, name: str, split: str | None) -> list[Candidate]:
    labelled = {task.name for task in recipe.tasks if task.labels}
    return candidates(run.lines(name), labelled.__contains__, recipe.filters.grounding.support, split)


def import_review(folder: Path, files: list[Path]) -> None:
    run, recipe = opened(folder)
    for file in files:
        found = take_in(run, str(file), read(file), fits_of(recipe))
        say(f"{file}: {len(found)} verdicts; they take effect at the next docstill make")


def fits_of(recipe: Recipe) -> Fits:
    """Whether a corrected answer is one that its task could have: by its schema."""
    tasks = tasks_of(recipe)
    nowhere = Chunk(digest="", document=DocumentRef(digest="", name=""), start=0, end=0, text="")

    def fits(task: str, question: str, answer: str) -> str:
        one = Example(id="", task=task, instruction=question, response=answer, chunk=nowhere)
        verdict = tasks[task].schema(one) if task in tasks else None
        return verdict.reason if verdict and not verdict.passed else ""

    return fits
