"""Numbers in the margin of a plain text are removed if they number its lines."""

from pathlib import Path

import pytest

from factory.documents.formats.margin_numbers import remove_line_numbers
from factory.documents.formats.plain_text import read_plain

LINES = [
    "THE TRAM AGREEMENT",
    "",
    "The tenant of the depot pays 340 crowns a week, and",
    "returns every tram within 11 days of",
    "the end of the term. A fee of 90 crowns",
    "is due where a tram comes back late.",
    "",
    "Trams are washed at night in the depot, and",
    "their keys lie in the safe of the porter.",
]


def numbered(lines: list[str], gap: str = "  ", width: int = 4) -> str:
    return "".join(f"{n:>{width}}{gap}{line}\n" for n, line in enumerate(lines, 1))


@pytest.mark.parametrize(("gap", "width"), [("  ", 4), ("\t", 1), ("   ", 2)])
def test_the_numbers_of_lines_are_left_out(gap: str, width: int) -> None:
    assert remove_line_numbers(numbered(LINES, gap, width)) == "".join(
        f"{line}\n" for line in LINES
    )


def test_numbers_that_begin_anew_on_each_page_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"Page 1\n{numbered(LINES)}\nPage 2\n{numbered(LINES)}")
    text = read_plain(tmp_path / "a.txt").text
    assert "3  The" not in text
    assert text.count("The tenant of the depot pays 340 crowns a week, and\nreturns") == 2


@pytest.mark.parametrize(
    "text",
    [
        numbered([f"Tram {name} of the depot in Marrow Street" for name in "ABCDEFGHIJ"]),
        numbered(["ash", "birch", "cedar", "elm", "fir", "gorse", "hazel", "ivy", "larch"]),
        "".join(f"{n}. the tram of line {n} leaves the depot at noon\n" for n in range(1, 12)),
        "".join(f"{n * n}  crowns are paid for the trams of line {n}\n" for n in range(1, 12)),
        "\n".join(LINES),
    ],
)
def test_a_list_a_table_and_a_plain_text_stay_as_they_are(text: str) -> None:
    assert remove_line_numbers(text) == text
