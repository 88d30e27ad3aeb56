"""Training and question rows as chat: what is asked, what is learnt, and a text file that shows it."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from pydantic import BaseModel, ConfigDict, Field
from transformers import PreTrainedTokenizerBase

from factory.core.chat_template import TODAY
from factory.core.errors import UserMistake
from factory.core.jsonl import numbered_lines, parse_row
from trainer import as_text, template
from trainer.template import options as options

IGNORED = -100  # the label that torch's cross-entropy leaves out
CHAT = "chat.json"
ROW = 'a row is {"messages": [{"role", "content"}, ...], "meta": {"id"}}; `docstill make` writes the file anew'
SHOWN_ROWS = 4  # of the first batch: what a person reads before losing patience


class Message(BaseModel):
    """One turn; a field that no template would show (tool_calls, images) is refused, not dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: str
    content: str


class Meta(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str
    task: str = ""


class Dialogue(BaseModel):
    """One line of train, val or test: the last message, the assistant's, is the answer."""

    model_config = ConfigDict(frozen=True)

    messages: tuple[Message, ...]
    meta: Meta

    @property
    def id(self) -> str:
        return self.meta.id

    @property
    def answer(self) -> str:
        return self.messages[-1].content.strip()

    def prompt(self, system: str | None) -> list[dict[str, str]]:
        """The messages before the answer, with the student's system message where they bring none."""
        asked = [{"role": one.role, "content": one.content} for one in self.messages[:-1]]
        if system and asked[0]["role"] != "system":
            return [{"role": "system", "content": system}, *asked]
        return asked


class Lesson(BaseModel):
    """A dialogue in tokens; 1 in the mask: learnt."""

    model_config = ConfigDict(frozen=True)

    id: str
    input_ids: list[int]
    completion_mask: list[int]


def read(path: Path) -> list[Dialogue]:
    """All dialogues of a JSONL file; raises UserMistake naming the line that is none."""
    return list(_lines(path))


def _lines(path: Path) -> Iterator[Dialogue]:
    for number, raw in numbered_lines(path, "run `docstill make` first"):
        dialogue = parse_row(raw, Dialogue, f"{path}:{number}", ROW)
        if len(dialogue.messages) < 2 or dialogue.messages[-1].role != "assistant":
            raise UserMistake(f"{path}:{number}: the last of at least two messages must be the assistant's")
        yield dialogue


def digest(prompt: list[dict[str, str]]) -> str:
    """sha256 of the canonical messages: an answer to other words is an answer to another question."""
    canonical = json.dumps(prompt, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


class Form(BaseModel):
    """How the student was spoken to in training, for everybody who speaks to it: CHAT in the adapter's folder."""

    model_config = ConfigDict(frozen=True)

    system: str | None  # what is said first where a prompt brings no system message
    options: dict[str, bool]  # of the chat template: enable_thinking = false
    end: str  # of an answer
    folded: bool = Field(False, exclude_if=lambda folded: not folded)  # a system message goes before the first user turn
    date: str | None = Field(None, exclude_if=lambda date: date is None)  # that the template prints as today's

    def write(self, folder: Path) -> None:
        (folder / CHAT).write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")


def form(tokenizer: PreTrainedTokenizerBase, system: str | None) -> Form:
    return Form(
        system=system,
        options=options(tokenizer),
        end=cast(str, tokenizer.decode(end_ids(tokenizer))),
        folded=template.folds(tokenizer),
        date=TODAY.isoformat() if template.formats(tokenizer) else None,
    )


def form_of(adapter: Path) -> Form | None:
    """What stands in an adapter's folder, None in one of an earlier docstill's."""
    path = adapter / CHAT
    return Form.model_validate_json(path.read_bytes()) if path.is_file() else None


def asked_ids(prompt: list[dict[str, str]], tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """The prompt as the student sees it, up to where its answer begins; its texts are words, whatever they hold. Raises Unfit."""
    shielded = [{**one, "content": as_text.shielded(one["content"], tokenizer)} for one in prompt]
    return as_text.token_ids(template.render(shielded, tokenizer, ask=True), tokenizer)


def answer_ids(dialogue: Dialogue, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """The answer and its end, as they are learnt."""
    return [*as_text.token_ids(as_text.shielded(dialogue.answer, tokenizer), tokenizer), *end_ids(tokenizer)]


def end_ids(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """What ends an answer in this template, up to and with its first special token.

    Read off the template, because the tokenizer's own EOS is often another token (Gemma; every GGUF that
    transformers 5.17 loads), and then the student would never learn to stop.
    """
    answer = "answer"
    whole = template.render([{"role": "user", "content": "?"}, {"role": "assistant", "content": answer}], tokenizer, ask=False)
    special = set(tokenizer.all_special_ids) | set(tokenizer.added_tokens_decoder)
    ids: list[int] = []
    for token in as_text.token_ids(whole.rpartition(answer)[2], tokenizer):
        ids.append(token)
        if token in special:
            return ids
    return [cast(int, tokenizer.eos_token_id)]


def lesson(dialogue: Dialogue, tokenizer: PreTrainedTokenizerBase, system: str | None) -> Lesson:
    """Prompt, answer and end in tokens; only answer and end are learnt.

    The answer is tokenised apart from the prompt, as it is when the student writes it. TRL renders prompt and
    prompt + answer and compares them, which only warns when a template (Qwen3's thinking) renders them differently,
    and it also teaches the line break after the end. Raises Unfit, with the row's id.
    """
    try:
        asked, learnt = asked_ids(dialogue.prompt(system), tokenizer), answer_ids(dialogue, tokenizer)
    except as_text.Unfit as error:
        raise as_text.Unfit(f"row {dialogue.id}: {error}") from error
    return Lesson(
        id=dialogue.id,
        input_ids=[*asked, *learnt],
        completion_mask=[0] * len(asked) + [1] * len(learnt),
    )


def fitting(lessons: Sequence[Lesson], max_seq_length: int) -> tuple[list[Lesson], tuple[str, ...]]:
    """The lessons that fit, and the ids of those that don't: a lesson cut short would teach a torn answer."""
    fits = [one for one in lessons if len(one.input_ids) <= max_seq_length]
    return fits, tuple(one.id for one in lessons if len(one.input_ids) > max_seq_length)
