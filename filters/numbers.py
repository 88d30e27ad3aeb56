"""Numbers of a text in digits and words, with their unit: 14 days, fourteen days, 5 million, 5kg, 5-12 days, half an hour."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from filters.units import SCALES, UNITS, glued_unit

__all__ = ["NUMBER_WORDS", "UNITS", "Number", "canonical", "glued_unit", "numbers"]

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True))
NUMBER_WORDS = {w: n for n, w in enumerate(_SMALL)} | _TENS
NUMBER_WORDS |= {f"{t}-{_SMALL[u]}": n + u for t, n in _TENS.items() for u in range(1, 10)}

_WORD = "|".join(w.replace("-", r"[\s-]") for w in sorted(NUMBER_WORDS, key=len, reverse=True))
_SCALE = "thousand|million|billion|trillion"
_HUNDREDS = rf"(?:{_WORD}|an?(?=\s(?:hundred|{_SCALE})\b))(?:[\s-]hundred\b(?:\s(?:and\s)?(?:{_WORD})\b(?![\s-]hundred))?)?"
_PHRASE = rf"{_HUNDREDS}(?:[\s-](?:{_SCALE})\b(?:\s(?:and\s)?{_HUNDREDS}\b(?![\s-](?:{_SCALE})))?)?"
_GROUPED = r"\d{1,3}(?:,\d{3})+|\d{1,3}(?:[\u00a0\u2009\u202f’']\d{3})+(?!\d)"  # 1,000; 1 000 with a narrow blank; 1’000
_DIGITS = rf"[-−–]?(?:{_GROUPED}|\d+)(?:\.\d+)?"
_CURRENCY = r"[$€£¥]\s?|(?:US\$|USD|EUR|GBP|CHF|JPY|CAD|AUD)\s?(?=\d)"
_BETWEEN = (
    r"(?:(?:consecutive|successive|continuous|full|clear|whole|complete|additional|further|extra|more|or\smore|or\sfewer|or\sless)"
    r"\s+){0,2}"
)
_NAMED = r"(?:working|business|calendar)\s+days?|per\s+cent|percentage\s+points?|(?:square|cubic)\s+[A-Za-z]+|[A-Za-z]+"
_FRACTION = {"½": "0.5", "¼": "0.25", "¾": "0.75", "⅓": "0.333", "⅔": "0.667"}
_BEGINNINGS = "|".join(sorted({w[:3] for w in NUMBER_WORDS}))
_NUMBER = re.compile(
    r"(?=[\d$€£¥½¼¾⅓⅔−–zotfsenaugcj-])"  # two looks at how any number begins pass over most places, four times as fast
    r"(?:(?<![\w.-])|(?<=\d-)|(?<=[A-Za-z.])(?=[$€£¥]\d))"  # not inside a word or number, but the second half of 5-12 is one, and U.S.$5
    rf"(?=[\d$€£¥½¼¾⅓⅔−–-]|an?\s|{_BEGINNINGS}|US\$|USD|EUR|GBP|CHF|JPY|CAD|AUD)"
    rf"(?P<cur>{_CURRENCY})?(?:(?P<num>{_DIGITS})(?:\s?(?P<vulgar>[½¼¾⅓⅔])|(?P<glued>[^\W\d_]+)|[\s-](?P<scale>hundred|{_SCALE}|bn|mn)\b)?"
    rf"|(?P<bare>[½¼¾⅓⅔])|(?P<word>{_PHRASE})(?!\w))(?P<half>\s+and\s+a\s+half\b)?"
    rf"(?=(?:\)?\s?(?P<unit>%|°\s?[CF])|\)?[\s-]{_BETWEEN}(?P<named>{_NAMED}))?)",
    re.I,
)
_HALF = re.compile(r"\bhalf\s+(?:of\s+)?(?:an?|one)\s+(?P<named>[a-z]+)\b|\bhalf[\s-](?P<next>hour|day|year|month)\b(?!-)", re.I)
_RANGE = re.compile(r"\s?(?:-|–|to|and|or)\s?|\s\(")  # forty (40) hours
_COUNTED = re.compile(r"(?:(?!(?:of|in|on|at|per|and|or|to|is|was|a|the)\b)[a-z]+\s(?=[a-z]+s\b))??(?P<noun>[a-z]{3,}s)\b")
_NO_NOUN = re.compile(r"(?:ss|us|is)$")  # a word in s that is no plural


class Number(NamedTuple):
    """A number in canonical digits, its unit's name or "", its place (the unit included), and what it counts where that is no unit."""

    amount: str
    unit: str
    start: int
    end: int
    noun: str = ""


def numbers(text: str) -> list[Number]:
    """Every number in order of place; the first half of a range has the unit of the second."""
    found = list(_numbers(text))
    if "alf" in text or "ALF" in text:
        found = sorted([*found, *_halves(text, found)], key=lambda n: n.start)
    for i in range(len(found) - 2, -1, -1):
        one, other = found[i], found[i + 1]
        if not one.unit and not one.noun and other.unit and _RANGE.fullmatch(text, one.end, other.start):
            found[i] = one._replace(unit=other.unit)
    return found


def _numbers(text: str) -> Iterator[Number]:
    for m in _NUMBER.finditer(text):
        unit, end, noun = _unit(m)
        amount = _amount(m)
        if amount is None or (m["word"] and amount == 1 and not unit and not m["cur"]):
            continue  # "one" is more often a pronoun than a number
        yield Number(canonical(amount), unit, m.start(), max(m.end(), end), noun)


def _halves(text: str, found: list[Number]) -> Iterator[Number]:
    """Half an hour, half a day."""
    for m in _HALF.finditer(text):
        unit = UNITS.get((m["named"] or m["next"]).casefold(), "")
        if unit and not any(n.start < m.end() and m.start() < n.end for n in found):
            yield Number("0.5", unit, m.start(), m.end())


def _amount(m: re.Match[str]) -> Decimal | None:
    if m["bare"]:
        amount: Decimal | None = Decimal(_FRACTION[m["bare"]])
    else:
        amount = _spelled(m["word"]) if m["word"] else _digits(m["num"], m["scale"] or _glued_scale(m))
    if amount is not None and m["vulgar"]:
        amount += Decimal(_FRACTION[m["vulgar"]])
    return amount + Decimal("0.5") if amount is not None and m["half"] else amount


def _glued_scale(m: re.Match[str]) -> str:
    """5k, 2bn; 3m is three million only of a currency, else three metres."""
    glued = (m["glued"] or "").casefold()
    return glued if glued in ("k", "bn", "mn") or (m["cur"] and glued in ("m", "b")) else ""


def _unit(m: re.Match[str]) -> tuple[str, int, str]:
    """The unit's name or "", where it ends, and what is counted where that is no unit."""
    if m["glued"] and not _glued_scale(m):
        return glued_unit(m["glued"]), m.end("glued"), ""
    if raw := m["unit"] or (m["cur"] or "").strip():
        return UNITS.get("".join(raw.casefold().split()), ""), m.end("unit"), ""
    named = "".join((m["named"] or "").casefold().split())
    unit = UNITS.get(named, "")
    return unit, m.end("named") if unit else -1, "" if unit or not m["named"] else _noun(m)


def _noun(m: re.Match[str]) -> str:
    """What is counted: the next word, or the one behind it, if that is a plural in lower case."""
    found = _COUNTED.match(m.string, m.start("named"))
    return found["noun"] if found and not _NO_NOUN.search(found["noun"]) else ""


def _digits(number: str, scale: str | None) -> Decimal:
    plain = re.sub(r"[,\u00a0\u2009\u202f’']", "", number)
    amount = Decimal(plain.replace("−", "-").replace("–", "-"))
    return amount * SCALES.get(scale.casefold(), 1) if scale else amount  # a product is rounded to 28 digits, a number is not


def _spelled(phrase: str) -> Decimal | None:
    """Two hundred and fifty thousand as 250000; None for letters that only fold to those of a number word."""
    total = current = 0
    for word in phrase.casefold().replace("-", " ").split():
        if word in NUMBER_WORDS or word in ("a", "an"):
            current += NUMBER_WORDS.get(word, 1)
        elif word == "hundred":
            current *= 100
        elif word in SCALES:
            total, current = total + current * SCALES[word], 0
        elif word != "and":
            return None
    return Decimal(total + current)


def canonical(amount: Decimal) -> str:
    plain = f"{amount:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in ("-0", "") else plain
