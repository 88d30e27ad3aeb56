"""Convert formulas of Word and PowerPoint (OMML, ECMA-376 part 1, 22.1) to text of one line."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from xml.etree.ElementTree import Element

from factory.documents.formats.math.linear import (
    FORMULA,
    Term,
    bracket,
    fraction,
    index,
    join_terms,
    power,
    root,
)
from factory.documents.formats.math.symbols import symbol_character
from factory.documents.formats.office.docx_numbering import child_value
from factory.documents.formats.office.docx_styles import is_on

MAX_FORMULA_NESTING = 40  # of structures: people nest up to about 10
MAX_FORMULA_CHARACTERS = 2000  # longer formulas can't be read in one line
_INSIDE = frozenset(
    "oMath e num den sub sup deg fName lim box ins moveTo smartTag sdt sdtContent hyperlink".split()
)
_GONE = frozenset("r del moveFrom".split())
# with the empty box to fill in
_INVISIBLE = str.maketrans("", "", "\u2061\u2063\u2064\u200b\u2b1a")
_TIMES = "\u2062"  # an invisible multiplication sign
_ARROWS = "←→↔⇐⇒⇔⇌⇄⟵⟶⟷"


class _TwoDimensional(Exception):
    """The formula holds something that can't be written in a line."""


def omml_text(element: Element) -> str:
    """Return an `oMath` or `oMathPara` as text, or `[formula]` if it can't be written in a line."""
    lines = element.findall("oMath") if element.tag == "oMathPara" else [element]
    return "\n".join(filter(None, map(_line, lines)))


def _line(element: Element) -> str:
    try:
        words = " ".join(_text(element, 0).split())
    except _TwoDimensional:
        return FORMULA
    return words if len(words) <= MAX_FORMULA_CHARACTERS else FORMULA


def _text(parent: Iterable[Element] | None, depth: int) -> str:
    """Return the text of a formula's argument."""
    return join_terms(_terms(() if parent is None else parent, depth))


def _terms(parent: Iterable[Element], depth: int) -> Iterator[Term]:
    if depth > MAX_FORMULA_NESTING:
        raise _TwoDimensional
    for one in parent:
        if one.tag in _INSIDE or (one.tag == "r" and not _void(one)):
            yield from _terms(one, depth)
        elif one.tag not in _GONE and not one.tag.endswith("Pr"):
            yield _term(one, depth + 1)


def _term(one: Element, depth: int) -> Term:
    match one.tag:
        case "t":
            return Term(_letters(one.text or ""))
        case "br" | "tab":
            return Term(" ")
        case "sym":
            return Term(symbol_character(one.get("char", ""), one.get("font", "")))
        case "f":
            return _fraction(one, depth)
        case tag if write := _WRITERS.get(tag):
            return Term(write(one, depth))
        case _ if len(one):
            raise _TwoDimensional
    return Term("")


def _letters(text: str) -> str:
    """Convert mathematical letters (𝑥, ℎ) to plain ones and remove invisible operators."""
    plain = "".join(
        unicodedata.normalize("NFKC", c) if "\U0001d400" <= c <= "\U0001d7ff" or c == "ℎ" else c
        for c in text
    )
    return plain.replace(_TIMES, "·").translate(_INVISIBLE)


def _void(run: Element) -> bool:
    """Check whether a run is struck through, deleted or hidden."""
    return any(
        marks.get("strike", "noStrike") != "noStrike"
        or marks.find("del") is not None
        or any(
            is_on(found) for tag in ("strike", "dstrike", "vanish") for found in marks.findall(tag)
        )
        for marks in run.findall("rPr")
    )


def _property(element: Element, name: str, absent: str) -> str:
    """Return the value of a property, which may be empty on purpose."""
    found = element.find(f"{element.tag}Pr/{name}")
    return absent if found is None else found.get("val", "")


def _set(element: Element, name: str, absent: bool = False) -> bool:
    found = element.find(f"{element.tag}Pr/{name}")
    return absent if found is None else is_on(found)


def _argument(element: Element, name: str, depth: int) -> str:
    return _text(element.find(name), depth)


def _base(element: Element, depth: int) -> str:
    """Return the base of a script, in brackets if they are needed to tell what is raised."""
    inside = element.find("e")
    words = _text(inside, depth)
    flat = inside is not None and all(
        one.tag in ("r", "d", "ctrlPr", "sSub", "acc", "bar") for one in inside
    )
    return words if flat else bracket(words) if words else ""


def _fraction(element: Element, depth: int) -> Term:
    above, below = (_argument(element, name, depth) for name in ("num", "den"))
    if _property(element, "type", "bar") == "noBar":
        raise _TwoDimensional
    if not above.strip() or not below.strip():
        return Term(above + below)
    runs = element.findall("den/r")
    unit = bool(runs) and all(_upright(run) for run in runs)
    return Term(fraction(above, below, unit), fraction=True)


def _upright(run: Element) -> bool:
    return any(
        (found := marks.find("nor")) is not None
        and is_on(found)
        or child_value(marks, "sty") == "p"
        for marks in run.findall("rPr")
    )


def _superscript(element: Element, depth: int) -> str:
    return power(_base(element, depth), _argument(element, "sup", depth))


def _subscript(element: Element, depth: int) -> str:
    return index(_base(element, depth), _argument(element, "sub", depth))


def _both_scripts(element: Element, depth: int) -> str:
    return power(_subscript(element, depth), _argument(element, "sup", depth))


def _scripts_before(element: Element, depth: int) -> str:
    """Write scripts before their base, as for an isotope: ¹⁴₆C."""
    above = power("", _argument(element, "sup", depth))
    return above + index("", _argument(element, "sub", depth)) + _base(element, depth)


def _root(element: Element, depth: int) -> str:
    degree = "" if _set(element, "degHide") else _argument(element, "deg", depth)
    return root(degree, _argument(element, "e", depth))


def _large_operator(element: Element, depth: int) -> str:
    """Write a sum, product or integral with its limits: ∑_(i=1)^n x_i."""
    below = "" if _set(element, "subHide") else _argument(element, "sub", depth)
    above = "" if _set(element, "supHide") else _argument(element, "sup", depth)
    sign = _property(element, "chr", "∫") or "∫"
    if below:
        sign += f"_{bracket(below)}"
    if above:
        sign += f"^{bracket(above)}"
    return f"{sign} {_argument(element, 'e', depth)}"


def _function(element: Element, depth: int) -> str:
    name, of = _argument(element, "fName", depth), _argument(element, "e", depth)
    return f"{name}{'' if of.startswith(('(', '[')) else ' '}{of}" if name else of


def _limit_below(element: Element, depth: int) -> str:
    base, below = _limited(element, depth), _argument(element, "lim", depth)
    return f"{base}_{bracket(below)}" if below else base


def _limited(element: Element, depth: int) -> str:
    """Return the base of a limit; a brace with words at it can't be written in a line."""
    base, brace = _base(element, depth), element.find("e/groupChr")
    if brace is not None and _property(brace, "chr", "⏟") not in _ARROWS:
        raise _TwoDimensional
    return base


def _limit_above(element: Element, depth: int) -> str:
    base, above = _limited(element, depth), _argument(element, "lim", depth)
    return f"{base}({above})" if base and base in _ARROWS else power(base, above)


def _delimited(element: Element, depth: int) -> str:
    """Write arguments in brackets; a matrix or cases get no second pair."""
    begin = _property(element, "begChr", "(")
    end = _property(element, "endChr", ")")
    parts = [one for one in element if one.tag == "e"]
    if len(parts) == 1 and [one.tag for one in parts[0] if one.tag != "ctrlPr"] in (
        ["m"],
        ["eqArr"],
    ):
        inner = next(one for one in parts[0] if one.tag != "ctrlPr")
        return f"{begin}{_rows(inner, depth)}{end}"
    sign = _property(element, "sepChr", "|")
    return f"{begin}{sign.join(_text(part, depth) for part in parts)}{end}"


def _rows(element: Element, depth: int) -> str:
    """Write the rows of a matrix or an array of equations: a, b; c, d."""
    if element.tag == "eqArr":
        lines = (
            _text(one, depth).replace("&", "").replace("#", " ") for one in element.findall("e")
        )
        return "; ".join(filter(None, (line.strip() for line in lines)))
    rows = (row.findall("e") for row in element.findall("mr"))
    return "; ".join(", ".join(_text(one, depth).strip() for one in row) for row in rows)


def _matrix(element: Element, depth: int) -> str:
    return f"[{_rows(element, depth)}]"


def _accented(element: Element, depth: int) -> str:
    words, sign = _argument(element, "e", depth), _property(element, "chr", "\u0302")
    return f"{words if len(words) < 2 else bracket(words)}{sign}" if words else ""


def _barred(element: Element, depth: int) -> str:
    """Write a line above as one above each character; a line below is only an underline."""
    words = _argument(element, "e", depth)
    if _property(element, "pos", "bot") != "top":
        return words
    return "".join(f"{c}\u0305" if not c.isspace() else c for c in words)


def _braced(element: Element, depth: int) -> str:
    """Write words on or under an arrow, as in a reaction; a brace is left out."""
    words, sign = _argument(element, "e", depth), _property(element, "chr", "⏟")
    return f" {sign}({words}) " if sign in _ARROWS and words else words


def _bordered(element: Element, depth: int) -> str:
    strikes = ("strikeH", "strikeV", "strikeBLTR", "strikeTLBR")
    struck = any(_set(element, name) for name in strikes)
    return "" if struck else _argument(element, "e", depth)


def _phantom(element: Element, depth: int) -> str:
    return _argument(element, "e", depth) if _set(element, "show", absent=True) else ""


_WRITERS: dict[str, Callable[[Element, int], str]] = {
    "sSup": _superscript,
    "sSub": _subscript,
    "sSubSup": _both_scripts,
    "sPre": _scripts_before,
    "rad": _root,
    "nary": _large_operator,
    "func": _function,
    "limLow": _limit_below,
    "limUpp": _limit_above,
    "d": _delimited,
    "m": _matrix,
    "eqArr": _rows,
    "acc": _accented,
    "bar": _barred,
    "groupChr": _braced,
    "borderBox": _bordered,
    "phant": _phantom,
}
