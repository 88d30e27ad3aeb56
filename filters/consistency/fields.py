"""Compare two JSON objects field by field."""

from decimal import Decimal

from factory.core.jsonl import loads
from factory.core.schemas import Json
from filters.consistency.agreement import agree


def same_fields(one: str, other: str, question: str = "") -> bool:
    """Return whether two answers with JSON objects have the same fields.

    Values are compared as typed values, lists as sets; null and "" are absent. An answer without
    an object agrees with nothing. `question` is ignored: the fields say what is asked.
    """
    these, those = find_json_object(one), find_json_object(other)
    return these is not None and those is not None and _same(these, those)


def find_json_object(answer: str) -> dict[str, Json] | None:
    """Return the object between the answer's first and last brace, or None if there is none."""
    start, end = answer.find("{"), answer.rfind("}")
    try:
        read = loads(answer[start : end + 1])
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def _same(one: Json, other: Json) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return all(_same(one.get(name), other.get(name)) for name in one.keys() | other.keys())
    if isinstance(one, list) or isinstance(other, list):
        return _same_set(_listed(one), _listed(other))
    if _absent(one) or _absent(other):
        return _absent(one) and _absent(other)
    if isinstance(one, dict) or isinstance(other, dict):
        return False
    return _same_value(one, other)


def _listed(value: Json) -> list[Json]:
    return [v for v in (value if isinstance(value, list) else [value]) if not _absent(v)]


def _same_set(these: list[Json], those: list[Json]) -> bool:
    return all(any(_same(a, b) for b in those) for a in these) and all(
        any(_same(a, b) for a in these) for b in those
    )


def _absent(value: Json) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or value in ([], {})


def _same_value(one: Json, other: Json) -> bool:
    a, b = _spelled(one), _spelled(other)
    return agree(a.rstrip(" ."), b.rstrip(" ."))


def _spelled(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{Decimal(str(value)):f}" if isinstance(value, float) else str(value)
