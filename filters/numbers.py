"""Numbers of a text in digits and words, with their unit: 14 days, fourteen days, 5 million, 5kg, 5-12 days."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True))
NUMBER_WORDS = {w: n for n, w in enumerate(_SMALL)} | _TENS
NUMBER_WORDS |= {f"{t}-{_SMALL[u]}": n + u for t, n in _TENS.items() for u in range(1, 10)}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}

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

_WORD = "|".join(w.replace("-", r"[\s-]") for w in sorted(NUMBER_WORDS, key=len, reverse=True))
_SCALE = "thousand|million|billion"
_HUNDREDS = rf"(?:{_WORD}|an?(?=\s(?:hundred|{_SCALE})\b))(?:[\s-]hundred\b(?:\s(?:and\s)?(?:{_WORD})\b(?![\s-]hundred))?)?"
_PHRASE = rf"{_HUNDREDS}(?:[\s-](?:{_SCALE})\b(?:\s(?:and\s)?{_HUNDREDS}\b(?![\s-](?:{_SCALE})))?)?"
_DIGITS = r"[-−–]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_BEGINNINGS = "|".join(sorted({w[:3] for w in NUMBER_WORDS}))
_NUMBER = re.compile(
    r"(?=[\d$€£−–zotfsena-])"  # two looks at how any number begins pass over most places, four times as fast
    r"(?:(?<![\w.-])|(?<=\d-))"  # not inside a word or number, but the second half of 5-12 is one
    rf"(?=[\d$€£−–-]|an?\s|{_BEGINNINGS})"
    rf"(?P<cur>[$€£]\s?)?(?:(?P<num>{_DIGITS})(?:(?P<glued>[^\W\d_]+)|[\s-](?P<scale>hundred|{_SCALE})\b)?|(?P<word>{_PHRASE})(?!\w))"
    r"(?=(?:\s?(?P<unit>%|°[CF])|[\s-](?P<named>working\s+days?|calendar\s+days?|per\s+cent|[A-Za-z]+))?)",
    re.I,
)
_RANGE = re.compile(r"\s?(?:-|–|to)\s?")


class Number(NamedTuple):
    """A number in canonical digits, its unit's name or "", and its place, the unit included."""

    amount: str
    unit: str
    start: int
    end: int


def numbers(text: str) -> list[Number]:
    """Every number in order of place; the first half of a range has the unit of the second."""
    found = list(_numbers(text))
    for i in range(len(found) - 2, -1, -1):
        one, other = found[i], found[i + 1]
        if not one.unit and other.unit and _RANGE.fullmatch(text, one.end, other.start):
            found[i] = one._replace(unit=other.unit)
    return found


def _numbers(text: str) -> Iterator[Number]:
    for m in _NUMBER.finditer(text):
        unit, end = _unit(m)
        amount = _spelled(m["word"]) if m["word"] else _digits(m["num"], m["scale"])
        if amount is None or (m["word"] and amount == 1 and not unit):
            continue  # "one" is more often a pronoun than a number
        yield Number(_canonical(amount), unit, m.start(), max(m.end(), end))


def _unit(m: re.Match[str]) -> tuple[str, int]:
    """The unit's name or "", and where it ends."""
    if m["glued"]:
        return glued_unit(m["glued"]), m.end("glued")
    if raw := m["unit"] or (m["cur"] or "").strip():
        return UNITS.get(raw.casefold(), ""), m.end("unit")
    unit = UNITS.get("".join((m["named"] or "").casefold().split()), "")
    return unit, m.end("named") if unit else -1


def glued_unit(letters: str) -> str:
    """The unit that stands right behind its number, as in 5kg; a lone capital is none (room 4T), but for the litre's."""
    return UNITS.get(letters if len(letters) == 1 and letters != "L" else letters.casefold(), "")


def _digits(number: str, scale: str | None) -> Decimal:
    amount = Decimal(number.replace(",", "").replace("−", "-").replace("–", "-"))
    return amount * _SCALES.get(scale.casefold(), 1) if scale else amount  # a product is rounded to 28 digits, a number is not


def _spelled(phrase: str) -> Decimal | None:
    """Two hundred and fifty thousand as 250000; None for letters that only fold to those of a number word."""
    total = current = 0
    for word in phrase.casefold().replace("-", " ").split():
        if word in NUMBER_WORDS or word in ("a", "an"):
            current += NUMBER_WORDS.get(word, 1)
        elif word == "hundred":
            current *= 100
        elif word in _SCALES:
            total, current = total + current * _SCALES[word], 0
        elif word != "and":
            return None
    return Decimal(total + current)


def _canonical(amount: Decimal) -> str:
    plain = f"{amount:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in ("-0", "") else plain
