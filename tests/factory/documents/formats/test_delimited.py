"""The delimiter is detected, no cell is split at a decimal comma, and no cell is lost."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.documents.formats import Unreadable, delimited
from factory.documents.formats.delimited import (
    ONE_COLUMN,
    allow_long_cells,
    delimited_rows,
    detect_delimiter,
)
from tests.world import LAW

HEAD = "Klemme;Preis, EUR;Gewicht, kg\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Artikel;Preis, EUR;Gewicht, kg\nKlemme 10;1,50;2,25\nKlemme 16;2,75;3,10\n", ";"),
        ("Klemme;1,50\nSchelle;2,75\n", ";"),
        ("1,5;2,5;3,5\n4,5;5,5;6,5\n", ";"),
        ("A,B;C,D\n1,2;3,4\n5,6;7,8\n", ";"),
        ("Tarif;Anteil\nA;5,5 %\nB;6,5 %\n", ";"),
        ("Tarif;Preis\nA;€ 5,50\nB;€ 6,50\n", ";"),
        ("Datum;Wert\n01.02.2026;1.234,56\n02.02.2026;2.345,67\n", ";"),
        ("Name;Weg;Ort\nFink, Ada;Hof 5, links;Au\nBach, Eva;Hof 3, rechts;Au\n", ";"),
        ("A;B;C\n1;a, b, c, d;x\n2;e;y\n3;f, g;z\n", ";"),
        ('name;place\n"Finch; Ada";"Yard 5, left"\n"Brook; Eva";"Yard 3, right"\n', ";"),
        ("a;b;c\n1;2,5\n2;3,5;x\n3\n4;1,0;y\n5;6,5;z;w\n", ";"),
        (
            "Preisliste, gültig ab Mai\nAlle Preise in EUR, netto.\n\nArtikel;Preis\nA;1,50\nB;2,50\n",
            ";",
        ),
        ("Teil;Preis;Stück\nA;1,00;2\nB;1,50;3\n\nSumme, gesamt;2,50;5\n", ";"),
        ("Price list\nfrom May; all prices in EUR\n\nitem,price\nA,1.50\nB,2.50\n", ","),
        ("id,tags,name\n1,a;b,foo\n2,c;d;e,bar\n", ","),
        ("id,codes\n1,5;6\n2,7;8\n", ","),
        ("id,path\n1,a|b|c\n2,d|e|f\n", ","),
        ('name,place\n"Finch, Ada","Yard 5; left"\n"Brook, Eva","Yard 3; right"\n', ","),
        ("question,answer\nHow long?,5 days; then it is sold\nWhere?,In the yard; ask Ada\n", ","),
        ("zone, fare\nA, 2\nB, 3\n", ","),
        ("id, text\n1, The tram is oiled.\n2, It rests.\n3, It is washed.\n4, Done.\n", ","),
        ("id\tcodes\n1\t3,4,5\n2\t6,7,8\n", "\t"),
        ("Artikel\tPreis, EUR\nA\t1,50\nB\t2,50\n", "\t"),
        ("zone|fare, EUR\nA|1,50\nB|2,50\n", "|"),
        ("Trams run, and buses rest.\nTrains go, and ships do, too.\n", ONE_COLUMN),
        ("Trams run; all the buses rest.\nTrains go; all the ships wait.\n", ONE_COLUMN),
        ("Preis\n1,50\n2,75\n3,00\n", ONE_COLUMN),
        ("Trams run.\n", ","),
        ("", ","),
    ],
)
def test_the_delimiter_is_the_one_that_leaves_even_rows_of_whole_cells(
    text: str, expected: str
) -> None:
    assert detect_delimiter(text) == expected


def test_many_rows_do_not_change_the_delimiter() -> None:
    assert (
        detect_delimiter(
            HEAD + "".join(f"Rohr, verzinkt, {n} mm;{n},50;{n},25\n" for n in range(3000))
        )
        == ";"
    )


@pytest.mark.parametrize("line", ["sep=;\n", "SEP=;\r\n", '"sep=;"\n'])
def test_a_first_line_may_name_the_delimiter(line: str) -> None:
    assert list(delimited_rows(line + "a,b;c\n")) == [["a,b", "c"]]


def test_a_file_named_for_tabs_without_a_tab_is_read_by_what_it_holds() -> None:
    assert list(delimited_rows("a;1,5\nb;2,5\n", tabs=True)) == [["a", "1,5"], ["b", "2,5"]]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('1,"5 inch, of steel\n2,b\n3,c', [["1", "5 inch", " of steel"], ["2", "b"], ["3", "c"]]),
        ('1,"a, b","5 inch\n2,"c, d"\n', [["1", "a, b", "5 inch\n2,c", ' d"']]),
        ('1,"x\ny",2\n3,"never\n4,z\n', [["1", "x\ny", "2"], ["3", "never"], ["4", "z"]]),
        ('1,5" pipe,2\n', [["1", '5" pipe', "2"]]),
        ('1,"', [["1", ""]]),
    ],
)
def test_a_quote_that_is_never_closed_takes_no_further_row_along(
    text: str, rows: list[list[str]]
) -> None:
    assert list(delimited_rows(text)) == rows


def test_a_cell_of_any_length_is_read_and_the_limit_of_the_process_stays() -> None:
    before, text = csv.field_size_limit(), f'1,"{"x" * 200_000}"\n2,y\n'
    with allow_long_cells(len(text)):
        assert [len(row[1]) for row in delimited_rows(text)] == [200_000, 1]
    assert csv.field_size_limit() == before


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a\n" * 11, "it holds more than 10 lines, too much to read at once; split it"),
        ("a,b,c,d,e,f,g\n" * 4, "it holds more than 20 cells, too much to read at once; split it"),
        ("," * 100, "it holds more than 20 cells, too much to read at once; split it"),
    ],
)
def test_more_than_memory_is_for_is_one_sentence(
    text: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "MAX_ROWS", 10)
    monkeypatch.setattr(delimited, "MAX_CELLS", 20)
    with pytest.raises(Unreadable) as told:
        list(delimited_rows(text))
    assert str(told.value) == reason


WORDS = st.text("ab é", min_size=1).map(str.strip).filter(bool)
CELLS = WORDS | st.decimals(0, 999, places=2).map(lambda n: f"{n}".replace(".", ","))
TABLES = st.integers(2, 4).flatmap(
    lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), min_size=3, max_size=9)
)


@LAW
@given(TABLES, st.sampled_from(";\t|"))
def test_any_table_with_decimal_commas_comes_back_as_it_was_written(
    table: list[list[str]], delimiter: str
) -> None:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows(table)
    assert list(delimited_rows(file.getvalue())) == table


@LAW
@given(st.text('a,;\t|"\n\r\x1e', max_size=60))
def test_no_letter_is_lost_whatever_the_quotes_say(text: str) -> None:
    assert "".join(cell for row in delimited_rows(text) for cell in row).count("a") == text.count(
        "a"
    )
