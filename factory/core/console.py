"""Format tables for the terminal."""

from rich import box
from rich.table import Table
from rich.text import Text


def table_of(title: str, *columns: str) -> Table:
    """Make a table; columns whose name starts with `#` hold numbers and are right-aligned."""
    table = Table(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
    )
    for name in columns:
        table.add_column(
            Text(name.lstrip("#")),
            justify="right" if name.startswith("#") else "left",
            overflow="fold",
        )
    return table
