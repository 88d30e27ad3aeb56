"""The commands that have something judged: audit, judge and dedup."""

from contextlib import nullcontext
from pathlib import Path

from factory.audit.audit import audit
from factory.audit.llm_audit import hearing, unheard
from factory.audit.results import NAME as AUDIT
from factory.commands import alone, opened, out, say, timed
from factory.models.embeddings import embedder
from factory.reports.html import write_html
from factory.reports.tables import audit_tables
from factory.standalone.dedup_rows import dedup
from factory.standalone.judge_rows import judge
from factory.tasks.build import tasks_of


@alone
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
