"""Recognize an exported text that comes back, changed only as spreadsheets and editors change
texts.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from itertools import permutations

CUT_LENGTH = 30_000  # characters; a cell holds 32,767, and the rest is lost
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′ʼ`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        "…": "...",
        "⁄": "/",
        "\u00ad": None,
        "\u200b": None,
        "\ufeff": None,
    }
)
_IDLE = re.compile(
    r"_x[0-9A-Fa-f]{4}_|[\x00-\x20\x7f-\xa0\s\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]+"
)
# An encoding writes a question mark for a character that it lacks.
_LOST = re.compile(r"[?\ufffd]|[^\x00-\x7f]")
_BOOLEANS = {
    **dict.fromkeys("true wahr vrai vero verdadero waar 1".split(), True),
    **dict.fromkeys("false falsch faux falso onwaar 0".split(), False),
}
_MONTHS = (
    "jan jän janv ene gen",
    "feb fév févr",
    "mar mär mrz mars maa mrt",
    "apr avr abr",
    "may mai mag mei",
    "jun juin giu",
    "jul juil lug",
    "aug août ago",
    "sep sept set",
    "oct okt ott",
    "nov",
    "dec dez déc dic",
)
_MONTH_OF = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_LONGEST = 40  # characters of a text that a spreadsheet takes for a number or a date
_KEPT, _SHOWN = 15, 6  # digits of a number; in scientific notation
_Date = tuple[int | None, int | None, int | None]  # year of a century, month, day


def is_same_text(exported: str, found: str) -> bool:
    """Tell whether a spreadsheet or an editor may have turned `exported` into `found`."""
    if exported == found:
        return True
    ours, theirs = _bare(exported), _bare(found)
    if ours == theirs or ours == _bare(fix_encoding(found)) or _is_cut(exported, found):
        return True
    if re.search(r"[?\ufffd]", theirs) and _remaining(ours) == _remaining(theirs):
        return True
    if ours[:1] in tuple("=+-@'") and re.fullmatch(r"#[\w/]+[?!]?|err:\d+", theirs):
        return True
    return max(len(ours), len(theirs)) <= _LONGEST and (
        _same_value(ours, theirs) or _same_date(ours, theirs)
    )


def _same_value(ours: str, theirs: str) -> bool:
    if ours in _BOOLEANS and theirs in _BOOLEANS:
        return _BOOLEANS[ours] == _BOOLEANS[theirs]
    digits = _SHOWN if "e" in theirs else _KEPT
    return bool(
        {_rounded(n, digits) for n in _numbers(ours)}
        & {_rounded(n, digits) for n in _numbers(theirs)}
    ) or (bool(_time(ours)) and _time(ours) == _time(theirs))


def _same_date(ours: str, theirs: str) -> bool:
    """Tell whether both agree on year, month and day, as far as given: a month with a day or a
    year.
    """
    if not any(map(_is_dated, (ours, theirs))):
        return False
    return any(_compatible(a, b) for a in _dates(ours) for b in _dates(theirs))


def _bare(text: str) -> str:
    """Remove what programs change on their own: quotation marks, dashes, blanks, line ends, control
    characters, case.
    """
    told = unicodedata.normalize("NFC", text.translate(_PLAIN)).translate(_PLAIN).casefold()
    return _IDLE.sub("", told).lstrip("'")


def fix_encoding(text: str) -> str:
    """Repair UTF-8 that a program has read as Windows-1252; return any other text unchanged."""
    if text.isascii():
        return text
    try:
        return b"".join(map(_byte, text)).decode("utf-8")
    except UnicodeError:
        return text


def _byte(character: str) -> bytes:
    """Encode one character. Windows-1252 leaves some bytes unused: they turn into control
    characters, or into private ones in LibreOffice.
    """
    code = ord(character)
    free = code - 0xF100 if 0xF180 <= code < 0xF1A0 else code
    return bytes([free]) if 0x80 <= free < 0xA0 else character.encode("cp1252")


def _remaining(bare: str) -> str:
    """Keep only the characters that every encoding preserves."""
    return _LOST.sub("", unicodedata.normalize("NFD", bare))


def _is_cut(exported: str, found: str) -> bool:
    return len(found) >= CUT_LENGTH and _bare(exported).startswith(_bare(found[:CUT_LENGTH]))


def _numbers(text: str) -> Iterator[Decimal]:
    """Yield the numbers that a bare text may mean, with a decimal point or a decimal comma."""
    bare = re.sub(r"[$€£¥]|eur|usd|chf", "", text)
    percent = bare.endswith("%")
    bare = bare.rstrip("%")
    if re.fullmatch(r"\(.+\)", bare):
        bare = "-" + bare[1:-1]
    if quotient := re.fullmatch(r"(-?\d{1,6})/([1-9]\d{0,5})", bare):
        yield Decimal(quotient[1]) / int(quotient[2])
    if not re.fullmatch(r"[-+]?[\d.,']*\d[\d.,']*(e[-+]?\d{1,3})?", bare):
        return
    for point, group in ((".", ","), (",", ".")):
        try:
            value = Decimal(bare.replace(group, "").replace("'", "").replace(point, "."))
        except InvalidOperation:
            continue
        yield value / 100 if percent else value


def _rounded(value: Decimal, digits: int) -> Decimal:
    return Decimal(f"{value:.{digits - 1}e}").normalize()


def _is_dated(text: str) -> bool:
    return bool(
        re.fullmatch(r"\d{5}", text) or len(_parts(text)) == 3 or re.search(r"[^\W\d_]{3}", text)
    )


def _parts(text: str) -> list[int]:
    """Return the numbers of a date, with months as numbers; empty if it contains other words."""
    timeless = re.sub(r"t?\d{1,2}:\d{2}(:\d{2})?(\.\d+)?z?$", "", text) if len(text) > 10 else text
    named = re.sub(r"[^\W\d_]+", lambda word: f".{_month(word[0])}.", timeless)
    return [] if "?" in named else [int(part) for part in re.findall(r"\d{1,8}", named)]


def _month(word: str) -> str:
    return str(next((_MONTH_OF[word[:n]] for n in (4, 3) if word[:n] in _MONTH_OF), "?"))


def _dates(text: str) -> Iterator[_Date]:
    """Yield the dates in every order, including a day without a year and a year without a day."""
    if re.fullmatch(r"\d{5}", text):  # a date displayed as its day number
        day = date(1899, 12, 30) + timedelta(days=int(text))
        yield day.year % 100, day.month, day.day
    parts = _parts(text)
    if len(parts) == 2:
        for month, other in (parts, parts[::-1]):
            yield from ((None, month, other), (other % 100, month, None))
    elif len(parts) == 3:
        yield from ((year % 100, month, day) for year, month, day in permutations(parts))


def _compatible(a: _Date, b: _Date) -> bool:
    both = [(x, y) for x, y in zip(a, b, strict=True) if x is not None and y is not None]
    return 1 <= (a[1] or 0) <= 12 and len(both) > 1 and all(x == y for x, y in both)


def _time(text: str) -> tuple[int, int] | None:
    found = re.fullmatch(
        r"(?:1899-12-30|1900-01-00)?(\d{1,2})[:.](\d{2})(?:[:.]00)?(am|pm)?(?:uhr|h)?", text
    )
    if not found:
        return None
    hour = int(found[1]) % 12 + 12 * (found[3] == "pm") if found[3] else int(found[1])
    return hour, int(found[2])
