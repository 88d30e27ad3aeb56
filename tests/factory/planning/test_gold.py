"""The client's own rows: what is read, what is refused, and which chunk a question is asked about."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.records import Span
from factory.documents.chunker import chunk
from factory.planning.gold import GoldRow, gold_chunk, read_gold, spread_gold
from tests.world import OPENING, QUESTION, TEXT, WASHED, WASHING, document, mistake, span

DEPOT = document()
CHUNKS = chunk(DEPOT, 100)


def row(**changes: object) -> GoldRow:
    standard = {"id": "g1", "instruction": QUESTION, "response": "14 days", "document": "depot.md"}
    return GoldRow.model_validate({**standard, **changes})


def gold(home: Path, *lines: str | GoldRow) -> Path:
    path = home / "gold.jsonl"
    path.write_text(
        "".join(f"{g if isinstance(g, str) else g.model_dump_json()}\n" for g in lines),
        encoding="utf-8",
    )
    return path


def test_rows_are_read_in_order(tmp_path: Path) -> None:
    rows = [row(id="g2"), row(id="g1", spans=(span(WASHED, TEXT),))]
    assert read_gold(gold(tmp_path, *rows)) == rows


@given(st.integers(0, 40), st.integers(1, 50))
def test_a_limit_is_kept_in_order_and_reaches_over_the_whole_file(count: int, limit: int) -> None:
    rows = [row(id=f"g{number}") for number in range(count)]
    chosen = [rows.index(one) for one in spread_gold(rows, limit)]
    gaps = {after - before for before, after in zip(chosen, [*chosen[1:], count], strict=False)}
    assert (len(chosen), chosen == sorted(set(chosen))) == (min(count, limit), True)
    assert not gaps or max(gaps) - min(gaps) <= 1


def test_without_a_limit_all_rows_are_asked() -> None:
    assert spread_gold([row(id="g2"), row(id="g1")], None) == [row(id="g2"), row(id="g1")]


def test_a_file_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "gone.jsonl"
    assert (
        mistake(lambda: read_gold(path))
        == f"{path}: is missing; evaluate.gold must name a JSONL file of one gold row a line"
    )


def test_a_file_that_is_not_text_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(b"\xff\xfe\xff")
    assert (
        mistake(lambda: read_gold(path))
        == f"{path}:1: is not UTF-8 text; evaluate.gold must name a JSONL file of one gold row a line"
    )


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            "{",
            "is not JSON (Expecting property name enclosed in double quotes); evaluate.gold must name a JSONL file of one gold row a line",
        ),
        ('{"id": "g1"}', "response is missing, must be set"),
        (
            json.dumps({"id": "g1", "instruction": "?", "response": "!"}),
            'has neither "document" nor "chunk", must have one of them',
        ),
        (
            json.dumps({"id": "g1", "instruction": "?", "response": 4}),
            "response = 4: input should be a valid string",
        ),
        (
            row().model_dump_json()[:-1] + ', "page": 3}',
            "page is not a key of a gold row, must be removed or spelled right",
        ),
        ("[1]", "is not an object; evaluate.gold must name a JSONL file of one gold row a line"),
    ],
)
def test_a_line_that_is_no_gold_row_is_a_mistake_with_its_number(
    tmp_path: Path, line: str, sentence: str
) -> None:
    path = gold(tmp_path, row(id="g0"), line)
    assert mistake(lambda: read_gold(path)) == f"{path}:2: {sentence}"


def test_a_byte_order_mark_and_a_line_separator_are_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(
        json.dumps(row(response="a\u2028b").model_dump(), ensure_ascii=False), encoding="utf-8-sig"
    )
    assert read_gold(path) == [row(response="a\u2028b")]


def test_two_rows_of_one_id_are_a_mistake(tmp_path: Path) -> None:
    path = gold(tmp_path, row(), row())
    assert mistake(lambda: read_gold(path)) == f"{path}: two rows have the same id, ids must differ"


def test_a_row_with_a_span_is_asked_about_the_chunk_that_holds_it() -> None:
    asked = gold_chunk(
        row(instruction="Who keeps the keys of the depot?", spans=(span(WASHED, TEXT),)),
        [DEPOT],
        CHUNKS,
    )
    assert asked.text == WASHING


def test_a_row_without_spans_is_asked_about_the_chunk_that_shares_its_words() -> None:
    asked = [
        gold_chunk(row(instruction=question), [DEPOT], CHUNKS).text
        for question in (QUESTION, "Who keeps the keys?")
    ]
    assert asked == [WASHING, OPENING]


def test_the_answer_has_no_part_in_the_choice_of_the_chunk() -> None:
    assert (
        gold_chunk(row(response="Ada Finch keeps the 3 keys from 6:00"), [DEPOT], CHUNKS).text
        == WASHING
    )


def test_a_row_with_its_own_chunk_is_asked_about_that() -> None:
    assert (
        gold_chunk(row(document=None, chunk="Trams rest."), [DEPOT], CHUNKS).text == "Trams rest."
    )


def test_a_row_with_its_own_chunk_and_a_document_is_asked_about_the_chunk() -> None:
    asked = gold_chunk(row(chunk="Trams rest."), [document("z", "z.md"), DEPOT], CHUNKS)
    assert (asked.text, asked.document.name) == ("Trams rest.", "depot.md")


def test_a_chunk_of_another_document_is_never_asked_about() -> None:
    other = document(f"Buses are washed, too. {WASHING}", "other.md")
    asked = gold_chunk(row(), [other, DEPOT], [*chunk(other, 100), *CHUNKS])
    assert asked.document == DEPOT.ref


def test_a_row_of_a_document_that_is_not_there_is_a_mistake() -> None:
    assert mistake(lambda: gold_chunk(row(document="gone.md"), [DEPOT], CHUNKS)) == (
        "gold row g1: document gone.md is not among the documents, must be a name below documents.paths"
    )


def test_a_row_of_a_document_without_text_is_a_mistake() -> None:
    assert mistake(lambda: gold_chunk(row(), [document("# Depot\n")], [])) == (
        "gold row g1: document depot.md holds nothing but headings, must hold text to ask about"
    )


def test_a_span_that_does_not_stand_in_the_document_is_a_mistake() -> None:
    moved = row(spans=(Span(start=3, end=7, text="tram"),))
    assert mistake(lambda: gold_chunk(moved, [DEPOT], CHUNKS)) == (
        "gold row g1: its span does not match the text at 3 of depot.md, must be renewed"
    )
