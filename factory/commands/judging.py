"""The commands that have something judged: audit, judge, dedup, and review, where an expert does it."""

from contextlib import nullcontext
from pathlib import Path

from factory.audit.audit import audit
from factory.audit.found import NAME as AUDIT
from factory.audit.hearing import hearing, unheard
from factory.commands import opened, out, say, timed
from factory.dedup import dedup
from factory.embeddings import embedder
from factory.errors import UserMistake
from factory.html import write_html
from factory.judge import judge
from factory.records import SPLITS
from factory.review import sample as drawn_sample
from factory.review.csv import export_csv, import_csv
from factory.roles import tasks_of
from factory.run import Run
from factory.tables import audit_tables


def run_audit(folder: Path, usd: float | None) -> None:
    """A model judges what code lets pass only where there is money for it."""
    run, recipe = opened(folder)
    hears = nullcontext(unheard) if usd is None else hearing(run, recipe, tasks_of(recipe), usd, say)
    with timed(run, "audit"), hears as hear:
        found = audit(run, recipe, hear)
    for table in audit_tables(found):
        out.print(table)
    page = f"; as a page: {write_html(run)}" if run.has("report.json") else ""
    say(f"every planted fault that was missed: {run.folder / AUDIT}{page}")


def run_judge(path: Path, filters: str, out_path: Path) -> None:
    found = judge(path, [name.strip() for name in filters.split(",") if name.strip()], out_path)
    by_filter = "".join(f"; {name} rejects {count:,}" for name, count in found.rejected.items())
    say(f"{out_path}: {found.rows:,} rows, {found.passed:,} pass{by_filter}")


def run_dedup(path: Path, out: Path, embeddings: str | None) -> None:
    found = dedup(path, out, embedder(embeddings, Path(), say) if embeddings else None)
    say(f"{out}: {found.rows:,} rows, {found.repeated:,} of them repeat an earlier one")
    if not embeddings:
        say("paraphrases were not looked for; --embeddings bundled does")


def export_review(folder: Path, to: str, sample: int | None, split: str | None) -> None:
    run, recipe = opened(folder)
    if to != "csv":
        raise UserMistake(f"--to {to}: must be csv")
    if split is not None and split not in SPLITS:
        raise UserMistake(f"--split {split}: must be train, val or test")
    lines = [line for line in run.lines("kept.jsonl") if split in (None, line["split"])]
    path = export_csv(run, drawn_sample(lines, sample, recipe.seed))
    say(f"{path}: write accept, reject or fix into the column verdict, then  docstill review import {folder} {path}")


def import_review(folder: Path, files: list[Path]) -> None:
    run = Run(folder).must_exist()
    for file in files:
        say(f"{file}: {import_csv(run, file)} verdicts; they take effect at the next docstill make")
