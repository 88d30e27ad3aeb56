"""References and codes of a text: section 3.2, clause 4(b), Annex A, form TR-12, version 3.1.2, room 4b."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from filters.units import glued_unit


class Reference(NamedTuple):
    """What is referred to, in lower case; `family` is "" for numbered sections, whatever they are called; and its place."""

    text: str
    family: str
    start: int
    end: int


_SECTION = "sections?|clauses?|sub-?clauses?|articles?|paragraphs?|sub-?sections?|sub-?paragraphs?|§{1,2}"
_OTHER = "annex|appendix|schedule|exhibit|tables?|figures?|chapters?|parts?|steps?|rules?|regulations?|attachment|addendum"
_REF = r"(?-i:\d+(?:\.\d+)*(?:\s?\([a-z0-9]{1,4}\))*|\([a-z0-9]{1,4}\)|[A-Z](?:[-.]?\d+)?|[IVX]{1,5})(?![\w%]|[.,:-]\d)"
_CLAUSE = re.compile(rf"(?:(?<!\w)(?:(?P<section>{_SECTION})|(?P<other>{_OTHER}))\s*)(?:no\.?\s+)?(?P<ref>{_REF})", re.I)
# The number at the head of a section or a point is no amount.
_HEAD = re.compile(r"^[ \t]*(?:#{1,6}[ \t]*)?(?P<ref>\d+(?:\.\d+)*(?=[.)](?:\s|$))|\d+(?:\.\d+)+(?=[ \t]+[A-Z]))", re.M)
_CODES = (
    re.compile(r"\b[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*\b"),  # TR-12
    re.compile(r"(?<![\w.])v?\d+(?:\.\d+){2,}(?!\w)"),  # 3.1.2, 10.0.0.1
    re.compile(r"(?<![\w/])\d+(?:/\d+){2,}(?![\w/])"),  # 5/12/2024: which is the month is not for code to say
    re.compile(r"(?<![\w-])(?:\+\d{1,3}(?:[ -]\d{2,})+|\d+(?:-\d+){2,}|0\d+-\d+|\d+-0\d+)(?![\w-])"),  # 555-0123
    re.compile(r"(?<![\w.-])\d+(?P<letters>[A-Za-z]+)\w*"),  # room 4b, unless the letters are a unit
)
_NO_CODE = frozenset(("st", "nd", "rd", "th", "k", "bn", "mn"))


def references(text: str) -> Iterator[Reference]:
    for m in _HEAD.finditer(text):
        yield Reference(m["ref"], "", m.start("ref"), m.end())
    for m in _CLAUSE.finditer(text):
        family = (m["other"] or "").casefold().removesuffix("s")
        yield Reference("".join(m["ref"].casefold().split()), family, m.start(), m.end())


def codes(text: str) -> Iterator[Reference]:
    for pattern in _CODES:
        for m in pattern.finditer(text):
            letters = m.groupdict().get("letters") or ""
            if any(c.isdigit() for c in m.group()) and not glued_unit(letters) and letters.casefold() not in _NO_CODE:
                yield Reference(m.group().casefold(), "", m.start(), m.end())
