"""Rehearsals of summaries, rewrites and calls on the client's gold: what is right is kept, each kind of fault is what it is called."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from factory.core.recipe import read_recipe
from factory.pipeline import Events
from factory.planning.gold import read_gold
from factory.rehearsal import Rehearsal, rehearse
from factory.rehearsal.answerers import Answerer
from factory.rehearsal.gold_questions import GoldQuestion
from factory.rehearsal.retelling_faults import summary_faults
from factory.rehearsal.rewrite_answerer import RewriteAnswerer, SummaryAnswerer
from factory.rehearsal.setup import RehearsalSettings
from factory.rehearsal.tool_call_answerer import ToolCallAnswerer
from filters.answers.tool_call import ToolCall, call_fault, parse_call
from filters.text.segment import words
from tests.world import chunk

DATA = Path(__file__).parents[3] / "data"
RECIPE, GOLD = DATA / "recipes" / "kinds.toml", DATA / "gold" / "kinds.jsonl"
EARS = Events(lambda _: None, lambda _: None, lambda _: None, lambda _: None)
ROWS = read_gold(GOLD)
TOOLS = next(t for t in read_recipe(RECIPE, ())[0].tasks if t.kind == "tool_call").tools
CALLS = ToolCallAnswerer(TOOLS, [call for row in ROWS if (call := parse_call(row.response))])
VOICES: dict[str, Answerer] = {
    "summarization": SummaryAnswerer(summary_faults(45)),
    "rewrite": RewriteAnswerer(),
    "tool_call": CALLS,
}


@pytest.fixture(scope="module")
def faultless(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rehearsal]:
    script = RehearsalSettings(RECIPE, (), GOLD, tmp_path_factory.mktemp("out"), wrong=0.0)
    return {found.task: found for found in rehearse(script, EARS)}


def questions(task: str) -> Iterator[GoldQuestion]:
    for row in ROWS:
        if row.task == task and row.chunk:
            yield GoldQuestion(row, chunk(row.chunk, headings=()), row.chunk)


def wrongs(task: str) -> Iterator[tuple[GoldQuestion, str, str]]:
    """What the answerer says when it errs, and the fault's kind."""
    for question in questions(task):
        for seed in range(12):
            told = VOICES[task].wrong(question, Random(f"{question.row.id} {seed}"))
            if told:
                yield question, told.response, told.fault


@pytest.mark.parametrize("task", VOICES)
def test_a_teacher_that_never_errs_has_nearly_all_of_its_examples_kept(
    faultless: dict[str, Rehearsal], task: str
) -> None:
    score = faultless[task].score
    assert score.raw.part == score.raw.of == 30
    assert score.kept >= 26
    assert score.precision.part == score.kept


@pytest.mark.parametrize("task", VOICES)
def test_a_wrong_answer_is_never_the_right_one(task: str) -> None:
    found = [
        (question.row.id, kind)
        for question, told, kind in wrongs(task)
        if told.split() == question.row.response.split()
    ]
    assert found == []


def test_every_kind_of_fault_is_planted() -> None:
    assert {kind for _, _, kind in wrongs("summarization")} >= {
        "number",
        "negation",
        "added clause",
        "condition dropped",
        "too long",
    }
    assert {kind for _, _, kind in wrongs("rewrite")} >= {
        "modality",
        "rule dropped",
        "number added",
        "duty softened",
        "tone not applied",
    }
    assert {kind for _, _, kind in wrongs("tool_call")} == {
        *("wrong function", "wrong argument", "value not grounded"),
        *("invented argument", "strange argument", "missing required", "optional left out"),
    }


def test_a_summary_that_is_called_too_long_has_too_many_words() -> None:
    assert all(
        len(words(told)) > 45 for _, told, kind in wrongs("summarization") if kind == "too long"
    )


def test_a_rewrite_in_no_other_tone_is_the_passage_itself() -> None:
    found = [(q, told) for q, told, kind in wrongs("rewrite") if kind == "tone not applied"]
    assert all(told.endswith(q.chunk.text) for q, told in found)


def test_a_call_whose_fault_only_readers_can_see_is_valid_by_its_schema() -> None:
    seen = (
        "wrong function",
        "wrong argument",
        "optional left out",
        "invented argument",
        "value not grounded",
    )
    assert [
        call_fault(told, TOOLS)
        for _, told, kind in wrongs("tool_call")
        if kind in seen and call_fault(told, TOOLS)
    ] == []
    assert all(
        call_fault(told, TOOLS)
        for _, told, kind in wrongs("tool_call")
        if kind in ("strange argument", "missing required")
    )


def test_a_call_is_worded_again_without_a_change_of_what_it_says() -> None:
    for question in questions("tool_call"):
        again = parse_call(CALLS.right(question, Random(1)).response) or ToolCall("", {})
        first = parse_call(question.row.response) or ToolCall("", {})
        assert {k: str(v).casefold() for k, v in again.arguments.items()} == {
            k: str(v).casefold() for k, v in first.arguments.items()
        }


def test_a_request_of_gold_may_be_broken_over_lines(tmp_path: Path) -> None:
    row = next(row for row in ROWS if row.task == "tool_call")
    broken = row.model_copy(update={"instruction": row.instruction.replace(" ", "\n", 1)})
    (tmp_path / "gold.jsonl").write_text(
        json.dumps(broken.model_dump(mode="json")) + "\n", encoding="utf-8"
    )
    (found,) = rehearse(
        RehearsalSettings(RECIPE, (), tmp_path / "gold.jsonl", tmp_path / "out", wrong=0.0), EARS
    )
    assert found.score.kept == 1
