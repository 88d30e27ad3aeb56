"""Compute the list numbers that Word shows (`2.1`, `(a)`, `Article IV`).

The file holds only the rules that make them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

MAX_LEVEL = 8  # the ninth level is Word's last; a deeper one counts as the ninth
MAX_START = 99_999  # first number of a list: nobody means a higher one
MAX_PATTERN_CHARACTERS = 100  # of a label's pattern
_PLACE = re.compile(r"%([1-9])")
_TICKS = ("☐", "☑", "☒")  # bullets of a checklist
_ONES = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
).split()
_FIRSTS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_RUSSIAN = "абвгдежзиклмнопрстуфхцчшщыэюя"  # Word leaves out ё, й, ъ and ь
_ALPHABETS = {
    "lowerLetter": _LATIN,
    "upperLetter": _LATIN.upper(),
    "russianLower": _RUSSIAN,
    "russianUpper": _RUSSIAN.upper(),
    "chicago": "*†‡§",
    "hebrew2": "אבגדהוזחטיכלמנסעפצקרשת",
}
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳㉑㉒㉓㉔㉕㉖㉗㉘㉙㉚㉛㉜㉝㉞㉟㊱㊲㊳㊴㊵㊶㊷㊸㊹㊺㊻㊼㊽㊾㊿"
_ROMAN = dict(
    zip(
        "m cm d cd c xc l xl x ix v iv i".split(),
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        strict=True,
    )
)


@dataclass(frozen=True)
class ListLabel:
    """A number or bullet before a paragraph.

    `clause`: its list counts in levels (`2.1`), and each of its paragraphs is a block of its own.
    """

    text: str
    level: int
    listed: str  # the list that it belongs to
    clause: bool


@dataclass(frozen=True)
class _Level:
    start: int
    form: str
    pattern: str
    legal: bool
    restart: int | None


@dataclass(frozen=True)
class _List:
    """A list of the document with the rules that it follows."""

    key: str  # the key of its rules, which several lists may share
    levels: Mapping[int, _Level]
    starts: Mapping[int, int]  # numbers at which its levels restart
    clause: bool


class Numbering:
    """The lists of a document with the current count of each."""

    def __init__(self, root: Element | None, linked: Mapping[str, str]) -> None:
        """Read the lists. `linked`: the list of each numbering style, by style."""
        found = [] if root is None else root.findall("abstractNum")
        self._levels = {one.get("abstractNumId", ""): dict(_levels(one)) for one in found}
        self._links = {
            one.get("abstractNumId", ""): child_value(one, "numStyleLink") for one in found
        }
        self._styles = {(level.get("val", ""), key): n for key, n, level in _styled(found)}
        self._nums = {
            one.get("numId", ""): one for one in ([] if root is None else root.findall("num"))
        }
        self._linked = linked
        self._lists: dict[str, _List] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._begun: set[tuple[str, int]] = set()

    def level_of(self, style: str, num: str) -> int | None:
        """Return the level of a list that a paragraph style is bound to."""
        return self._styles.get((style, self._list(num).key))

    def label(self, num: str, level: int) -> ListLabel | None:
        """Return the next label of a list, or None if it has no such level."""
        level = max(0, min(level, MAX_LEVEL))
        found = self._list(num)
        if level not in found.levels:
            return None
        counts = self._counted(num, found, level)
        own = found.levels[level]
        if own.form == "bullet":
            tick = own.pattern.strip()
            return ListLabel(f"- {tick}" if tick in _TICKS else "-", level, num, clause=False)
        text = _PLACE.sub(
            lambda m: _shown(counts, found.levels, int(m[1]) - 1, own.legal), own.pattern
        )
        return ListLabel(text.strip(), level, num, found.clause) if text.strip() else None

    def _list(self, num: str) -> "_List":
        if num not in self._lists:
            key = self._abstract(num)
            given = self._nums[num].findall("lvlOverride") if num in self._nums else []
            levels = self._levels.get(key, {}) | dict(
                pair for one in given for pair in _levels(one)
            )
            starts = {
                _level(one.get("ilvl")): _start(child_value(one, "startOverride"))
                for one in given
                if one.find("startOverride") is not None
            }
            clause = any(len(_PLACE.findall(one.pattern)) > 1 for one in levels.values())
            self._lists[num] = _List(key, levels, starts, clause)
        return self._lists[num]

    def _abstract(self, num: str) -> str:
        """Return the key of a list's rules, which may come from the style that it names."""
        key = child_value(self._nums.get(num), "abstractNumId")
        seen = {key}
        while not self._levels.get(key) and (style := self._links.get(key)):
            key = child_value(self._nums.get(self._linked.get(style, "")), "abstractNumId")
            if key in seen:
                break
            seen.add(key)
        return key

    def _counted(self, num: str, found: "_List", level: int) -> dict[int, int]:
        counts, levels = self._counts.setdefault(found.key, {}), found.levels
        begin = None if (num, level) in self._begun else found.starts.get(level)
        self._begun.add((num, level))
        for above in range(level):
            if above not in counts and above in levels:
                counts[above] = levels[above].start
        counts[level] = (
            begin
            if begin is not None
            else counts[level] + 1
            if level in counts
            else levels[level].start
        )
        for below in [n for n in counts if n > level]:
            restart = levels[below].restart if below in levels else None
            if restart is None or 0 < level + 1 <= restart:
                del counts[below]
        return counts


def child_value(element: Element | None, path: str) -> str:
    """Return the `val` of the element at a path, or an empty string."""
    found = None if element is None else element.find(path)
    return "" if found is None else found.get("val", "")


def whole_number(text: str | None) -> int:
    """Parse a whole number; anything else is 0, as in Word."""
    try:
        return int(text or 0)
    except ValueError:
        return 0


def _level(text: str | None) -> int:
    return max(0, min(whole_number(text), MAX_LEVEL))


def _start(text: str) -> int:
    return max(0, min(whole_number(text), MAX_START))


def _levels(parent: Element) -> Iterator[tuple[int, _Level]]:
    for one in parent.findall("lvl"):
        restart, legal = one.find("lvlRestart"), one.find("isLgl")
        yield (
            _level(one.get("ilvl")),
            _Level(
                start=_start(child_value(one, "start") or "1"),
                form=_form(one),
                pattern=child_value(one, "lvlText")[:MAX_PATTERN_CHARACTERS],
                legal=legal is not None and legal.get("val", "1") not in ("0", "false", "off"),
                restart=None if restart is None else whole_number(restart.get("val")),
            ),
        )


def _form(level: Element) -> str:
    """Return the format of a level's number; a custom one is a list of examples (`001, 002`)."""
    found = level.find("AlternateContent/Choice/numFmt")
    found = level.find("numFmt") if found is None else found
    if found is None:
        return "decimal"
    form = found.get("val", "decimal")
    return found.get("format", "decimal")[:MAX_PATTERN_CHARACTERS] if form == "custom" else form


def _styled(found: list[Element]) -> Iterator[tuple[str, int, Element]]:
    for abstract in found:
        for one in abstract.findall("lvl"):
            if (style := one.find("pStyle")) is not None:
                yield abstract.get("abstractNumId", ""), _level(one.get("ilvl")), style


def _shown(counts: Mapping[int, int], levels: Mapping[int, _Level], level: int, legal: bool) -> str:
    if level not in levels:
        return ""
    form = levels[level].form
    return format_number(
        counts.get(level, levels[level].start), "decimal" if legal and form != "none" else form
    )


def format_number(n: int, form: str) -> str:
    """Format a count as Word does; an unknown format gives digits."""
    if form in ("none", "bullet"):
        return ""
    if not 0 < n < 4000:
        return str(n)
    if letters := _ALPHABETS.get(form):
        return letters[(n - 1) % len(letters)] * ((n - 1) // len(letters) + 1)
    match form:
        case "lowerRoman" | "upperRoman":
            written = _roman(n)
            return written.upper() if form == "upperRoman" else written
        case "ordinal":
            ending = {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
            return f"{n}{'th' if n % 100 in (11, 12, 13) else ending}"
        case "cardinalText" | "ordinalText":
            return _in_words(n, form == "ordinalText")
        case "numberInDash":
            return f"- {n} -"
        case "hex":
            return f"{n:X}"
        case _:
            return _in_digits(n, form)


def _in_digits(n: int, form: str) -> str:
    if padded := re.match(r"0+\d", form):  # 001, 002, 003, ...
        return f"{n:0{len(padded[0])}}"
    match form:
        case "decimalZero":
            return f"{n:02}"
        case "decimalFullWidth" | "decimalFullWidth2":
            return "".join(chr(ord(digit) + 0xFEE0) for digit in str(n))
        case "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" if n <= len(_CIRCLED):
            return _CIRCLED[n - 1]
        case "decimalEnclosedParen" if n <= 20:
            return f"({n})"
        case "decimalEnclosedFullstop" if n <= 20:
            return f"{n}."
        case "hindiNumbers":
            return "".join(chr(0x966 + int(digit)) for digit in str(n))
        case "thaiNumbers":
            return "".join(chr(0xE50 + int(digit)) for digit in str(n))
        case _:
            return str(n)


def _in_words(n: int, ordinal: bool) -> str:
    """Spell out one to ninety-nine, or first to ninety-ninth, as Word does in English."""
    words = _FIRSTS if ordinal else _ONES
    if n <= len(words):
        return words[n - 1].capitalize()
    if n > 99:
        return format_number(n, "ordinal") if ordinal else str(n)
    tens, ones = _TENS[n // 10 - 2].capitalize(), n % 10
    if ones:
        return f"{tens}-{words[ones - 1]}"
    return f"{tens[:-1]}ieth" if ordinal else tens


def _roman(n: int) -> str:
    written = ""
    for letters, worth in _ROMAN.items():
        written += letters * (n // worth)
        n %= worth
    return written
