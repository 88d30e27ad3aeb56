"""MathML in one line: 10⁶, 3/4, √25; what no line holds is `[formula]`."""

import re
from collections.abc import Callable, Sequence

from selectolax.lexbor import LexborNode

from factory.documents.formats.math import linear, raised_words
from factory.documents.formats.math.content_mathml import CONTENT, content
from factory.documents.formats.math.mathml_parts import Unwritable, children, local, prescripts, spaced

DEEPEST = 60  # elements inside one another
_ROWS = frozenset("math mrow mstyle mpadded semantics merror mphantom a span div".split())
_LARGE = frozenset("∑∏∐∫∬∭∮⋃⋂⋁⋀") | {"lim", "max", "min", "sup", "inf", "lim sup", "lim inf"}
_ACCENTS = {
    "¯": "\u0304", "‾": "\u0304", "_": "\u0304", "^": "\u0302", "ˆ": "\u0302", "~": "\u0303",
    "˜": "\u0303", "→": "\u20d7", "⃗": "\u20d7", "˙": "\u0307", ".": "\u0307", "¨": "\u0308",
}  # fmt: skip
_BLANKS = re.compile(r"\s+")


def linear_math(node: LexborNode) -> str:
    """A `math` element in one line; empty where it shows nothing."""
    try:
        return " ".join(_Writer().written(node, 0).split())
    except Unwritable:
        return linear.FORMULA


class _Writer:
    def written(self, node: LexborNode, depth: int) -> str:
        """An element and what it holds. Raises Unwritable."""
        if depth > DEEPEST:
            raise Unwritable
        name = local(node)
        if name == "-text":
            return _BLANKS.sub(" ", node.text_content or "")
        if name in CONTENT:
            return content(node, depth)
        if name in _LEAVES:
            return _LEAVES[name](node)
        parts = children(node)
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
            if local(part) == "mo":
                term = spaced(term, place > 0, place + 1 < len(parts))
            elif (
                len(term) > 1 and term.isalpha() and local(part) == "mi" and place + 1 < len(parts)
            ):
                term += " " if local(parts[place + 1]) != "mo" else ""  # sin x
            terms.append(linear.Term(term, _fraction(part)))
        return linear.joined(terms)

    def _special(self, name: str, node: LexborNode, depth: int) -> str:
        given = node.attributes
        if name == "menclose" and "strike" not in (given.get("notation") or ""):
            return self._row(children(node), depth)
        rows = children(node)
        if name == "mtable" and len(rows) == 1:  # which only sets apart what stands in one line
            return " ".join(self._row(children(cell), depth + 2) for cell in children(rows[0]))
        raise Unwritable

    def _shaped(
        self, name: str, node: LexborNode, said: list[str], parts: Sequence[LexborNode]
    ) -> str:
        if name == "msqrt":
            return linear.root("", self._row(parts, 1))
        if name == "mfenced":
            return _fenced(node, said)
        if name == "mmultiscripts":
            return prescripts(said, [local(part) for part in parts])
        if len(said) != _SHAPES[name]:
            raise Unwritable
        if name == "mfrac":
            if re.match(r"\s*0+(\.0*)?([a-z%]|\s|$)", node.attributes.get("linethickness") or "1"):
                raise Unwritable  # the sign of a binomial coefficient
            return linear.fraction(said[0], said[1], unit=_unit(parts[1]))
        if name == "mroot":
            return linear.root(said[1], said[0])
        if name in ("munder", "mover", "munderover"):
            return _limits(name, said)
        return _scripts(name, _base(said[0], parts[0]), said)


_SHAPES = {
    "mfrac": 2, "msup": 2, "msub": 2, "msubsup": 3, "mroot": 2, "munder": 2, "mover": 2, "munderover": 3,
    "msqrt": 0, "mfenced": 0, "mmultiscripts": 0,
}  # fmt: skip


def _scripts(name: str, base: str, said: Sequence[str]) -> str:
    if not base.strip():  # a mark beside what stands before it
        return raised_words.up(said[1]) if name == "msup" else raised_words.down(said[1])
    if name == "msup":
        return linear.power(base, said[1])
    below = linear.index(base, said[1])
    return linear.power(below, said[2]) if name == "msubsup" else below


def _base(base: str, part: LexborNode) -> str:
    """A base, in brackets where it is more than one sign."""
    return (
        base
        if local(part) in ("mi", "mn", "mo", "mtext") or not base.strip()
        else linear.group(base)
    )


def _limits(name: str, said: Sequence[str]) -> str:
    base = said[0].strip()
    accent = _ACCENTS.get(said[1].strip(), "") if name == "mover" and len(base) == 1 else ""
    if accent:
        return base + accent
    if base not in _LARGE:
        raise Unwritable
    below = linear.index(base, said[1]) if name != "mover" else base
    above = "" if name == "munder" else said[-1]
    return linear.power(below, above) if above.strip() else below


def _fenced(node: LexborNode, said: Sequence[str]) -> str:
    given = node.attributes
    marks = (given.get("separators") if "separators" in given else ",") or ""
    marks = "".join(marks.split())
    words = said[0] if said else ""
    for place, one in enumerate(said[1:]):
        words += (marks[min(place, len(marks) - 1)] if marks else "") + one
    before = given.get("open") if "open" in given else "("
    after = given.get("close") if "close" in given else ")"
    return f"{before or ''}{words}{after or ''}"


def _fraction(part: LexborNode) -> bool:
    """Whether an element is nothing but a fraction."""
    for _ in range(DEEPEST):
        if local(part) not in _ROWS or len(parts := children(part)) != 1:
            break
        part = parts[0]
    return local(part) == "mfrac"


def _unit(part: LexborNode) -> bool:
    return local(part) == "mtext" or part.attributes.get("mathvariant") == "normal"


def _said(node: LexborNode) -> str:
    words = _BLANKS.sub(" ", node.text() or "")
    return words.strip(" ") if local(node) != "mtext" else words


def _operator(node: LexborNode) -> str:
    words = (node.text() or "").strip()
    return {"\u2061": "", "\u2062": "", "\u2063": ",", "\u2064": " "}.get(words, words)


def _space(node: LexborNode) -> str:
    return (
        "" if (node.attributes.get("width") or "1").strip().startswith(("-", "0em", "0px")) else " "
    )


_LEAVES: dict[str, Callable[[LexborNode], str]] = {
    "mi": _said, "mn": _said, "mtext": _said, "ms": _said, "mo": _operator, "mspace": _space,
}  # fmt: skip
