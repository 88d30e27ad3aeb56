"""Self-generated replay: the student's base answers general prompts before training, and complete,
clean answers are added to train.jsonl.

`make` chooses the prompts, and `train` lets the base answer them and adds the answers. So the core
needs no torch, and the answers come from the weights that are trained.
"""

import json
import math
import random
from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel, RootModel

from factory.core.records import SPLIT_FILES, Row
from factory.core.run_folder import BEYOND, Run
from factory.core.settings import ReplaySettings
from factory.dataset.decontaminate import CONTAMINATION_FILE, contamination_row, protected_rows
from factory.dataset.mix import ReplayExample, replay_row, replay_rows_wanted
from filters.duplicates.decontamination import ComparedRow, find_overlaps

PROMPTS = "replay_prompts.jsonl"  # of the run: in the order in which they are used
ANSWERS = "replay_answers.jsonl"  # what the trainer wrote down of base's answers
AGAINST = ".replay_against.jsonl"  # gold and protected rows, which are nowhere else in the run
HELD_OUT_FILES = (
    *(name for split, name in SPLIT_FILES.items() if split != "train"),
    "gold.jsonl",
    BEYOND,
)
SELF_SOURCE = "self"  # the teacher of such a row
SPARE = 1.25  # prompts per wanted row: some answers don't end, or overlap held-out data


class BaseModelAnswer(BaseModel, frozen=True):
    """One line of the trainer's file."""

    id: str
    response: str
    ended: bool


class SelfReplay(BaseModel, frozen=True):
    """Part of report.json: how many answers were wanted, asked, cut off, removed because of
    overlaps, and trained on.
    """

    wanted: int
    asked: int
    torn: int
    removed: int
    used: int

    @property
    def words(self) -> str:
        short = (
            f"; {self.wanted - self.used} of {self.wanted} wanted are missing"
            if self.used < self.wanted
            else ""
        )
        left = f"{self.torn} did not end, {self.removed} overlapped held-out data"
        return (
            f"replay: base answered {self.asked} general prompts, {left}, "
            f"{self.used} are trained on{short}"
        )


def write_prompts(
    run: Run, prompts: Sequence[ReplayExample], against: Iterable[ComparedRow], seed: int
) -> None:
    """Write the prompts in the order of their use, and the held-out texts that their answers must
    not repeat.
    """
    order = sorted(prompts, key=lambda one: one.id)
    random.Random(seed).shuffle(order)
    if order or run.has(PROMPTS):
        run.write_lines(PROMPTS, (replay_row(one, None) for one in order))
        run.write_lines(AGAINST, (one._asdict() for one in against))


def prompts_for(rows: int) -> int:
    """Return how many prompts to ask to get `rows` answers."""
    return math.ceil(SPARE * rows)


def answers_wanted(run: Run, settings: ReplaySettings) -> int:
    """Return how many answers of the base are missing from the share after the other replay."""
    return _wanted([row for row in run.lines(SPLIT_FILES["train"]) if not _is_own(row)], settings)


def _wanted(rows: Sequence[Row], settings: ReplaySettings) -> int:
    replayed = sum(_meta(row)["source"] == "replay" and "earlier" not in _meta(row) for row in rows)
    return replay_rows_wanted(settings.share, len(rows) - replayed) - replayed


def join_answers(run: Run, settings: ReplaySettings, seed: int) -> SelfReplay:
    """Put the base's answers among the rows of train.jsonl, replacing those of an earlier call, and
    update report.json.
    """
    rows = [row for row in run.lines(SPLIT_FILES["train"]) if not _is_own(row)]
    answers = {one.id: one for one in run.rows(ANSWERS, BaseModelAnswer)}
    asked = [
        (row, answers[str(_meta(row)["id"])])
        for row in run.lines(PROMPTS)
        if _meta(row)["id"] in answers
    ]
    whole = [
        ReplayExample(instruction=_asked(row), response=one.response)
        for row, one in asked
        if one.ended and one.response
    ]
    found = find_overlaps(
        [
            ComparedRow(one.id, SELF_SOURCE, one.instruction, one.response, bare=True)
            for one in whole
        ],
        _held(run),
    )
    clean, n = (
        [one for place, one in enumerate(whole) if place not in found],
        _wanted(rows, settings),
    )
    used = [_row(one) for one in clean[:n]]
    run.write_lines(SPLIT_FILES["train"], _spread(rows, used, seed))
    run.write_lines(
        CONTAMINATION_FILE,
        [
            *(line for line in run.lines(CONTAMINATION_FILE) if line["source"] != SELF_SOURCE),
            *map(contamination_row, found.values()),
        ],
    )
    told = SelfReplay(
        wanted=n, asked=len(asked), torn=len(asked) - len(whole), removed=len(found), used=len(used)
    )
    _tell(run, told, rows)
    return told


def _held(run: Run) -> list[ComparedRow]:
    """Return what is held out, as the run has it."""
    fixed = [one.root for one in run.rows(AGAINST, RootModel[ComparedRow])]
    return [
        *fixed,
        *(
            row
            for name in HELD_OUT_FILES
            if run.has(name)
            for row in protected_rows(run.folder / name, name)
        ),
    ]


def _row(one: ReplayExample) -> Row:
    row = replay_row(one, None)
    return {**row, "meta": {**_meta(row), "teacher": SELF_SOURCE}}


def _spread(rows: Sequence[Row], own: Sequence[Row], seed: int) -> Iterable[Row]:
    """Mix both lists. The order of the other rows stays, so that the same call again writes the
    same bytes.
    """
    places = set(random.Random(seed).sample(range(len(rows) + len(own)), len(own)))
    mine, others = iter(own), iter(rows)
    return (next(mine if place in places else others) for place in range(len(rows) + len(own)))


def _tell(run: Run, told: SelfReplay, rows: Sequence[Row]) -> None:
    if not run.has("report.json"):
        return
    report = run.read_object("report.json")
    replayed, every = (
        sum(_meta(row)["source"] == "replay" for row in rows) + told.used,
        len(rows) + told.used,
    )
    share = round(replayed / every, 4) if every else 0.0
    report |= {
        "own_replay": told.model_dump(),
        "train_rows": every,
        "replay_rows": replayed,
        "replay_share": share,
    }
    run.write("report.json", json.dumps(report, indent=1, ensure_ascii=False) + "\n")


def _meta(row: Mapping[str, object]) -> dict[str, object]:
    meta = row["meta"]
    assert isinstance(meta, dict)
    return meta


def _asked(row: Row) -> str:
    messages = row["messages"]
    assert isinstance(messages, list)
    return str(messages[0]["content"])


def _is_own(row: Mapping[str, object]) -> bool:
    return _meta(row)["source"] == "replay" and _meta(row)["teacher"] == SELF_SOURCE
