"""Check whether a passage supports one typed value: a date in any spelling, an amount, a text."""

import re
from decimal import Decimal
from typing import NamedTuple

from factory.core.schemas import Json
from filters.grounding.grounding import SUPPORT
from filters.text.numbers import canonical_amount
from filters.text.segment import content_overlap, content_stems, words
from filters.text.value_match import first_missing_value, value_in_text
from filters.text.values import Value, find_values

EVERY_WORD_UP_TO = 4  # the evidence must have every content word of a text up to this length
_WRAPPED = re.compile(r" ,")  # a line that was wrapped before a comma
# Company types.
_FORMS = {
    "inc": "Incorporated",
    "corp": "Corporation",
    "ltd": "Limited",
    "co": "Company",
    "bros": "Brothers",
}
_FORM = re.compile(rf"\b({'|'.join(_FORMS)})\b\.?", re.I)
_CURRENCIES = {
    **dict.fromkeys(("USD", "CAD", "AUD", "NZD", "SGD", "HKD"), "$ dollar dollars"),
    "EUR": "€ euro euros",
    "GBP": "£ pound pounds sterling",
    "JPY": "¥ yen 円",
    "CNY": "¥ yuan renminbi rmb 元",
    "INR": "₹ rupee rupees",
    "CHF": "franc francs",
    "KRW": "₩ won",
    **dict.fromkeys(("SEK", "NOK", "DKK"), "kr krona kronor krone kroner crown crowns"),
    "CZK": "kč koruna korun crown crowns",
}


class TypedValue(NamedTuple):
    """A value and the type of its field. `others` has the other values of an enum."""

    kind: str
    value: Json
    others: tuple[str, ...] = ()


def supports_value(
    evidence: str, typed: TypedValue, around: str = "", support: float = SUPPORT
) -> bool:
    """Return whether the evidence supports the value.

    `around` is the text by which names are told from other words. `support` is the least share of
    a long text's content words.
    """
    value, evidence = typed.value, _WRAPPED.sub(",", " ".join(evidence.split()))
    match typed.kind:
        case "number":
            return _counted(value, evidence)
        case "date":
            return _dated(str(value), evidence)
        case "money" if isinstance(value, dict):
            return _counted(value.get("amount"), evidence) and _in_currency(
                str(value.get("currency")), evidence
            )
        case "enum":
            return _worded(str(value), evidence) or not any(
                _worded(other, evidence) for other in typed.others
            )
        case _:
            return _text_supported(str(value), evidence, around, support)


def _counted(value: Json, evidence: str) -> bool:
    """Return whether the evidence has a number, in any notation.

    A JSON number has no digit groups and a decimal point.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return not first_missing_value(str(value), evidence)
    return value_in_text(Value("number", canonical_amount(Decimal(str(value)))), evidence)


def _dated(iso: str, evidence: str) -> bool:
    """Return whether the evidence has the date, or the year and month if that is all there is."""
    year, month, day = [*iso.split("-"), "", ""][:3]
    if not month:
        return bool(re.search(rf"(?<!\d){year}(?!\d)", evidence))
    wanted = Value("date", f"{year}-{int(month):02d}" + (f"-{int(day):02d}" if day else ""))
    return any(v.kind in ("date", "code") and v.carries(wanted) for v in find_values(evidence))


def _in_currency(currency: str, evidence: str) -> bool:
    """Return whether the evidence names the currency by its code, sign or word."""
    spellings = {currency.casefold(), *_CURRENCIES.get(currency.upper(), "").split()}
    there = evidence.casefold()
    return any(
        s in words(evidence) if s.isalpha() and s.isascii() else s in there for s in spellings
    )


def _text_supported(text: str, evidence: str, around: str, support: float) -> bool:
    """Compare a text by its values and words: every word of a short text, most of a long one.

    A value counts in any spelling that has its unit.
    """
    text, evidence = _in_full(text), _in_full(evidence)
    if first_missing_value(text, evidence, around):
        return False
    if not content_stems(text):
        return _worded(text, evidence)
    told = find_values(evidence)
    same = (v for v in find_values(text) if any(v.unit == t.unit and v.same(t) for t in told))
    there = " ".join((evidence, *(text[v.start : v.end] for v in same)))
    return content_overlap(text, there) >= (
        1.0 if len(content_stems(text)) <= EVERY_WORD_UP_TO else support
    )


def _in_full(text: str) -> str:
    return _FORM.sub(lambda m: _FORMS[m[1].casefold()], text)


def _worded(text: str, evidence: str) -> bool:
    """Return whether the evidence has every word of a label, in any form."""
    wanted = re.sub(r"[\W_]+", " ", text).strip()
    there = re.sub(r"[\W_]+", " ", evidence).casefold()
    return bool(wanted) and (
        content_overlap(wanted, there) == 1.0
        if content_stems(wanted)
        else f" {wanted.casefold()} " in f" {there} "
    )
