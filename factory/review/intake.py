"""Intake: what experts have filled in, from any home, checked as a whole; one fault, and nothing of the file is applied."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from factory.errors import UserMistake
from factory.records import digest
from factory.review import FILE, KINDS, ExpertVerdict, expert_verdicts
from factory.review.cards import SAMPLED
from factory.run import Run

VERDICTS = ("accept", "reject", "fix")
MOST_SHOWN = 20  # faults of one file
Fits = Callable[[str, str, str], str]  # a task, a question and a corrected answer: why it is none of that task's, or nothing


class Filled(NamedTuple):
    """One example as a home gives it back; `where`: its place in the file, such as "row 7". `answer`: as it stands there, if it does."""

    where: str
    id: str
    verdict: str
    answer: str | None = None
    judged: str = ""  # digest of the answer that was read, where the home keeps it
    kind: str = ""
    reason: str = ""
    fixed: str = ""
    reviewer: str = ""
    seconds: float | None = None


class Fault(NamedTuple):
    where: str
    why: str


def broken(file: Path, error: ValidationError, must: str) -> UserMistake:
    """A file whose shape is not the home's: the first place that is at fault, and what it must be."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "the file"
    return UserMistake(f"{file}: {where}: {first['msg']}; must be {must}")


def take_in(run: Run, file: str, filled: Sequence[Filled], fits: Fits) -> list[ExpertVerdict]:
    """Adds the verdicts to the run and returns them; what has no verdict yet says nothing. Raises UserMistake with every faulty place."""
    known = expert_verdicts(run)
    asked, read = _answers(run, known, {one.id for one in filled})
    found: list[ExpertVerdict] = []
    faults: list[Fault] = []
    places: dict[tuple[str, str], str] = {}
    for one in filled:
        if not one.verdict.strip():
            continue
        key = (one.id, one.reviewer.strip())
        said = _verdict(one, asked, read, fits)
        if isinstance(said, str):
            faults.append(Fault(one.where, said))
        elif key in places:
            faults.append(Fault(one.where, f"id {one.id} stands in {places[key]} already, must be there once"))
        else:
            found.append(said)
        places.setdefault(key, one.where)
    if faults:
        raise UserMistake(_sentence(file, faults))
    everything = {(v.id, v.judged, v.reviewer): v for v in (*known, *found)}
    run.write_lines(FILE, (v.model_dump(exclude_defaults=True) for v in everything.values()))
    return found


Asked = dict[str, tuple[str, str]]  # by id: task and question


def _answers(run: Run, known: Sequence[ExpertVerdict], wanted: set[str]) -> tuple[Asked, dict[str, set[str]]]:
    """Of each example what was asked, and the digests of all its answers that a home of this run can hold."""
    asked: Asked = {}
    read: dict[str, set[str]] = {}
    for name in ("kept.jsonl", "rejected.jsonl", SAMPLED):
        for line in run.lines(name) if run.has(name) else ():
            if (id := str(line["id"])) in wanted:
                asked[id] = (str(line["task"]), str(line["instruction"]))
                read.setdefault(id, set()).add(digest(str(line["response"])))
    for one in known:
        if one.id in asked:
            read[one.id].add(one.judged)
    return asked, read


def _verdict(one: Filled, asked: Asked, read: Mapping[str, set[str]], fits: Fits) -> ExpertVerdict | str:
    """The verdict, or what is wrong with it."""
    said, kind, fixed = one.verdict.strip().casefold(), one.kind.strip().casefold(), one.fixed.strip()
    judged = one.judged or digest(one.answer or "")
    if one.id not in asked:
        return f"id {one.id} is not an example of this run"
    if said not in VERDICTS:
        return f'verdict "{said}", must be accept, reject, fix or empty'
    if judged not in read[one.id] or (one.judged and one.answer is not None and digest(one.answer) != judged):
        return "the answer is not the one that was exported; put a corrected one under fixed_answer, verdict fix"
    if (said == "fix") != bool(fixed):
        return "fixed_answer must be filled in exactly where the verdict is fix"
    if kind and kind not in KINDS:
        return f'kind "{kind}", must be one of {", ".join(KINDS)} or empty'
    if fixed and (wrong := fits(*asked[one.id], fixed)):
        return f"the corrected answer can't be one: {wrong}"
    told = {"id": one.id, "judged": judged, "verdict": said, "kind": kind if said == "reject" else ""}
    rest = {"reason": one.reason.strip(), "fixed": fixed, "reviewer": one.reviewer.strip(), "seconds": one.seconds}
    return ExpertVerdict.model_validate({**told, **rest})


def _sentence(file: str, faults: Sequence[Fault]) -> str:
    if len(faults) == 1:
        return f"{file}: {faults[0].where}: {faults[0].why}"
    shown = "".join(f"\n  {fault.where}: {fault.why}" for fault in faults[:MOST_SHOWN])
    more = f"\n  and {len(faults) - MOST_SHOWN} more" if len(faults) > MOST_SHOWN else ""
    return f"{file}: {len(faults)} places must be set right, nothing of it was applied:{shown}{more}"
