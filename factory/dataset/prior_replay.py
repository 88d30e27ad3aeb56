"""Replay part of what an older student was trained on when its successor is trained."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from factory.core.errors import UserMistake
from factory.core.jsonl import numbered_lines, read_object
from factory.core.lazy import View
from factory.core.records import Row
from factory.core.settings import ReplaySettings
from factory.dataset.mix import replay_rows_wanted
from factory.models.students import PROMOTIONS_FILE, TRAINING_FILE, promoted_folder


def prior_rows(settings: ReplaySettings, home: Path) -> list[Row]:
    """Return the client's own rows of the earlier student, each as it was trained on, marked as
    replay. Raises UserMistake.
    """
    if not settings.earlier:
        return []
    path, label = _trained(home / settings.earlier)
    mend = (
        f'replay.earlier = "{settings.earlier}" must name a student of the registry (models/NAME), '
        "a run or a train.jsonl"
    )
    rows = [
        read_object(raw, f"{path}:{number}", mend) for number, raw in numbered_lines(path, mend)
    ]
    try:
        return [
            _replayed(row, label)
            for row in rows
            if _meta(row)["source"] == "document" or "earlier" in _meta(row)
        ]
    except (KeyError, TypeError) as error:
        raise UserMistake(f"{path}: holds lines that are not training rows; {mend}") from error


def _trained(place: Path) -> tuple[Path, str]:
    """Return the training file and the name of the student or run that it belongs to."""
    folder = promoted_folder(place) if (place / PROMOTIONS_FILE).is_file() else place
    path = folder / TRAINING_FILE if folder.is_dir() else folder
    return path, folder.resolve().name


def _replayed(row: Row, label: str) -> Row:
    return {**row, "meta": {**_meta(row), "source": "replay", "earlier": label}}


def _meta(row: Row) -> dict[str, object]:
    return cast("dict[str, object]", row["meta"])


def without_known_documents(rows: Sequence[Row], documents: set[str]) -> list[Row]:
    """Drop rows of documents that this run has too, by name: these are asked about again, and their
    content may have changed.
    """
    return [
        row
        for row in rows
        if cast("dict[str, object]", _meta(row)["document"])["name"] not in documents
    ]


def add_prior_rows(
    own: Sequence[Row], rows: Sequence[Row], settings: ReplaySettings, seed: int
) -> Sequence[Row]:
    """Return the run's own rows and a seeded choice of earlier ones, which make up at most
    `earlier_share` of both.
    """
    wanted = min(replay_rows_wanted(settings.earlier_share, len(own)), len(rows))
    chosen = random.Random(seed).sample(sorted(rows, key=lambda row: str(_meta(row)["id"])), wanted)
    return View(
        range(len(own) + wanted),
        lambda place: own[place] if place < len(own) else chosen[place - len(own)],
    )
