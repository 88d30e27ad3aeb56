"""The voice of extraction: a wrong answer has one field changed, dropped, invented, or filled with what belongs elsewhere."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import cast

from factory.core.schemas import FieldSettings, Json
from factory.rehearsal.answerers import Told, spelled
from factory.rehearsal.faults import FIELDS, VALUES, contradicted, wrong
from factory.rehearsal.gold_questions import Question, best_sentence
from filters.answers.extraction import canonical

MONTHS = "January February March April May June July August September October November December".split()
_DATE = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?")


@dataclass(frozen=True)
class Change:
    """One field as an erring teacher fills it. `quotes`: its evidence, where that is not the field's own."""

    field: str
    value: Json
    kind: str
    shareable: bool = False
    quotes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fields:
    """`others`: the answers of all gold rows, for a teacher to mix up."""

    fields: Sequence[FieldSettings]
    others: tuple[str, ...]

    def place(self, question: Question) -> tuple[str, str]:
        return "", question.chunk.text

    def fixed(self, question: Question) -> Told | None:
        return None

    def right(self, question: Question, dice: Random | None) -> Told:
        told = {name: _reworded(value, dice) if dice else value for name, value in _object(question).items()}
        return Told(canonical(told, self.fields), "", self._quotes(question))

    def wrong(self, question: Question, dice: Random) -> Told | None:
        ways: list[Callable[[Question, Random], Change | None]] = [_changed, self._shaped, self._shaped, _misplaced, _shortened]
        dice.shuffle(ways)
        change = next((c for way in ways if (c := way(question, dice))), None)
        if change is None:
            return None
        told = canonical({**_object(question), change.field: change.value}, self.fields)
        own = self._quotes(question)
        instead = change.quotes or own.get(change.field) or _evidence(question, change.field, change.value)
        return Told(told, change.kind, {**own, change.field: instead}, change.shareable)

    def reply(self, question: Question, told: Told) -> dict[str, object]:
        found = json.loads(told.response)
        return {name: None if value is None else {"quotes": list(told.quotes[name]), "value": value} for name, value in found.items()}

    def _quotes(self, question: Question) -> dict[str, tuple[str, ...]]:
        return {name: _evidence(question, name, value) for name, value in _object(question).items() if value is not None}

    def _shaped(self, question: Question, dice: Random) -> Change | None:
        """A field dropped, invented, or with what another text says of it; the last two are nowhere in this text."""
        planted = wrong(question, question.row.response, dice, FIELDS, self.others)
        if planted is None:
            return None
        was, now = _object(question), json.loads(planted[0])
        field = next(name for name in now if now[name] != was[name])
        return Change(field, now[field], planted[1], shareable=now[field] is not None)


def _changed(question: Question, dice: Random) -> Change | None:
    """A value of the same form that the text does not state there."""
    found = {name: value for name, value in _object(question).items() if value is not None}
    for name in dice.sample(sorted(found), len(found)):
        listed = value if isinstance(value := found[name], list) else [value]
        place = dice.randrange(len(listed))
        if planted := _planted(question, listed[place], dice):
            now, kind = planted
            whole = [*listed[:place], now, *listed[place + 1 :]] if isinstance(value, list) else now
            evidence = " ".join(_evidence(question, name, value))
            return Change(name, whole, kind, contradicted(spoken(listed[place]), spoken(now), evidence))
    return None


def _misplaced(question: Question, dice: Random) -> Change | None:
    """What another field of the same form says, with that field's evidence."""
    found = _object(question)
    texts = {name: text for name, value in found.items() if (text := _text(value))}
    pairs = [(here, there) for here in texts for there in texts if texts[here] != texts[there]]
    if not pairs:
        return None
    here, there = dice.choice(pairs)
    value: Json = [texts[there]] if isinstance(found[here], list) else texts[there]
    return Change(here, value, "other field's value", quotes=_evidence(question, there, found[there]))


def _shortened(question: Question, dice: Random) -> Change | None:
    """A list without one of its values."""
    long = [(name, value) for name, value in _object(question).items() if isinstance(value, list) and len(value) > 1]
    if not long:
        return None
    name, value = dice.choice(long)
    out = dice.randrange(len(value))
    return Change(name, [v for i, v in enumerate(value) if i != out], "list shortened")


def _object(question: Question) -> dict[str, Json]:
    return cast("dict[str, Json]", json.loads(question.row.response))


def _evidence(question: Question, name: str, value: Json) -> tuple[str, ...]:
    """The row's own spans of the field; else for each value the sentence that says most of it."""
    if own := question.by_field.get(name):
        return own
    values = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(best_sentence(question.chunk.text, name.replace("_", " "), spoken(v)) for v in values))


def _text(value: Json) -> str:
    """A text, or the first of a list of texts; empty for any other form."""
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, str) and not _DATE.fullmatch(first) else ""


def _reworded(value: Json, dice: Random) -> Json:
    """The same value as another draw may write it: a list in another order, a small count in words."""
    if isinstance(value, list):
        return dice.sample(value, len(value))
    return spelled(value) if isinstance(value, str) and dice.random() < 0.5 else value


def _planted(question: Question, value: Json, dice: Random) -> tuple[Json, str] | None:
    """Another number, unit, date or name; numbers stay numbers."""
    if isinstance(value, dict):
        amount = _planted(question, value.get("amount"), dice)
        return ({**value, "amount": amount[0]}, amount[1]) if amount else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value + dice.choice((1, 2, 5, 10)), "number"
    return wrong(question, value, dice, VALUES) if isinstance(value, str) else None


def spoken(value: Json) -> str:
    """A value as a text says it: a date with the name of its month."""
    if isinstance(value, dict | list):
        return " ".join(spoken(v) for v in (value.values() if isinstance(value, dict) else value) if v is not None)
    text = "" if value is None else str(value)
    if found := _DATE.fullmatch(text):
        year, month, day = found.groups()
        return " ".join(part for part in (MONTHS[int(month) - 1], str(int(day)) if day else "", year) if part)
    return text
