"""A pilot in tables for the terminal: what it brought, ten of its examples, why others fell, and what the rest will take."""

from collections.abc import Iterator
from textwrap import shorten

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from factory.core.console import table_of
from factory.core.outcomes import Line, plain, rejection
from factory.core.records import Cost, dollars
from factory.costs.forecast import Forecast
from factory.reports.pilot import Pilot, shown
from factory.reports.run_summary import Account
from factory.reports.tables import reasons_table
from factory.reports.trace import COLOURS

TRIMMED = 200  # characters of a question, an answer or an evidence that is read in a list


def pilot_tables(found: Pilot, told: Account) -> Iterator[RenderableType]:
    """The tables of `docstill pilot`; the account is of its run."""
    yield Text(told.sum, "bold")
    yield _brought(found)
    yield Text("Examples, trimmed; docstill why RUN ID shows one whole\n", "bold")
    yield from map(_example, shown(told.lines))
    yield reasons_table(told)
    if found.rest.slots:
        yield _forecast("The rest", found.rest)
    yield _forecast("The whole", found.whole)


def _brought(found: Pilot) -> Table:
    table = table_of("What the pilot brought", "", "")
    table.show_header = False
    table.add_row("chunks", f"{found.chunks:,} of {found.of_chunks:,}")
    if found.share_kept:
        low, mean, high = (f"{100 * share:.0f}" for share in found.share_kept)
        table.add_row("share kept, documents by size", f"{mean} % (95 % interval {low} to {high} %)")
    table.add_row("tokens per kept example", "none kept" if found.tokens_per_kept is None else f"{found.tokens_per_kept:,}")
    if found.usd_per_kept:
        table.add_row("dollars per kept example", dollars(found.usd_per_kept))
    return table


def _example(line: Line) -> Table:
    fields = Table.grid(padding=(0, 2))
    fields.add_column(style="dim", no_wrap=True)
    fields.add_column(overflow="fold")
    fields.add_row(Text(line.ending, f"bold {COLOURS[line.ending]}"), Text(f"{line.id}  {line.split}  {plain(line.document.name)}", "dim"))
    fallen = rejection(line)
    evidence = " … ".join(span.text for span in line.evidence)
    reason = f"{fallen.filter}: {fallen.reason}" if fallen else ""
    for name, text in (("question", line.instruction), ("answer", line.response), ("evidence", evidence), ("reason", reason)):
        if text:
            fields.add_row(f"  {name}", Text(shorten(plain(text), TRIMMED, placeholder=" …")))
    fields.add_row("", "")
    return fields


def _forecast(title: str, found: Forecast) -> Table:
    table = table_of(f"{title}: {found.slots:,} slots", "", "#estimated before", "#by the pilot, 95 %", "#expected")
    before, after, expected = found.before, found.after, found.expected or Cost()
    for name in ("calls", "tokens_in", "tokens_out"):
        told = (_range(getattr(after, name)), f"{getattr(expected, name):,}") if after else ("too few finished", "")
        table.add_row(name.replace("_", " "), _range(getattr(before, name)), *told)
    if before.usd and before.usd[1]:  # neither unknown nor free
        table.add_row("dollars", _usd_range(before.usd), *((_usd_range(after.usd), dollars(expected.nanousd)) if after else ("", "")))
    if found.kept:
        low, middle, high = found.kept
        table.add_row("kept", "", _range((low, high)), f"{middle:,}")
    return table


def _range(pair: tuple[int, int]) -> str:
    return f"{pair[0]:,} to {pair[1]:,}"


def _usd_range(pair: tuple[int, int] | None) -> str:
    return " to ".join(map(dollars, pair)) if pair else "unknown"
