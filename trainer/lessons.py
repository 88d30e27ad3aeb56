"""What there is to learn: the rows of train and val that fit, and the names of those that don't."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from transformers import PreTrainedTokenizerBase

from factory.errors import UserMistake
from trainer import chat, progress
from trainer.settings import StudentSettings, TrainSettings

ENOUGH_VAL = 30  # with fewer, the difference between two epochs' losses is noise


class Lessons(BaseModel):
    """What fits of train and val, in tokens."""

    model_config = ConfigDict(frozen=True)

    train: list[chat.Lesson]
    val: list[chat.Lesson]
    left_out: tuple[str, ...]

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
    """Train and val rows in tokens; raises UserMistake where no train row fits."""
    val = run / "val.jsonl"
    val_rows = chat.read(val) if val.is_file() else []
    fits, long = chat.fitting([chat.lesson(one, tokenizer, wanted.system) for one in rows], wanted.max_seq_length)
    val_fits, val_long = chat.fitting([chat.lesson(one, tokenizer, wanted.system) for one in val_rows], wanted.max_seq_length)
    left_out = (*long, *val_long)
    if left_out:
        progress.VOICE.info(
            "%d rows are longer than max_seq_length = %d tokens and left out: %s",
            len(left_out),
            wanted.max_seq_length,
            ", ".join(left_out),
        )
    if not fits:
        raise UserMistake(
            f"{run / 'train.jsonl'}: all {len(rows)} rows are longer than [student] max_seq_length = "
            f"{wanted.max_seq_length} tokens; raise it, or make [chunks] tokens smaller"
        )
    _refuse_few(run / "train.jsonl", len(fits), settings)
    return Lessons(train=fits, val=val_fits, left_out=left_out)
