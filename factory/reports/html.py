"""Write RUN/report.html: the report and two dozen examples, without network or scripts."""

from dataclasses import dataclass
from math import log2
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from factory.core.outcomes import (
    MarkedText,
    OutcomeLine,
    document_of,
    mark_evidence,
    rejection,
    span_matches,
)
from factory.core.records import NANO, Attempt, Span, dollars, nanodollars
from factory.core.run_folder import Run
from factory.core.stats import Interval
from factory.documents.chunker import heading_path
from factory.evaluation.evaluate import verdict_sentence
from factory.evaluation.forgetting import forgetting_sentence
from factory.evaluation.learning_curve import CurvePoint, LearningCurve
from factory.reports.loss_chart import draw_losses
from factory.reports.run_summary import RunSummary, funnel, shown_reasons, summarise_run, yields
from factory.reports.score_tables import (
    cost_rows,
    mark_rows,
    metric_rows,
    part_rows,
    shift_comparison_rows,
)
from factory.reports.tables import AUDITED, CHANGED, disputed_words, split_words
from factory.review.comparison_results import comparison_sentences as compared_words
from factory.review.tables import finding_sentences, precision_groups

REPORT_PAGE = "report.html"


@dataclass(frozen=True)
class ExampleCard:
    """One example as the page shows it."""

    line: OutcomeLine
    headings: tuple[str, ...]
    pieces: list[MarkedText]
    missing: list[Span]  # quotes that are not in the document
    last: Attempt

    @property
    def reason(self) -> str:
        verdict = rejection(self.line)
        return verdict.reason if verdict else ""


def write_html(run: Run) -> Path:
    """Write the page into the run. Raises UserMistake if a file is missing or broken."""
    summary = summarise_run(run)
    run.write(REPORT_PAGE, _page(summary, run))
    return run.folder / REPORT_PAGE


def _page(summary: RunSummary, run: Run) -> str:
    pages = Environment(
        loader=PackageLoader("factory.reports", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters.update(
        percent=percent, count="{:,}".format, usd=usd, seconds=seconds_words, signed=signed
    )
    return pages.get_template(REPORT_PAGE).render(
        summary=summary,
        report=summary.report,
        steps=funnel(summary.counts),
        yields=yields(summary.counts),
        verdict=verdict_sentence(summary.evaluation) if summary.evaluation else "",
        shown_reasons=shown_reasons,
        unfinished=summary.unfinished,
        foreseen_usd=[
            n / NANO for n in (summary.report.estimate and summary.report.estimate.usd) or ()
        ],
        disputed=disputed_words(summary.report),
        divided=split_words(summary.report),
        audited=AUDITED,
        changed=CHANGED,
        plot=plot,
        experts=finding_sentences(summary.review) if summary.review else [],
        groups=precision_groups(summary.review) if summary.review else [],
        compared=compared_words(summary.compared) if summary.compared else [],
        drawn=draw_losses(summary.curves) if summary.curves else None,
        forgotten=forgetting_sentence(summary.evaluation.forgetting)
        if summary.evaluation and summary.evaluation.forgetting
        else "",
        shift_comparison_rows=shift_comparison_rows,
        metric_rows=metric_rows,
        part_rows=part_rows,
        cost_rows=cost_rows,
        mark_rows=mark_rows,
        curve_coordinates=curve_coordinates,
        kept=[_card(run, summary.lines[place]) for place in summary.counts.shown["kept"]],
        rejected=[_card(run, summary.lines[place]) for place in summary.counts.shown["rejected"]],
    )


def _card(run: Run, line: OutcomeLine) -> ExampleCard:
    document = document_of(run, line.document)
    return ExampleCard(
        line=line,
        headings=heading_path(document, line.document.name, line.chunk),
        pieces=mark_evidence(document, line.chunk, line.evidence),
        missing=[span for span in line.evidence if not span_matches(document, span)],
        last=line.tries[-1],
    )


def percent(part: float, whole: float) -> str:
    """Return a bar's length in CSS, such as `41.70%`."""
    return f"{min(100.0, max(0.0, 100 * part / whole)) if whole else 0:.2f}%"


def usd(amount: float) -> str:
    return dollars(nanodollars(amount))


def seconds_words(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{seconds / 3600:.1f} h"


def signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def plot(one: Interval) -> dict[str, str]:
    """Return CSS positions of an interval and its mean, on a track with zero in the middle."""
    reach = 1.1 * max(abs(one.low), abs(one.high), abs(one.mean)) or 1.0
    left, mean = ((value + reach) / (2 * reach) for value in (one.low, one.mean))
    return {
        "left": percent(left, 1),
        "width": percent(one.high - one.low, 2 * reach),
        "mean": percent(mean, 1),
    }


@dataclass(frozen=True)
class CurveCoordinates:
    """The position of a learning curve's point in a drawing of 640 x 190."""

    x: float
    y: float
    point: CurvePoint


def curve_coordinates(curve: LearningCurve) -> list[CurveCoordinates]:
    """Place the points: log scale for rows, since each doubling counts alike; scores from 0."""
    first, last = curve.points[0], curve.points[-1]
    width = log2(last.rows / first.rows) or 1.0
    top = max(point.mean for point in curve.points) or 1.0
    return [
        CurveCoordinates(
            round(70 + 500 * log2(p.rows / first.rows) / width, 1),
            round(150 - 115 * p.mean / top, 1),
            p,
        )
        for p in curve.points
    ]
