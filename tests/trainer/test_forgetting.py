"""Forgetting: bits of references as the model itself would count them, its own answers, and going on after an interruption."""

import json
import math
from pathlib import Path

import pytest

from tests.trainer.conftest import row, write

torch = pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")

from trainer import chat, forgetting, greedy, student  # noqa: E402


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def questions(run: Path) -> Path:
    answers = ("It opens at six.", "six", "nine nine nine", "It")
    return write(run / "general.jsonl", [row(n, answer=answer) for n, answer in enumerate(answers)])


def by_hand(base: str, dialogue: chat.Dialogue) -> float:
    """One row without padding, token by token."""
    asked = student.load_for_answers(base, None)
    lesson = chat.lesson(dialogue, asked.tokenizer, None)
    with torch.inference_mode():
        likely = torch.log_softmax(asked.model(input_ids=torch.tensor([lesson.input_ids])).logits[0].float(), -1)
    learnt = [place for place, on in enumerate(lesson.completion_mask) if on]
    return -sum(float(likely[place - 1, lesson.input_ids[place]]) for place in learnt) / math.log(2)


def test_bits_are_those_of_each_row_alone_with_its_end(run: Path, base: str, questions: Path) -> None:
    found = lines(forgetting.measure(run, questions, base, "base"))
    assert [line["bits"] for line in found] == pytest.approx([by_hand(base, one) for one in chat.read(questions)], abs=1e-3)
    assert [line["tokens"] for line in found] == [6, 2, 4, 2]


def test_its_own_answers_are_what_it_says_to_each_prompt_alone(run: Path, base: str, questions: Path) -> None:
    found = lines(forgetting.measure(run, questions, base, "base"))
    asked = student.load_for_answers(base, None)
    prompts = [chat.asked_ids(one.prompt(None), asked.tokenizer) for one in chat.read(questions)]
    assert [line["response"] for line in found] == [greedy.write(asked, [prompt], [forgetting.ROOM])[0].text for prompt in prompts]


def test_an_interrupted_measurement_goes_on_to_the_same_bytes(
    run: Path, base: str, questions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(greedy, "TOKENS_AT_ONCE", 100)  # two batches
    path = forgetting.measure(run, questions, base, "base")
    whole = path.read_text(encoding="utf-8")
    first, *_ = whole.splitlines(keepends=True)
    path.write_text(first + first[:20], encoding="utf-8")
    assert forgetting.measure(run, questions, base, "base").read_text(encoding="utf-8") == whole


def test_what_is_measured_is_not_measured_again(run: Path, base: str, questions: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forgetting.measure(run, questions, base, "base")
    monkeypatch.setattr(student, "load_for_answers", lambda *_: pytest.fail("the model was loaded again"))
    forgetting.measure(run, questions, base, "base")


def test_another_reference_is_measured_anew(run: Path, base: str, questions: Path) -> None:
    before = lines(forgetting.measure(run, questions, base, "base"))
    write(questions, [row(n, answer="six") for n in range(4)])
    after = lines(forgetting.measure(run, questions, base, "base"))
    assert [one["of"] == other["of"] for one, other in zip(before, after, strict=True)] == [False, True, False, False]
    assert [line["tokens"] for line in after] == [2, 2, 2, 2]


def test_batches_hold_so_many_tokens_with_their_padding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(greedy, "TOKENS_AT_ONCE", 12)
    assert greedy.batches([3, 20, 4, 3, 6]) == [[0, 3, 2], [4], [1]]
