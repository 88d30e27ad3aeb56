"""Forgetting: general questions in, what their answers cost a model in bits, and its own answers, out: RUN/forgetting/<name>.jsonl."""

import hashlib
import json
import math
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from pydantic import BaseModel, ConfigDict, ValidationError

from trainer import chat, greedy, progress, student
from trainer.answer import chosen, name_of

ROOM = 24  # tokens of a model's own answer: the longest reference has 14, and what rambles on is no short answer


class Recall(BaseModel):
    """One line: the reference and its end in bits, over so many tokens, given the question; and what the model says itself."""

    model_config = ConfigDict(frozen=True)

    id: str
    bits: float
    tokens: int
    response: str
    of: str  # digest of model, question and reference: of anything else it is measured anew


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
        given = _given(path)
        of = {one.id: _digest(one, system, _weights(folder, adapter)) for one in dialogues}
        if any(key not in given or given[key].of != mark for key, mark in of.items()):
            path.parent.mkdir(parents=True, exist_ok=True)
            asked = student.load_for_answers(student.weights(folder), adapter)
            given = _measured(asked, [_tokenised(one, asked, system, of[one.id]) for one in dialogues], given, path)
        _rewrite(path, [given[key] for key in of])
    return path


def _weights(folder: str, adapter: Path | None) -> str:
    """A base by its name, an adapter by its bytes: trained anew, it has a name that stays."""
    files = sorted(adapter.glob("adapter_model*.safetensors")) if adapter else []
    return "\n".join([folder, *(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)])


def _digest(dialogue: chat.Dialogue, system: str | None, weights: str) -> str:
    said = json.dumps([weights, dialogue.prompt(system), dialogue.answer], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _tokenised(dialogue: chat.Dialogue, asked: student.Student, system: str | None, of: str) -> Question:
    lesson = chat.lesson(dialogue, asked.tokenizer, system)
    start = lesson.completion_mask.index(1)
    return Question(dialogue.id, of, lesson.input_ids[:start], lesson.input_ids[start:])


def _measured(asked: student.Student, questions: list[Question], given: Mapping[str, Recall], path: Path) -> dict[str, Recall]:
    """Batches are cut from all questions, measured or not, so that a run that was interrupted says what an unbroken one says."""
    found = {one.id: given[one.id] for one in questions if one.id in given and given[one.id].of == one.of}
    every = [[questions[place] for place in batch] for batch in greedy.batches([one.length for one in questions])]
    left = [batch for batch in every if any(one.id not in found for one in batch)]
    start = time.monotonic()
    with path.open("a", encoding="utf-8") as file:
        for number, batch in enumerate(left, start=1):
            fresh = [one for one in _recalls(asked, batch) if one.id not in found]
            file.write("".join(one.model_dump_json() + "\n" for one in fresh))
            file.flush()
            found.update({one.id: one for one in fresh})
            more = progress.minutes((time.monotonic() - start) / number * (len(left) - number))
            progress.VOICE.info("%s, general questions: batch %d of %d, %s left", path.stem, number, len(left), more)
    return found


def _recalls(asked: student.Student, batch: Sequence[Question]) -> Iterator[Recall]:
    said = greedy.write(asked, [one.prompt for one in batch], ROOM)
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


def _given(path: Path) -> dict[str, Recall]:
    """What an earlier call has measured; a line torn by a kill is measured again."""
    found: dict[str, Recall] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            one = Recall.model_validate_json(line)
        except ValidationError:
            continue
        found[one.id] = one
    return found


def _rewrite(path: Path, recalls: Sequence[Recall]) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text("".join(one.model_dump_json() + "\n" for one in recalls), encoding="utf-8")
    os.replace(part, path)
