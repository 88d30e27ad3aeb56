"""The student as one model: the adapter merged into its base in float32, then saved in the 16 bits that keep its answers best."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from peft import PeftModel
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedTokenizerBase,
)

from trainer import as_text, chat, progress
from trainer.export.agreement import Agreement, Place, agreement
from trainer.export.forced import forced
from trainer.export.tokenizer import save_tokenizer
from trainer.student import Student

HALVES = {"bfloat16": torch.bfloat16, "float16": torch.float16}
CHOOSING = 16  # answers: enough to tell a mantissa of 8 bits from one of 11, and an overflow from neither


class Taken(NamedTuple):
    """What the reference says: the lessons in its tokens, and its places in their answers."""

    dialogues: list[chat.Dialogue]
    lessons: list[chat.Lesson]
    places: list[list[Place]]
    worded: frozenset[str] = frozenset()  # ids of the questions that hold a control token as words, which a server would obey


def load(folder: str, dtype: torch.dtype = torch.float32) -> Student:
    device: Any = {"": 0} if torch.cuda.is_available() else {"": "cpu"}
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, device_map=device)
    return Student(cast(Any, model).eval(), AutoTokenizer.from_pretrained(folder))


def unmerged(base: str, adapter: Path) -> Student:
    """The reference: the adapter beside its base, which is never in four bits, computed in float32."""
    student = load(base)
    model: Any = PeftModel.from_pretrained(student.model, str(adapter))
    return Student(model.eval(), student.tokenizer)


def take(reference: Student, dialogues: Sequence[chat.Dialogue], system: str | None) -> Taken:
    lessons = [chat.lesson(one, reference.tokenizer, system) for one in dialogues]
    worded = (one.id for one in dialogues if as_text.holds_controls(one.prompt(system), reference.tokenizer))
    return Taken([*dialogues], lessons, forced(reference, lessons), frozenset(worded))


def merge(reference: Student, adapter: Path, folder: Path) -> None:
    """Writes the merged weights in float32, with the adapter's own tokenizer and template; uses the reference up."""
    model: Any = cast(Any, reference.model).merge_and_unload()
    tokenizer = AutoTokenizer.from_pretrained(adapter)
    model.generation_config = _greedy(model, tokenizer)
    model.config._name_or_path = ""  # the base's place on this machine
    model.save_pretrained(folder)
    save_tokenizer(tokenizer, folder)


def halve(whole: Path, folder: Path, taken: Taken, system: str | None) -> tuple[str, Agreement]:
    """Writes the float32 model in 16 bits: of bfloat16 and float16 the one that, computed in itself, answers more like the reference.

    float16 keeps three bits more of a small update; bfloat16 does not overflow. Which counts is the student's own matter.
    """
    few = Taken(taken.dialogues[:CHOOSING], taken.lessons[:CHOOSING], taken.places[:CHOOSING])
    found = {name: _as_deployed(whole, few, dtype) for name, dtype in HALVES.items()}
    name = max(found, key=lambda name: (found[name].share, -found[name].drift))
    for each, one in found.items():
        counted = one.tokens - one.ties
        progress.VOICE.info("%s: %.2f %% of %d answer tokens agree, %.4f nats apart", each, 100 * one.share, counted, one.drift)
    student = load(str(whole), HALVES[name])
    student.model.save_pretrained(folder)
    save_tokenizer(AutoTokenizer.from_pretrained(whole), folder)
    return name, held(load(str(folder)), taken, system)


def _as_deployed(whole: Path, taken: Taken, dtype: torch.dtype) -> Agreement:
    return agreement([], taken.places, forced(load(str(whole), dtype), taken.lessons))


def held(other: Student, taken: Taken, system: str | None) -> Agreement:
    """Another model against the reference: its own tokens of the prompts, and its places in the reference's answers."""
    own = [chat.asked_ids(one.prompt(system), other.tokenizer) for one in taken.dialogues]
    same = [ids == prompt_of(lesson) for ids, lesson in zip(own, taken.lessons, strict=True)]
    return agreement(same, taken.places, forced(other, taken.lessons))


def prompt_of(lesson: chat.Lesson) -> list[int]:
    return lesson.input_ids[: len(lesson.input_ids) - sum(lesson.completion_mask)]


def stops(model: Any, tokenizer: PreTrainedTokenizerBase) -> list[int]:  # noqa: ANN401 - see forced
    """What may end an answer, as in `answer`: the template's end of a turn, the tokenizer's EOS and the base's own."""
    own = getattr(model.generation_config, "eos_token_id", None)
    several = own if isinstance(own, list) else [] if own is None else [own]
    return sorted({chat.end_ids(tokenizer)[-1], cast(int, tokenizer.eos_token_id), *several})


def _greedy(model: Any, tokenizer: PreTrainedTokenizerBase) -> GenerationConfig:  # noqa: ANN401 - see forced
    """The base's sampling is left behind: the student was measured without."""
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    return GenerationConfig(  # type: ignore[no-untyped-call]
        do_sample=False, eos_token_id=stops(model, tokenizer), bos_token_id=tokenizer.bos_token_id, pad_token_id=pad
    )


def fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
