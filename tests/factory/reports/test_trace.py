"""One example told whole, and how an id is looked up."""

from pathlib import Path

import pytest

from factory.core.errors import UserMistake
from factory.core.outcomes import ChunkPlace, MarkedText, mark_evidence, outcome_lines
from factory.core.records import Span
from factory.core.run_folder import Run
from factory.reports.trace import trace_example
from tests.factory.reports.test_tables import (
    ALMOST,
    CHUNK,
    EMPTY,
    HEADING,
    QUOTE,
    attempt,
    chunk,
    example,
    printed,
    span,
    unfinished,
    verdict,
    write_run,
)

TORN = verdict("consistency", 'The answers disagree: "31"; "13".')


@pytest.fixture
def run(tmp_path: Path) -> Run:
    repaired = example(0x1A00, *ALMOST[:2], TORN, attempts=(attempt(EMPTY),))
    return write_run(tmp_path, [example(0x1B00), repaired], [unfinished(0x2C00)])


def told(run: Run, wanted: str) -> str:
    return " ".join(printed(trace_example(run, wanted)).split())


def test_every_attempt_stands_there_with_its_reason(run: Run) -> None:
    text = told(run, "0000000000001a00")
    assert "attempt 1 of 2 rejected question And the depot?" in text
    assert "schema rejected The question is empty." in text
    assert "attempt 2 of 2 rejected question How many trams" in text
    assert 'consistency rejected The answers disagree: "31"; "13".' in text


def test_draws_and_cost_stand_there(run: Run) -> None:
    text = told(run, "0000000000001a00")
    assert "draw 1 31 trams draw 2 31" in text
    assert "cost 1 call, 100 tokens in, 10 out" in text
    assert "in all: 3 calls, 300 tokens in, 30 out" in text


def test_the_document_its_heading_and_the_marked_evidence_stand_there(run: Run) -> None:
    text = told(run, "0000000000001b00")
    assert "night/trams.md › Night trams" in text
    assert f"0:40. ⟦{QUOTE}⟧ See [red]Quay[/red]." in text


def test_the_page_of_a_chunk_stands_there_where_its_document_has_pages(tmp_path: Path) -> None:
    run = write_run(
        tmp_path, [example(1, chunk=chunk().model_copy(update={"page": 7})), example(2)]
    )
    assert ["page 7 characters" in told(run, f"{number:016x}") for number in (1, 2)] == [
        True,
        False,
    ]


def test_the_start_of_an_id_is_enough(run: Run) -> None:
    assert told(run, "0000000000001b") == told(run, "0000000000001b00")


def test_a_section_that_another_version_contradicts_is_told_as_such(tmp_path: Path) -> None:
    run = write_run(
        tmp_path, [example(1, chunk=chunk().model_copy(update={"conflict": True})), example(2)]
    )
    assert ["another version" in told(run, f"{number:016x}") for number in (1, 2)] == [True, False]


def test_an_unfinished_slot_says_why(run: Run) -> None:
    assert "because the teacher could not be reached" in told(run, "0000000000002c00")


def test_an_unknown_id_is_refused_with_the_closest_ones(run: Run) -> None:
    with pytest.raises(UserMistake) as refusal:
        trace_example(run, "0000000000001b99")
    said = 'no example of this run has the id "0000000000001b99"; the closest ones are 0000000000001b00, '
    assert str(refusal.value).startswith(said)


def test_the_start_of_several_ids_is_refused(run: Run) -> None:
    with pytest.raises(
        UserMistake,
        match="such as 0000000000001b00, 0000000000001a00; give more of the id",
    ):
        trace_example(run, "0000000000001")


def test_an_id_in_an_empty_run_is_refused(tmp_path: Path) -> None:
    run = write_run(tmp_path, [example(1)])
    run.write("kept.jsonl", "")
    with pytest.raises(UserMistake, match="the run holds no examples"):
        trace_example(run, "1")


def test_a_quote_that_stands_nowhere_is_told_as_such(tmp_path: Path) -> None:
    run = write_run(
        tmp_path, [example(1, spans=(Span(start=0, end=0, text="The depot is closed."),))]
    )
    assert "not in the document: “The depot is closed.”" in told(run, "0")


def test_a_document_cannot_steer_the_terminal(tmp_path: Path) -> None:
    text = CHUNK + " \x1b]0;owned\x07 \u202eabc"
    run = write_run(tmp_path, [example(1, chunk=chunk(text))])
    shown = printed(trace_example(run, "0"))
    assert "�]0;owned� �abc" in shown


def test_a_missing_document_is_refused_by_name(run: Run) -> None:
    (run.folder / "documents" / "d1.txt").unlink()
    with pytest.raises(UserMistake, match="d1.txt: is missing; run `docstill make RECIPE"):
        trace_example(run, "0000000000001b00")


def test_overlapping_spans_mark_once_and_only_within_the_chunk() -> None:
    text = "before The depot holds 31 trams after"
    spans = [Span(start=0, end=16, text=text[0:16]), Span(start=11, end=22, text=text[11:22])]
    place = ChunkPlace(digest="c", start=7, end=30)
    assert mark_evidence(text, place, spans) == [
        MarkedText("The depot holds", True),
        MarkedText(" 31 tram", False),
    ]


def test_the_last_attempt_costs_what_the_earlier_ones_did_not(run: Run) -> None:
    costs = {
        line.id[-4:]: [tried.cost.calls for tried in line.tries] for line in outcome_lines(run)
    }
    assert costs == {"1b00": [2], "1a00": [1, 2], "2c00": []}


def test_evidence_is_marked_after_an_emoji() -> None:
    placed = span().model_copy(
        update={"start": span().start + len(HEADING), "end": span().end + len(HEADING)}
    )
    place = ChunkPlace(digest="c", start=len(HEADING), end=len(HEADING) + len(CHUNK))
    assert [
        piece.text for piece in mark_evidence(HEADING + CHUNK, place, [placed]) if piece.marked
    ] == [QUOTE]
