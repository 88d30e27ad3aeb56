"""What is asked and what is learnt."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from factory.errors import UserMistake
from tests.trainer.conftest import row, write

pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")

from trainer import chat

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@pytest.fixture(scope="session")
def tokenizer(base: str) -> "PreTrainedTokenizerBase":
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(base)


def dialogue(**changes: str) -> chat.Dialogue:
    return chat.Dialogue.model_validate(row(0, **changes))


def test_an_answer_ends_with_the_end_of_the_template_not_with_another_eos(
    tokenizer: "PreTrainedTokenizerBase",
) -> None:
    assert tokenizer.eos_token == "<|endoftext|>"
    assert tokenizer.decode(chat.end_ids(tokenizer)) == "<|im_end|>"


def test_a_system_message_comes_only_where_the_row_brings_none() -> None:
    system = chat.Message(role="system", content="own")
    own = dialogue().model_copy(update={"messages": (system, *dialogue().messages)})
    assert [one.prompt("student's")[0]["content"] for one in (dialogue(), own)] == ["student's", "own"]


def test_another_question_has_another_digest() -> None:
    digests = {chat.digest(dialogue(asked=asked).prompt(system)) for asked in "ab" for system in (None, "s")}
    assert len(digests) == 4


def test_too_long_lessons_are_named(tokenizer: "PreTrainedTokenizerBase") -> None:
    lessons = [chat.lesson(dialogue(), tokenizer, None)]
    size = len(lessons[0].input_ids)
    assert chat.fitting(lessons, size) == (lessons, ())
    assert chat.fitting(lessons, size - 1) == ([], ("q0",))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('{"messages": [], "meta": {}}', "line 1: meta.id: Field required"),
        ("{", "line 1: the line: Invalid JSON"),
        ('{"messages": [{"role": "user", "content": "?"}], "meta": {"id": "a"}}', "must be the assistant's"),
        ('{"messages": [{"role": "user", "content": "?", "images": []}], "meta": {"id": "a"}}', "images"),
    ],
)
def test_a_broken_row_is_named_by_its_line(tmp_path: Path, line: str, sentence: str) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(UserMistake, match=sentence):
        chat.read(path)


def test_a_written_row_is_read_back(tmp_path: Path) -> None:
    assert chat.read(write(tmp_path / "a.jsonl", [row(0)])) == [dialogue()]
