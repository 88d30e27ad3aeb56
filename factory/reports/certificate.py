"""Write RUN/certificate.html: one page to print with a run's sources, results and promises."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import file_digest
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from factory.audit.results import Audit
from factory.core.records import SPLIT_FILES
from factory.core.run_folder import Run
from factory.core.stats import Proportion
from factory.evaluation.evaluate import Evaluation, verdict_sentence
from factory.reports.run_summary import RunSummary, summarise_run
from factory.review.tables import finding_sentences

CERTIFICATE_PAGE = "certificate.html"
FILED = (
    "recipe.toml",
    "kept.jsonl",
    *SPLIT_FILES.values(),
    "gold.jsonl",
    "adapter/adapter_model.safetensors",
    "evaluation.json",
    "audit.json",
)


@dataclass(frozen=True)
class CertificateRow:
    """One line of a table: its name and values."""

    name: str
    values: tuple[str, ...]


def write_certificate(run: Run) -> Path:
    """Write the page; it names what was not measured. Raises UserMistake without a report."""
    summary = summarise_run(run)
    pages = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = pages.from_string(
        files("factory.reports").joinpath(CERTIFICATE_PAGE).read_text(encoding="utf-8")
    )
    page = template.render(
        name=summary.name,
        version=summary.report.version,
        counts=list(_counts(summary)),
        digests=list(_digests(run, summary)),
        audited=list(_audited(summary.audit)) if summary.audit else [],
        stale=summary.changed,
        experts=finding_sentences(summary.review) if summary.review else [],
        verdict=f"{verdict_sentence(summary.evaluation)}. {summary.evaluation.note}"
        if summary.evaluation
        else "",
        scores=list(_scores(summary.evaluation)) if summary.evaluation else [],
        promises=list(_promises(summary)),
    )
    run.write(CERTIFICATE_PAGE, page)
    return run.folder / CERTIFICATE_PAGE


def _counts(summary: RunSummary) -> Iterator[CertificateRow]:
    report = summary.report
    yield CertificateRow("Examples", (summary.sum,))
    documents = ", ".join(f"{split} {len(names)}" for split, names in report.splits.items())
    yield CertificateRow("Documents by split", (documents,))
    yield CertificateRow(
        "Kept examples by split",
        (", ".join(f"{split} {count:,}" for split, count in report.kept_by_split.items()),),
    )
    replay = (
        f"{report.train_rows:,}, of which {report.replay_rows:,} general replay "
        f"({100 * report.replay_share:.1f} %)"
    )
    yield CertificateRow("Rows trained on", (replay,))
    removed = report.decontamination
    yield CertificateRow(
        "Removed because they overlap a held-out set",
        (f"{removed.removed:,} of {removed.compared:,}; {removed.left:,} remain",),
    )
    if summary.training:
        yield CertificateRow(
            "Student",
            (
                f"{Path(summary.training.base).name}, {summary.training.steps:,} steps on "
                f"{summary.training.rows:,} rows",
            ),
        )


def _digests(run: Run, summary: RunSummary) -> Iterator[CertificateRow]:
    """Yield the SHA-256 of files, and docstill's digests of documents and prompts."""
    for name in FILED:
        if run.has(name):
            with (run.folder / name).open("rb") as file:
                yield CertificateRow(name, (file_digest(file, "sha256").hexdigest(),))
    for name in ("documents", "prompts"):
        yield CertificateRow(f"{name} (docstill's digest)", (summary.report.digests[name],))


def _audited(audit: Audit) -> Iterator[CertificateRow]:
    words = {"rejected": "found", "repeated": "found", "apart": "merged wrongly"}
    for kind in audit.kinds:
        yield CertificateRow(kind.kind, (f"{_counted(kind.share)} {words[kind.meant]}",))
    for one in audit.unchanged:
        yield CertificateRow(f"{one.source}, unchanged", (f"{_counted(one.share)} rejected",))


def _counted(share: Proportion) -> str:
    return f"{share.part:,} of {share.whole:,} ({100 * share.low:.1f} to {100 * share.high:.1f} %)"


def _scores(evaluation: Evaluation) -> Iterator[CertificateRow]:
    """Yield every metric of the deciding set, and the deciding metric of the others."""
    for name, found in evaluation.sets.items():
        for pair, metric, one in found.differences:
            if name == evaluation.decided_by or metric == evaluation.metric:
                means = ", ".join(
                    f"{model} {found.models[model][metric]:.3f}"
                    for model in found.models
                    if model in pair
                )
                difference = f"{pair}: {one.mean:+.3f} ({one.low:+.3f} to {one.high:+.3f})"
                yield CertificateRow(f"{name}, {metric} (n = {found.n})", (means, difference))


def _promises(summary: RunSummary) -> Iterator[CertificateRow]:
    """Yield docstill's promises and whether this run kept them."""
    report, evaluation = summary.report, summary.evaluation
    yield CertificateRow(
        "Nothing vanished: every example asked for is in exactly one file",
        ("kept" if "≠" not in summary.sum else "broken",),
    )
    yield CertificateRow(
        "Nothing is unfinished",
        ("kept" if not report.unfinished else f"broken: {report.unfinished:,} are unfinished",),
    )
    yield CertificateRow(
        "The student was not trained on any held-out set",
        ("kept" if not report.decontamination.left else "broken",),
    )
    better = (
        "not measured"
        if evaluation is None
        else "kept"
        if evaluation.verdict == "better"
        else f"not shown: {evaluation.verdict}"
    )
    yield CertificateRow("The student is better than its base on questions it never saw", (better,))
    yield CertificateRow(
        "People decide: the evaluation uses gold rows, or test rows that experts reviewed",
        ("kept" if evaluation and evaluation.decided_by == "gold" else "no gold",),
    )
    yield CertificateRow("Experts reviewed a sample", ("kept" if summary.review else "not done",))
    yield CertificateRow(
        "The filters' error rates were measured",
        (
            "not done"
            if summary.audit is None
            else "before the last change"
            if summary.changed
            else "kept",
        ),
    )
