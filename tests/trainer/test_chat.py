"""What is asked and what is learnt."""

import copy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from factory.core.errors import UserMistake
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
        ('{"messages": [], "meta": {}}', "train.jsonl:1: meta.id: field required"),
        ("{", "train.jsonl:1: is not JSON"),
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


THINKING = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and not enable_thinking %}. . : {% endif %}{% endif %}"
)


def test_thinking_is_off_alike_in_what_is_asked_and_in_what_is_learnt(tokenizer: "PreTrainedTokenizerBase") -> None:
    thinking = copy.deepcopy(tokenizer)
    thinking.chat_template = THINKING
    asked = chat.asked_ids(dialogue().prompt(None), thinking)
    lesson = chat.lesson(dialogue(), thinking, None)
    assert thinking.decode(asked[-3:]) == ". . :"
    assert lesson.input_ids[: len(asked)] == asked
    assert lesson.completion_mask[: len(asked)] == [0] * len(asked)


def test_a_template_without_the_switch_is_told_nothing(tokenizer: "PreTrainedTokenizerBase") -> None:
    assert chat.options(tokenizer) == {}


def test_the_form_of_a_chat_is_read_back_from_an_adapter(tokenizer: "PreTrainedTokenizerBase", tmp_path: Path) -> None:
    thinking = copy.deepcopy(tokenizer)
    thinking.chat_template = THINKING
    form = chat.form(thinking, "Be brief.")
    form.write(tmp_path)
    assert chat.form_of(tmp_path) == form == chat.Form(system="Be brief.", options={"enable_thinking": False}, end="<|im_end|>")
    assert chat.form_of(tmp_path / "elsewhere") is None
