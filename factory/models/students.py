"""Read and write the registry of students: their cards by name and version, and promotions."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import TypeVar

from pydantic import BaseModel

from factory.core.atomic import replacing
from factory.core.errors import UserMistake
from factory.core.jsonl import read_json
from factory.core.stats import rounded

CARD_FILE = "student.json"  # next to the adapter's files
TRAINING_FILE = "train.jsonl"
PROMOTIONS_FILE = "promoted.json"  # one per name


class ScoredAnswer(BaseModel, frozen=True):
    """The score of one answer in the deciding set."""

    question: str  # digest of question and reference
    document: str
    value: float


class StudentCard(BaseModel, frozen=True):
    """The contents of models/NAME/NAME-VERSION/student.json."""

    name: str
    version: int
    base: str
    run: str  # the folder's name
    adapter: str  # digest of its weights
    data: str  # digest of train.jsonl
    recipe: str  # digest of its text
    rows: int
    metric: str
    decided_by: str
    verdict: str
    scores: dict[str, dict[str, float]]  # by set and metric
    answers: tuple[ScoredAnswer, ...]

    @property
    def label(self) -> str:
        return f"{self.name}-{self.version}"

    @property
    def against_base(self) -> str:
        return (
            "not shown better or worse than base"
            if self.verdict == "undecided"
            else f"{self.verdict} than base"
        )

    @property
    def score(self) -> float:
        return rounded(fmean(one.value for one in self.answers))


class Promotions(BaseModel, frozen=True):
    """The contents of promoted.json: the promoted version, and earlier ones, the latest last."""

    promoted: int | None = None
    before: tuple[int, ...] = ()


Record = TypeVar("Record", StudentCard, Promotions)


def list_students(models: Path) -> Iterator[tuple[StudentCard, bool]]:
    """Yield every student by name and version, and whether it is the promoted one."""
    for folder in sorted(models.glob("*/")):
        promotions = read_promotions(folder)
        for card in read_versions(folder):
            yield card, card.version == promotions.promoted


def promoted_folder(folder: Path) -> Path:
    """Return the folder of the promoted version of a name. Raises UserMistake if it is gone."""
    version = read_promotions(folder).promoted
    for card in read_versions(folder):
        if card.version == version:
            return folder / card.label
    raise UserMistake(f"{folder}: the promoted version {version} is missing; promote another")


def read_versions(folder: Path) -> Sequence[StudentCard]:
    found = [
        _read_record(path, StudentCard)
        for path in folder.glob(f"*/{CARD_FILE}")
        if path.parent.suffix != ".part"
    ]
    return sorted(found, key=lambda card: card.version)


def read_promotions(folder: Path) -> Promotions:
    return (
        _read_record(folder / PROMOTIONS_FILE, Promotions)
        if (folder / PROMOTIONS_FILE).is_file()
        else Promotions()
    )


def _read_record(path: Path, kind: type[Record]) -> Record:
    return read_json(path, kind, "must be as `docstill models promote` wrote it")


def write_record(path: Path, record: BaseModel) -> None:
    with replacing(path) as file:
        file.write(record.model_dump_json(indent=1) + "\n")
