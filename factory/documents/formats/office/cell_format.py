"""Format a spreadsheet's numbers as its cells show them, with dates in ISO form."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from xml.etree.ElementTree import Element

from factory.documents.formats.office.docx_numbering import whole_number

# Formats that a file refers to only by number (ECMA-376 part 1, 18.8.30); 14 to 22 and 45 to 47
# are dates and times.
_BUILT_IN = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    5: "$#,##0;-$#,##0",
    6: "$#,##0;-$#,##0",
    7: "$#,##0.00;-$#,##0.00",
    8: "$#,##0.00;-$#,##0.00",
    9: "0%",
    10: "0.00%",
    14: "yyyy-mm-dd",
    15: "yyyy-mm-dd",
    16: "mm-dd",
    17: "yyyy-mm",
    18: "hh:mm",
    19: "hh:mm:ss",
    20: "hh:mm",
    21: "hh:mm:ss",
    22: "yyyy-mm-dd hh:mm",
    37: "#,##0;(#,##0)",
    38: "#,##0;(#,##0)",
    39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;(#,##0.00)",
    41: "#,##0",
    42: "$#,##0",
    43: "#,##0.00",
    44: "$#,##0.00",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss",
}
# words, a character, blanks, a currency, elapsed time, a colour, digits, an exponent, AM or PM
_TOKENS = re.compile(
    r'"([^"]*)"|\\(.)|_.|\*.|\[\$([^\]-]*)[^\]]*\]|\[(h+|m+|s+)\]|\[[^\]]*\]|([0#?.,%]+)|(E[+-])|(AM/PM|A/P)|(.)',
    re.IGNORECASE | re.DOTALL,
)
MAX_DAYS = 2_958_466  # the day after 31 December 9999, in days
_NONE = Decimal("NaN")
MAX_EXPONENT = 400  # a float's is 308 at most
MAX_FORMAT_CHARACTERS = 255  # of a number or a format; Excel writes no longer ones
_FIRST = datetime(1899, 12, 30)
_FIRST_MAC = datetime(1904, 1, 1)


@dataclass(frozen=True)
class _Number:
    """A section of a format that writes a number."""

    before: str
    after: str
    digits: int  # minimum before the decimal point
    decimals: int
    wanted: int  # decimals that are shown even if they are 0
    grouped: bool
    shift: int  # powers of ten: 2 for a percent, -3 for thousands
    places: bool  # it shows the number at all


@dataclass(frozen=True)
class _Moment:
    """The parts of a date or time that a section of a format shows."""

    date: str  # for strftime
    time: str
    elapsed: bool


class NumberFormats:
    """The number formats of a workbook, by the index of a cell's style."""

    def __init__(self, styles: Element | None, from_1904: bool) -> None:
        own = (
            {}
            if styles is None
            else {
                whole_number(one.get("numFmtId")): one.get("formatCode", "")
                for one in styles.findall("numFmts/numFmt")
            }
        )
        found = [] if styles is None else styles.findall("cellXfs/xf")
        codes = (whole_number(one.get("numFmtId")) for one in found)
        self._codes = [
            code if len(code := own.get(n, _BUILT_IN.get(n, ""))) <= MAX_FORMAT_CHARACTERS else ""
            for n in codes
        ]
        self._first = _FIRST_MAC if from_1904 else _FIRST

    def shown(self, number: str, style: int) -> str:
        """Return a number as its style shows it, or unchanged if its format can't be applied."""
        code = self._codes[style] if 0 <= style < len(self._codes) else ""
        try:
            value = Decimal(number) if len(number) <= MAX_FORMAT_CHARACTERS else _NONE
        except InvalidOperation:
            return number
        # no number that a spreadsheet can hold
        if not value.is_finite() or abs(value.adjusted()) > MAX_EXPONENT:
            return number
        sections = _sections(code)
        section = sections[_chosen(value, len(sections))]
        if isinstance(section, _Moment):
            return _moment(float(value), section, self._first) or plain_number(value)
        if section is None:
            return plain_number(value)
        return _written(value, section, signed=len(sections) < 2)

    def code(self, style: int) -> str:
        """Return the format of a style, or "General"."""
        return (
            self._codes[style]
            if 0 <= style < len(self._codes) and self._codes[style]
            else "General"
        )

    def moment(self, number: Decimal) -> datetime | None:
        """Return the date and time for a number of days, or None outside of the calendar."""
        try:
            days = int(number)
            leap = self._first == _FIRST and 0 < number < 60  # Excel has a 29 February 1900
            return (
                self._first
                + timedelta(days=days + leap, seconds=round(float(number - days) * 86400))
                if number >= 0
                else None
            )
        except (OverflowError, InvalidOperation):
            return None


def format_unrounded(value: Decimal, code: str) -> str:
    """Format a number with all of its digits, where the format itself would round."""
    sections = _sections(code)
    section = sections[_chosen(value, len(sections))]
    if not isinstance(section, _Number) or not section.places:
        return plain_number(value)
    # a float's last digits are noise
    exact = Decimal(f"{value:.14e}").normalize().scaleb(section.shift)
    exponent = exact.as_tuple().exponent
    decimals = max(section.decimals, -exponent) if isinstance(exponent, int) else section.decimals
    return _written(
        exact.scaleb(-section.shift), replace(section, decimals=decimals), signed=len(sections) < 2
    )


def plain_number(value: Decimal) -> str:
    """Return a number without a format, in 15 digits, because a float's last ones are noise."""
    if not value:
        return "0"
    rounded = Decimal(f"{value:.14e}").normalize()
    return f"{rounded:f}" if -10 < rounded.adjusted() < 21 else f"{rounded:e}"


def _chosen(value: Decimal, sections: int) -> int:
    if value < 0 and sections > 1:
        return 1
    return 2 if value == 0 and sections > 2 else 0


@lru_cache(maxsize=1024)
def _sections(code: str) -> tuple[_Number | _Moment | None, ...]:
    """Parse a format's sections: for positive numbers, negative ones and zero.

    None means the number without a format.
    """
    parts = re.findall(r'((?:"[^"]*"|\\.|\[[^\]]*\]|[^;"\\\[]|["\\\[])*?)(?:;|$)', code)
    return tuple(map(_section, parts[: code.count(";") + 1][:3])) if code else (None,)


def _section(code: str) -> _Number | _Moment | None:
    tokens = list(_tokens(code))
    kinds = [kind for kind, _ in tokens]
    if (
        "General" in code
        or "@" in code
        or "exponent" in kinds
        or ("places" in kinds and ("letter", "/") in tokens)
    ):
        return None
    letters = "".join(word.lower() for kind, word in tokens if kind in ("letter", "elapsed"))
    if re.search("[dmyhs]", letters):
        return _as_moment(letters, elapsed="elapsed" in kinds)
    return _as_number(tokens)


def _tokens(code: str) -> Iterator[tuple[str, str]]:
    for m in _TOKENS.finditer(code):
        quoted, escaped, currency, elapsed, places, exponent, half, letter = m.groups()
        for kind, word in (
            ("words", quoted),
            ("words", escaped),
            ("words", currency),
            ("elapsed", elapsed),
            ("places", places),
            ("exponent", exponent),
            ("letter", letter),
        ):
            if word:
                yield kind, word
        if half:
            yield "half", half


def _as_moment(letters: str, elapsed: bool) -> _Moment:
    """Parse a date format. An `m` is a month unless it follows hours or precedes seconds."""
    minutes = bool(re.search(r"h[^dmy]*m|m[^dmyh]*s", letters))
    month = bool(re.search("m", re.sub(r"(h[^dmy]*)m+|m+([^dmyh]*s)", r"\1\2", letters)))
    year, day, hour, second = ("y" in letters), ("d" in letters), ("h" in letters), ("s" in letters)
    date = "%Y-%m-%d" if day or (month and not year) else "%Y-%m" if month else "%Y" if year else ""
    time = "%H:%M:%S" if second else "%H:%M" if hour or minutes else ""
    return _Moment(date, time, elapsed)


def _as_number(tokens: list[tuple[str, str]]) -> _Number:
    at = [n for n, (kind, word) in enumerate(tokens) if kind == "places" and word.strip("%,.")]
    first, last = (at[0], at[-1]) if at else (len(tokens), len(tokens))
    digits = (
        "".join(word for kind, word in tokens[first : last + 1] if kind == "places") if at else ""
    )
    whole_part, _, fraction = digits.replace("%", "").rstrip(",").partition(".")
    thousands = len(digits.replace("%", "")) - len(digits.replace("%", "").rstrip(","))
    before = "".join(_literal(kind, word) for kind, word in tokens[:first])
    after = "%" * digits.count("%") + "".join(
        _literal(kind, word) for kind, word in tokens[last + 1 :]
    )
    percents = sum(word.count("%") for kind, word in tokens if kind == "places")
    return _Number(
        before=before.lstrip(),
        after=after.rstrip(),
        digits=whole_part.count("0"),
        decimals=len(fraction.replace(",", "")),
        wanted=fraction.count("0"),
        grouped="," in whole_part,
        shift=2 * percents - 3 * thousands,
        places=bool(at),
    )


def _literal(kind: str, word: str) -> str:
    return "%" * word.count("%") if kind == "places" else word


def _written(value: Decimal, section: _Number, signed: bool) -> str:
    sign = "-" if value < 0 and signed else ""
    if not section.places:
        return (sign + section.before + section.after).strip()
    moved = abs(value).scaleb(section.shift)
    try:
        rounded = moved.quantize(Decimal(1).scaleb(-section.decimals), rounding=ROUND_HALF_UP)
    except InvalidOperation:  # more digits than a Decimal can hold
        return plain_number(value)
    digits = f"{rounded:,f}" if section.grouped else f"{rounded:f}"
    whole_part, _, fraction = digits.partition(".")
    whole_part = whole_part.zfill(section.digits) if whole_part != "0" or section.digits else ""
    fraction = fraction[: section.wanted] + fraction[section.wanted :].rstrip("0")
    written = whole_part + (f".{fraction}" if fraction else "")
    return f"{sign if rounded else ''}{section.before}{written}{section.after}".strip()


def _moment(value: float, shown: _Moment, first: datetime) -> str:
    """Format a number of days as date and time; empty if it is none, for which Excel shows #."""
    if value > MAX_DAYS:
        return ""
    try:
        if shown.elapsed:
            seconds = round(value * 86400)
            return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        leap = first == _FIRST and 0 < value < 60  # Excel counts a 29 February 1900
        moment = first + timedelta(
            days=int(value) + leap, seconds=round((value - int(value)) * 86400)
        )
    except OverflowError:
        return ""
    if value < 0 or not (shown.date or shown.time):
        return ""
    return " ".join(moment.strftime(part) for part in (shown.date, shown.time) if part)
