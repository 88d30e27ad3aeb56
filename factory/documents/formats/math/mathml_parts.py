"""Parts of MathML that its presentation and its content share."""

from collections.abc import Sequence

from selectolax.lexbor import LexborNode

from factory.documents.formats import markdown_blocks
from factory.documents.formats.math import linear

_RELATIONS = frozenset("=≈≠≤≥<>→⇒⇔←↦≡∼≅∝∈∉⊂⊆≪≫:") | {":=", "<=", ">=", "!="}
_BINARY = frozenset("+−-±∓")
_LOWERED = str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")


class Unwritable(Exception):
    """No line holds it."""


def local(node: LexborNode) -> str:
    """The name of an element without its prefix: `mi` for `m:mi`."""
    return (node.tag or "-").rpartition(":")[2].lower()


def children(node: LexborNode) -> list[LexborNode]:
    """The elements below one, and its text where that is more than blanks."""
    found = node.iter(include_text=True, skip_empty=False)
    return [one for one in found if local(one) != "-text" or (one.text_content or "").strip()]


def spaced(sign: str, after: bool, before: bool) -> str:
    """An operator with blanks around it, where it relates what stands on both sides."""
    if not (after and before):
        return sign
    return f" {sign} " if sign in _RELATIONS else sign


def prescripts(said: Sequence[str], names: Sequence[str]) -> str:
    """A base with indices and exponents behind it and before it: ¹⁴C."""
    if not said:
        return ""
    cut = names.index("mprescripts") if "mprescripts" in names else len(names)
    before = said[cut + 1 :]
    if len(before) % 2 or any(one.strip("0123456789+-− ") for one in before):
        raise Unwritable
    base = said[0]
    for below, above in zip(said[1:cut:2], said[2:cut:2], strict=False):
        base = linear.power(linear.index(base, below), above)
    raised = "".join(before[1::2]).translate(markdown_blocks.RAISED)
    return f"{raised}{''.join(before[::2]).translate(_LOWERED)}{base}"
