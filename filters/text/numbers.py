"""Numbers of a text in digits and words, with their unit: 14 days, fourteen days, 5 million, 5kg, 5-12 days, half an hour."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from filters.text.numerals import Numeral, notation, numerals, settled
from filters.text.powers import EXPONENT, raised
from filters.text.units import SCALES, UNITS, glued_unit

__all__ = ["NUMBER_WORDS", "UNITS", "Number", "canonical", "glued_unit", "notation", "numbers"]

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
_PARTS = {"half": 2, "halves": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
_SHARE = (
    r"(?P<over>one|two|three|four|five|seven)[\s-]"
    r"(?P<under>(?:third|quarter|fourth|fifth|sixth|eighth|tenth)s?)\b(?=\sof\b|\smajority\b|(?<=s))"
)
_CURRENCY = re.compile(r"(?:[$€£¥₹]|(?<![A-Za-z])(?:US\$|USD|EUR|GBP|CHF|JPY|CAD|AUD|INR|SFr\.?|Fr\.|Rs\.?))[\s\u00a0]?[-−–]?\(?$", re.I)
_ENDS_OF_MONEY = frozenset("$€£¥₹DRPFYSdrpfys.")
_BETWEEN = (
    r"(?:(?:consecutive|successive|continuous|full|clear|whole|complete|additional|further|extra|more|or\smore|or\sfewer|or\sless)"
    r"\s+){0,2}"
)
_NAMED = (
    r"(?:working|business|calendar)\s+days?|(?:per|pour|por)\s+cent|(?:percentage|basis)\s+points?|(?:square|cubic)\s+[A-Za-z]+"
    r"|(?:[cdkm]?m)\^?[23](?!\w)|[^\W\d_]+[²³]?"
)
_AND_HALF = r"(?P<half>\s+and\s+a\s+half\b)?"
_UNIT = rf"(?=(?:\)?\s?(?P<unit>[%‰€$£¥₹℃℉]|°\s?[CF])|\)?[\s-]{_BETWEEN}(?P<named>{_NAMED}))?)"
_LETTERS = "mbk"  # €5 m and 5 m € are five million, 5 m are five metres
_SCALED = "|".join(sorted(SCALES, key=len, reverse=True))


def _tail(scales: str) -> re.Pattern[str]:
    """What follows a numeral: 20.–; 5kg; 5 million; 5 Mio. euros."""
    return re.compile(
        rf"(?P<dashes>[.,][-–—]{{1,2}}(?![\w-]))?(?:(?:(?P<glued>[^\W\d_]+)|\)?[\s-](?P<scale>{scales})\b)"
        rf"(?:(?<=mio|mrd|tsd|mln|mld)\.(?=\s))?)?{_AND_HALF}{_UNIT}",
        re.I,
    )


_TAIL = _tail(rf"(?![{_LETTERS}]\b(?!\s?[$€£¥₹]))(?:{_SCALED})")
_TAIL_OF_MONEY = _tail(_SCALED)
_BEGINNINGS = "|".join(sorted({w[:3] for w in NUMBER_WORDS}))
_WORDED = re.compile(
    r"(?=[zotfsenau$€£¥cgj])(?:(?<![\w.-])|(?<=[A-Za-z.])(?=[$€£¥]))"  # a look at how any number begins passes over most places
    rf"(?=an?\s|{_BEGINNINGS})(?:{_SHARE}|(?P<word>{_PHRASE})(?!\w)){_AND_HALF}{_UNIT}",
    re.I,
)
_HALF = re.compile(r"\bhalf\s+(?:of\s+)?(?:an?|one)\s+(?P<named>[a-z]+)\b|\bhalf[\s-](?P<next>hour|day|year|month)\b(?!-)", re.I)
_RANGE = re.compile(r"\s?(?:-|–|to|and|or)\s?|\s\(")  # forty (40) hours
_COUNTED = re.compile(r"(?:(?!(?:of|in|on|at|per|and|or|to|is|was|a|the)\b)[a-z]+\s(?=[a-z]+s\b))??(?P<noun>[a-z]{3,}s)\b")
_NO_NOUN = re.compile(r"(?:ss|us|is)$")  # a word in s that is no plural


class Number(NamedTuple):
    """A number in canonical digits, its unit's name or "", its place (the unit included), and what it counts where that is no unit.

    `comma`, `also` and `spelled` as in filters.numerals, "" and empty where the number has but one reading.
    """

    amount: str
    unit: str
    start: int
    end: int
    noun: str = ""
    comma: str = ""
    also: tuple[str, ...] = ()
    spelled: str = ""


def numbers(text: str, mark: str = "") -> list[Number]:
    """Every number in order of place; the first half of a range has the unit of the second.

    `mark`: the decimal mark of the document that the text is of; the text's own numerals tell it better.
    """
    found = [*_in_digits(text, notation(text) or mark), *_in_words(text)]
    if "alf" in text or "ALF" in text:
        found += _halves(text, found)
    found = sorted(found, key=lambda n: n.start)
    for i in range(len(found) - 2, -1, -1):
        one, other = found[i], found[i + 1]
        if not one.unit and not one.noun and other.unit and _RANGE.fullmatch(text, one.end, other.start):
            found[i] = one._replace(unit=other.unit)
    return found


def _in_digits(text: str, mark: str) -> Iterator[Number]:
    for n in numerals(text):
        money = _CURRENCY.search(text[max(0, n.start - 7) : n.start]) if _may_be_money(text, n.start) else None
        start = max(0, n.start - 7) + money.start() if money else n.start
        m = (_TAIL_OF_MONEY if money else _TAIL).match(text, n.end)
        assert m  # every part of it may be absent
        scale = _scale(m, money is not None)
        unit, end, noun = _unit(m, "" if scale and m["glued"] else m["glued"] or "", money[0] if money else "")
        one = settled(n, mark, "" if scale else unit)
        if m["half"]:
            scale, one = "", one._replace(amount=one.amount + Decimal("0.5"))
        yield _number(one, SCALES.get(scale, 1), Number("", unit, start, max(_end(m, n.end), end), noun))


def _may_be_money(text: str, at: int) -> bool:
    """Whether what stands before a number ends as a currency does: a look that spares most searches."""
    near = text[max(0, at - 3) : at].rstrip(" \u00a0-−–(\n\t")
    return near[-1:] in _ENDS_OF_MONEY


def _number(n: Numeral, scale: int, place: Number) -> Number:
    comma = "" if n.comma is None else canonical(_times(n.comma, scale))
    also = tuple(canonical(_times(a, scale)) for a in n.also)
    return place._replace(amount=canonical(_times(n.amount, scale)), comma=comma, also=also, spelled="" if scale > 1 else n.spelled)


def _times(amount: Decimal, scale: int) -> Decimal:
    return amount * scale if scale > 1 else amount  # a product is rounded to 28 digits, a number is not


def _end(m: re.Match[str], at: int) -> int:
    """Where the number ends without its unit: behind its scale and the dashes that stand for no cents."""
    return max(at, m.end("half"), m.end("glued"), m.end("scale"), m.end("dashes"))


def _in_words(text: str) -> Iterator[Number]:
    for m in _WORDED.finditer(text):
        unit, end, noun = _unit(m, "", "")
        amount = _share(m) if m["over"] else _spelled(m["word"])
        if amount is None or (amount == 1 and not unit):
            continue  # "one" is more often a pronoun than a number
        last = m.end()
        if power := EXPONENT.match(text, last) if amount == 10 else None:
            amount, last = raised(amount, power)[:2]
        if m["half"]:
            amount += Decimal("0.5")
        yield Number(canonical(amount), unit, m.start(), max(last, end), noun)


def _share(m: re.Match[str]) -> Decimal:
    """Two thirds, to three places."""
    return round(Decimal(NUMBER_WORDS[m["over"].casefold()]) / _PARTS[m["under"].casefold().rstrip("s")], 3)


def _halves(text: str, found: list[Number]) -> list[Number]:
    """Half an hour, half a day."""
    taken = {place for n in found for place in range(n.start, min(n.end, n.start + 40))}
    halves = []
    for m in _HALF.finditer(text):
        unit = UNITS.get((m["named"] or m["next"]).casefold(), "")
        if unit and taken.isdisjoint(range(*m.span())):
            halves.append(Number("0.5", unit, m.start(), m.end()))
    return halves


def _scale(m: re.Match[str], money: bool) -> str:
    """million, Mio., 5k, 2bn; 3m is three million only of a currency, else three metres; 3M is three million."""
    glued = (m["glued"] or "").casefold()
    if glued in SCALES and (glued not in ("m", "b") or money or m["glued"] == "M"):
        return glued
    return (m["scale"] or "").casefold()


def _unit(m: re.Match[str], glued: str, money: str) -> tuple[str, int, str]:
    """The unit's name or "", where it ends, and what is counted where that is no unit."""
    if glued:
        return glued_unit(glued), m.end("glued"), ""
    sign = money.strip(" \u00a0-−–(").casefold()
    if raw := m["unit"] or sign:
        return UNITS.get("".join(raw.casefold().split()), ""), m.end("unit"), ""
    named = "".join((m["named"] or "").casefold().split()).replace("^", "")
    unit = UNITS.get(named, "")
    return unit, m.end("named") if unit else -1, "" if unit or not m["named"] else _noun(m)


def _noun(m: re.Match[str]) -> str:
    """What is counted: the next word, or the one behind it, if that is a plural in lower case."""
    found = _COUNTED.match(m.string, m.start("named"))
    return found["noun"] if found and not _NO_NOUN.search(found["noun"]) else ""


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
