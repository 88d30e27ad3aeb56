"""Self-generated replay: general prompts that the student's base answers before training; what is whole and clean joins train.jsonl.

`make` chooses the prompts, `train` lets the base answer them and joins the answers: the core needs no torch, and the answers are those of
the weights that are trained.
"""

import json
import math
import random
from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel, RootModel

from factory.core.records import FILES, Row
from factory.core.run_folder import BEYOND, Run
from factory.core.settings import ReplaySettings
from factory.dataset.decontaminate import LISTED, listed, protected_rows
from factory.dataset.mix import Replay, replay_row, replay_wanted
from filters.duplicates.decontamination import Compared, overlaps

PROMPTS = "replay_prompts.jsonl"  # of the run: in the order in which they are used
ANSWERS = "replay_answers.jsonl"  # what the trainer wrote down of base's answers
AGAINST = ".replay_against.jsonl"  # gold and what is protected, which stand nowhere else in the run
HELD = (*(name for split, name in FILES.items() if split != "train"), "gold.jsonl", BEYOND)
SELF = "self"  # the teacher of such a row
SPARE = 1.25  # prompts asked for each row wanted: some answers don't end, or stand in what is held out


class Answer(BaseModel, frozen=True):
    """One line of the trainer's file."""

    id: str
    response: str
    ended: bool


class OwnReplay(BaseModel, frozen=True):
    """Part of report.json: wanted, asked, and of what was asked how much did not end, how much was removed, and how much is trained on."""

    wanted: int
    asked: int
    torn: int
    removed: int
    used: int

    @property
    def words(self) -> str:
        short = f"; {self.wanted - self.used} of {self.wanted} wanted are missing" if self.used < self.wanted else ""
        left = f"{self.torn} did not end, {self.removed} stood in what is held out"
        return f"replay: base answered {self.asked} general prompts, {left}, {self.used} are trained on{short}"


def write_prompts(run: Run, prompts: Sequence[Replay], against: Iterable[Compared], seed: int) -> None:
    """The prompts in the order of their use, and what their answers must not repeat."""
    order = sorted(prompts, key=lambda one: one.id)
    random.Random(seed).shuffle(order)
    if order or run.has(PROMPTS):
        run.write_lines(PROMPTS, (replay_row(one, None) for one in order))
        run.write_lines(AGAINST, (one._asdict() for one in against))


def prompts_for(rows: int) -> int:
    """How many prompts to ask for so many rows."""
    return math.ceil(SPARE * rows)


def wanted(run: Run, settings: ReplaySettings) -> int:
    """How many answers of base the share lacks, beside the other replay."""
    return _wanted([row for row in run.lines(FILES["train"]) if not _is_own(row)], settings)


def _wanted(rows: Sequence[Row], settings: ReplaySettings) -> int:
    replayed = sum(_meta(row)["source"] == "replay" and "earlier" not in _meta(row) for row in rows)
    return replay_wanted(settings.share, len(rows) - replayed) - replayed


def join(run: Run, settings: ReplaySettings, seed: int) -> OwnReplay:
    """Puts base's answers among the rows of train.jsonl, in place of those of an earlier call, and tells report.json of it."""
    rows = [row for row in run.lines(FILES["train"]) if not _is_own(row)]
    answers = {one.id: one for one in run.rows(ANSWERS, Answer)}
    asked = [(row, answers[str(_meta(row)["id"])]) for row in run.lines(PROMPTS) if _meta(row)["id"] in answers]
    whole = [Replay(instruction=_asked(row), response=one.response) for row, one in asked if one.ended and one.response]
    found = overlaps([Compared(one.id, SELF, one.instruction, one.response, bare=True) for one in whole], _held(run))
    clean, n = [one for place, one in enumerate(whole) if place not in found], _wanted(rows, settings)
    used = [_row(one) for one in clean[:n]]
    run.write_lines(FILES["train"], _spread(rows, used, seed))
    run.write_lines(LISTED, [*(line for line in run.lines(LISTED) if line["source"] != SELF), *map(listed, found.values())])
    told = OwnReplay(wanted=n, asked=len(asked), torn=len(asked) - len(whole), removed=len(found), used=len(used))
    _tell(run, told, rows)
    return told


def _held(run: Run) -> list[Compared]:
    """What is held out, as it stands in the run."""
    fixed = [one.root for one in run.rows(AGAINST, RootModel[Compared])]
    return [*fixed, *(row for name in HELD if run.has(name) for row in protected_rows(run.folder / name, name))]


def _row(one: Replay) -> Row:
    row = replay_row(one, None)
    return {**row, "meta": {**_meta(row), "teacher": SELF}}


def _spread(rows: Sequence[Row], own: Sequence[Row], seed: int) -> Iterable[Row]:
    """Both among each other; the order of the others stays, so that the same call again gives the same bytes."""
    places = set(random.Random(seed).sample(range(len(rows) + len(own)), len(own)))
    mine, others = iter(own), iter(rows)
    return (next(mine if place in places else others) for place in range(len(rows) + len(own)))


def _tell(run: Run, told: OwnReplay, rows: Sequence[Row]) -> None:
    if not run.has("report.json"):
        return
    report = run.read_object("report.json")
    replayed, every = sum(_meta(row)["source"] == "replay" for row in rows) + told.used, len(rows) + told.used
    share = round(replayed / every, 4) if every else 0.0
    report |= {"own_replay": told.model_dump(), "train_rows": every, "replay_rows": replayed, "replay_share": share}
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
    return _meta(row)["source"] == "replay" and _meta(row)["teacher"] == SELF
