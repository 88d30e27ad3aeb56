"""The commands `review export`, `review import` and `review apply`."""

from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote

import typer

from factory.commands import open_run, out, say, with_run_lock
from factory.core.errors import UserMistake
from factory.core.outcomes import cost_words
from factory.core.recipe import Recipe
from factory.core.records import SPLIT_FILES, SPLITS, Chunk, DocumentRef, Example
from factory.core.run_folder import Run
from factory.reports.html import write_html
from factory.review import read_expert_verdicts
from factory.review.apply_to_similar import SIMILAR_BY, apply_rejection, find_similar
from factory.review.blind_comparison import (
    ComparisonExport,
    add_ratings,
    check_comparison,
    export_comparison,
    is_comparison,
)
from factory.review.cards import build_deck, read_sample, save_sample
from factory.review.comparison_results import comparison_sentences
from factory.review.effects import write_reviewed_gold
from factory.review.findings import FINDINGS_FILE as FINDINGS
from factory.review.findings import NotApplied, review_findings
from factory.review.formats import EXPORTS, load_json, read_json_review, read_review_file
from factory.review.importer import (
    CheckAnswer,
    CheckedRows,
    FilledRow,
    add_verdicts,
    check_rows,
    fault_list,
)
from factory.review.lookup import exported_texts
from factory.review.sampling import (
    Candidate,
    ReviewSample,
    SampleSettings,
    draw_sample,
    find_candidates,
)
from factory.review.tables import review_tables
from factory.tasks.build import build_tasks

LINES_SHOWN = 10  # examples shown before a rejection is applied to them


@with_run_lock
def export_review(folder: Path, to: str, wanted: SampleSettings, again: bool) -> None:
    """Export the saved sample if the options are the same; `again` draws a new one."""
    run, recipe = open_run(folder)
    if to not in EXPORTS:
        raise UserMistake(f"--to {to}: must be one of: {', '.join(EXPORTS)}")
    if wanted.split is not None and wanted.split not in SPLITS:
        raise UserMistake(f"--split {wanted.split}: must be one of: {', '.join(SPLITS)}")
    wanted = wanted.model_copy(update={"seed": recipe.seed})
    there = None if again else read_sample(run)
    if there and there[0].wanted != wanted and read_expert_verdicts(run):
        raise UserMistake(
            f"{folder}: another sample of this run is under review and already has verdicts; "
            "export it with the same options, or add --again to draw a new one"
        )
    if again or not there or there[0].wanted != wanted:
        save_sample(run, _drawn(run, recipe, wanted))
        there = read_sample(run)
    assert there
    path = EXPORTS[to](run, build_deck(run, recipe, *there))
    say(
        f"{path}: {_sample_words(there[0])}; once filled in, import it with  docstill review "
        f"import {quote(str(folder))} FILE"
    )


@with_run_lock
def export_blind_comparison(folder: Path, models: str, count: int | None) -> None:
    """Export two models' answers side by side on one page, blind."""
    run, recipe = open_run(folder)
    names = [name.strip() for name in models.split(",")]
    if len(names) != 2 or not all(names) or names[0] == names[1]:
        raise UserMistake(
            f"--compare {models}: name two different models that have answered, such as "
            "base,student"
        )
    path, n = export_comparison(run, (names[0], names[1]), count, recipe.seed)
    say(
        f"{path}: {n} questions, sides shuffled; once filled in, import it with  docstill review "
        f"import {quote(str(folder))} FILE"
    )


def _drawn(run: Run, recipe: Recipe, wanted: SampleSettings) -> ReviewSample:
    kept, rejected = (
        _candidates(run, recipe, name, wanted.split) for name in ("kept.jsonl", "rejected.jsonl")
    )
    if not kept:
        of = f" for {wanted.split}" if wanted.split else ""
        raise UserMistake(f"{run.folder}: no example was kept{of}, so there is nothing to review")
    return draw_sample(kept, rejected, wanted)


def _sample_words(found: ReviewSample) -> str:
    twice = sum(one.second for one in found.chosen)
    kept = sum(one.state == "kept" for one in found.chosen)
    others = len(found.chosen) - kept
    rejected = f" and {others} rejected of {found.rejected_of:,}" if others else ""
    return f"{kept} of {found.of:,} kept examples{rejected}, {twice} of them for two reviewers"


def _candidates(run: Run, recipe: Recipe, name: str, split: str | None) -> list[Candidate]:
    labelled = {task.name for task in recipe.tasks if task.labels}
    return find_candidates(
        run.lines(name), labelled.__contains__, recipe.filters.grounding.support, split
    )


@with_run_lock
def import_review(folder: Path, files: list[Path], target: float) -> None:
    """Read all files, then apply their verdicts. Rows that can't be applied are listed."""
    run, recipe = open_run(folder)
    _must_be_whole(run)
    pairs, filled = _read(run, files)
    checks = {file: check_rows(run, some, fits_of(recipe)) for file, some in filled.items()}
    if checks and not pairs and not any(one.verdicts for one in checks.values()):
        _refuse_nothing(checks)
    for file, exported in pairs.items():
        ratings = add_ratings(run, exported)
        say(
            "\n".join(
                (
                    f"{file}: {ratings.n} questions rated by {', '.join(ratings.reviewers)}",
                    *comparison_sentences(ratings),
                )
            )
        )
    if checks:
        _apply(run, recipe, checks, target)
    if run.has("report.json"):
        say(f"as a page: {write_html(run)}")


def _must_be_whole(run: Run) -> None:
    """Read the run first, so that its own damage is reported first. Raises UserMistake."""
    run.lines("kept.jsonl")
    read_sample(run)
    read_expert_verdicts(run)
    if run.has(SPLIT_FILES["test"]):
        deque(run.lines(SPLIT_FILES["test"]), maxlen=0)  # lines are only read when used


def _read(
    run: Run, files: Sequence[Path]
) -> tuple[dict[Path, ComparisonExport], dict[Path, list[FilledRow]]]:
    """Return comparisons and reviews by file. Raises UserMistake if a file can't be read."""
    pairs: dict[Path, ComparisonExport] = {}
    filled: dict[Path, list[FilledRow]] = {}
    for file in files:
        content = load_json(file) if file.suffix.lower() == ".json" else None
        if is_comparison(content):
            pairs[file] = check_comparison(run, file, content)
        elif content is not None:
            filled[file] = read_json_review(file, content)
        else:
            filled[file] = read_review_file(file, exported_texts(run))
    return pairs, filled


def _refuse_nothing(checks: Mapping[Path, CheckedRows]) -> None:
    """Raise UserMistake with the faults of files that hold no applicable verdict."""
    if faulty := [fault_list(str(file), one.faults) for file, one in checks.items() if one.faults]:
        raise UserMistake("\n".join((*faulty, "nothing was applied")))


def _apply(run: Run, recipe: Recipe, checks: Mapping[Path, CheckedRows], target: float) -> None:
    for file, found in checks.items():
        add_verdicts(run, found.verdicts)
        say(f"{file}: {len(found.verdicts)} verdicts")
        for note in found.notes:
            say(f"  {note.where}: {note.why}")
        if found.faults:
            say(fault_list(str(file), found.faults))
    if gold := write_reviewed_gold(run, recipe):
        say(
            f"{gold} reviewed test rows are gold now and decide the evaluation: "
            f"{run.folder}/gold.jsonl"
        )
    labelled = {task.name for task in recipe.tasks if task.labels}
    if results := review_findings(run, labelled.__contains__, target):
        left = [
            NotApplied(file=str(file), where=f.where, why=f.why)
            for file, one in checks.items()
            for f in one.faults
        ]
        results = results.model_copy(update={"not_applied": tuple(left)})
        run.write(FINDINGS, results.model_dump_json(indent=1, exclude_defaults=True) + "\n")
        for table in review_tables(results):
            out.print(table)
    say(
        "corrections and rejections take effect at the next `docstill make`; rejected examples go "
        "back to the teacher with the reason"
    )


@with_run_lock
def apply_to_all(folder: Path, id: str, of: str, yes: bool) -> None:
    """Show what a rejection would affect and cost, then apply it."""
    run = Run(folder).must_exist()
    if of not in SIMILAR_BY:
        raise UserMistake(f"--of {of}: must be one of: {', '.join(SIMILAR_BY)}")
    touched = find_similar(run, id, of)
    say(
        f'"{touched.said.why}" would be applied to {len(touched.lines)} kept, unreviewed examples '
        f"of the same {of}"
    )
    for line in touched.lines[:LINES_SHOWN]:
        say(f"  {line.id}  {line.instruction}  {line.response}")
    if len(touched.lines) > LINES_SHOWN:
        say(f"  and {len(touched.lines) - LINES_SHOWN} more")
    if touched.lines:
        say(
            f"writing each once more costs about {cost_words(touched.foreseen)}, judging by the "
            "run so far"
        )
    if not touched.lines or not (yes or (out.is_terminal and typer.confirm("Do it?"))):
        say(
            "nothing was changed"
            if out.is_terminal or not touched.lines
            else "nothing was changed; add --yes to do it"
        )
        return
    say(
        f"{apply_rejection(run, touched)} examples go back to the teacher with the reason at the "
        "next `docstill make`"
    )


def fits_of(recipe: Recipe) -> CheckAnswer:
    """Return a check of corrected answers against their task's schema."""
    tasks = build_tasks(recipe)
    nowhere = Chunk(digest="", document=DocumentRef(digest="", name=""), start=0, end=0, text="")

    def fits(task: str, question: str, answer: str) -> str:
        one = Example(id="", task=task, instruction=question, response=answer, chunk=nowhere)
        verdict = tasks[task].schema(one) if task in tasks else None
        return verdict.reason if verdict and not verdict.passed else ""

    return fits
