"""What other trainers are given of a run: no control tokens in a text, and the system message where the student reads it."""

import json
from pathlib import Path
from typing import cast

import pytest

from factory.core.recipe import Recipe
from factory.core.run_folder import Run
from factory.export import preference
from factory.export.settings import left_out_rows_comment, write_messages

PLACES: dict[str, object] = {
    "document": {"digest": "d", "name": "d.md"},
    "chunk": {"digest": "c", "start": 0, "end": 1},
    "spans": [],
}
META: dict[str, object] = {
    "task": "qa",
    **PLACES,
    "teacher": "t",
    "prompt": "p",
    "source": "document",
}


def turn(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Of a student without a system turn; the second row and the second pair hold a control token."""
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter" / "chat.json").write_text(
        '{"system": null, "options": {}, "end": "<eos>", "folded": true}'
    )
    asked = [
        [turn("system", "Be brief."), turn("user", text)]
        for text in ("When?", "What does <end_of_turn> end?")
    ]
    rows: list[dict[str, object]] = [
        {"messages": [*one, turn("assistant", "At six.")], "meta": {**META, "id": str(n)}}
        for n, one in enumerate(asked)
    ]
    pairs: list[dict[str, object]] = [
        {
            "prompt": asked[0],
            "chosen": [turn("assistant", "At six.")],
            "rejected": [turn("assistant", said)],
            "meta": {"id": "a"},
        }
        for said in ("At five.", "At five.<eos>")
    ]
    for name, lines in {"train.jsonl": rows, "preference.jsonl": pairs}.items():
        (tmp_path / name).write_text("".join(json.dumps(one) + "\n" for one in lines))
    return Run(tmp_path)


def test_rows_are_folded_as_in_training_and_those_with_control_tokens_are_left_out(
    run: Run,
) -> None:
    assert write_messages(run, "train.jsonl", "rows.jsonl", None) == 1
    assert [row["messages"] for row in run.lines("rows.jsonl")] == [
        [turn("user", "Be brief.\n\nWhen?"), turn("assistant", "At six.")]
    ]
    assert "1 rows were left out" in left_out_rows_comment(run, ["train.jsonl"])


def test_pairs_are_folded_and_left_out_alike(run: Run) -> None:
    told = preference(run, cast(Recipe, None), run.folder)
    (pair,) = run.lines("exports/preference/preference.jsonl")
    assert (pair["prompt"], pair["rejected"]) == (
        [turn("user", "Be brief.\n\nWhen?")],
        [turn("assistant", "At five.")],
    )
    assert "1 rows were left out" in told
