"""Answerer for extraction: a wrong answer has one field changed, dropped, invented or filled from
elsewhere.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import cast

from factory.core.schemas import FieldSettings, Json
from factory.rehearsal.answerers import TeacherAnswer, spell_counts
from factory.rehearsal.faults import FIELD_FAULTS, VALUE_FAULTS, evidence_contradicts, plant_fault
from factory.rehearsal.gold_questions import GoldQuestion, best_sentence
from filters.answers.extraction import canonical_answer

MONTHS = (
    "January February March April May June July August September October November December".split()
)
_DATE = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?")


@dataclass(frozen=True)
class FieldChange:
    """One field as an erring teacher fills it.

    `quotes` are its evidence, if they differ from the field's own.
    """

    field: str
    value: Json
    kind: str
    shareable: bool = False
    quotes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExtractionAnswerer:
    """Answers extraction requests. `others` are the answers of all gold rows, for a teacher to mix
    up.
    """

    fields: Sequence[FieldSettings]
    others: tuple[str, ...]

    def place(self, question: GoldQuestion) -> tuple[str, str]:
        return "", question.chunk.text

    def fixed(self, question: GoldQuestion) -> TeacherAnswer | None:
        return None

    def right(self, question: GoldQuestion, dice: Random | None) -> TeacherAnswer:
        told = {
            name: _reworded(value, dice) if dice else value
            for name, value in _object(question).items()
        }
        return TeacherAnswer(canonical_answer(told, self.fields), "", self._quotes(question))

    def wrong(self, question: GoldQuestion, dice: Random) -> TeacherAnswer | None:
        ways: list[Callable[[GoldQuestion, Random], FieldChange | None]] = [
            _changed,
            self._dropped_or_exchanged,
            self._dropped_or_exchanged,
            _misplaced,
            _shortened,
        ]
        dice.shuffle(ways)
        change = next((c for way in ways if (c := way(question, dice))), None)
        if change is None:
            return None
        told = canonical_answer({**_object(question), change.field: change.value}, self.fields)
        own = self._quotes(question)
        instead = (
            change.quotes
            or own.get(change.field)
            or _evidence(question, change.field, change.value)
        )
        return TeacherAnswer(told, change.kind, {**own, change.field: instead}, change.shareable)

    def reply(self, question: GoldQuestion, told: TeacherAnswer) -> dict[str, object]:
        found = json.loads(told.response)
        return {
            name: None if value is None else {"quotes": list(told.quotes[name]), "value": value}
            for name, value in found.items()
        }

    def _quotes(self, question: GoldQuestion) -> dict[str, tuple[str, ...]]:
        return {
            name: _evidence(question, name, value)
            for name, value in _object(question).items()
            if value is not None
        }

    def _dropped_or_exchanged(self, question: GoldQuestion, dice: Random) -> FieldChange | None:
        """Drop or invent a field, or exchange its value with another text's. This text states
        neither of the latter.
        """
        planted = plant_fault(question, question.row.response, dice, FIELD_FAULTS, self.others)
        if planted is None:
            return None
        was, now = _object(question), json.loads(planted[0])
        field = next(name for name in now if now[name] != was[name])
        return FieldChange(field, now[field], planted[1], shareable=now[field] is not None)


def _changed(question: GoldQuestion, dice: Random) -> FieldChange | None:
    """Change a value to another one of the same form that the text does not state there."""
    found = {name: value for name, value in _object(question).items() if value is not None}
    for name in dice.sample(sorted(found), len(found)):
        listed = value if isinstance(value := found[name], list) else [value]
        place = dice.randrange(len(listed))
        if planted := _other_value(question, listed[place], dice):
            now, kind = planted
            whole = [*listed[:place], now, *listed[place + 1 :]] if isinstance(value, list) else now
            evidence = " ".join(_evidence(question, name, value))
            return FieldChange(
                name,
                whole,
                kind,
                evidence_contradicts(value_in_words(listed[place]), value_in_words(now), evidence),
            )
    return None


def _misplaced(question: GoldQuestion, dice: Random) -> FieldChange | None:
    """Fill a field with the value and evidence of another field of the same form."""
    found = _object(question)
    texts = {name: text for name, value in found.items() if (text := _text(value))}
    pairs = [(here, there) for here in texts for there in texts if texts[here] != texts[there]]
    if not pairs:
        return None
    here, there = dice.choice(pairs)
    value: Json = [texts[there]] if isinstance(found[here], list) else texts[there]
    return FieldChange(
        here, value, "other field's value", quotes=_evidence(question, there, found[there])
    )


def _shortened(question: GoldQuestion, dice: Random) -> FieldChange | None:
    """Leave out one value of a list."""
    long = [
        (name, value)
        for name, value in _object(question).items()
        if isinstance(value, list) and len(value) > 1
    ]
    if not long:
        return None
    name, value = dice.choice(long)
    out = dice.randrange(len(value))
    return FieldChange(name, [v for i, v in enumerate(value) if i != out], "list shortened")


def _object(question: GoldQuestion) -> dict[str, Json]:
    return cast("dict[str, Json]", json.loads(question.row.response))


def _evidence(question: GoldQuestion, name: str, value: Json) -> tuple[str, ...]:
    """Return the row's own spans of the field, or else for each value the sentence that matches it
    best.
    """
    if own := question.by_field.get(name):
        return own
    values = value if isinstance(value, list) else [value]
    return tuple(
        dict.fromkeys(
            best_sentence(question.chunk.text, name.replace("_", " "), value_in_words(v))
            for v in values
        )
    )


def _text(value: Json) -> str:
    """Return a text, or the first of a list of texts; empty for any other form."""
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, str) and not _DATE.fullmatch(first) else ""


def _reworded(value: Json, dice: Random) -> Json:
    """Reword a value as another draw may: a list in another order, a small count in words."""
    if isinstance(value, list):
        return dice.sample(value, len(value))
    return spell_counts(value) if isinstance(value, str) and dice.random() < 0.5 else value


def _other_value(question: GoldQuestion, value: Json, dice: Random) -> tuple[Json, str] | None:
    """Return another number, unit, date or name; a number stays a number."""
    if isinstance(value, dict):
        amount = _other_value(question, value.get("amount"), dice)
        return ({**value, "amount": amount[0]}, amount[1]) if amount else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value + dice.choice((1, 2, 5, 10)), "number"
    return plant_fault(question, value, dice, VALUE_FAULTS) if isinstance(value, str) else None


def value_in_words(value: Json) -> str:
    """Write a value as a text states it: a date gets the name of its month."""
    if isinstance(value, dict | list):
        return " ".join(
            value_in_words(v)
            for v in (value.values() if isinstance(value, dict) else value)
            if v is not None
        )
    text = "" if value is None else str(value)
    if found := _DATE.fullmatch(text):
        year, month, day = found.groups()
        return " ".join(
            part for part in (MONTHS[int(month) - 1], str(int(day)) if day else "", year) if part
        )
    return text
