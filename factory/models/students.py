"""Students that were taken into a registry: their cards, by name and version, and which one is promoted."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import TypeVar

from pydantic import BaseModel

from factory.core.atomic import replacing
from factory.core.errors import UserMistake
from factory.core.jsonl import read_json
from factory.core.stats import rounded

CARD = "student.json"  # beside the adapter's own files
TRAINED = "train.jsonl"
PROMOTED = "promoted.json"  # of a name


class Scored(BaseModel, frozen=True):
    """One answer of the deciding set."""

    question: str  # digest of question and reference
    document: str
    value: float


class Card(BaseModel, frozen=True):
    """models/NAME/NAME-VERSION/student.json."""

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
    answers: tuple[Scored, ...]

    @property
    def label(self) -> str:
        return f"{self.name}-{self.version}"

    @property
    def against_base(self) -> str:
        return "not shown better or worse than base" if self.verdict == "undecided" else f"{self.verdict} than base"

    @property
    def score(self) -> float:
        return rounded(fmean(one.value for one in self.answers))


class Shelf(BaseModel, frozen=True):
    """promoted.json: the promoted version, and those before it, the latest last."""

    promoted: int | None = None
    before: tuple[int, ...] = ()


Record = TypeVar("Record", Card, Shelf)


def cards(models: Path) -> Iterator[tuple[Card, bool]]:
    """Every student, by name and version, and whether it is the promoted one."""
    for folder in sorted(models.glob("*/")):
        shelf = _shelf(folder)
        for card in _versions(folder):
            yield card, card.version == shelf.promoted


def promoted(folder: Path) -> Path:
    """Of a name's folder, that of the promoted version. Raises UserMistake where it is gone."""
    version = _shelf(folder).promoted
    for card in _versions(folder):
        if card.version == version:
            return folder / card.label
    raise UserMistake(f"{folder}: the promoted version {version} is gone, promote another")


def _versions(folder: Path) -> Sequence[Card]:
    found = [_read(path, Card) for path in folder.glob(f"*/{CARD}") if path.parent.suffix != ".part"]
    return sorted(found, key=lambda card: card.version)


def _shelf(folder: Path) -> Shelf:
    return _read(folder / PROMOTED, Shelf) if (folder / PROMOTED).is_file() else Shelf()


def _read(path: Path, kind: type[Record]) -> Record:
    return read_json(path, kind, "must be as `docstill models promote` has written it")


def _write(path: Path, record: BaseModel) -> None:
    with replacing(path) as file:
        file.write(record.model_dump_json(indent=1) + "\n")
