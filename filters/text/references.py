"""Find references and codes.

Examples: section 3.2, clause 4(b), Annex A, form TR-12, version 3.1.2, room 4b.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from filters.text.dates import find_numeric_dates
from filters.text.units import glued_unit


class Reference(NamedTuple):
    """A reference in lower case, with its place in the text.

    `family` is "" for numbered sections, whatever they are called. `also` holds the amounts that a
    number at the beginning of a line may be if it is not a section.
    """

    text: str
    family: str
    start: int
    end: int
    also: tuple[str, ...] = ()


_SECTION = (
    "sections?|clauses?|sub-?clauses?|articles?|paragraphs?|sub-?sections?|sub-?paragraphs?|§{1,2}"
)
_OTHER = (
    "annex|appendix|schedule|exhibit|tables?|figures?|chapters?|parts?|steps?|rules?|regulations?"
    "|attachment|addendum"
)
_REF = (
    r"(?-i:\d+(?:\.\d+)*(?:\s?\([a-z0-9]{1,4}\))*|\([a-z0-9]{1,4}\)|[A-Z](?:[-.]?\d+)?"
    r"|[IVX]{1,5})(?![\w%]|[.,:-]\d)"
)
_CLAUSE = re.compile(
    rf"(?:(?<!\w)(?:(?P<section>{_SECTION})|(?P<other>{_OTHER}))\s*)(?:no\.?\s+)?(?P<ref>{_REF})",
    re.I,
)
# The number at the head of a section or list item is not an amount.
_COUNTED = (
    "(?:Euros?|EUR|CHF|USD|GBP|INR|Franken|Dollars?|Pounds?|Mio|Mrd|Tsd|Millionen|Milliarden|Tausend"
    "|Prozent|Promille)"
)
_HEAD = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]*)?"
    rf"(?P<ref>\d{{1,9}}(?:\.\d{{1,9}})*(?=[.)](?:\s|$))"
    rf"|\d{{1,9}}(?:\.\d{{1,9}})+(?=[ \t]+(?!{_COUNTED}\b)[A-Z]))",
    re.M,
)
_CODES = (
    re.compile(r"\b[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*\b"),  # TR-12
    # 3.1.2, 10.0.0.1, but not 2.237.500
    re.compile(r"(?<![\w.])(?!\d{1,3}(?:\.\d{3})+(?![\w.]))v?\d+(?:\.\d+){2,}(?!\w|,\d)"),
    # version 1.10 is not version 1.1
    re.compile(
        r"\b(?:versions?|release|firmware|ver\.?"
        r"|v\.?)\s?(?P<ref>\d{1,9}(?:\.\d{1,9})+)(?![\w.]*\d)",
        re.I,
    ),
    re.compile(r"(?<![\w/])\d+(?:/\d+){2,}(?![\w/])"),  # 12/345/6: not a date
    # 555-0123
    re.compile(
        r"(?<![\w-])(?:\+\d{1,3}(?:[ -]\d{2,})+|\d+(?:-\d+){2,}|0\d+-\d+|\d+-0\d+)(?![\w-])"
    ),
    # 030 901820, (555) 123-4567
    re.compile(
        r"(?<![\w.,-])(?:\(\d{2,5}\)\s?|\(?0\d{1,4}\)?[ /])\d{2,}(?:[ -]\d{2,})*(?![\w,-]|\.\d)"
    ),
    # room 4b, unless the letters are a unit or an exponent: 1e6, 5e-4
    re.compile(r"(?<![\w.-])(?!\d+[eE][-−–+]?\d{1,3}(?!\w|\.\d))\d+(?P<letters>[A-Za-z]+)\w*"),
)
_NO_CODE = frozenset(
    ("st", "nd", "rd", "th", "k", "bn", "mn", "mio", "mrd", "mln", "mld", "tsd", "er", "x", "uhr")
)
_SHORT_DATE = re.compile(r"\d{1,2}\.\d{1,2}\.\d{2}")
MAX_SURROUNDING = 8  # spaces and full stops around an answer that is a number


def find_references(text: str) -> Iterator[Reference]:
    for m in _HEAD.finditer(text):
        ref = m["ref"]
        also = _amounts(ref) if "." in ref or _is_whole_text(text, m) else ()
        yield Reference(ref, "", m.start("ref"), m.end(), also)
    for m in _CLAUSE.finditer(text):
        family = (m["other"] or "").casefold().removesuffix("s")
        yield Reference("".join(m["ref"].casefold().split()), family, m.start(), m.end())


def _is_whole_text(text: str, m: re.Match[str]) -> bool:
    """Return whether the text contains nothing else: "14." answers how many."""
    return (
        len(text) - len(m.group()) <= MAX_SURROUNDING
        and not text[m.end() :].strip(" .)")
        and not text[: m.start()].strip()
    )


def _amounts(ref: str) -> tuple[str, ...]:
    """Return what 1.500 is as a number, in either notation."""
    whole, mark, rest = ref.partition(".")
    if "." in rest:
        return (
            (ref.replace(".", ""),)
            if all(len(part) == 3 for part in rest.split(".")) and len(whole) <= 3
            else ()
        )
    thousands = (whole + rest,) if len(rest) == 3 and len(whole) <= 3 and whole[0] != "0" else ()
    return (
        f"{int(whole)}{mark}{rest}".rstrip("0").rstrip(".") if rest else str(int(whole)),
        *thousands,
    )


def find_codes(text: str) -> Iterator[Reference]:
    for pattern in _CODES:
        for m in pattern.finditer(text):
            parts = m.groupdict()
            letters = (parts.get("letters") or "").casefold()
            if (
                any(c.isdigit() for c in m.group())
                and not glued_unit(parts.get("letters") or "")
                and letters not in _NO_CODE
            ):
                ref = parts.get("ref") or ""
                yield Reference(
                    ref or _plain(m.group()),
                    "",
                    m.start(),
                    m.end(),
                    () if ref else _dated(m.group()),
                )


def _dated(code: str) -> tuple[str, ...]:
    """Return the date that a code such as 3.5.26 may be."""
    return (
        tuple(m.text for m in find_numeric_dates(code, short=True))
        if _SHORT_DATE.fullmatch(code)
        else ()
    )


def _plain(code: str) -> str:
    """Return a code in lower case; a phone number loses the signs that separate its digits."""
    plain = code.casefold()
    return (
        re.sub(r"[^\d+]", "", plain)
        if plain[0] in "+(0" and any(c in plain for c in " ()/")
        else plain
    )
