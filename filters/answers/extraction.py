"""Typed fields: what an extraction may say of each field, and whether the field's own evidence carries it."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import NamedTuple, cast

from factory.core.jsonl import loads
from factory.core.records import Example, Span, Verdict
from factory.core.schemas import FieldSettings, Json
from filters.chain import Filter
from filters.consistency.fields import same_fields
from filters.consistency.vote import consistency
from filters.grounding.evidence_search import best_evidence
from filters.grounding.typed_values import Claim, carries
from filters.text.segment import content, sentences

_SAID = "specified|stated|mentioned|applicable|provided|given|found|available|disclosed|known"
_PLACEHOLDER = re.compile(
    rf"(?:n/?a|none|null|nil|unknown|unspecified|undefined|tbd|(?:not|never) (?:\w+ )?(?:{_SAID})(?: (?:in|by) .*)?|-+|\?+|\.\.\.|…)\.?",
    re.I,
)
_DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")






class Leaf(NamedTuple):
    """One value of an answer: the path to it, the field at its top, its own field."""

    path: str
    top: str
    field: FieldSettings
    value: Json


def leaves(found: dict[str, Json], fields: Sequence[FieldSettings], above: str = "", top: str = "") -> Iterator[Leaf]:
    """Every value that is not null, in the order of the fields."""
    for field in fields:
        path = f"{above}{field.name}"
        yield from _leaves(found.get(field.name), field, path, top or field.name)


def _leaves(value: Json, field: FieldSettings, path: str, top: str) -> Iterator[Leaf]:
    if value is None:
        return
    if field.type == "list" and isinstance(value, list):
        for element in value:
            yield from _leaves(element, field.item, path, top)
    elif field.type == "nested" and isinstance(value, dict):
        yield from leaves(value, field.fields, f"{path}.", top)
    else:
        yield Leaf(path, top, field, value)


def canonical(found: dict[str, Json], fields: Sequence[FieldSettings]) -> str:
    """The object as text: fields in their order, what is absent null; what is none of the fields stays, for `typed` to name it."""
    return json.dumps(_ordered(found, fields), ensure_ascii=False)


def _ordered(found: dict[str, Json], fields: Sequence[FieldSettings]) -> dict[str, Json]:
    known = {f.name: _tidy(found.get(f.name), f) for f in fields}
    return {**known, **{name: value for name, value in found.items() if name not in known}}


def _tidy(value: Json, field: FieldSettings) -> Json:
    if isinstance(value, str):
        return " ".join(value.split()) or None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [v for v in (_tidy(element, field.item) for element in value) if v is not None] or None if field.type == "list" else value
    if isinstance(value, dict) and field.type == "nested":
        inner = _ordered(value, field.fields)
        return inner if any(v is not None for v in inner.values()) else None
    return {k: _tidy(v, field) for k, v in value.items()} if isinstance(value, dict) and field.type == "money" else value


def typed(fields: Sequence[FieldSettings]) -> Filter:
    """A schema filter: the answer is one JSON object of these fields, each null or of its type."""
    return partial(_typed, fields=tuple(fields))


def _typed(example: Example, fields: tuple[FieldSettings, ...]) -> Verdict:
    reason = field_fault(example.response, fields)
    return Verdict(filter="schema", passed=not reason, reason=reason)


def field_fault(answer: str, fields: Sequence[FieldSettings]) -> str:
    """What keeps an answer from being one JSON object of these fields; "" where nothing does."""
    found = read(answer)
    return "The answer is no JSON object." if found is None else _strange(found, fields) or _mistyped(found, fields)


def read(answer: str) -> dict[str, Json] | None:
    """The object that an answer is; an answer with anything around it is none."""
    try:
        found = loads(answer)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _strange(found: dict[str, Json], fields: Sequence[FieldSettings], above: str = "") -> str:
    """A field too many or too few, at any depth."""
    names = [f.name for f in fields]
    if odd := next((n for n in found if n not in names), ""):
        return f'"{above}{odd}" is none of the fields; only these may stand in the answer: {", ".join(names)}.'
    if left := next((n for n in names if n not in found), ""):
        return f'The field "{above}{left}" is missing; what the text does not state is null.'
    for field in (f for f in fields if f.fields):
        listed = found[field.name] if field.type == "list" else [found[field.name]]
        for inner in listed if isinstance(listed, list) else []:
            if isinstance(inner, dict) and (fault := _strange(inner, field.fields, f"{above}{field.name}.")):
                return fault
    return ""


def _mistyped(found: dict[str, Json], fields: Sequence[FieldSettings]) -> str:
    for leaf in leaves(found, fields):
        if isinstance(leaf.value, str) and _PLACEHOLDER.fullmatch(leaf.value.strip()):
            return f'The field "{leaf.path}" holds a placeholder ("{leaf.value}"); what the text does not state is null.'
        if fault := _fault(leaf.field, leaf.value):
            return f'The field "{leaf.path}" says {spelled(leaf.value)}, {fault}.'
    return ""


def _fault(field: FieldSettings, value: Json) -> str:
    """What a value must be, where it is not."""
    match field.type:
        case "number":
            return "" if _number(value) else "must be a number"
        case "date":
            return "" if isinstance(value, str) and _is_date(value) else "must be a date such as 2026-03-31, 2026-03 or 2026"
        case "money":
            whole = isinstance(value, dict) and value.keys() == {"amount", "currency"}
            whole = whole and _number(cast("dict[str, Json]", value)["amount"]) and bool(cast("dict[str, Json]", value)["currency"])
            return "" if whole else 'must be an object with "amount" and "currency"'
        case "enum":
            return "" if value in field.values else f"must be one of: {', '.join(field.values)}"
        case "list":
            return "must be a list"
        case "nested":
            return "must be an object"
        case _:
            return "" if isinstance(value, str) and value.strip() else "must be a text"


def _number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_date(text: str) -> bool:
    """A date, or the month or year where the text says no more."""
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(f"{text}-01-01"[:10])
    except ValueError:
        return False
    return True


def spelled(value: Json) -> str:
    """A value as it is shown in a reason: in quotes, so that reasons that differ in it alone count together."""
    return "null" if value is None else f'"{plain(value)}"'


def grounded(fields: Sequence[FieldSettings], support: float) -> Filter:
    """A grounding filter that goes field by field: each value is carried by the spans of its field, else by those that are found for it."""
    return partial(_grounded, fields=tuple(fields), support=support)


def _grounded(example: Example, fields: tuple[FieldSettings, ...], support: float) -> Verdict:
    told = list(leaves(read(example.response) or {}, fields))
    spans = tuple(s for f in fields for s in _evidence(example, f, [leaf for leaf in told if leaf.top == f.name]))
    faults = [fault for leaf in told if (fault := _unborne(leaf, [s for s in spans if s.field == leaf.top], example.chunk.text, support))]
    reason = _misquoted(spans, example.chunk.text) or next(iter(faults), "")
    score = round(1 - len(faults) / len(told), 3) if told else 1.0
    return Verdict(filter="grounding", passed=not reason, reason=reason, score=score, evidence=spans)


def _evidence(example: Example, field: FieldSettings, told: list[Leaf]) -> tuple[Span, ...]:
    """A field's own spans; where it has a value and none, the sentences that bear it out best."""
    own = tuple(s for s in example.spans if s.field == field.name)
    if own or not told:
        return own if told else ()
    asked = f"{field.name.replace('_', ' ')} {field.description}"
    found = {s.start: s for leaf in told for s in _found(example.chunk.text, asked, leaf)}
    return tuple(found[start].model_copy(update={"field": field.name}) for start in sorted(found))


def _found(text: str, asked: str, leaf: Leaf) -> tuple[Span, ...]:
    """Of the sentences that carry the value the one that shares most words with what is asked; else those that come nearest."""
    carrying = [s for s in sentences(text) if carries(s.text, _claim(leaf), text, 1.0)]
    wanted = set(content(asked))
    return (max(carrying, key=lambda s: len(wanted & set(content(s.text)))),) if carrying else best_evidence(text, asked, plain(leaf.value))


def _claim(leaf: Leaf) -> Claim:
    return Claim(leaf.field.type, leaf.value, tuple(v for v in leaf.field.values if v != leaf.value))


def _misquoted(spans: Sequence[Span], text: str) -> str:
    wrong = next((s for s in spans if text[s.start : s.end] != s.text or not s.text), None)
    return f'The quote "{wrong.text[:60]}" of the field "{wrong.field}" does not stand in the chunk.' if wrong else ""


def _unborne(leaf: Leaf, spans: Sequence[Span], around: str, support: float) -> str:
    evidence = " … ".join(s.text for s in spans)
    if not spans:
        return f'No evidence for the field "{leaf.path}" stands in the chunk.'
    if carries(evidence, _claim(leaf), around, support):
        return ""
    return f'The field "{leaf.path}" says {spelled(leaf.value)}, but its evidence does not ("{evidence[:120]}").'


def plain(value: Json) -> str:
    """A value as a text would say it."""
    if isinstance(value, dict):
        return " ".join(plain(v) for v in value.values() if v is not None)
    if isinstance(value, list):
        return ", ".join(map(plain, value))
    if isinstance(value, bool):
        return str(value).casefold()
    return f"{Decimal(str(value)):f}" if isinstance(value, float) else str(value)


def fields_agree(example: Example) -> Verdict:
    """Consistency of objects; the reason names the fields in which the draws differ."""
    verdict = consistency(example, same_fields)
    if verdict.passed:
        return verdict
    draws = [read(d.response) or {} for d in example.draws]
    names = list(dict.fromkeys(name for d in draws for name in d))
    apart = [n for n in names if not all(same_fields(json.dumps({n: draws[0].get(n)}), json.dumps({n: d.get(n)})) for d in draws[1:])]
    told = "; ".join(f'"{n}" ({", ".join(spelled(d.get(n))[:60] for d in draws)})' for n in apart)
    return verdict.model_copy(update={"reason": f"The answers differ in the fields: {told}."})
