"""Carried: whether a passage bears out one typed value: a date in any spelling, an amount with its currency, a text by its words."""

import re
from decimal import Decimal
from typing import NamedTuple

from factory.core.schemas import Json
from filters.grounding.grounding import SUPPORT, uncarried
from filters.text.numbers import canonical
from filters.text.segment import content, share_in, words
from filters.text.value_match import carried
from filters.text.values import Value, values

FEW_WORDS = 4  # of so few content words each must stand in the evidence
_WRAPPED = re.compile(r" ,")  # where a line ends before a comma
_FORMS = {"inc": "Incorporated", "corp": "Corporation", "ltd": "Limited", "co": "Company", "bros": "Brothers"}  # of a company's name
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


class Claim(NamedTuple):
    """A value and the type of its field; `others`: the other values of an enum."""

    kind: str
    value: Json
    others: tuple[str, ...] = ()


def carries(evidence: str, claim: Claim, around: str = "", support: float = SUPPORT) -> bool:
    """Whether the passage bears the value out.

    `around`: the text that tells names from words; `support`: the least share of a long text's content words.
    """
    value, evidence = claim.value, _WRAPPED.sub(",", " ".join(evidence.split()))
    match claim.kind:
        case "number":
            return _counted(value, evidence)
        case "date":
            return _dated(str(value), evidence)
        case "money" if isinstance(value, dict):
            return _counted(value.get("amount"), evidence) and _in_currency(str(value.get("currency")), evidence)
        case "enum":
            return _worded(str(value), evidence) or not any(_worded(other, evidence) for other in claim.others)
        case _:
            return _said(str(value), evidence, around, support)


def _counted(value: Json, evidence: str) -> bool:
    """Whether the passage has a number, in any notation; a number of JSON has no groups, and a decimal point."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return not uncarried(str(value), evidence)
    return carried(Value("number", canonical(Decimal(str(value)))), evidence)


def _dated(iso: str, evidence: str) -> bool:
    """A date that the passage gives in full or with more; a month and a year alone likewise."""
    year, month, day = [*iso.split("-"), "", ""][:3]
    if not month:
        return bool(re.search(rf"(?<!\d){year}(?!\d)", evidence))
    wanted = Value("date", f"{year}-{int(month):02d}" + (f"-{int(day):02d}" if day else ""))
    return any(v.kind in ("date", "code") and v.carries(wanted) for v in values(evidence))


def _in_currency(currency: str, evidence: str) -> bool:
    """The passage names the currency by its code, its sign or its word."""
    spellings = {currency.casefold(), *_CURRENCIES.get(currency.upper(), "").split()}
    there = evidence.casefold()
    return any(s in words(evidence) if s.isalpha() and s.isascii() else s in there for s in spellings)


def _said(text: str, evidence: str, around: str, support: float) -> bool:
    """A text by its values and words: of few words each, of many most. A value counts in any spelling that has its unit."""
    text, evidence = _in_full(text), _in_full(evidence)
    if uncarried(text, evidence, around):
        return False
    if not content(text):
        return _worded(text, evidence)
    told = values(evidence)
    same = (v for v in values(text) if any(v.unit == t.unit and v.same(t) for t in told))
    there = " ".join((evidence, *(text[v.start : v.end] for v in same)))
    return share_in(text, there) >= (1.0 if len(content(text)) <= FEW_WORDS else support)


def _in_full(text: str) -> str:
    return _FORM.sub(lambda m: _FORMS[m[1].casefold()], text)


def _worded(text: str, evidence: str) -> bool:
    """Every word of a label stands in the passage, in whatever form."""
    wanted = re.sub(r"[\W_]+", " ", text).strip()
    there = re.sub(r"[\W_]+", " ", evidence).casefold()
    return bool(wanted) and (share_in(wanted, there) == 1.0 if content(wanted) else f" {wanted.casefold()} " in f" {there} ")
