"""Recover what was typed into a numeric cell: a spreadsheet stores 0.3 for 30 %, and a count of
days for a date.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import NamedTuple

from factory.documents.formats.office.cell_format import (
    NumberFormats,
    format_unrounded,
    plain_number,
)

KEPT_DIGITS = 15  # digits of a number that a spreadsheet keeps
# 14 and 22: the order depends on the country, which the file does not name.
# Formats that a file names by number alone (ECMA-376 part 1, 18.8.30), if cell_format.py lacks them
# or has them in ISO form.
_NUMBERED = {
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "yyyy-mm-dd",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "yyyy-mm-dd h:mm",
    47: "mm:ss.0",
    48: "##0.0E+0",
}
LONGEST_FORMAT = 255  # Excel's limit for the characters of a format
_PART = re.compile(
    r'"([^"]*)"|\\(.)|_.|\*.|\[\$([^\]-]*)(?:-([0-9A-Fa-f]+))?\]|\[(h+|m+|s+)\]|\[[^\]]*\]'
    r"|(AM/PM|A/P)|(\.0+)|(y+|m+|d+|h+|s+)|(.)",
    re.IGNORECASE | re.DOTALL,
)
# A spreadsheet takes "15 November" and "March 26" for dates and writes them in these forms.
_MADE = re.compile(r"d+[-. ]*mmm|mmm[-. ]*yy")
_FRACTION = re.compile(r"([#0?]*[#0?]\s+)?([#0?]+)/([#0?]+|\d+)")
_SCIENTIFIC = re.compile(r"0(?:\.(0+))?E[+-]?(0+)", re.IGNORECASE)
# A condition, or words around a plain number.
_WORDED = re.compile(r"\[[<>=]|general.*\"|\".*general", re.IGNORECASE)
_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
    "dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
}
_DAYS = {
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "de": "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "es": "lunes martes miércoles jueves viernes sábado domingo",
    "it": "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "nl": "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
}
# By the low byte of a locale's number.
_LANGUAGES = {
    0x07: "de",
    0x0C: "fr",
    0x0A: "es",
    0x10: "it",
    0x13: "nl",
}


class CellValue(NamedTuple):
    """The text of one cell.

    `fault` says why the text can't be what was typed; `note` says that the text had to be worked
    out.
    """

    text: str = ""
    fault: str = ""
    note: str = ""


class _Part(NamedTuple):
    """A piece of a date format: a letter and its repetitions, or literal words (then `letter` is
    empty).
    """

    letter: str
    width: int
    words: str


def number_cell(number: str, style: int, numbered: int, formats: NumberFormats) -> CellValue:
    """Return a number as its format displays it.

    `numbered` is the format's number, if the file names the format by number alone.
    """
    try:
        value = Decimal(number)
    except InvalidOperation:
        return CellValue(number)
    if not value.is_finite() or abs(value.adjusted()) > 400:  # no spreadsheet holds such a number
        return CellValue(number[:40], fault="holds a number that no spreadsheet can hold")
    code = _NUMBERED.get(numbered) or _without_locale_date(formats.code(style)[:LONGEST_FORMAT])
    section = _first_section(code)
    if _is_date(section):
        return _date(value, section, formats.moment)
    if found := _FRACTION.search(section):
        return _noted(_fraction(value, found))
    if found := _SCIENTIFIC.search(section):
        return _scientific(value, found)
    if _kept(value) >= KEPT_DIGITS:
        return CellValue(
            plain_number(value),
            fault=f"holds a number of which the spreadsheet has kept {KEPT_DIGITS} digits; "
            "type it again, as text",
        )
    if _WORDED.search(re.sub(r"\[\$[^\]]*\]", "", code)):
        return CellValue(
            plain_number(value),
            fault=f"holds {plain_number(value)} in a format that can't be read ({code}); "
            "type it again, as text",
        )
    text = format_unrounded(value, code)
    if not text.strip():  # "#" shows no zero
        return CellValue(
            plain_number(value),
            fault=f"holds {plain_number(value)}, which its format does not show; "
            "type it again, as text",
        )
    return _noted(text)


def _kept(value: Decimal) -> int:
    """Count the digits before the decimal point, if these are all the digits that a spreadsheet
    keeps.
    """
    return (
        min(value.adjusted() + 1, len(Decimal(f"{value:.14e}").normalize().as_tuple().digits))
        if value
        else 0
    )


def _noted(text: str) -> CellValue:
    return CellValue(text, note=f"holds a number, read as its format shows it: {text}")


def _without_locale_date(code: str) -> str:
    """Replace the system's own long date or time, which the file does not spell out, with the ISO
    form.
    """
    if re.search(r"\[\$-(x-sysdate|F800)\]", code, re.IGNORECASE):
        return "yyyy-mm-dd"
    return "hh:mm:ss" if re.search(r"\[\$-(x-systime|F400)\]", code, re.IGNORECASE) else code


def _first_section(code: str) -> str:
    """Return the section for positive numbers, which is also the one for dates."""
    return re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', code)[0]


def _is_date(section: str) -> bool:
    bare = re.sub(
        r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]|general|E[+-]',
        "",
        section,
        flags=re.IGNORECASE,
    )
    return bool(re.search("[ymdhs]", bare, re.IGNORECASE)) and "@" not in bare


def _date(value: Decimal, section: str, moment: Callable[[Decimal], datetime | None]) -> CellValue:
    elapsed = re.search(r"\[(h+|m+|s+)\]", section, re.IGNORECASE)
    parts = list(_parts(section))
    shape = "".join(p.words or p.letter * p.width for p in parts).strip()
    when = moment(value)
    if not elapsed and when is None:
        return CellValue(
            plain_number(value), fault="holds a number that is no date; type what is meant as text"
        )
    text = (
        _elapsed(value, parts)
        if elapsed
        else _written(when or datetime.min, parts, _language(section))
    )
    if _MADE.fullmatch(shape.lower()):
        return CellValue(
            text,
            fault=f"holds a date that the spreadsheet made of what was typed ({text}); "
            "type it again, as text",
        )
    return _noted(text)


def _parts(section: str) -> Iterator[_Part]:
    """Split a date format. An `m` after hours or before seconds means minutes and becomes the
    letter `i`.
    """
    found = [_part(m) for m in _PART.finditer(section)]
    letters = [n for n, part in enumerate(found) if part and part.letter]
    for n, part in enumerate(found):
        if part is None:
            continue
        place = letters.index(n) if n in letters else -1
        before = found[letters[place - 1]] if place > 0 else None
        after = found[letters[place + 1]] if 0 <= place < len(letters) - 1 else None
        near = (before and before.letter == "h") or (after and after.letter == "s")
        yield part._replace(letter="i") if part.letter == "m" and part.width < 3 and near else part


def _part(m: re.Match[str]) -> _Part | None:
    quoted, escaped, currency, _, elapsed, half, fraction, letters, other = m.groups()
    if elapsed:
        return _Part(elapsed[0].lower(), len(elapsed), "")
    if half:
        return _Part("p", len(half), "")
    if fraction:
        return _Part("f", len(fraction) - 1, "")
    if letters:
        return _Part(letters[0].lower(), len(letters), "")
    words = quoted or escaped or currency or other
    return _Part("", 0, words) if words else None


def _written(when: datetime, parts: list[_Part], language: str) -> str:
    """Format a date, and leave out a midnight that no one typed: pandas and others write a time
    with every date.
    """
    half = any(part.letter == "p" for part in parts)
    dated = any(part.letter in ("y", "d") for part in parts)
    if dated and not (when.hour or when.minute or when.second):
        first = next(
            (n for n, part in enumerate(parts) if part.letter in ("h", "i", "s")), len(parts)
        )
        if all(part.letter in ("h", "i", "s", "f", "p", "") for part in parts[first:]):
            parts = parts[:first]
    return "".join(part.words or _piece(when, part, language, half) for part in parts).strip()


def _piece(when: datetime, part: _Part, language: str, half: bool) -> str:
    width = part.width
    hour = (when.hour % 12 or 12) if half else when.hour
    numbers = {"d": when.day, "m": when.month, "h": hour, "i": when.minute, "s": when.second}
    if part.letter == "y":
        return f"{when.year:04}" if width > 2 else f"{when.year % 100:02}"
    if part.letter == "p":
        return ("AM" if when.hour < 12 else "PM")[: 2 if width > 3 else 1]
    if part.letter == "f":
        return "." + "0" * width
    if part.letter == "m" and width > 2:
        name = _MONTHS[language].split()[when.month - 1]
        return name if width == 4 else name[:1] if width == 5 else name[:3]
    if part.letter == "d" and width > 2:
        name = _DAYS[language].split()[when.weekday()]
        return name if width > 3 else name[: 3 if language == "en" else 2]
    return f"{numbers[part.letter]:0{min(width, 2)}}"


def _language(section: str) -> str:
    found = re.search(r"\[\$[^\]-]*-([0-9A-Fa-f]{2,8})\]", section)
    return _LANGUAGES.get(int(found[1], 16) & 0xFF, "en") if found else "en"


def _elapsed(value: Decimal, parts: list[_Part]) -> str:
    """Format a duration. The first unit takes everything above it."""
    seconds = round(abs(value) * 86400)
    sizes = {"h": 3600, "i": 60, "m": 60, "s": 1}
    units = [part.letter for part in parts if part.letter in sizes]
    told = []
    for part in parts:
        if part.letter not in sizes:
            told.append(part.words or ("." + "0" * part.width if part.letter == "f" else ""))
            continue
        size = sizes[part.letter]
        amount = seconds // size if part.letter == units[0] else seconds // size % 60
        told.append(f"{amount:0{part.width}}")
    return ("-" if value < 0 else "") + "".join(told).strip()


def _fraction(value: Decimal, found: re.Match[str]) -> str:
    sign, exact = "-" if value < 0 else "", Fraction(abs(value))
    whole, denominator = int(exact) if found[1] else 0, found[3]
    if denominator.strip("0").isdigit():
        bottom = int(denominator)
        top = round((exact - whole) * bottom)
    else:
        near = (exact - whole).limit_denominator(10 ** min(len(denominator), 4) - 1)
        top, bottom = near.numerator, near.denominator
    if not top:
        return f"{sign}{whole}"
    return f"{sign}{whole} {top}/{bottom}" if whole else f"{sign}{top}/{bottom}"


def _scientific(value: Decimal, found: re.Match[str]) -> CellValue:
    decimals, places = len(found[1] or ""), len(found[2])
    mantissa, _, exponent = f"{value:.{decimals}E}".partition("E")
    text = f"{mantissa}E{exponent[0]}{exponent[1:].zfill(places)}"
    if Decimal(text) != Decimal(f"{value:.14e}"):
        return CellValue(
            text,
            fault=f"holds a number of which the spreadsheet shows only {text}; "
            "type it again, as text",
        )
    return _noted(text)
