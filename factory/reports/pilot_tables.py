"""Show a pilot in the terminal: yield, ten examples, reasons for rejection, and the forecast."""

from collections.abc import Iterator
from textwrap import shorten

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from factory.core.console import table_of
from factory.core.outcomes import OutcomeLine, rejection, visible_controls
from factory.core.records import Cost, dollars
from factory.costs.forecast import Forecast
from factory.reports.pilot import Pilot, example_lines
from factory.reports.run_summary import RunSummary
from factory.reports.tables import reasons_table
from factory.reports.trace import COLOURS

TRIMMED = 200  # characters shown of a question, an answer or its evidence


def pilot_tables(found: Pilot, summary: RunSummary) -> Iterator[RenderableType]:
    """Yield the tables of `docstill pilot`."""
    yield Text(summary.sum, "bold")
    yield _brought(found)
    yield Text("Examples, shortened; `docstill why RUN ID` shows one in full\n", "bold")
    yield from map(_example, example_lines(summary.lines))
    yield reasons_table(summary)
    if found.rest.slots:
        yield _forecast("The rest", found.rest)
    yield _forecast("The whole", found.whole)


def _brought(found: Pilot) -> Table:
    table = table_of("Result of the pilot", "", "")
    table.show_header = False
    table.add_row("chunks", f"{found.chunks:,} of {found.of_chunks:,}")
    if found.share_kept:
        low, mean, high = (f"{100 * share:.0f}" for share in found.share_kept)
        table.add_row(
            "share kept, weighted by document size", f"{mean} % (95 % interval {low} to {high} %)"
        )
    table.add_row(
        "tokens per kept example",
        "none kept" if found.tokens_per_kept is None else f"{found.tokens_per_kept:,}",
    )
    if found.usd_per_kept:
        table.add_row("dollars per kept example", dollars(found.usd_per_kept))
    return table


def _example(line: OutcomeLine) -> Table:
    fields = Table.grid(padding=(0, 2))
    fields.add_column(style="dim", no_wrap=True)
    fields.add_column(overflow="fold")
    fields.add_row(
        Text(line.ending, f"bold {COLOURS[line.ending]}"),
        Text(f"{line.id}  {line.split}  {visible_controls(line.document.name)}", "dim"),
    )
    fallen = rejection(line)
    evidence = " … ".join(span.text for span in line.evidence)
    reason = f"{fallen.filter}: {fallen.reason}" if fallen else ""
    for name, text in (
        ("question", line.instruction),
        ("answer", line.response),
        ("evidence", evidence),
        ("reason", reason),
    ):
        if text:
            fields.add_row(
                f"  {name}", Text(shorten(visible_controls(text), TRIMMED, placeholder=" …"))
            )
    fields.add_row("", "")
    return fields


def _forecast(title: str, found: Forecast) -> Table:
    table = table_of(
        f"{title}: {found.slots:,} slots",
        "",
        "#estimated before",
        "#from the pilot, 95 %",
        "#expected",
    )
    before, after, expected = found.before, found.after, found.expected or Cost()
    for name in ("calls", "tokens_in", "tokens_out"):
        forecast = (
            (_range(getattr(after, name)), f"{getattr(expected, name):,}")
            if after
            else ("too few chunks finished", "")
        )
        table.add_row(name.replace("_", " "), _range(getattr(before, name)), *forecast)
    if before.usd and before.usd[1]:  # known and not free
        table.add_row(
            "dollars",
            _usd_range(before.usd),
            *((_usd_range(after.usd), dollars(expected.nanousd)) if after else ("", "")),
        )
    if found.kept:
        low, middle, high = found.kept
        table.add_row("kept", "", _range((low, high)), f"{middle:,}")
    return table


def _range(pair: tuple[int, int]) -> str:
    return f"{pair[0]:,} to {pair[1]:,}"


def _usd_range(pair: tuple[int, int] | None) -> str:
    return " to ".join(map(dollars, pair)) if pair else "unknown"
