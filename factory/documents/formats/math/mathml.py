"""Write MathML in one line: 10⁶, 3/4, √25; a formula that needs more lines is `[formula]`."""

import re
from collections.abc import Callable, Sequence

from selectolax.lexbor import LexborNode

from factory.documents.formats.math import linear, raised_words
from factory.documents.formats.math.content_mathml import CONTENT_ELEMENTS, linear_content_mathml
from factory.documents.formats.math.mathml_parts import (
    Unwritable,
    child_nodes,
    local_name,
    space_operator,
    write_prescripts,
)

MAX_DEPTH = 60  # elements inside one another
_ROWS = frozenset("math mrow mstyle mpadded semantics merror mphantom a span div".split())
_LARGE = frozenset("∑∏∐∫∬∭∮⋃⋂⋁⋀") | {"lim", "max", "min", "sup", "inf", "lim sup", "lim inf"}
_ACCENTS = {
    "¯": "\u0304", "‾": "\u0304", "_": "\u0304", "^": "\u0302", "ˆ": "\u0302", "~": "\u0303",
    "˜": "\u0303", "→": "\u20d7", "⃗": "\u20d7", "˙": "\u0307", ".": "\u0307", "¨": "\u0308",
}  # fmt: skip
_BLANKS = re.compile(r"\s+")


def linear_math(node: LexborNode) -> str:
    """Write a `math` element in one line, "" if it shows nothing."""
    try:
        return " ".join(_Writer().written(node, 0).split())
    except Unwritable:
        return linear.FORMULA


class _Writer:
    def written(self, node: LexborNode, depth: int) -> str:
        """Write an element and its content. Raises Unwritable."""
        if depth > MAX_DEPTH:
            raise Unwritable
        name = local_name(node)
        if name == "-text":
            return _BLANKS.sub(" ", node.text_content or "")
        if name in CONTENT_ELEMENTS:
            return linear_content_mathml(node, depth)
        if name in _LEAVES:
            return _LEAVES[name](node)
        parts = child_nodes(node)
        if name in ("semantics", "maction"):
            return self.written(parts[0], depth + 1) if parts else ""
        if name in (
            "annotation",
            "annotation-xml",
            "mphantom",
            "none",
            "mprescripts",
        ) or name.startswith("-"):
            return ""
        if name in ("mtable", "menclose", "mlongdiv", "mstack", "mglyph"):
            return self._special(name, node, depth)
        if name in _SHAPES:
            return self._shaped(
                name, node, [self.written(part, depth + 1) for part in parts], parts
            )
        return self._row(parts, depth)

    def _row(self, parts: Sequence[LexborNode], depth: int) -> str:
        terms: list[linear.Term] = []
        for place, part in enumerate(parts):
            term = self.written(part, depth + 1)
            if local_name(part) == "mo":
                term = space_operator(term, place > 0, place + 1 < len(parts))
            elif (
                len(term) > 1
                and term.isalpha()
                and local_name(part) == "mi"
                and place + 1 < len(parts)
            ):
                term += " " if local_name(parts[place + 1]) != "mo" else ""  # sin x
            terms.append(linear.Term(term, _is_fraction(part)))
        return linear.join_terms(terms)

    def _special(self, name: str, node: LexborNode, depth: int) -> str:
        given = node.attributes
        if name == "menclose" and "strike" not in (given.get("notation") or ""):
            return self._row(child_nodes(node), depth)
        rows = child_nodes(node)
        if name == "mtable" and len(rows) == 1:  # a table that only spaces one line
            return " ".join(
                self._row(child_nodes(cell), depth + 2) for cell in child_nodes(rows[0])
            )
        raise Unwritable

    def _shaped(
        self, name: str, node: LexborNode, written: list[str], parts: Sequence[LexborNode]
    ) -> str:
        if name == "msqrt":
            return linear.root("", self._row(parts, 1))
        if name == "mfenced":
            return _fenced(node, written)
        if name == "mmultiscripts":
            return write_prescripts(written, [local_name(part) for part in parts])
        if len(written) != _SHAPES[name]:
            raise Unwritable
        if name == "mfrac":
            if re.match(r"\s*0+(\.0*)?([a-z%]|\s|$)", node.attributes.get("linethickness") or "1"):
                raise Unwritable  # the sign of a binomial coefficient
            return linear.fraction(written[0], written[1], unit=_is_unit(parts[1]))
        if name == "mroot":
            return linear.root(written[1], written[0])
        if name in ("munder", "mover", "munderover"):
            return _limits(name, written)
        return _scripts(name, _bracketed_base(written[0], parts[0]), written)


_SHAPES = {
    "mfrac": 2, "msup": 2, "msub": 2, "msubsup": 3, "mroot": 2, "munder": 2, "mover": 2,
    "munderover": 3, "msqrt": 0, "mfenced": 0, "mmultiscripts": 0,
}  # fmt: skip


def _scripts(name: str, base: str, written: Sequence[str]) -> str:
    if not base.strip():  # a script of the element before
        return (
            raised_words.mark_raised(written[1])
            if name == "msup"
            else raised_words.mark_lowered(written[1])
        )
    if name == "msup":
        return linear.power(base, written[1])
    below = linear.index(base, written[1])
    return linear.power(below, written[2]) if name == "msubsup" else below


def _bracketed_base(base: str, part: LexborNode) -> str:
    """Return a base, in brackets if it is more than one sign."""
    return (
        base
        if local_name(part) in ("mi", "mn", "mo", "mtext") or not base.strip()
        else linear.bracket(base)
    )


def _limits(name: str, written: Sequence[str]) -> str:
    base = written[0].strip()
    accent = _ACCENTS.get(written[1].strip(), "") if name == "mover" and len(base) == 1 else ""
    if accent:
        return base + accent
    if base not in _LARGE:
        raise Unwritable
    below = linear.index(base, written[1]) if name != "mover" else base
    above = "" if name == "munder" else written[-1]
    return linear.power(below, above) if above.strip() else below


def _fenced(node: LexborNode, written: Sequence[str]) -> str:
    given = node.attributes
    marks = (given.get("separators") if "separators" in given else ",") or ""
    marks = "".join(marks.split())
    words = written[0] if written else ""
    for place, one in enumerate(written[1:]):
        words += (marks[min(place, len(marks) - 1)] if marks else "") + one
    before = given.get("open") if "open" in given else "("
    after = given.get("close") if "close" in given else ")"
    return f"{before or ''}{words}{after or ''}"


def _is_fraction(part: LexborNode) -> bool:
    """Check whether an element is only a fraction."""
    for _ in range(MAX_DEPTH):
        if local_name(part) not in _ROWS or len(parts := child_nodes(part)) != 1:
            break
        part = parts[0]
    return local_name(part) == "mfrac"


def _is_unit(part: LexborNode) -> bool:
    return local_name(part) == "mtext" or part.attributes.get("mathvariant") == "normal"


def _leaf_text(node: LexborNode) -> str:
    words = _BLANKS.sub(" ", node.text() or "")
    return words.strip(" ") if local_name(node) != "mtext" else words


def _operator(node: LexborNode) -> str:
    words = (node.text() or "").strip()
    return {"\u2061": "", "\u2062": "", "\u2063": ",", "\u2064": " "}.get(words, words)


def _space(node: LexborNode) -> str:
    return (
        "" if (node.attributes.get("width") or "1").strip().startswith(("-", "0em", "0px")) else " "
    )


_LEAVES: dict[str, Callable[[LexborNode], str]] = {
    "mi": _leaf_text, "mn": _leaf_text, "mtext": _leaf_text, "ms": _leaf_text,
    "mo": _operator, "mspace": _space,
}  # fmt: skip
