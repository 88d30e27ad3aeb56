"""The rehearsal's teacher: it knows every answer, and errs at a known rate in known ways, by the seed alone."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from factory.core.prompts import Prompt
from factory.core.records import digest
from factory.rehearsal.answerers import Told, Voice
from factory.rehearsal.gold_questions import Question
from factory.rehearsal.prompt_parser import Filled, recognised

_NUMBER = re.compile(r"\d+")
TRIES = 12  # faults that are tried until one can be contradicted


class Rates(NamedTuple):
    """How often it errs, and which share of that is the same in all draws of an attempt."""

    wrong: float
    correlated: float

    @property
    def together(self) -> float:
        """Of all attempts those in which every draw errs alike."""
        return self.wrong * self.correlated

    @property
    def alone(self) -> float:
        """Of the draws of other attempts those that err: so that the whole rate comes out."""
        return (self.wrong - self.together) / (1 - self.together) if self.together < 1 else 0.0


class Said(NamedTuple):
    """One answer that it gave; draw 1 is the one that was written. `fault` is empty where it is right."""

    question: str  # id of the gold row
    attempt: int
    draw: int
    response: str
    fault: str
    correlated: bool


@dataclass
class Erring:
    """Answers requests of one task from gold rows. `prompts`: those that write, answer and repair; the first two may be one."""

    questions: Sequence[Question]
    voice: Voice
    prompts: tuple[Prompt, ...]
    rates: Rates
    seed: int
    said: list[Said] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)  # write, draw, repair
    strange: int = 0  # requests that it has no answer for

    def __post_init__(self) -> None:
        self._about: dict[tuple[str, str], list[Question]] = {}
        for question in self.questions:
            self._about.setdefault(self.voice.place(question), []).append(question)
        self._replies: dict[str, str] = {}  # by key: what is sent again is answered alike
        self._attempts: Counter[str] = Counter()
        self._answers: Counter[tuple[str, int]] = Counter()  # by question and attempt

    def answer(self, system: str, user: str, key: str) -> str | None:
        """The reply's JSON; None where it has no gold row for the request."""
        if key not in self._replies:
            filled = recognised(self.prompts, system, user)
            value = self._answered(filled) if filled else None
            if value is None:
                self.strange += 1
                return None
            self._replies[key] = json.dumps(value, ensure_ascii=False)
        return self._replies[key]

    def _answered(self, filled: Filled) -> dict[str, object] | None:
        names = filled.names
        text = names.get("chunk") or names.get("text", "")
        about = self._about.get((names.get("heading", ""), text)) or self._about.get(("", text), [])
        if "count" in names:
            self.calls["write"] += bool(about)
            return {"examples": [self._told(q) for q in about[: int(names["count"])]]} if about else None
        question = _asked(about, names)
        if question is None:
            return None
        id = question.row.id
        again = filled.prompt == self.prompts[-1]
        self._attempts[id] += again
        self.calls["repair" if again else "draw" if self._answers[id, self._attempts[id]] else "write"] += 1
        return self._told(question)

    def _told(self, question: Question) -> dict[str, object]:
        """The next answer of this attempt."""
        id = question.row.id
        attempt = self._attempts[id]
        self._answers[id, attempt] += 1
        draw = self._answers[id, attempt]
        fixed = self.voice.fixed(question) if draw == 1 else None
        shared = None if fixed else self._shared_fault(question, attempt)
        told = fixed or shared or self._own(question, attempt, draw)
        self.said.append(Said(id, attempt, draw, told.response, told.fault, bool(shared)))
        return self.voice.reply(question, told)

    def _shared_fault(self, question: Question, attempt: int) -> Told | None:
        """What all draws of this attempt say, where they err together; only what the evidence can contradict."""
        dice = self._dice(question, attempt, 0)
        if dice.random() >= self.rates.together:
            return None
        found = (self.voice.wrong(question, dice) for _ in range(TRIES))
        return next((told for told in found if told and told.shareable), None)

    def _own(self, question: Question, attempt: int, draw: int) -> Told:
        dice = self._dice(question, attempt, draw)
        erring = self.voice.wrong(question, dice) if dice.random() < self.rates.alone else None
        return erring or self.voice.right(question, dice if draw > 1 else None)

    def _dice(self, question: Question, attempt: int, draw: int) -> Random:
        return Random(digest(self.seed, question.row.id, attempt, draw))


def _asked(about: Sequence[Question], names: Mapping[str, str]) -> Question | None:
    """Whose question stands in the request; else the one that it asks to be written, by the number that its wishes name."""
    asked = names.get("rejected") or names.get("question")
    found = next((q for q in about if q.row.instruction == asked), None)
    if found or (len(about) != 1 and "wishes" not in names):
        return found
    numbers = _NUMBER.findall(names.get("wishes", "").rpartition("\n")[2]) if len(about) > 1 else []
    return about[int(numbers[0]) - 1] if numbers and int(numbers[0]) <= len(about) else about[0] if about else None
