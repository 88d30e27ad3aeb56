"""Word's list numbers as it shows them (`2.1`, `(a)`, `Article IV`): the file holds only the rules that make them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

_PLACE = re.compile(r"%([1-9])")
_ONES = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"
).split()
_FIRSTS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth "
    "seventeenth eighteenth nineteenth twentieth"
).split()
_ROMAN = dict(zip("m cm d cd c xc l xl x ix v iv i".split(), (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1), strict=True))


@dataclass(frozen=True)
class Label:
    """What stands before a paragraph; a clause is one of a list that counts in levels (`2.1`), and a paragraph of its own."""

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


class Numbering:
    """The lists of a document and how far each has counted."""

    def __init__(self, root: Element | None, linked: Mapping[str, str]) -> None:
        """`linked`: the list of each numbering style, by the style."""
        found = [] if root is None else root.findall("abstractNum")
        self._levels = {one.get("abstractNumId", ""): dict(_levels(one)) for one in found}
        self._links = {one.get("abstractNumId", ""): value(one, "numStyleLink") for one in found}
        self._styles = {(level.get("val", ""), key): n for key, n, level in _styled(found)}
        self._nums = {one.get("numId", ""): one for one in ([] if root is None else root.findall("num"))}
        self._linked = linked
        self._counts: dict[str, dict[int, int]] = {}
        self._begun: set[tuple[str, int]] = set()

    def level_of(self, style: str, num: str) -> int | None:
        """The level of a list that a paragraph style is bound to."""
        return self._styles.get((style, self._abstract(num)))

    def label(self, num: str, level: int) -> Label | None:
        """The next label of a list; None where it has no such level."""
        key = self._abstract(num)
        levels = self._levels.get(key, {}) | dict(self._overridden(num))
        if level not in levels:
            return None
        counts = self._counted(num, key, levels, level)
        clause = any(len(_PLACE.findall(one.pattern)) > 1 for one in levels.values())
        if levels[level].form == "bullet":
            return Label("-", level, num, clause=False)
        text = _PLACE.sub(lambda m: _shown(counts, levels, int(m[1]) - 1, levels[level].legal), levels[level].pattern)
        return Label(text.strip(), level, num, clause) if text.strip() else None

    def _abstract(self, num: str) -> str:
        """The rules of a list, found through the style that it names if it has none of its own."""
        key = value(self._nums.get(num), "abstractNumId")
        seen = {key}
        while not self._levels.get(key) and (style := self._links.get(key)):
            key = value(self._nums.get(self._linked.get(style, "")), "abstractNumId")
            if key in seen:
                break
            seen.add(key)
        return key

    def _overridden(self, num: str) -> Iterator[tuple[int, _Level]]:
        for one in self._nums[num].findall("lvlOverride") if num in self._nums else ():
            yield from _levels(one)

    def _counted(self, num: str, key: str, levels: Mapping[int, _Level], level: int) -> dict[int, int]:
        counts = self._counts.setdefault(key, {})
        begin = self._begin(num, level)
        for above in range(level):
            if above not in counts and above in levels:
                counts[above] = levels[above].start
        counts[level] = begin if begin is not None else counts[level] + 1 if level in counts else levels[level].start
        for below in [n for n in counts if n > level]:
            restart = levels[below].restart if below in levels else None
            if restart is None or 0 < level + 1 <= restart:
                del counts[below]
        return counts

    def _begin(self, num: str, level: int) -> int | None:
        """Where a list says that it begins anew, at its first paragraph of that level."""
        if (num, level) in self._begun:
            return None
        self._begun.add((num, level))
        for one in self._nums[num].findall("lvlOverride") if num in self._nums else ():
            if whole(one.get("ilvl")) == level and one.find("startOverride") is not None:
                return whole(value(one, "startOverride"))
        return None


def value(element: Element | None, path: str) -> str:
    """The `val` of what stands at a path; empty where nothing does."""
    found = None if element is None else element.find(path)
    return "" if found is None else found.get("val", "")


def whole(text: str | None) -> int:
    """A whole number; 0 for what is none, as Word takes it."""
    try:
        return int(text or 0)
    except ValueError:
        return 0


def _levels(parent: Element) -> Iterator[tuple[int, _Level]]:
    for one in parent.findall("lvl"):
        restart = one.find("lvlRestart")
        yield (
            whole(one.get("ilvl")),
            _Level(
                start=whole(value(one, "start") or "1"),
                form=value(one, "numFmt") or "decimal",
                pattern=value(one, "lvlText"),
                legal=one.find("isLgl") is not None,
                restart=None if restart is None else whole(restart.get("val")),
            ),
        )


def _styled(found: list[Element]) -> Iterator[tuple[str, int, Element]]:
    for abstract in found:
        for one in abstract.findall("lvl"):
            if (style := one.find("pStyle")) is not None:
                yield abstract.get("abstractNumId", ""), whole(one.get("ilvl")), style


def _shown(counts: Mapping[int, int], levels: Mapping[int, _Level], level: int, legal: bool) -> str:
    if level not in levels:
        return ""
    form = levels[level].form
    return number(counts.get(level, levels[level].start), "decimal" if legal and form != "none" else form)


def number(n: int, form: str) -> str:
    """A count as a format of Word's writes it; what isn't known here is written in digits."""
    if form in ("none", "bullet"):
        return ""
    if not 0 < n < 4000:
        return str(n)
    match form:
        case "lowerLetter" | "upperLetter":
            written = chr(ord("a") + (n - 1) % 26) * ((n - 1) // 26 + 1)
        case "lowerRoman" | "upperRoman":
            written = _roman(n)
        case "decimalZero":
            written = f"{n:02}"
        case "ordinal":
            written = f"{n}{'th' if n % 100 in (11, 12, 13) else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"
        case "cardinalText" | "ordinalText" if n <= len(_ONES):
            written = (_ONES if form == "cardinalText" else _FIRSTS)[n - 1].capitalize()
        case "decimalFullWidth":
            written = "".join(chr(ord(digit) + 0xFEE0) for digit in str(n))
        case "decimalEnclosedCircle" if n <= 20:
            written = chr(0x245F + n)
        case _:
            written = str(n)
    return written.upper() if form.startswith("upper") else written


def _roman(n: int) -> str:
    written = ""
    for letters, worth in _ROMAN.items():
        written += letters * (n // worth)
        n %= worth
    return written
