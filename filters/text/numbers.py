"""Find numbers in digits and in words, with their units.

Examples: 14 days, fourteen days, 5 million, 5kg, 5-12 days, half an hour.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from filters.text.numerals import Numeral, ascii_decimal_mark, find_numerals, resolve_decimal_mark
from filters.text.powers import EXPONENT, apply_exponent
from filters.text.units import SCALES, UNITS, glued_unit

__all__ = ["NUMBER_WORDS", "UNITS", "Number", "canonical_amount", "find_numbers"]

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = dict(
    zip(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(),
        range(20, 100, 10),
        strict=True,
    )
)
NUMBER_WORDS = {w: n for n, w in enumerate(_SMALL)} | _TENS
NUMBER_WORDS |= {f"{t}-{_SMALL[u]}": n + u for t, n in _TENS.items() for u in range(1, 10)}

_WORD = "|".join(w.replace("-", r"[\s-]") for w in sorted(NUMBER_WORDS, key=len, reverse=True))
_SCALE = "thousand|million|billion|trillion"
_HUNDREDS = (
    rf"(?:{_WORD}|an?(?=\s(?:hundred"
    rf"|{_SCALE})\b))(?:[\s-]hundred\b(?:\s(?:and\s)?(?:{_WORD})\b(?![\s-]hundred))?)?"
)
_PHRASE = rf"{_HUNDREDS}(?:[\s-](?:{_SCALE})\b(?:\s(?:and\s)?{_HUNDREDS}\b(?![\s-](?:{_SCALE})))?)?"
_PARTS = {
    "half": 2,
    "halves": 2,
    "third": 3,
    "quarter": 4,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "eighth": 8,
    "tenth": 10,
}
_SHARE = (
    r"(?P<over>one|two|three|four|five|seven)[\s-]"
    r"(?P<under>(?:third|quarter|fourth|fifth|sixth|eighth|tenth)s?)\b(?=\sof\b|\smajority\b"
    r"|(?<=s))"
)
_CURRENCY = re.compile(
    r"(?:[$€£¥₹]|(?<![A-Za-z])(?:US\$|USD|EUR|GBP|CHF|JPY|CAD|AUD|INR|SFr\.?|Fr\."
    r"|Rs\.?))[\s\u00a0]?[-−–]?\(?$",
    re.I,
)
_ENDS_OF_MONEY = frozenset("$€£¥₹DRPFYSdrpfys.")
_BETWEEN = (
    r"(?:(?:consecutive|successive|continuous|full|clear|whole|complete|additional|further|extra"
    r"|more|or\smore|or\sfewer|or\sless)"
    r"\s+){0,2}"
)
_NAMED = (
    r"(?:working|business|calendar)\s+days?|(?:per|pour|por)\s+cent|(?:percentage"
    r"|basis)\s+points?|(?:square|cubic)\s+[A-Za-z]+"
    r"|(?:[cdkm]?m)\^?[23](?!\w)|[^\W\d_]+[²³]?"
)
_AND_HALF = r"(?P<half>\s+and\s+a\s+half\b)?"
_UNIT = rf"(?=(?:\)?\s?(?P<unit>[%‰€$£¥₹℃℉]|°\s?[CF])|\)?[\s-]{_BETWEEN}(?P<named>{_NAMED}))?)"
_LETTERS = "mbk"  # €5 m and 5 m € are five million, 5 m are five metres
_SCALED = "|".join(sorted(SCALES, key=len, reverse=True))


def _tail(scales: str) -> re.Pattern[str]:
    """Compile the pattern for what follows a numeral: 20.–; 5kg; 5 million; 5 Mio. euros."""
    return re.compile(
        rf"(?P<dashes>[.,][-–—]{{1,2}}(?![\w-]))?(?:(?:(?P<glued>[^\W\d_]+)"
        rf"|\)?[\s-](?P<scale>{scales})\b)"
        rf"(?:(?<=mio|mrd|tsd|mln|mld)\.(?=\s))?)?{_AND_HALF}{_UNIT}",
        re.I,
    )


_TAIL = _tail(rf"(?![{_LETTERS}]\b(?!\s?[$€£¥₹]))(?:{_SCALED})")
_TAIL_OF_MONEY = _tail(_SCALED)
_BEGINNINGS = "|".join(sorted({w[:3] for w in NUMBER_WORDS}))
_WORDED = re.compile(
    # a quick look at the first letters rules out most places
    r"(?=[zotfsenau$€£¥cgj])(?:(?<![\w.-])|(?<=[A-Za-z.])(?=[$€£¥]))"
    rf"(?=an?\s|{_BEGINNINGS})(?:{_SHARE}|(?P<word>{_PHRASE})(?!\w)){_AND_HALF}{_UNIT}",
    re.I,
)
_HALF = re.compile(
    r"\bhalf\s+(?:of\s+)?(?:an?|one)\s+(?P<named>[a-z]+)\b|\bhalf[\s-](?P<next>hour|day|year"
    r"|month)\b(?!-)",
    re.I,
)
_RANGE = re.compile(r"\s?(?:-|–|to|and|or)\s?|\s\(")  # forty (40) hours
_COUNTED = re.compile(
    r"(?:(?!(?:of|in|on|at|per|and|or|to|is|was|a"
    r"|the)\b)[a-z]+\s(?=[a-z]+s\b))??(?P<noun>[a-z]{3,}s)\b"
)
_NO_NOUN = re.compile(r"(?:ss|us|is)$")  # words that end in s but are not plurals


class Number(NamedTuple):
    """A number in canonical digits with its unit and its place (which includes the unit).

    `unit` is the name of the unit or ""; `noun` is what the number counts if that is not a unit.
    `comma`, `also` and `spelled` are as in filters.text.numerals; they are empty if the number has
    only one reading.
    """

    amount: str
    unit: str
    start: int
    end: int
    noun: str = ""
    comma: str = ""
    also: tuple[str, ...] = ()
    spelled: str = ""


def find_numbers(text: str, mark: str = "") -> list[Number]:
    """Return every number in order; the first half of a range takes the unit of the second.

    `mark` is the decimal mark of the whole document. It is used only if the text's own numerals
    don't show which mark they use.
    """
    found = [*_in_digits(text, ascii_decimal_mark(text) or mark), *_in_words(text)]
    if "alf" in text or "ALF" in text:
        found += _halves(text, found)
    found = sorted(found, key=lambda n: n.start)
    for i in range(len(found) - 2, -1, -1):
        one, other = found[i], found[i + 1]
        if (
            not one.unit
            and not one.noun
            and other.unit
            and _RANGE.fullmatch(text, one.end, other.start)
        ):
            found[i] = one._replace(unit=other.unit)
    return found


def _in_digits(text: str, mark: str) -> Iterator[Number]:
    for n in find_numerals(text):
        money = (
            _CURRENCY.search(text[max(0, n.start - 7) : n.start])
            if _may_be_money(text, n.start)
            else None
        )
        start = max(0, n.start - 7) + money.start() if money else n.start
        m = (_TAIL_OF_MONEY if money else _TAIL).match(text, n.end)
        assert m  # the pattern matches the empty string
        scale = _scale(m, money is not None)
        unit, end, noun = _unit(
            m, "" if scale and m["glued"] else m["glued"] or "", money[0] if money else ""
        )
        one = resolve_decimal_mark(n, mark, "" if scale else unit)
        if m["half"]:
            scale, one = "", one._replace(amount=one.amount + Decimal("0.5"))
        yield _number(
            one, SCALES.get(scale, 1), Number("", unit, start, max(_end(m, n.end), end), noun)
        )


def _may_be_money(text: str, at: int) -> bool:
    """Return whether a currency may end before the number.

    This quick look saves most of the regular expression searches.
    """
    near = text[max(0, at - 3) : at].rstrip(" \u00a0-−–(\n\t")
    return near[-1:] in _ENDS_OF_MONEY


def _number(n: Numeral, scale: int, place: Number) -> Number:
    comma = "" if n.comma is None else canonical_amount(_times(n.comma, scale))
    also = tuple(canonical_amount(_times(a, scale)) for a in n.also)
    return place._replace(
        amount=canonical_amount(_times(n.amount, scale)),
        comma=comma,
        also=also,
        spelled="" if scale > 1 else n.spelled,
    )


def _times(amount: Decimal, scale: int) -> Decimal:
    # Multiply only if needed: a Decimal product is rounded to 28 digits.
    return amount * scale if scale > 1 else amount


def _end(m: re.Match[str], at: int) -> int:
    """Return where the number ends without its unit: after its scale or the dashes for no cents."""
    return max(at, m.end("half"), m.end("glued"), m.end("scale"), m.end("dashes"))


def _in_words(text: str) -> Iterator[Number]:
    for m in _WORDED.finditer(text):
        unit, end, noun = _unit(m, "", "")
        amount = _share(m) if m["over"] else _spelled(m["word"])
        if amount is None or (amount == 1 and not unit):
            continue  # "one" is more often a pronoun than a number
        last = m.end()
        if power := EXPONENT.match(text, last) if amount == 10 else None:
            amount, last = apply_exponent(amount, power)[:2]
        if m["half"]:
            amount += Decimal("0.5")
        yield Number(canonical_amount(amount), unit, m.start(), max(last, end), noun)


def _share(m: re.Match[str]) -> Decimal:
    """Return a spelled fraction such as two thirds, rounded to three places."""
    return round(
        Decimal(NUMBER_WORDS[m["over"].casefold()]) / _PARTS[m["under"].casefold().rstrip("s")], 3
    )


def _halves(text: str, found: list[Number]) -> list[Number]:
    """Return the amounts such as half an hour and half a day."""
    taken = {place for n in found for place in range(n.start, min(n.end, n.start + 40))}
    halves = []
    for m in _HALF.finditer(text):
        unit = UNITS.get((m["named"] or m["next"]).casefold(), "")
        if unit and taken.isdisjoint(range(*m.span())):
            halves.append(Number("0.5", unit, m.start(), m.end()))
    return halves


def _scale(m: re.Match[str], money: bool) -> str:
    """Return the scale word of a number: million, Mio., k in 5k, bn in 2bn.

    3m is three million only with a currency, and otherwise three metres; 3M is always three
    million.
    """
    glued = (m["glued"] or "").casefold()
    if glued in SCALES and (glued not in ("m", "b") or money or m["glued"] == "M"):
        return glued
    return (m["scale"] or "").casefold()


def _unit(m: re.Match[str], glued: str, money: str) -> tuple[str, int, str]:
    """Return the unit's name or "", where it ends, and the noun counted if that is not a unit."""
    if glued:
        return glued_unit(glued), m.end("glued"), ""
    sign = money.strip(" \u00a0-−–(").casefold()
    if raw := m["unit"] or sign:
        return UNITS.get("".join(raw.casefold().split()), ""), m.end("unit"), ""
    named = "".join((m["named"] or "").casefold().split()).replace("^", "")
    unit = UNITS.get(named, "")
    return unit, m.end("named") if unit else -1, "" if unit or not m["named"] else _noun(m)


def _noun(m: re.Match[str]) -> str:
    """Return what is counted: the next word or the one after it, if it is a lower-case plural."""
    found = _COUNTED.match(m.string, m.start("named"))
    return found["noun"] if found and not _NO_NOUN.search(found["noun"]) else ""


def _spelled(phrase: str) -> Decimal | None:
    """Return two hundred and fifty thousand as 250000.

    Returns None for letters that merely fold to the letters of a number word.
    """
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


def canonical_amount(amount: Decimal) -> str:
    plain = f"{amount:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in ("-0", "") else plain
