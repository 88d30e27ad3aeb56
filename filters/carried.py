"""Carried: whether a passage bears out one typed value: a date in any spelling, an amount with its currency, a text by its words."""

import re
from datetime import date
from typing import NamedTuple

from filters.fields import Json
from filters.grounding import SUPPORT, uncarried
from filters.numbers import numbers
from filters.text import content, share_in, words
from filters.values import Value, values

FEW_WORDS = 4  # of so few content words each must stand in the evidence
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth "
    "seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third twenty-fourth twenty-fifth twenty-sixth "
    "twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first"
).split()
_DAYS = {word: day for day, word in enumerate(_ORDINALS, 1)}
_WORDED = "|".join(w.replace("-", r"[\s-]") for w in sorted(_ORDINALS, key=len, reverse=True))
_DAY_OF = re.compile(rf"\b(?:(\d{{1,2}})(?:st|nd|rd|th)?|({_WORDED}))\s+(?:day\s+)?of\s+", re.I)  # the 3rd day of May, 2026
_WRAPPED = re.compile(r" ,")  # where a line ends before a comma
_FORMS = {"inc": "Incorporated", "corp": "Corporation", "ltd": "Limited", "co": "Company", "bros": "Brothers"}  # of a company's name
_FORM = re.compile(rf"\b({'|'.join(_FORMS)})\b\.?", re.I)
_NUMERIC = re.compile(r"(?<![\d/.-])(\d{1,4})([/.-])(\d{1,2})\2(\d{1,4})(?![\d/-])")
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
            return not uncarried(_digits(value), evidence)
        case "date":
            return _dated(str(value), evidence)
        case "money" if isinstance(value, dict):
            return not uncarried(_digits(value.get("amount")), evidence) and _in_currency(str(value.get("currency")), evidence)
        case "enum":
            return _worded(str(value), evidence) or not any(_worded(other, evidence) for other in claim.others)
        case _:
            return _said(str(value), evidence, around, support)


def _digits(value: Json) -> str:
    return next((n.amount for n in numbers(str(value))), str(value))


def _dated(iso: str, evidence: str) -> bool:
    """A date that the passage gives in full or with more; a month and a year alone likewise."""
    year, month, day = [*iso.split("-"), "", ""][:3]
    if not month:
        return bool(re.search(rf"(?<!\d){year}(?!\d)", evidence))
    wanted = Value("date", f"{year}-{int(month):02d}" + (f"-{int(day):02d}" if day else ""))
    told = _DAY_OF.sub(lambda m: f"{m[1] or _DAYS['-'.join(m[2].casefold().split())]} ", evidence)
    return any(v.kind == "date" and v.carries(wanted) for v in values(told)) or (bool(day) and iso in _numeric(evidence))


def _numeric(text: str) -> set[str]:
    """Every date that 3/5/2026 may mean: which is the month is not for code to say."""
    found: set[str] = set()
    for m in _NUMERIC.finditer(text):
        a, b, c = int(m[1]), int(m[3]), int(m[4])
        century = 2000 if c < 50 else 1900
        whole = c if len(m[4]) == 4 else century + c
        for year, month, day in ((a, b, c), (whole, a, b), (whole, b, a)):
            try:
                found.add(date(year, month, day).isoformat())
            except ValueError:
                continue
    return found


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
    told = {(v.kind, v.text, v.unit) for v in values(evidence)}
    there = " ".join((evidence, *(text[v.start : v.end] for v in values(text) if (v.kind, v.text, v.unit) in told)))
    return share_in(text, there) >= (1.0 if len(content(text)) <= FEW_WORDS else support)


def _in_full(text: str) -> str:
    return _FORM.sub(lambda m: _FORMS[m[1].casefold()], text)


def _worded(text: str, evidence: str) -> bool:
    """Every word of a label stands in the passage, in whatever form."""
    wanted = re.sub(r"[\W_]+", " ", text).strip()
    there = re.sub(r"[\W_]+", " ", evidence).casefold()
    return bool(wanted) and (share_in(wanted, there) == 1.0 if content(wanted) else f" {wanted.casefold()} " in f" {there} ")
