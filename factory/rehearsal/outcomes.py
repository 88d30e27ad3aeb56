"""What a rehearsal's run made of each answer, held against what is true."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from factory.core.outcomes import Line, rejection
from factory.rehearsal.gold_questions import Question
from factory.rehearsal.teacher import Said

KEPT, OUTVOTED = "", "outvoted"  # what became of a written answer, beside the names of filters


class Fate(NamedTuple):
    """One attempt at one question: what the teacher wrote, what became of it, and whether what stands there now is right."""

    question: str
    attempt: int
    wrote: Said
    caught: str  # the filter that rejected the attempt, "outvoted", or "" where the answer was kept as it is
    kept: bool
    response: str  # what stands there now: as written, or elected
    fault: str  # of it; empty where it is right
    reason: str  # of the rejection, where there is one


def fates(lines: Iterable[Line], asked: Sequence[Question], said: Iterable[Said]) -> list[Fate]:
    """Every attempt of a run. Lines without an attempt have none."""
    by_place = {(q.chunk.digest, q.row.instruction): q for q in asked}
    wrote: dict[tuple[str, int], Said] = {}
    known: dict[str, dict[str, str]] = {}
    for one in said:
        known.setdefault(one.question, {}).setdefault(one.response.strip(), one.fault)
        if one.draw == 1:
            wrote[one.question, one.attempt] = one
    found: list[Fate] = []
    for line in lines:
        for number, tried in enumerate(line.tries):
            question = by_place.get((line.chunk.digest, tried.instruction))
            if question is None:
                continue
            id = question.row.id
            first = wrote[id, number]
            fault = known[id].get(tried.response.strip(), "unknown")
            kept = line.ending == "kept" and number == len(line.tries) - 1
            fallen = rejection(tried)
            voted = bool(first.fault) and not fault
            caught, reason = (fallen.filter, fallen.reason) if fallen else (OUTVOTED if voted else KEPT, "")
            found.append(Fate(id, number, first, caught, kept, tried.response, fault, reason))
    return found
