"""What there is to learn: the rows of train and val that fit, and the names of those that don't."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from transformers import PreTrainedTokenizerBase

from factory.core.errors import UserMistake
from factory.core.training_settings import StudentSettings, TrainSettings
from trainer import chat, progress
from trainer.as_text import Unfit
from trainer.template import must_be_learnable

ENOUGH_VAL = 30  # with fewer, the difference between two epochs' losses is noise
NAMED = 5  # of the rows that the student does not take


class Lessons(BaseModel):
    """What fits of train and val, in tokens."""

    model_config = ConfigDict(frozen=True)

    train: list[chat.Lesson]
    val: list[chat.Lesson]
    left_out: tuple[str, ...]  # ids of rows that are too long
    unfit: dict[str, str] = Field({}, exclude_if=lambda unfit: not unfit)  # by id, why the student does not take a row

    @property
    def judged(self) -> bool:
        return len(self.val) >= ENOUGH_VAL


def enough(run: Path, settings: TrainSettings) -> list[chat.Dialogue]:
    """The rows of train.jsonl; raises UserMistake where there are none, or fewer than min_examples."""
    path = run / "train.jsonl"
    rows = chat.read(path)
    if not rows:
        raise UserMistake(f"{path}: is empty; run `docstill make` first, and see report.json for what was rejected")
    _refuse_few(path, len(rows), settings)
    return rows


def _refuse_few(path: Path, rows: int, settings: TrainSettings) -> None:
    if rows < settings.min_examples:
        raise UserMistake(
            f"{path}: {rows} rows to learn from, but [train] min_examples = {settings.min_examples}; "
            f"make more examples, or set [train] min_examples = {rows} to train on so few"
        )


def gather(
    run: Path,
    rows: Sequence[chat.Dialogue],
    tokenizer: PreTrainedTokenizerBase,
    wanted: StudentSettings,
    settings: TrainSettings,
) -> Lessons:
    """Train and val rows in tokens; raises UserMistake where no train row fits, and for a template that can't be learnt by."""
    must_be_learnable(tokenizer)
    path, val = run / "train.jsonl", run / "val.jsonl"
    taught = _taken(rows, tokenizer, wanted.system)
    judged = _taken(chat.read(val) if val.is_file() else [], tokenizer, wanted.system)
    fits, long = chat.fitting(taught.lessons, wanted.max_seq_length)
    val_fits, val_long = chat.fitting(judged.lessons, wanted.max_seq_length)
    found = Lessons(train=fits, val=val_fits, left_out=(*long, *val_long), unfit=taught.unfit | judged.unfit)
    _tell_left_out(found, wanted.max_seq_length)
    if not taught.lessons:
        raise UserMistake(f"{path}: the student takes none of the {len(rows)} rows: {next(iter(taught.unfit.values()))}")
    if not fits:
        raise UserMistake(
            f"{path}: all {len(taught.lessons)} rows are longer than [student] max_seq_length = "
            f"{wanted.max_seq_length} tokens; raise it, or make [chunks] tokens smaller"
        )
    _refuse_few(path, len(fits), settings)
    return found


def _tell_left_out(found: Lessons, length: int) -> None:
    if found.unfit:
        progress.VOICE.info("%s", unfit_words(found.unfit))
    if found.left_out:
        named = ", ".join(found.left_out)
        progress.VOICE.info("%d rows are longer than max_seq_length = %d tokens and left out: %s", len(found.left_out), length, named)


def unfit_words(unfit: Mapping[str, str]) -> str:
    """Which rows the student does not take, the first ones by name."""
    more = f"; and {len(unfit) - NAMED} more" if len(unfit) > NAMED else ""
    return f"{len(unfit)} rows are left out: {'; '.join([*unfit.values()][:NAMED])}{more}"


class _Taken(NamedTuple):
    lessons: list[chat.Lesson]
    unfit: dict[str, str]  # by id, why the student does not take the row


def _taken(rows: Sequence[chat.Dialogue], tokenizer: PreTrainedTokenizerBase, system: str | None) -> _Taken:
    found = _Taken([], {})
    for one in rows:
        try:
            found.lessons.append(chat.lesson(one, tokenizer, system))
        except Unfit as error:
            found.unfit[one.id] = str(error)
    return found
