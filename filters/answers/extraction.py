"""Check the type of each extracted field, and whether the field's own evidence supports it."""

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
from filters.grounding.typed_values import TypedValue, supports_value
from filters.text.segment import content_stems, sentences

_SAID = "specified|stated|mentioned|applicable|provided|given|found|available|disclosed|known"
_PLACEHOLDER = re.compile(
    rf"(?:n/?a|none|null|nil|unknown|unspecified|undefined|tbd"
    rf"|(?:not|never) (?:\w+ )?(?:{_SAID})(?: (?:in|by) .*)?|-+|\?+|\.\.\.|…)\.?",
    re.I,
)
_DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")


class FieldLeaf(NamedTuple):
    """One value of an answer, with its path, the name of its top-level field, and its own field."""

    path: str
    top: str
    field: FieldSettings
    value: Json


def field_leaves(
    found: dict[str, Json], fields: Sequence[FieldSettings], above: str = "", top: str = ""
) -> Iterator[FieldLeaf]:
    """Yield every value that is not null, in the order of the fields."""
    for field in fields:
        path = f"{above}{field.name}"
        yield from _leaves(found.get(field.name), field, path, top or field.name)


def _leaves(value: Json, field: FieldSettings, path: str, top: str) -> Iterator[FieldLeaf]:
    if value is None:
        return
    if field.type == "list" and isinstance(value, list):
        for element in value:
            yield from _leaves(element, field.item, path, top)
    elif field.type == "nested" and isinstance(value, dict):
        yield from field_leaves(value, field.fields, f"{path}.", top)
    else:
        yield FieldLeaf(path, top, field, value)


def canonical_answer(found: dict[str, Json], fields: Sequence[FieldSettings]) -> str:
    """Write the object as text, with the fields in order and null for absent values.

    Unknown fields are kept, so that `extraction_schema_filter` can name them.
    """
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
        return (
            [v for v in (_tidy(element, field.item) for element in value) if v is not None] or None
            if field.type == "list"
            else value
        )
    if isinstance(value, dict) and field.type == "nested":
        inner = _ordered(value, field.fields)
        return inner if any(v is not None for v in inner.values()) else None
    return (
        {k: _tidy(v, field) for k, v in value.items()}
        if isinstance(value, dict) and field.type == "money"
        else value
    )


def extraction_schema_filter(fields: Sequence[FieldSettings]) -> Filter:
    """Return a schema filter: the answer is a JSON object of these fields, each null or typed."""
    return partial(_judge_schema, fields=tuple(fields))


def _judge_schema(example: Example, fields: tuple[FieldSettings, ...]) -> Verdict:
    reason = field_fault(example.response, fields)
    return Verdict(filter="schema", passed=not reason, reason=reason)


def field_fault(answer: str, fields: Sequence[FieldSettings]) -> str:
    """Return why the answer is not a JSON object of these fields, or "" if it is."""
    found = parse_json_object(answer)
    return (
        "The answer is no JSON object."
        if found is None
        else _strange(found, fields) or _mistyped(found, fields)
    )


def parse_json_object(answer: str) -> dict[str, Json] | None:
    """Return the JSON object that is the whole answer, or None if there is anything around it."""
    try:
        found = loads(answer)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _strange(found: dict[str, Json], fields: Sequence[FieldSettings], above: str = "") -> str:
    """Find an unknown or a missing field, at any depth."""
    names = [f.name for f in fields]
    if odd := next((n for n in found if n not in names), ""):
        known = ", ".join(names)
        return f'"{above}{odd}" is none of the fields; only these may stand in the answer: {known}.'
    if left := next((n for n in names if n not in found), ""):
        return f'The field "{above}{left}" is missing; what the text does not state is null.'
    for field in (f for f in fields if f.fields):
        listed = found[field.name] if field.type == "list" else [found[field.name]]
        for inner in listed if isinstance(listed, list) else []:
            if isinstance(inner, dict) and (
                fault := _strange(inner, field.fields, f"{above}{field.name}.")
            ):
                return fault
    return ""


def _mistyped(found: dict[str, Json], fields: Sequence[FieldSettings]) -> str:
    for leaf in field_leaves(found, fields):
        if isinstance(leaf.value, str) and _PLACEHOLDER.fullmatch(leaf.value.strip()):
            return (
                f'The field "{leaf.path}" holds a placeholder ("{leaf.value}"); '
                "what the text does not state is null."
            )
        if fault := _fault(leaf.field, leaf.value):
            return f'The field "{leaf.path}" says {quote_value(leaf.value)}, {fault}.'
    return ""


def _fault(field: FieldSettings, value: Json) -> str:
    """Return what the value must be, or "" if it is."""
    match field.type:
        case "number":
            return "" if _number(value) else "must be a number"
        case "date":
            return (
                ""
                if isinstance(value, str) and _is_date(value)
                else "must be a date such as 2026-03-31, 2026-03 or 2026"
            )
        case "money":
            whole = isinstance(value, dict) and value.keys() == {"amount", "currency"}
            whole = (
                whole
                and _number(cast("dict[str, Json]", value)["amount"])
                and bool(cast("dict[str, Json]", value)["currency"])
            )
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
    """Return whether the text is an ISO date, or only its month or year."""
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(f"{text}-01-01"[:10])
    except ValueError:
        return False
    return True


def quote_value(value: Json) -> str:
    """Quote a value for a reason, so that reasons that differ only in the value count together."""
    return "null" if value is None else f'"{value_text(value)}"'


def extraction_grounding_filter(fields: Sequence[FieldSettings], support: float) -> Filter:
    """Return a grounding filter that judges field by field.

    Each value must be supported by the spans of its field, or by the best sentences if it has none.
    """
    return partial(_judge_grounding, fields=tuple(fields), support=support)


def _judge_grounding(
    example: Example, fields: tuple[FieldSettings, ...], support: float
) -> Verdict:
    leaves = list(field_leaves(parse_json_object(example.response) or {}, fields))
    spans = tuple(
        s
        for f in fields
        for s in _evidence(example, f, [leaf for leaf in leaves if leaf.top == f.name])
    )
    faults = [
        fault
        for leaf in leaves
        if (
            fault := _support_fault(
                leaf, [s for s in spans if s.field == leaf.top], example.chunk.text, support
            )
        )
    ]
    reason = _misquoted(spans, example.chunk.text) or next(iter(faults), "")
    score = round(1 - len(faults) / len(leaves), 3) if leaves else 1.0
    return Verdict(
        filter="grounding", passed=not reason, reason=reason, score=score, evidence=spans
    )


def _evidence(example: Example, field: FieldSettings, leaves: list[FieldLeaf]) -> tuple[Span, ...]:
    """Return the field's own spans, or else the sentences that support its values best."""
    own = tuple(s for s in example.spans if s.field == field.name)
    if own or not leaves:
        return own if leaves else ()
    asked = f"{field.name.replace('_', ' ')} {field.description}"
    found = {s.start: s for leaf in leaves for s in _found(example.chunk.text, asked, leaf)}
    return tuple(found[start].model_copy(update={"field": field.name}) for start in sorted(found))


def _found(text: str, asked: str, leaf: FieldLeaf) -> tuple[Span, ...]:
    """Return the sentence with the value that shares most words with what is asked.

    If no sentence has the value, return the best evidence there is.
    """
    carrying = [s for s in sentences(text) if supports_value(s.text, _claim(leaf), text, 1.0)]
    wanted = set(content_stems(asked))
    return (
        (max(carrying, key=lambda s: len(wanted & set(content_stems(s.text)))),)
        if carrying
        else best_evidence(text, asked, value_text(leaf.value))
    )


def _claim(leaf: FieldLeaf) -> TypedValue:
    return TypedValue(
        leaf.field.type, leaf.value, tuple(v for v in leaf.field.values if v != leaf.value)
    )


def _misquoted(spans: Sequence[Span], text: str) -> str:
    wrong = next((s for s in spans if text[s.start : s.end] != s.text or not s.text), None)
    return (
        f'The quote "{wrong.text[:60]}" of the field "{wrong.field}" does not stand in the chunk.'
        if wrong
        else ""
    )


def _support_fault(leaf: FieldLeaf, spans: Sequence[Span], around: str, support: float) -> str:
    evidence = " … ".join(s.text for s in spans)
    if not spans:
        return f'No evidence for the field "{leaf.path}" stands in the chunk.'
    if supports_value(evidence, _claim(leaf), around, support):
        return ""
    return (
        f'The field "{leaf.path}" says {quote_value(leaf.value)}, but its evidence does not '
        f'("{evidence[:120]}").'
    )


def value_text(value: Json) -> str:
    """Write a value as it would be in a text."""
    if isinstance(value, dict):
        return " ".join(value_text(v) for v in value.values() if v is not None)
    if isinstance(value, list):
        return ", ".join(map(value_text, value))
    if isinstance(value, bool):
        return str(value).casefold()
    return f"{Decimal(str(value)):f}" if isinstance(value, float) else str(value)


def extraction_consistency(example: Example) -> Verdict:
    """Check that the draws agree in all fields; the reason names those that differ."""
    verdict = consistency(example, same_fields)
    if verdict.passed:
        return verdict
    draws = [parse_json_object(d.response) or {} for d in example.draws]
    names = list(dict.fromkeys(name for d in draws for name in d))
    apart = [
        n
        for n in names
        if not all(
            same_fields(json.dumps({n: draws[0].get(n)}), json.dumps({n: d.get(n)}))
            for d in draws[1:]
        )
    ]
    differences = "; ".join(
        f'"{n}" ({", ".join(quote_value(d.get(n))[:60] for d in draws)})' for n in apart
    )
    return verdict.model_copy(
        update={"reason": f"The answers differ in the fields: {differences}."}
    )
