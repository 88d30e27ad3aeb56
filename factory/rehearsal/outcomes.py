"""Outcomes of a rehearsal's run: what it did with each answer, compared with the truth."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from factory.core.outcomes import OutcomeLine, rejection
from factory.rehearsal.gold_questions import GoldQuestion
from factory.rehearsal.teacher import GivenAnswer

KEPT, OUTVOTED = "", "outvoted"  # outcomes of a written answer that are not filter names


class AttemptOutcome(NamedTuple):
    """One attempt at one question: what the teacher wrote, its outcome, and whether the final
    answer is right.
    """

    question: str
    attempt: int
    wrote: GivenAnswer
    # The filter that rejected the attempt, "outvoted", or "" if the answer was kept unchanged.
    caught: str
    kept: bool
    response: str  # the final answer, as written or as elected
    fault: str  # fault of the final answer; empty if it is right
    reason: str  # reason of the rejection, if any


def attempt_outcomes(
    lines: Iterable[OutcomeLine], asked: Sequence[GoldQuestion], said: Iterable[GivenAnswer]
) -> list[AttemptOutcome]:
    """Return the outcome of every attempt of a run. A line without an attempt has none."""
    by_place = {(q.chunk.digest, q.row.instruction): q for q in asked}
    wrote: dict[tuple[str, int], GivenAnswer] = {}
    known: dict[str, dict[str, str]] = {}
    for one in said:
        known.setdefault(one.question, {}).setdefault(one.response.strip(), one.fault)
        if one.draw == 1:
            wrote[one.question, one.attempt] = one
    found: list[AttemptOutcome] = []
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
            caught, reason = (
                (fallen.filter, fallen.reason) if fallen else (OUTVOTED if voted else KEPT, "")
            )
            found.append(
                AttemptOutcome(id, number, first, caught, kept, tried.response, fault, reason)
            )
    return found
