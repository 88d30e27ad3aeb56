"""Share the parts of MathML that its presentation and its content have in common."""

from collections.abc import Sequence

from selectolax.lexbor import LexborNode

from factory.documents.formats import markdown_blocks
from factory.documents.formats.math import linear

_RELATIONS = frozenset("=≈≠≤≥<>→⇒⇔←↦≡∼≅∝∈∉⊂⊆≪≫:") | {":=", "<=", ">=", "!="}
_LOWERED = str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")


class Unwritable(Exception):
    """The formula can't be written in one line."""


def local_name(node: LexborNode) -> str:
    """Return the name of an element without its prefix: `mi` for `m:mi`."""
    return (node.tag or "-").rpartition(":")[2].lower()


def child_nodes(node: LexborNode) -> list[LexborNode]:
    """Return an element's children, and its text nodes unless they are blank."""
    found = node.iter(include_text=True, skip_empty=False)
    return [one for one in found if local_name(one) != "-text" or (one.text_content or "").strip()]


def space_operator(sign: str, after: bool, before: bool) -> str:
    """Put blanks around an operator if it relates two sides."""
    if not (after and before):
        return sign
    return f" {sign} " if sign in _RELATIONS else sign


def write_prescripts(written: Sequence[str], names: Sequence[str]) -> str:
    """Write a base with indices and exponents after it and before it: ¹⁴C."""
    if not written:
        return ""
    cut = names.index("mprescripts") if "mprescripts" in names else len(names)
    before = written[cut + 1 :]
    if len(before) % 2 or any(one.strip("0123456789+-− ") for one in before):
        raise Unwritable
    base = written[0]
    for below, above in zip(written[1:cut:2], written[2:cut:2], strict=False):
        base = linear.power(linear.index(base, below), above)
    raised = "".join(before[1::2]).translate(markdown_blocks.TO_SUPERSCRIPT)
    return f"{raised}{''.join(before[::2]).translate(_LOWERED)}{base}"
