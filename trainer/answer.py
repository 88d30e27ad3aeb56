"""Answering: questions in, RUN/answers/<name>.jsonl out; the factory scores, nothing is judged here."""

import json
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, cast

from pydantic import BaseModel, ConfigDict, Field
from transformers import AutoTokenizer
from transformers import PreTrainedTokenizerBase as Tokenizer

from factory.core.errors import UserMistake
from factory.core.jsonl import intact_rows, json_line, write_jsonl
from factory.core.training_settings import StudentSettings
from trainer import chat, greedy, progress, student
from trainer.as_text import Unfit

LEAST_TOKENS = 96  # of an answer, at most: a label, a value, one or two sentences; what rambles on is cut there
LONGER = 1.5  # than the longest reference of its task: a right answer in other words is seldom half as long again
UNLEARNT = {
    "system": "the system message",
    "options": "the template's options",
    "end": "the end of an answer",
    "folded": "the system message before the first user turn:",
    "date": "the date",
}
BATCH = 8  # questions at once; 4, 8, 16 took 2.9, 2.1, 3.3 s an answer (SmolLM2-135M, 2 shared cores, one trial each)


class Answer(BaseModel):
    """One line of an answers file; seconds are a question's share of its batch."""

    model_config = ConfigDict(frozen=True)

    id: str
    response: str
    tokens: int
    seconds: float
    prompt: str  # digest of the messages: an answer to other words is asked again
    cut: bool = Field(False, exclude_if=lambda cut: not cut)  # it had not ended when it was as long as answers of its task may be


class Question(NamedTuple):
    id: str
    prompt: str
    ids: list[int]
    most: int  # tokens of its answer


def answer(run: Path, questions: Sequence[Path], base: str, model: str, wanted: StudentSettings | None = None) -> Path:
    """Answers every question greedily and returns the answers file; asks only what it doesn't yet hold, or holds cut shorter.

    model: "base", "student" (RUN/adapter on base), or the path of an adapter or of a model; wanted: system message and length of
    answers. Raises UserMistake for missing files and for a model that can't be loaded.
    """
    system, most = (wanted.system, wanted.answer_tokens) if wanted else (None, None)
    with progress.quiet_libraries():
        dialogues = _dialogues(questions)
        path = run / "answers" / f"{name_of(model)}.jsonl"
        folder, adapter = chosen(run, base, model)
        given = _given(path)
        prompts = {one.id: chat.digest(one.prompt(system)) for one in dialogues}
        new = any(key not in given or given[key].prompt != prompt for key, prompt in prompts.items())
        if new or _may_be_longer(dialogues, given, student.weights(folder), most):
            path.parent.mkdir(parents=True, exist_ok=True)
            asked = student.load_for_answers(student.weights(folder), adapter)
            if adapter:
                _tell_unlearnt(adapter, chat.form(asked.tokenizer, system))
            given = _ask(asked, _tokenised(dialogues, asked, system, lengths(dialogues, asked.tokenizer, most)), given, path)
        _rewrite(path, prompts, given)
        _tell_cut(path.stem, [given[key] for key in prompts])
    return path


def _may_be_longer(dialogues: Sequence[chat.Dialogue], given: Mapping[str, Answer], folder: str, most: int | None) -> bool:
    """Whether an answer was cut that has more room now; the model is not loaded to know it."""
    cut = [one for one in dialogues if one.id in given and given[one.id].cut]
    if not cut:
        return False
    room = lengths(dialogues, cast(Tokenizer, AutoTokenizer.from_pretrained(folder)), most)
    return any(given[one.id].tokens < room[one.meta.task] for one in cut)


def lengths(dialogues: Sequence[chat.Dialogue], tokenizer: Tokenizer, most: int | None) -> dict[str, int]:
    """Tokens that an answer of each task may have: `most`, else by the longest reference of the task."""
    longest: dict[str, int] = {}
    for one in dialogues:
        longest[one.meta.task] = max(longest.get(one.meta.task, 0), len(chat.answer_ids(one, tokenizer)))
    return {task: most or max(LEAST_TOKENS, math.ceil(LONGER * tokens)) for task, tokens in longest.items()}


def _tell_unlearnt(adapter: Path, today: chat.Form) -> None:
    learnt = chat.form_of(adapter)
    for name in chat.Form.model_fields if learnt else ():
        was, is_now = getattr(learnt, name), getattr(today, name)
        if was != is_now:
            told = "%s: it learnt with %s %s and is asked with %s; train it again or change that back"
            progress.VOICE.info(told, adapter, UNLEARNT[name], json.dumps(was), json.dumps(is_now))


def _tell_cut(model: str, given: Sequence[Answer]) -> None:
    if cut := sum(one.cut for one in given):
        told = "%s: %d of %d answers had not ended when they were as long as answers may be, and were cut; [student] answer_tokens sets it"
        progress.VOICE.info(told, model, cut, len(given))


def name_of(model: str) -> str:
    """The answers file's name; a folder called like one of a run's own is named after its run as well."""
    if model in ("base", "student"):
        return model
    path = Path(model).resolve()
    return f"{path.parent.name}-{path.name}" if path.name in ("adapter", "merged", "base", "student") else path.name


def chosen(run: Path, base: str, model: str) -> tuple[str, Path | None]:
    if model == "base":
        return base, None
    adapter = run / "adapter" if model == "student" else Path(model)
    if (adapter / "adapter_config.json").is_file():
        return base, adapter
    if model == "student":
        raise UserMistake(f"{adapter}: there is no adapter; run `docstill train {run}` first")
    return model, None


def _dialogues(questions: Sequence[Path]) -> list[chat.Dialogue]:
    found: dict[str, chat.Dialogue] = {}
    for path in questions:
        for one in chat.read(path):
            if found.setdefault(one.id, one).messages != one.messages:
                raise UserMistake(f"{path}: id {one.id} stands for two different questions; ids must be unique")
    return list(found.values())


def _tokenised(dialogues: Sequence[chat.Dialogue], asked: student.Student, system: str | None, most: Mapping[str, int]) -> list[Question]:
    longest = getattr(asked.model.config, "max_position_embeddings", None)
    found: list[Question] = []
    for one in dialogues:
        prompt = one.prompt(system)
        ids = _asked_ids(one.id, prompt, asked.tokenizer)
        room = most[one.meta.task]
        if longest is not None and len(ids) + room > longest:
            raise UserMistake(
                f"question {one.id}: {len(ids)} tokens and an answer of {room} don't fit into the student's {longest}; "
                "make [chunks] tokens smaller"
            )
        found.append(Question(one.id, chat.digest(prompt), ids, room))
    return found


def _asked_ids(id: str, prompt: list[dict[str, str]], tokenizer: Tokenizer) -> list[int]:
    try:
        return chat.asked_ids(prompt, tokenizer)
    except Unfit as error:
        raise UserMistake(f"question {id}: {error}; leave it out of the run, or choose another student") from error


def _ask(asked: student.Student, questions: list[Question], given: dict[str, Answer], path: Path) -> dict[str, Answer]:
    """Batches are cut from all questions, answered or not: an answer depends a little on its neighbours' padding,
    and so a run that was interrupted says what an unbroken one says."""
    by_length = sorted(questions, key=lambda one: (one.most, len(one.ids), one.id))
    batches = [by_length[start : start + BATCH] for start in range(0, len(by_length), BATCH)]
    open_batches = [batch for batch in batches if any(_open(one, given) for one in batch)]
    answers = dict(given)
    start = said = time.monotonic()
    with path.open("a", encoding="utf-8") as file:
        for number, batch in enumerate(open_batches, start=1):
            fresh = [new for one, new in zip(batch, _generate(asked, batch), strict=True) if _open(one, given)]
            file.writelines(map(json_line, fresh))
            file.flush()
            answers.update({new.id: new for new in fresh})
            now = time.monotonic()
            if now - said >= progress.EVERY_SECONDS or number == len(open_batches):
                said = now
                left = progress.minutes((now - start) / number * (len(open_batches) - number))
                progress.VOICE.info("%s: batch %d of %d, %s left", path.stem, number, len(open_batches), left)
    return answers


def _open(question: Question, given: dict[str, Answer]) -> bool:
    if question.id not in given or given[question.id].prompt != question.prompt:
        return True
    return given[question.id].cut and given[question.id].tokens < question.most


def _generate(asked: student.Student, batch: Sequence[Question]) -> list[Answer]:
    start = time.monotonic()
    said = greedy.write(asked, [one.ids for one in batch], [one.most for one in batch])
    seconds = round((time.monotonic() - start) / len(batch), 4)
    return [
        Answer(id=one.id, response=new.text, tokens=new.tokens, seconds=seconds, prompt=one.prompt, cut=not new.ended)
        for one, new in zip(batch, said, strict=True)
    ]


def _given(path: Path) -> dict[str, Answer]:
    """Answers of an earlier call, a later line before an earlier one; a line torn by a kill is asked again."""
    return {one.id: one for one in intact_rows(path, Answer)}


def _rewrite(path: Path, wanted: Iterable[str], given: dict[str, Answer]) -> None:
    """In question order; answers to questions of other calls stay, behind them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_jsonl(path, (given[key] for key in dict.fromkeys((*wanted, *given))))
