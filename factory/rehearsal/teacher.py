"""Rehearsal teacher: it knows every answer, and errs at a known rate in known ways, determined by
the seed alone.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from factory.core.prompts import Prompt
from factory.core.records import digest
from factory.rehearsal.answerers import Answerer, TeacherAnswer
from factory.rehearsal.gold_questions import GoldQuestion
from factory.rehearsal.prompt_parser import ParsedPrompt, parse_prompt

_NUMBER = re.compile(r"\d+")
FAULT_TRIES = 12  # attempts to find a fault that the evidence contradicts


class ErrorRates(NamedTuple):
    """The error rate, and the share of errors that is the same in all draws of an attempt."""

    wrong: float
    correlated: float

    @property
    def together(self) -> float:
        """The share of attempts in which every draw makes the same error."""
        return self.wrong * self.correlated

    @property
    def alone(self) -> float:
        """The error rate of single draws in the other attempts, chosen so that the total rate is
        `wrong`.
        """
        return (self.wrong - self.together) / (1 - self.together) if self.together < 1 else 0.0


class GivenAnswer(NamedTuple):
    """One answer of the teacher. Draw 1 is the written one; `fault` is empty if it is right."""

    question: str  # id of the gold row
    attempt: int
    draw: int
    response: str
    fault: str
    correlated: bool


@dataclass
class ErringTeacher:
    """Answers the requests of one task from gold rows.

    `prompts` are those that write, answer and repair; the first two may be the same.
    """

    questions: Sequence[GoldQuestion]
    answerer: Answerer
    prompts: tuple[Prompt, ...]
    rates: ErrorRates
    seed: int
    given: list[GivenAnswer] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)  # write, draw, repair
    unanswered: int = 0  # requests without an answer

    def __post_init__(self) -> None:
        self._about: dict[tuple[str, str], list[GoldQuestion]] = {}
        for question in self.questions:
            self._about.setdefault(self.answerer.place(question), []).append(question)
        self._replies: dict[str, str] = {}  # by key: a repeated request gets the same reply
        self._attempts: Counter[str] = Counter()
        self._answers: Counter[tuple[str, int]] = Counter()  # by question and attempt

    def answer(self, system: str, user: str, key: str) -> str | None:
        """Return the reply's JSON; None if there is no gold row for the request."""
        if key not in self._replies:
            filled = parse_prompt(self.prompts, system, user)
            value = self._answered(filled) if filled else None
            if value is None:
                self.unanswered += 1
                return None
            self._replies[key] = json.dumps(value, ensure_ascii=False)
        return self._replies[key]

    def _answered(self, filled: ParsedPrompt) -> dict[str, object] | None:
        names = filled.names
        text = names.get("chunk") or names.get("text", "")
        about = self._about.get((names.get("heading", ""), text)) or self._about.get(("", text), [])
        if "count" in names:
            self.calls["write"] += bool(about)
            return (
                {"examples": [self._next_answer(q) for q in about[: int(names["count"])]]}
                if about
                else None
            )
        question = _asked(about, names)
        if question is None:
            return None
        id = question.row.id
        again = filled.prompt == self.prompts[-1]
        self._attempts[id] += again
        self.calls[
            "repair" if again else "draw" if self._answers[id, self._attempts[id]] else "write"
        ] += 1
        return self._next_answer(question)

    def _next_answer(self, question: GoldQuestion) -> dict[str, object]:
        """Give the next answer of this attempt."""
        id = question.row.id
        attempt = self._attempts[id]
        self._answers[id, attempt] += 1
        draw = self._answers[id, attempt]
        fixed = self.answerer.fixed(question) if draw == 1 else None
        shared = None if fixed else self._shared_fault(question, attempt)
        told = fixed or shared or self._single_answer(question, attempt, draw)
        self.given.append(GivenAnswer(id, attempt, draw, told.response, told.fault, bool(shared)))
        return self.answerer.reply(question, told)

    def _shared_fault(self, question: GoldQuestion, attempt: int) -> TeacherAnswer | None:
        """Return the error that all draws of this attempt make, if they do; it must be one that
        evidence can contradict.
        """
        dice = self._dice(question, attempt, 0)
        if dice.random() >= self.rates.together:
            return None
        found = (self.answerer.wrong(question, dice) for _ in range(FAULT_TRIES))
        return next((told for told in found if told and told.shareable), None)

    def _single_answer(self, question: GoldQuestion, attempt: int, draw: int) -> TeacherAnswer:
        dice = self._dice(question, attempt, draw)
        erring = self.answerer.wrong(question, dice) if dice.random() < self.rates.alone else None
        return erring or self.answerer.right(question, dice if draw > 1 else None)

    def _dice(self, question: GoldQuestion, attempt: int, draw: int) -> Random:
        return Random(digest(self.seed, question.row.id, attempt, draw))


def _asked(about: Sequence[GoldQuestion], names: Mapping[str, str]) -> GoldQuestion | None:
    """Return the question that the request contains, or else the one that it asks to write.

    The number at the end of its wishes says which one to write.
    """
    asked = names.get("rejected") or names.get("question")
    found = next((q for q in about if q.row.instruction == asked), None)
    if found or (len(about) != 1 and "wishes" not in names):
        return found
    numbers = _NUMBER.findall(names.get("wishes", "").rpartition("\n")[2]) if len(about) > 1 else []
    return (
        about[int(numbers[0]) - 1]
        if numbers and int(numbers[0]) <= len(about)
        else about[0]
        if about
        else None
    )
