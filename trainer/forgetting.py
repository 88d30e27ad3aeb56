"""Forgetting: general questions in, what their answers cost a model in bits, and its own answers, out: RUN/forgetting/<name>.jsonl."""

import hashlib
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch

from trainer import chat, greedy, lines, progress, student
from trainer.answer import chosen, name_of

ROOM = 24  # tokens of a model's own answer: the longest reference has 14, and what rambles on is no short answer


class Recall(lines.Line):
    """One line: the reference and its end in bits, over so many tokens, given the question; and what the model says itself.

    `of`: model, question and reference.
    """

    bits: float
    tokens: int
    response: str


class Question(NamedTuple):
    id: str
    of: str
    prompt: list[int]
    answer: list[int]

    @property
    def length(self) -> int:
        return len(self.prompt) + max(len(self.answer), ROOM)


def measure(run: Path, questions: Path, base: str, model: str, system: str | None = None) -> Path:
    """Measures what the file does not yet hold, and returns it. model: as for answers.

    Raises UserMistake for a missing file and for a model that can't be loaded.
    """
    with progress.quiet_libraries():
        dialogues = chat.read(questions)
        path = run / "forgetting" / f"{name_of(model)}.jsonl"
        folder, adapter = chosen(run, base, model)
        weights = _weights(folder, adapter)
        of = {one.id: lines.mark(weights, one.prompt(system), one.answer) for one in dialogues}
        found = lines.left_by(path, Recall, of)
        if len(found) < len(of):
            asked = student.load_for_answers(student.weights(folder), adapter)
            open_ = [_tokenised(one, asked, system, of[one.id]) for one in dialogues]
            batches = [[open_[place] for place in batch] for batch in greedy.batches([one.length for one in open_])]
            found = lines.fill(path, found, batches, lambda batch: _recalls(asked, batch))
        lines.rewrite(path, [found[key] for key in of])
    return path


def _weights(folder: str, adapter: Path | None) -> list[str]:
    """A base by its name, an adapter by its bytes: trained anew, it has a name that stays."""
    files = sorted(adapter.glob("adapter_model*.safetensors")) if adapter else []
    return [folder, *(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)]


def _tokenised(dialogue: chat.Dialogue, asked: student.Student, system: str | None, of: str) -> Question:
    lesson = chat.lesson(dialogue, asked.tokenizer, system)
    start = lesson.completion_mask.index(1)
    return Question(dialogue.id, of, lesson.input_ids[:start], lesson.input_ids[start:])


def _recalls(asked: student.Student, batch: Sequence[Question]) -> Iterator[Recall]:
    said = greedy.write(asked, [one.prompt for one in batch], [ROOM] * len(batch))
    for one, bits, own in zip(batch, _bits(asked, batch), said, strict=True):
        yield Recall(id=one.id, bits=round(bits, 4), tokens=len(one.answer), response=own.text, of=one.of)


@torch.inference_mode()
def _bits(asked: student.Student, batch: Sequence[Question]) -> list[float]:
    """Of each reference and its end, teacher-forced: the sum over its tokens of -log2 of their probability."""
    ids, mask = greedy.padded(asked, [[*one.prompt, *one.answer] for one in batch])
    longest = max(len(one.answer) for one in batch)
    places = (mask.cumsum(1) - 1).clamp(min=0)
    seen = cast(Any, asked.model)(input_ids=ids, attention_mask=mask, position_ids=places, logits_to_keep=longest + 1)
    logits, wanted = seen.logits[:, -longest - 1 : -1].float(), ids[:, -longest:]
    nats = torch.nn.functional.cross_entropy(logits.flatten(0, 1), wanted.flatten(), reduction="none").view(wanted.shape)
    return [float(row[longest - len(one.answer) :].sum()) / math.log(2) for one, row in zip(batch, nats, strict=True)]
