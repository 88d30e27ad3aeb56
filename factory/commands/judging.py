"""The commands `audit`, `judge` and `dedup`."""

from contextlib import nullcontext
from pathlib import Path

from factory.audit.audit import audit
from factory.audit.llm_audit import judge_within_budget, without_judge
from factory.audit.results import AUDIT_FILE as AUDIT
from factory.commands import open_run, out, say, timed, with_run_lock
from factory.models.embeddings import load_embedder
from factory.reports.html import write_html
from factory.reports.tables import audit_tables
from factory.standalone.dedup_rows import dedup
from factory.standalone.judge_rows import judge
from factory.tasks.build import build_tasks


@with_run_lock
def run_audit(folder: Path, usd: float | None) -> None:
    """Audit the filters. Without a budget, no model judges what the code filters let pass."""
    run, recipe = open_run(folder)
    hears = (
        nullcontext(without_judge)
        if usd is None
        else judge_within_budget(run, recipe, build_tasks(recipe), usd, say)
    )
    with timed(run, "audit"), hears as hear:
        found = audit(run, recipe, hear)
    for table in audit_tables(found):
        out.print(table)
    page = f"; as a page: {write_html(run)}" if run.has("report.json") else ""
    say(f"every missed fault is listed in {run.folder / AUDIT}{page}")


def run_judge(path: Path, filters: str, out_path: Path) -> None:
    found = judge(path, [name.strip() for name in filters.split(",") if name.strip()], out_path)
    by_filter = "".join(f"; {name} rejects {count:,}" for name, count in found.rejected.items())
    say(f"{out_path}: {found.rows:,} rows, {found.passed:,} pass{by_filter}")


def run_dedup(path: Path, out: Path, embeddings: str | None) -> None:
    found = dedup(path, out, load_embedder(embeddings, Path(), say) if embeddings else None)
    say(f"{out}: {found.rows:,} rows, {found.repeated:,} of which repeat an earlier one")
    if not embeddings:
        say("paraphrases were not looked for; add --embeddings bundled to find them")
