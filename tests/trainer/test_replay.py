"""Self-generated replay: the base's own answers, whole or torn, and going on after an interruption."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.trainer.conftest import row, write

pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")

from trainer import chat, greedy, replay, student  # noqa: E402


@pytest.fixture
def prompts(run: Path, monkeypatch: pytest.MonkeyPatch) -> list[chat.Dialogue]:
    monkeypatch.setattr(replay, "ROOM", 6)
    monkeypatch.setattr(replay, "WINDOW", 3)
    return chat.read(write(run / "replay_prompts.jsonl", [row(n, answer="") for n in range(7)]))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_prompt_has_the_answer_that_base_gives_it_alone(run: Path, base: str, prompts: list[chat.Dialogue]) -> None:
    found = lines(replay.answer_prompts(run, prompts, base))
    asked = student.load_for_answers(base, None)
    alone = [greedy.write(asked, [chat.asked_ids(one.prompt(None), asked.tokenizer)], [6])[0] for one in prompts]
    assert [(line["id"], line["response"], line["ended"]) for line in found] == [
        (one.id, said.text, said.ended) for one, said in zip(prompts, alone, strict=True)
    ]


def test_an_answer_that_fills_its_room_did_not_end(
    run: Path, base: str, prompts: list[chat.Dialogue], monkeypatch: pytest.MonkeyPatch
) -> None:
    long = {line["id"] for line in lines(replay.answer_prompts(run, prompts, base)) if line["tokens"] > 1}
    monkeypatch.setattr(replay, "ROOM", 1)
    assert {line["id"] for line in lines(replay.answer_prompts(run, prompts, base)) if not line["ended"]} == long
    assert long


def test_an_interrupted_call_and_one_for_more_prompts_go_on_to_the_same_bytes(run: Path, base: str, prompts: list[chat.Dialogue]) -> None:
    path = replay.answer_prompts(run, prompts, base)
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[: len(whole) // 2], encoding="utf-8")
    assert replay.answer_prompts(run, prompts, base).read_text(encoding="utf-8") == whole
    path.unlink()
    replay.answer_prompts(run, prompts[:2], base)
    assert replay.answer_prompts(run, prompts, base).read_text(encoding="utf-8") == whole


def test_another_base_answers_anew(run: Path, base: str, prompts: list[chat.Dialogue], tmp_path: Path) -> None:
    before = lines(replay.answer_prompts(run, prompts, base))
    other = tmp_path / "other"
    other.symlink_to(base)
    after = lines(replay.answer_prompts(run, prompts, str(other)))
    assert [one["of"] != two["of"] for one, two in zip(before, after, strict=True)] == [True] * 7
