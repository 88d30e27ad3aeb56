"""RUN/certificate.html: one page to print and file: what a run is made of, what it came to, and how sure that is."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import file_digest
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from factory.audit.results import Audit
from factory.core.records import FILES
from factory.core.run_folder import Run
from factory.core.stats import Share
from factory.evaluation.evaluate import Evaluation, verdict_sentence
from factory.reports.run_summary import Account, account
from factory.review.tables import sentences

PAGE = "certificate.html"
FILED = ("recipe.toml", "kept.jsonl", *FILES.values(), "gold.jsonl", "adapter/adapter_model.safetensors", "evaluation.json", "audit.json")


@dataclass(frozen=True)
class Row:
    """One line of a table: what, and its values."""

    name: str
    values: tuple[str, ...]


def write_certificate(run: Run) -> Path:
    """Writes the page; what was not measured stands on it as not measured. Raises UserMistake where the run has no report."""
    told = account(run)
    pages = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = pages.from_string(files("factory.reports").joinpath(PAGE).read_text(encoding="utf-8"))
    page = template.render(
        name=told.name,
        version=told.report.version,
        counts=list(_counts(told)),
        digests=list(_digests(run, told)),
        audited=list(_audited(told.audit)) if told.audit else [],
        stale=told.changed,
        experts=sentences(told.review) if told.review else [],
        verdict=f"{verdict_sentence(told.evaluation)}. {told.evaluation.note}" if told.evaluation else "",
        scores=list(_scores(told.evaluation)) if told.evaluation else [],
        promises=list(_promises(told)),
    )
    run.write(PAGE, page)
    return run.folder / PAGE


def _counts(told: Account) -> Iterator[Row]:
    report = told.report
    yield Row("Examples", (told.sum,))
    documents = ", ".join(f"{split} {len(names)}" for split, names in report.splits.items())
    yield Row("Documents by side", (documents,))
    yield Row("Kept by side", (", ".join(f"{split} {count:,}" for split, count in report.kept_by_split.items()),))
    replay = f"{report.train_rows:,}, of them {report.replay_rows:,} general ones ({100 * report.replay_share:.1f} %)"
    yield Row("Rows trained on", (replay,))
    removed = report.decontamination
    yield Row("Removed as standing in a held-out set", (f"{removed.removed:,} of {removed.compared:,}; left: {removed.left:,}",))
    if told.training:
        yield Row("Student", (f"{Path(told.training.base).name}, {told.training.steps:,} steps on {told.training.rows:,} rows",))


def _digests(run: Run, told: Account) -> Iterator[Row]:
    """Whole SHA-256 of files, to be compared by `sha256sum`; of documents and prompts docstill's own digest."""
    for name in FILED:
        if run.has(name):
            with (run.folder / name).open("rb") as file:
                yield Row(name, (file_digest(file, "sha256").hexdigest(),))
    for name in ("documents", "prompts"):
        yield Row(f"{name} (docstill's digest)", (told.report.digests[name],))


def _audited(audit: Audit) -> Iterator[Row]:
    words = {"rejected": "found", "repeated": "found", "apart": "merged wrongly"}
    for kind in audit.kinds:
        yield Row(kind.kind, (f"{_counted(kind.share)} {words[kind.meant]}",))
    for one in audit.unchanged:
        yield Row(f"{one.source}, unchanged", (f"{_counted(one.share)} rejected",))


def _counted(share: Share) -> str:
    return f"{share.part:,} of {share.whole:,} ({100 * share.low:.1f} to {100 * share.high:.1f} %)"


def _scores(evaluation: Evaluation) -> Iterator[Row]:
    """Of the set that decides every metric, of the others the one that decides."""
    for name, found in evaluation.sets.items():
        for pair, metric, one in found.differences:
            if name == evaluation.decided_by or metric == evaluation.metric:
                means = ", ".join(f"{model} {found.models[model][metric]:.3f}" for model in found.models if model in pair)
                difference = f"{pair}: {one.mean:+.3f} ({one.low:+.3f} to {one.high:+.3f})"
                yield Row(f"{name}, {metric} (n = {found.n})", (means, difference))


def _promises(told: Account) -> Iterator[Row]:
    """What docstill promises of every run, and whether it was kept here."""
    report, evaluation = told.report, told.evaluation
    yield Row("Nothing vanished: every example asked for ended in one file", ("kept" if "≠" not in told.sum else "broken",))
    yield Row("Nothing is unfinished", ("kept" if not report.unfinished else f"broken: {report.unfinished:,} are",))
    yield Row("Nothing of a held-out set was trained on", ("kept" if not report.decontamination.left else "broken",))
    better = "not measured" if evaluation is None else "kept" if evaluation.verdict == "better" else f"not shown: {evaluation.verdict}"
    yield Row("The student is better than its base on questions it never saw", (better,))
    yield Row(
        "People decided: gold rows, or test rows that experts read",
        ("kept" if evaluation and evaluation.decided_by == "gold" else "no gold",),
    )
    yield Row("Experts read a sample", ("kept" if told.review else "not done",))
    yield Row(
        "The filters' error rates were measured",
        ("not done" if told.audit is None else "before the last change" if told.changed else "kept",),
    )
