"""Checkable values of a text: numbers with units, dates, names, negations. What code can hold against a source."""

import re
from dataclasses import dataclass

from filters.text import STOP

MONTHS = {
    m: i
    for i, m in enumerate(
        [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ],
        1,
    )
}
_SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = dict(zip(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], range(20, 100, 10), strict=True))
NUMBER_WORDS = {w: n for n, w in enumerate(_SMALL)} | _TENS
NUMBER_WORDS |= {f"{t}-{_SMALL[u]}": n + u for t, n in _TENS.items() for u in range(1, 10)}

# Spellings of one unit; a number may also stand without any.
UNITS = {
    spelling: name
    for name, spellings in {
        "second": "second seconds sec s",
        "minute": "minute minutes min mins",
        "hour": "hour hours hr hrs h",
        "day": "day days calendarday calendardays",
        "workingday": "workingday workingdays",
        "week": "week weeks",
        "month": "month months",
        "year": "year years",
        "percent": "% percent",
        "°c": "°c",
        "°f": "°f",
        "mm": "mm millimetres millimeters",
        "cm": "cm centimetres centimeters",
        "m": "m metre metres meter meters",
        "km": "km kilometre kilometres kilometers",
        "g": "g gram grams",
        "kg": "kg kilogram kilograms",
        "tonne": "t tonne tonnes",
        "litre": "l litre litres liter liters",
        "crown": "crown crowns",
        "dollar": "$ dollar dollars usd",
        "euro": "€ euro euros eur",
        "mile": "mile miles mi",
        "bit": "bit bits",
        "character": "character characters",
    }.items()
    for spelling in spellings.split()
}
_MONTH = "|".join(m.capitalize() for m in MONTHS)  # in lower case, may and march are verbs
_DATES = (
    re.compile(rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<m>{_MONTH})(?:,?\s+(?P<y>\d{{4}}))?\b"),
    re.compile(rf"\b(?P<m>{_MONTH})\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<y>\d{{4}}))?\b(?!:)"),
    re.compile(r"\b(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})\b"),
    re.compile(rf"\b(?P<m>{_MONTH})\s+(?P<y>\d{{4}})\b"),
)
_WORDS = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
_NUMBER = re.compile(
    rf"(?<![\w.-])(?P<cur>[$€£]\s?)?(?:(?P<num>(?<!\w)[-−–]?(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?)|(?P<word>{_WORDS})(?!-?\w))"
    r"(?:\s?(?P<unit>%|°[CF])|[\s-](?P<named>working\s+days?|calendar\s+days?|per\s+cent|[A-Za-z]+))?",
    re.I,
)
_TIME = re.compile(r"\b[0-2]?\d:[0-5]\d\b")
_CODE = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Z])[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*\b")
_NAME = re.compile(r"\b[A-Z][\w’'-]*\b")
_NOT = re.compile(r"\b(?:not|no|never|none|nobody|nothing|neither|nor|cannot|without)\b|n[’']t\b", re.I)


@dataclass(frozen=True, order=True)
class Value:
    """One checkable value: `kind` is number, date, time, name or code; `text` its canonical spelling; `unit` only of numbers."""

    kind: str
    text: str
    unit: str = ""
    start: int = 0
    end: int = 0

    def carries(self, other: "Value") -> bool:
        """Whether this value bears out the other: the same, or the same number where one of them names no unit."""
        if (self.kind, self.text) != (other.kind, other.text):
            return False
        return self.unit == other.unit or not self.unit or not other.unit


def values(text: str) -> list[Value]:
    """Every number, date, code and name, in order of place."""
    dates = [
        *_dates(text),
        *(Value("time", m.group().rjust(5, "0"), "", m.start(), m.end()) for m in _TIME.finditer(text)),
    ]
    codes = [Value("code", m.group().casefold(), "", m.start(), m.end()) for m in _CODE.finditer(text) if _free(m, dates)]
    taken = dates + codes
    numbers = [n for n in _numbers(text) if not any(n.start < t.end and t.start < n.end for t in taken)]
    return sorted([*taken, *numbers, *_names(text, [*taken, *numbers])], key=lambda v: v.start)


def _free(match: re.Match[str], taken: list[Value]) -> bool:
    return not any(match.start() < t.end and t.start < match.end() for t in taken)


def _dates(text: str) -> list[Value]:
    found: list[Value] = []
    for pattern in _DATES:
        for m in pattern.finditer(text):
            if not _free(m, found):
                continue
            parts = m.groupdict()
            month = parts["m"].casefold()
            number = MONTHS.get(month) or int(month)
            day = f"-{int(parts['d']):02d}" if parts.get("d") else ""
            found.append(Value("date", f"{parts.get('y') or ''}-{number:02d}{day}", "", m.start(), m.end()))
    return found


def _numbers(text: str) -> list[Value]:
    found: list[Value] = []
    for m in _NUMBER.finditer(text):
        unit = _unit(m)
        if m["word"]:
            if m["word"].casefold() == "one" and not unit:
                continue  # "one" is more often a pronoun than a number
            number = str(NUMBER_WORDS[m["word"].casefold()])
            end = m.end("word")
        else:
            number = _canonical(m["num"])
            end = m.end("num")
        end = max(end, m.end("unit"), m.end("named") if unit and m["named"] else -1)
        found.append(Value("number", number, unit, m.start(), end))
    return found


def _unit(m: re.Match[str]) -> str:
    raw = (m["unit"] or "").casefold() or (m["cur"] or "").strip() or "".join((m["named"] or "").casefold().split())
    return UNITS.get(raw, "")


def _canonical(number: str) -> str:
    plain = number.replace(",", "").replace("−", "-").replace("–", "-")
    whole, _, rest = plain.partition(".")
    sign = "-" if whole.startswith("-") else ""
    rest = rest.rstrip("0")
    return f"{sign}{whole.lstrip('-').lstrip('0') or '0'}" + (f".{rest}" if rest else "")


def _names(text: str, taken: list[Value]) -> list[Value]:
    found: list[Value] = []
    for m in _NAME.finditer(text):
        word = m.group().casefold().removesuffix("'s").removesuffix("’s")
        if len(word) < 2 or word in STOP or word in MONTHS or word in NUMBER_WORDS or not _free(m, taken):
            continue
        if starts_sentence(text, m.start()) and not _followed_by_name(text, m.end()) and not m.group().isupper():
            continue
        found.append(Value("name", word, "", m.start(), m.end()))
    return found


def starts_sentence(text: str, at: int) -> bool:
    """Whether nothing but markup stands between the last sentence end (or line start) and this place."""
    before = text[:at].rstrip(" \t*_\"'“‘([#>-|0123456789")
    return not before or before[-1] in ".!?:;\n)" or text[:at].rstrip(" \t").endswith("\n")


def _followed_by_name(text: str, at: int) -> bool:
    return bool(re.match(r" [A-Z][a-z]", text[at : at + 3]))


def negated(text: str) -> bool:
    """Whether the text says no, not, never or the like."""
    return bool(_NOT.search(text))
