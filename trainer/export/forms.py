"""The forms that a student is shipped in: RUN/adapter in, RUN/exports/adapter, merged and gguf out, with what they agree in and answer."""

import json
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from transformers import AutoTokenizer

from factory.core.errors import UserMistake
from factory.core.jsonl import read_jsonl
from factory.core.training_settings import StudentSettings
from trainer import answer, chat, progress, student
from trainer.export import files, whole
from trainer.export.agreement import Agreement, agreement
from trainer.export.served import Served, served
from trainer.export.tokenizer import save_tokenizer

KINDS = ("f16", "q8_0")  # that the converter writes; the quantiser adds Q4_K_M
FULL = "f16"  # the one that must answer like the reference
LEAST = 96  # tokens that an answer may have, see trainer.answer
SPARE = 64  # beside the longest prompt and its answer


class Order(BaseModel):
    """What is to be shipped: the run's folder, the base's place here and its name elsewhere, and the rows that decide."""

    model_config = ConfigDict(frozen=True)

    run: Path
    base: str
    name: str
    student: StudentSettings
    questions: Path  # rows with their answers, a file of dialogues


class Shipped(BaseModel):
    """A form with its answers: a file for each of its kinds, and the reference's."""

    model_config = ConfigDict(frozen=True)

    kind: str  # that is held against the reference: bfloat16, float16 or f16
    agreement: Agreement
    reference: Path
    answers: dict[str, Path]
    stops: tuple[str, ...]
    note: str = ""


def ship_adapter(order: Order) -> None:
    """Weights and settings of the adapter, its base by a name that others can resolve, and its tokenizer with the template."""
    adapter = _adapter(order)
    with progress.quiet_libraries(), _replacing(order.run / "exports" / "adapter") as part:
        settings = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
        settings["base_model_name_or_path"] = order.name
        (part / "adapter_config.json").write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        shutil.copyfile(adapter / "adapter_model.safetensors", part / "adapter_model.safetensors")
        tokenizer = AutoTokenizer.from_pretrained(adapter)
        (chat.form_of(adapter) or chat.form(tokenizer, order.student.system)).write(part)
        save_tokenizer(tokenizer, part)


def ship(order: Order, forms: Sequence[str]) -> dict[str, Shipped]:
    """Of "merged" and "gguf" those that are asked for. Raises UserMistake."""
    adapter, exports = _adapter(order), order.run / "exports"
    reference = answer.answer(order.run, [order.questions], order.base, "student", order.student)
    with progress.quiet_libraries():
        dialogues = chat.read(order.questions)
        progress.VOICE.info("asking the adapter on its base for every token of %d answers", len(dialogues))
        beside = whole.unmerged(student.weights(order.base), adapter)
        taken = whole.take(beside, dialogues, order.student.system)
        with _replacing(exports / ".whole", kept=False) as full:
            whole.merge(beside, adapter, full)
            del beside
            makers = {"merged": _merged, "gguf": _ggufs}
            return {form: makers[form](order, full, taken, reference) for form in forms}


def _merged(order: Order, full: Path, taken: whole.Taken, reference: Path) -> Shipped:
    exports = order.run / "exports"
    with _replacing(exports / "merged") as part:
        kind, found = whole.halve(full, part, taken, order.student.system)
    named = exports / "answers" / f"{answer.name_of(str(exports / 'merged'))}.jsonl"
    named.unlink(missing_ok=True)  # of an earlier export
    said = answer.answer(exports, [order.questions], order.base, str(exports / "merged"), order.student)
    return Shipped(kind=kind, agreement=found, reference=reference, answers={kind: said}, stops=_stops(exports / "merged"))


def _ggufs(order: Order, full: Path, taken: whole.Taken, reference: Path) -> Shipped:
    exports = order.run / "exports"
    with _replacing(exports / "gguf") as part:
        for kind in KINDS:
            progress.VOICE.info("writing %s", gguf_name(kind))
            files.convert(full, part / gguf_name(kind), kind)
        note = files.quantise(part / gguf_name(FULL), part / gguf_name("Q4_K_M"))
    found, most = dict[str, Path](), room(taken.dialogues, reference)
    for kind in (*KINDS, *(() if note else ("Q4_K_M",))):
        with served(exports / "gguf" / gguf_name(kind), _context(taken, max(most))) as asked:
            path = exports / "answers" / f"gguf-{kind}.jsonl"
            found[kind], counted = _answers(asked, order, taken, most, path)
            if kind == FULL:
                progress.VOICE.info("asking %s for every token of %d answers", gguf_name(kind), len(taken.lessons))
                held = agreement(_same_prompts(asked, order, taken, counted), taken.places, asked.forced(taken.lessons))
    return Shipped(kind=FULL, agreement=held, reference=reference, answers=found, stops=_stops(full), note=note)


def gguf_name(kind: str) -> str:
    return f"student-{kind}.gguf"


def room(dialogues: Sequence[chat.Dialogue], reference: Path) -> list[int]:
    """Tokens that each answer may have, as the reference's had: what was cut has no more room, what ended itself must end by itself."""
    given = {one.id: one for one in read_jsonl(reference, answer.Answer, "run the export again, which writes it anew")}
    longest = max(given[one.id].tokens for one in dialogues)
    return [given[one.id].tokens if given[one.id].cut else max(longest, LEAST) for one in dialogues]


def _answers(asked: Served, order: Order, taken: whole.Taken, rooms: Sequence[int], path: Path) -> tuple[Path, list[int]]:
    """Answers as a chat completion gives them; beside their file how many tokens the server counts in each prompt.

    llama.cpp obeys control tokens that stand in a message: such a question is asked in the student's own tokens.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    progress.VOICE.info("asking %d questions: %s", len(taken.dialogues), path.stem)
    counted: list[int] = []
    with path.open("w", encoding="utf-8") as file:
        for one, lesson, most in zip(taken.dialogues, taken.lessons, rooms, strict=True):
            prompt, start = one.prompt(order.student.system), time.monotonic()
            worded = one.id in taken.worded
            said, tokens, read = asked.goes_on(whole.prompt_of(lesson), most) if worded else asked.says(prompt, most)
            seconds = round(time.monotonic() - start, 4)
            line = answer.Answer(id=one.id, response=said, tokens=tokens, seconds=seconds, prompt=chat.digest(prompt))
            file.write(line.model_dump_json() + "\n")
            counted.append(read)
    return path, counted


def _same_prompts(asked: Served, order: Order, taken: whole.Taken, counted: Sequence[int]) -> list[bool]:
    """The same ids by the file's own template and tokenizer, and as many in a chat completion."""
    asking = zip(taken.dialogues, taken.lessons, counted, strict=True)
    plain = [(one, whole.prompt_of(lesson), count) for one, lesson, count in asking if one.id not in taken.worded]
    if taken.worded:
        told = "%d questions hold control tokens in their text, which llama.cpp's chat obeys: they were asked in tokens (%s)"
        progress.VOICE.info(told, len(taken.worded), ", ".join(sorted(taken.worded)))
    return [asked.prompt_ids(one.prompt(order.student.system)) == ids and len(ids) == count for one, ids, count in plain]


def _context(taken: whole.Taken, most: int) -> int:
    return max(len(one.input_ids) for one in taken.lessons) + most + SPARE


def _stops(folder: Path) -> tuple[str, ...]:
    """The texts of the tokens that end an answer, for those who are told them apart from the weights."""
    ids = json.loads((folder / "generation_config.json").read_text(encoding="utf-8"))["eos_token_id"]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return tuple(tokenizer.convert_ids_to_tokens(ids if isinstance(ids, list) else [ids]))


def _adapter(order: Order) -> Path:
    adapter = order.run / "adapter"
    if not (adapter / "adapter_config.json").is_file():
        raise UserMistake(f"{adapter}: there is no adapter; run `docstill train {order.run}` first")
    return adapter


@contextmanager
def _replacing(folder: Path, kept: bool = True) -> Iterator[Path]:
    """A folder that is whole or not there: the old one stays until the new one is written."""
    part = whole.fresh(folder.with_name(folder.name + ".part"))
    try:
        yield part
        if kept:
            shutil.rmtree(folder, ignore_errors=True)
            part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
