"""Texts of the tram world that are labelled and read as a whole, and teachers that do so rightly or not."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from factory.core.errors import TeacherDown, Unusable
from factory.core.records import Slot, digest
from factory.core.task_settings import TaskSettings
from factory.tasks import Tasks
from factory.tasks.classification import Classification
from factory.tasks.extraction import Extraction
from factory.teachers import Request
from tests.fakes import DEPOTS, Said
from tests.world import chunk

LABELS = ("lease", "repair", "complaint")
KINDS = TaskSettings.model_validate(
    {
        "kind": "classification",
        "name": "letters",
        "labels": [
            {"name": "lease", "definition": "A depot hires trams.", "boundary": "A hired tram that is broken is a repair."},
            {"name": "repair", "definition": "A tram is broken."},
            {"name": "complaint"},
        ],
    }
)
FIELDS = TaskSettings.model_validate(
    {
        "kind": "extraction",
        "name": "leases",
        "fields": [
            {"name": "depot"},
            {"name": "trams", "type": "number"},
            {"name": "start", "type": "date", "description": "the first day of the lease"},
            {"name": "rent", "type": "money"},
            {"name": "lines", "type": "list"},
            {"name": "use", "type": "enum", "values": ["day", "night"]},
            {"name": "notice", "type": "nested", "fields": [{"name": "days", "type": "number"}, {"name": "form"}]},
        ],
    }
)
LETTERS, LEASES = Classification(KINDS, quotes=True), Extraction(FIELDS, quotes=True, support=0.6)
BOTH: Tasks = {"letters": LETTERS, "leases": LEASES}

Told = dict[str, Any]


@dataclass(frozen=True)
class Lease:
    """One letter, and what is right about it."""

    depot: str
    number: int

    @property
    def text(self) -> str:
        return (
            f"The {self.depot} depot hires {self.number} trams from {1 + self.number % 28} May 2026. "
            f"The rent is ${100 * self.number:,} a month. The trams serve Amber Line and {self.depot} Line."
        )

    @property
    def fields(self) -> Told:
        return {
            "depot": self.depot,
            "trams": self.number,
            "start": f"2026-05-{1 + self.number % 28:02d}",
            "rent": {"amount": 100 * self.number, "currency": "USD"},
            "lines": ["Amber Line", f"{self.depot} Line"],
            "use": None,
            "notice": None,
        }

    def quoted(self, **changes: object) -> Told:
        """As a teacher replies, with the sentence of each value."""
        told = {**self.fields, **changes}
        by_sentence = {"rent": 1, "lines": 2}
        sentences = [s + "." for s in self.text.removesuffix(".").split(". ")]
        return {n: v and {"quotes": [sentences[by_sentence.get(n, 0)]], "value": v} for n, v in told.items()}


LETTERS_SENT = tuple(Lease(depot, 11 + 9 * i) for i, depot in enumerate(DEPOTS))


def slots(*letters: Lease, tasks: Tasks = BOTH) -> list[Slot]:
    return [s for one in letters for task in tasks.values() for s in task.slots(chunk(one.text, headings=()), "train")]


def letter(request: Request) -> Lease:
    """The one that a request shows."""
    return next(one for one in LETTERS_SENT if one.text in request.user)


def labels(request: Request) -> bool:
    return "label" in request.shape.model_fields


def right(request: Request) -> Said:
    one = letter(request)
    return _said(request, one.quoted(), "lease")


def _said(request: Request, fields: Told, label: str) -> BaseModel:
    quotes = [letter(request).text.partition(". ")[0] + "."]
    return request.shape.model_validate({"label": label, "quotes": quotes} if labels(request) else fields)


def erring(seed: int) -> Callable[[Request], Said]:
    """Right, wrong, strange or silent, by the request and the seed alone; errors that evidence can't show are of single draws."""

    def script(request: Request) -> Said:
        dice = int(digest(seed, request.user, request.draw, labels(request)), 16)
        if dice % 19 == 0:
            return Unusable("the reply was cut off at its token limit", 7, 3)
        if dice % 23 == 0:
            return TeacherDown("the fake server is away")
        one = letter(request)
        wrong: list[Told] = [
            {},
            {},
            {"trams": one.number + 1},
            {"start": "2026-06-01"},
            {"start": "soon"},
            {"lines": None},
            {"rent": {"amount": 100 * one.number, "currency": "EUR"}},
            {"depot": "n/a"},
        ]
        return _said(request, one.quoted(**wrong[dice // 7 % len(wrong)]), ("lease", "lease", "repair", "hire")[dice // 11 % 4])

    return script


def answer(**changes: object) -> str:
    """The right answer about the first letter, changed."""
    return json.dumps({**LETTERS_SENT[0].fields, **changes})
