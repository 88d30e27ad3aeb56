"""Lists keep the letters and numbers that Word shows, and absurd ones cost no memory."""

from pathlib import Path

import pytest

from factory.documents.formats.office.docx import read_docx
from factory.documents.formats.office.docx_numbering import format_number
from tests.office import p, word


def rules(*levels: str, num: str = '<w:abstractNumId w:val="1"/>') -> str:
    """Build list 1 with levels of a format, a pattern and further XML, separated by `;`."""
    inside = ""
    for n, level in enumerate(levels):
        form, pattern, more = (*level.split(";", 2), "")[:3]
        shown = form if form.startswith("<") else f'<w:numFmt w:val="{form}"/>'
        inside += f'<w:lvl w:ilvl="{n}"><w:start w:val="1"/>{shown}{more}<w:lvlText w:val="{pattern}"/></w:lvl>'
    return f'<w:abstractNum w:abstractNumId="1">{inside}</w:abstractNum><w:num w:numId="1">{num}</w:num>'


def point(words: str, level: int | str = 0, num: str = "1") -> str:
    return p(words, marks=f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{num}"/></w:numPr>')


def lines(home: Path, numbering: str, *levels: int | str) -> list[str]:
    text = read_docx(
        word(home / "a.docx", *(point("x", level) for level in levels), numbering=numbering)
    ).text
    return [line.strip().removesuffix(" x") for line in text.split("\n") if line]


@pytest.mark.parametrize(
    ("levels", "asked", "shown"),
    [
        (("lowerLetter;(%1)",), (0, 0, 0), ["(a)", "(b)", "(c)"]),
        (
            ("upperRoman;%1.", "lowerLetter;%2)", "lowerRoman;(%3)"),
            (0, 1, 1, 2, 0, 1),
            ["I.", "a)", "b)", "(i)", "II.", "a)"],
        ),
        (
            ("decimal;%1", "lowerLetter;(%1)(%2)", "lowerRoman;(%1)(%2)(%3)"),
            (0, 1, 2, 2),
            ["1", "(1)(a)", "(1)(a)(i)", "(1)(a)(ii)"],
        ),
        (("upperLetter;Annex %1 –",), (0, 0), ["Annex A –", "Annex B –"]),
        (("decimal;§ %1",), (0, 0), ["§ 1", "§ 2"]),
        (("decimalZero;%1.",), (0, 0), ["01.", "02."]),
        (
            ("upperRoman;Article %1", "decimalZero;Section %1.%2;<w:isLgl/>"),
            (0, 1),
            ["Article I", "Section 1.1"],
        ),
        (("upperRoman;%1", 'decimal;%1.%2;<w:isLgl w:val="0"/>'), (0, 1), ["I", "I.1"]),
        (
            ("decimal;%1.", "decimal;%2.;<w:lvlRestart w:val='0'/>"),
            (0, 1, 0, 1),
            ["1.", "1.", "2.", "2."],
        ),
        (
            ("decimal;%1.", "decimal;%2.", "lowerLetter;%3);<w:lvlRestart w:val='1'/>"),
            (0, 1, 2, 1, 2, 0, 1, 2),
            ["1.", "1.", "a)", "2.", "b)", "2.", "1.", "a)"],
        ),
    ],
)
def test_points_have_the_labels_that_word_shows(
    tmp_path: Path, levels: tuple[str, ...], asked: tuple[int, ...], shown: list[str]
) -> None:
    assert lines(tmp_path, rules(*levels), *asked) == shown


def test_a_format_of_the_authors_own_is_read_from_its_examples(tmp_path: Path) -> None:
    custom = '<w:numFmt w:val="custom" w:format="001, 002, 003, ..."/>'
    choice = f'<mc:Choice Requires="w14">{custom}</mc:Choice><mc:Fallback><w:numFmt w:val="decimal"/></mc:Fallback>'
    assert lines(
        tmp_path, rules(f"<mc:AlternateContent>{choice}</mc:AlternateContent>;R-%1"), 0, 0
    ) == ["R-001", "R-002"]


def test_a_list_goes_on_where_another_of_its_kind_ended_unless_it_begins_anew(
    tmp_path: Path,
) -> None:
    again = '<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
    anew = '<w:num w:numId="3"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>'
    path = word(
        tmp_path / "a.docx",
        *(point("x", 0, n) for n in "1233"),
        numbering=rules("lowerLetter;%1)") + again + anew,
    )
    assert [line for line in read_docx(path).text.split("\n") if line] == [
        "a) x",
        "b) x",
        "e) x",
        "f) x",
    ]


@pytest.mark.parametrize(
    ("n", "form", "written"),
    [
        (21, "cardinalText", "Twenty-one"),
        (20, "ordinalText", "Twentieth"),
        (30, "ordinalText", "Thirtieth"),
        (42, "ordinalText", "Forty-second"),
        (120, "ordinalText", "120th"),
        (3, "russianLower", "в"),
        (2, "chicago", "†"),
        (6, "chicago", "††"),
        (7, "numberInDash", "- 7 -"),
        (26, "hex", "1A"),
        (21, "decimalEnclosedCircle", "㉑"),
        (3, "0001, 0002, ...", "0003"),
    ],
)
def test_further_formats_are_written_as_word_writes_them(n: int, form: str, written: str) -> None:
    assert format_number(n, form) == written


@pytest.mark.parametrize("level", ["300000000", "9" * 5000, "-4", "x"])
def test_a_point_with_a_silly_level_is_a_point_of_the_nearest_level(
    tmp_path: Path, level: str
) -> None:
    nine = rules(*(f"decimal;%{n}." for n in range(1, 10)))
    text = read_docx(
        word(tmp_path / "a.docx", point("first"), point("second", level), numbering=nine)
    ).text
    assert [line.strip().partition(" ")[2] for line in text.split("\n")] == ["first", "second"]
    assert len(text) < 60


def test_a_silly_rule_of_a_list_costs_no_memory(tmp_path: Path) -> None:
    silly = (
        rules("lowerLetter;" + "%1" * 50_000)
        .replace('<w:lvl w:ilvl="0">', '<w:lvl w:ilvl="300000000">')
        .replace('w:start w:val="1"', 'w:start w:val="2147483647"')
    )
    text = read_docx(
        word(tmp_path / "a.docx", *[point("x", "300000000")] * 50, numbering=silly)
    ).text
    assert text.count("x") == 50
    assert len(text) < 50_000
