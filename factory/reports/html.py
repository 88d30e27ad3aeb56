"""RUN/report.html: the report and two dozen examples as one page that needs no network and no script."""

from dataclasses import dataclass
from math import log2
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from factory.core.outcomes import Line, Piece, document_of, mark, rejection, stands
from factory.core.records import NANO, Attempt, Span, dollars, nanodollars
from factory.core.run_folder import Run
from factory.core.stats import Interval
from factory.documents.chunker import headings_of
from factory.evaluation.evaluate import verdict_sentence
from factory.evaluation.forgetting import forgetting_sentence
from factory.evaluation.learning_curve import Curve, Point
from factory.reports.loss_chart import drawing
from factory.reports.run_summary import Account, account, funnel, shown_reasons, yields
from factory.reports.score_tables import mark_rows, metric_rows, part_rows, shift_rows, took_rows
from factory.reports.tables import AUDITED, CHANGED, disputed_words, split_words
from factory.review.comparison_results import sentences as compared_words
from factory.review.tables import groups, sentences

PAGE = "report.html"


@dataclass(frozen=True)
class Card:
    """One example as the page shows it."""

    line: Line
    headings: tuple[str, ...]
    pieces: list[Piece]
    missing: list[Span]  # quotes that stand nowhere in the document
    last: Attempt

    @property
    def reason(self) -> str:
        verdict = rejection(self.line)
        return verdict.reason if verdict else ""


def write_html(run: Run) -> Path:
    """Writes the page beside what it tells of. Raises UserMistake where a file of the run is missing or broken."""
    told = account(run)
    run.write(PAGE, _page(told, run))
    return run.folder / PAGE


def _page(told: Account, run: Run) -> str:
    pages = Environment(
        loader=PackageLoader("factory.reports", ""), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    pages.filters.update(percent=percent, count="{:,}".format, usd=usd, seconds=seconds_words, signed=signed)
    return pages.get_template(PAGE).render(
        told=told,
        report=told.report,
        steps=funnel(told.counts),
        yields=yields(told.counts),
        verdict=verdict_sentence(told.evaluation) if told.evaluation else "",
        shown_reasons=shown_reasons,
        unfinished=told.unfinished,
        foreseen_usd=[n / NANO for n in (told.report.estimate and told.report.estimate.usd) or ()],
        disputed=disputed_words(told.report),
        divided=split_words(told.report),
        audited=AUDITED,
        changed=CHANGED,
        plot=plot,
        experts=sentences(told.review) if told.review else [],
        groups=groups(told.review) if told.review else [],
        compared=compared_words(told.compared) if told.compared else [],
        drawn=drawing(told.curves) if told.curves else None,
        forgotten=forgetting_sentence(told.evaluation.forgetting) if told.evaluation and told.evaluation.forgetting else "",
        shift_rows=shift_rows,
        metric_rows=metric_rows,
        part_rows=part_rows,
        took_rows=took_rows,
        mark_rows=mark_rows,
        curve_places=curve_places,
        kept=[_card(run, told.lines[place]) for place in told.counts.shown["kept"]],
        rejected=[_card(run, told.lines[place]) for place in told.counts.shown["rejected"]],
    )


def _card(run: Run, line: Line) -> Card:
    document = document_of(run, line.document)
    return Card(
        line=line,
        headings=headings_of(document, line.document.name, line.chunk),
        pieces=mark(document, line.chunk, line.evidence),
        missing=[span for span in line.evidence if not stands(document, span)],
        last=line.tries[-1],
    )


def percent(part: float, whole: float) -> str:
    """A length for a bar, such as `41.7%`."""
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
    """Places on a track with zero in the middle: the interval's left end and width, and its mean."""
    reach = 1.1 * max(abs(one.low), abs(one.high), abs(one.mean)) or 1.0
    left, mean = ((value + reach) / (2 * reach) for value in (one.low, one.mean))
    return {"left": percent(left, 1), "width": percent(one.high - one.low, 2 * reach), "mean": percent(mean, 1)}


@dataclass(frozen=True)
class Place:
    """Where a point of the learning curve stands on a drawing of 640 x 190."""

    x: float
    y: float
    point: Point


def curve_places(curve: Curve) -> list[Place]:
    """Rows by their logarithm, as each doubling counts alike; scores from 0 on."""
    first, last = curve.points[0], curve.points[-1]
    width = log2(last.rows / first.rows) or 1.0
    top = max(point.mean for point in curve.points) or 1.0
    return [Place(round(70 + 500 * log2(p.rows / first.rows) / width, 1), round(150 - 115 * p.mean / top, 1), p) for p in curve.points]
