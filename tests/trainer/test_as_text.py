"""Control tokens in the texts of messages are words; those of the template are tokens."""

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from factory.core.errors import UserMistake
from tests.trainer.conftest import TEMPLATE, row, write

pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")

from factory.core.training_settings import StudentSettings, TrainSettings
from trainer import as_text, chat, template
from trainer.lessons import gather

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase as Tokenizer

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<s>", "</s>", "[INST]", "[/INST]", "<bos>", "<start_of_turn>", "<|eot_id|>"]
ADDED = ["<think>", "</think>"]  # no special tokens, as Qwen has them
GEMMA = (
    "{%- for m in messages -%}{%- if m.role == 'system' -%}{{ raise_exception('System role not supported') }}{%- endif -%}"
    "{{ '<start_of_turn>' ~ m.role ~ '\n' ~ m.content | trim ~ '<|eot_id|>\n' }}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<start_of_turn>model\n' }}{%- endif -%}"
)
OFF = "{% if enable_thinking is defined %}<think>\n\n</think>\n\n{% endif %}"
THINKING = TEMPLATE.replace("assistant\n{% endif %}", f"assistant\n{OFF}{{% endif %}}")


@pytest.fixture(scope="module")
def tokenizer() -> "Tokenizer":
    """Bytes and no merges, so that every text is read back."""
    from tokenizers import AddedToken, decoders, models, pre_tokenizers
    from tokenizers import Tokenizer as Backend
    from transformers import PreTrainedTokenizerFast

    alphabet = {sign: number for number, sign in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    backend = Backend(models.BPE(vocab=alphabet, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens([AddedToken(one, special=True, normalized=False) for one in SPECIAL])
    backend.add_tokens([AddedToken(one, special=False, normalized=False) for one in ADDED])
    made = PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="<|im_end|>", pad_token="<|endoftext|>")  # type: ignore[no-untyped-call]
    made.chat_template = TEMPLATE
    return made


def with_template(tokenizer: "Tokenizer", text: str) -> "Tokenizer":
    other = copy.deepcopy(tokenizer)
    other.chat_template = text
    return other


TEXTS = st.lists(st.one_of(st.sampled_from([*SPECIAL, *ADDED]), st.text(max_size=6)), max_size=6).map("".join)


@pytest.mark.parametrize("text", [TEMPLATE, GEMMA, THINKING])
@settings(max_examples=60, deadline=None)
@given(system=TEXTS, question=TEXTS, answer=TEXTS)
@example(system="<|im_start|>system", question="<|im_end|>\n<|im_start|>user", answer="</think><|endoftext|>")
@example(system="\ufdd03\ufdd0", question="<<|im_end|>|im_end|>", answer="\ufdd13\ufdd1")
def test_a_lesson_has_the_control_tokens_of_its_template_alone(
    tokenizer: "Tokenizer", text: str, system: str, question: str, answer: str
) -> None:
    student = with_template(tokenizer, text)
    ids = set(student.added_tokens_decoder)

    def counted(said: tuple[str, str, str]) -> list[int]:
        messages = [{"role": role, "content": words} for role, words in zip(("system", "user", "assistant"), said, strict=True)]
        lesson = chat.lesson(chat.Dialogue.model_validate({"messages": messages, "meta": {"id": "a"}}), student, None)
        return [id for id in lesson.input_ids if id in ids]

    assert counted((system, question, answer)) == counted(("a", "b", "c"))


@settings(max_examples=60, deadline=None)
@given(question=TEXTS)
@example(question="  <|im_end|> ")
def test_a_prompt_reads_back_as_it_was_written(tokenizer: "Tokenizer", question: str) -> None:
    ids = chat.asked_ids([{"role": "user", "content": question}], tokenizer)
    assert tokenizer.decode(ids) == f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n"


def test_a_text_without_control_tokens_has_the_tokens_that_it_always_had(tokenizer: "Tokenizer") -> None:
    messages = [{"role": "user", "content": "The depot < opens | at six >."}]
    shown = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert chat.asked_ids(messages, tokenizer) == tokenizer(shown, add_special_tokens=False)["input_ids"]


def test_the_system_message_is_part_of_the_first_user_turn_where_the_template_has_no_other_place(tokenizer: "Tokenizer") -> None:
    student = with_template(tokenizer, GEMMA)
    ids = chat.asked_ids([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "When?"}], student)
    assert student.decode(ids) == "<start_of_turn>user\nBe brief.\n\nWhen?<|eot_id|>\n<start_of_turn>model\n"
    assert chat.form(student, "Be brief.").folded


DATED = "{{ strftime_now('%d %b %Y') }}\n" + TEMPLATE


def test_a_date_is_the_same_on_every_day(tokenizer: "Tokenizer", monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import datetime, timedelta

    from transformers.utils import chat_template_utils

    student, question = with_template(tokenizer, DATED), [{"role": "user", "content": "When?"}]
    before = chat.asked_ids(question, student)

    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Tomorrow":
            return super().now() + timedelta(days=1)

    monkeypatch.setattr(chat_template_utils, "datetime", Tomorrow)
    assert chat.asked_ids(question, student) == before
    assert str(student.decode(before)).startswith("26 Jul 2024\n")
    assert (chat.form(student, None).date, template.formats(student)) == ("2024-07-26", ("%d %b %Y",))


def test_a_row_that_a_template_does_not_take_is_left_out_by_name(tokenizer: "Tokenizer", tmp_path: Path) -> None:
    picky = "{% if messages[0].role == 'assistant' %}{{ raise_exception('the user speaks first') }}{% endif %}" + TEMPLATE
    turns = [{"role": "assistant", "content": text} for text in ("Hello", "?")]
    odd: dict[str, object] = {"messages": turns, "meta": {"id": "odd"}}
    write(tmp_path / "train.jsonl", [row(0), odd])
    rows = chat.read(tmp_path / "train.jsonl")
    student = StudentSettings(base="b")
    found = gather(tmp_path, rows, with_template(tokenizer, picky), student, TrainSettings(min_examples=1))
    assert ([one.id for one in found.train], list(found.unfit)) == (["q0"], ["odd"])
    assert "row odd: the chat template of" in found.unfit["odd"]
    assert "the user speaks first" in found.unfit["odd"]


def test_a_student_that_always_thinks_is_refused(tokenizer: "Tokenizer", tmp_path: Path) -> None:
    always = TEMPLATE.replace("assistant\n{% endif %}", "assistant\n<think>\n{% endif %}")
    rows = [chat.Dialogue.model_validate(row(0))]
    with pytest.raises(UserMistake, match="opens an answer with other text .*<think>"):
        gather(tmp_path, rows, with_template(tokenizer, always), StudentSettings(base="b"), TrainSettings(min_examples=1))


def test_a_tokenizer_that_reaches_a_control_token_by_its_words_leaves_the_row_out(tokenizer: "Tokenizer") -> None:
    slow = copy.deepcopy(tokenizer)
    as_text._plain.cache_clear()
    slow.__class__ = type("Slow", (type(tokenizer),), {"backend_tokenizer": None})
    told = json.loads(json.dumps(row(0, asked="It ends with <|im_end|>.")))
    with pytest.raises(as_text.Unfit, match="row q0: its text holds a control token"):
        chat.lesson(chat.Dialogue.model_validate(told), slow, None)


def test_a_text_that_becomes_a_control_token_in_another_spelling_is_left_out() -> None:
    from tokenizers import AddedToken, models, normalizers, pre_tokenizers
    from tokenizers import Tokenizer as Backend
    from transformers import PreTrainedTokenizerFast

    alphabet = {sign: number for number, sign in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    backend = Backend(models.BPE(vocab=alphabet, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.normalizer = normalizers.NFKC()
    backend.add_special_tokens([AddedToken("<|im_end|>", special=True, normalized=True), AddedToken("<|im_start|>", special=True)])
    student = PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="<|im_end|>")  # type: ignore[no-untyped-call]
    student.chat_template = TEMPLATE
    assert chat.asked_ids([{"role": "user", "content": "plain"}], student)
    with pytest.raises(as_text.Unfit, match="another spelling"):
        chat.asked_ids([{"role": "user", "content": "\uff1c|im_end|\uff1e"}], student)


def test_a_switch_of_the_default_of_several_templates_is_found(tokenizer: "Tokenizer") -> None:
    several = with_template(tokenizer, TEMPLATE)
    several.chat_template = {"default": TEMPLATE + "{{ enable_thinking }}", "tool_use": TEMPLATE}
    assert template.options(several) == {"enable_thinking": False}
