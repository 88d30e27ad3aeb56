"""Content MathML in one line: operators applied to numbers and names."""

from collections.abc import Sequence

from selectolax.lexbor import LexborNode

from factory.documents.formats.math import linear
from factory.documents.formats.math.mathml_parts import Unwritable, children, local

CONTENT = frozenset("apply cn ci csymbol reln infinity pi exponentiale".split())
DEEPEST = 60
_BETWEEN = {
    "plus": "+", "minus": "−", "times": "×", "eq": " = ", "neq": " ≠ ", "lt": " < ", "gt": " > ",
    "leq": " ≤ ", "geq": " ≥ ", "approx": " ≈ ", "equivalent": " ≡ ", "in": " ∈ ", "and": " ∧ ", "or": " ∨ ",
}  # fmt: skip
_NAMED = frozenset(
    "sin cos tan sec csc cot sinh cosh tanh arcsin arccos arctan ln log exp max min gcd lcm".split()
)
_SIGNS = {"infinity": "∞", "pi": "π", "exponentiale": "e"}
_PARTS = ("degree", "logbase", "bvar", "lowlimit", "uplimit")


def content(node: LexborNode, depth: int) -> str:
    """An element of content MathML. Raises Unwritable."""
    if depth > DEEPEST:
        raise Unwritable
    name = local(node)
    if name in _SIGNS:
        return _SIGNS[name]
    parts = children(node)
    if name == "cn":
        return _number(node, parts)
    if name not in ("apply", "reln"):
        return " ".join((node.text() or "").split())
    if not parts:
        return ""
    given = {local(part): part for part in parts[1:] if local(part) in _PARTS}
    said = [content(part, depth + 1) for part in parts[1:] if local(part) not in _PARTS]
    degree = [content(one, depth + 2) for part in given.values() for one in children(part)]
    return _applied(parts[0], said, degree, bool(set(given) - {"degree", "logbase"}))


def _number(node: LexborNode, parts: Sequence[LexborNode]) -> str:
    said = [" ".join((part.text_content or "").split()) for part in parts if local(part) == "-text"]
    kind = node.attributes.get("type") or "real"
    if len(said) == 1:
        return said[0]
    if len(said) != 2 or kind not in ("rational", "e-notation"):
        raise Unwritable
    return (
        linear.fraction(said[0], said[1])
        if kind == "rational"
        else f"{said[0]}×{linear.power('10', said[1])}"
    )


def _applied(operator: LexborNode, said: Sequence[str], degree: Sequence[str], bound: bool) -> str:
    name = local(operator)
    if bound or not said or name == "apply":
        raise Unwritable
    if name == "minus" and len(said) == 1:
        return f"−{linear.group(said[0])}"
    if name in ("power", "divide") and len(said) == 2:
        return (
            linear.power(linear.group(said[0]), said[1])
            if name == "power"
            else linear.fraction(said[0], said[1])
        )
    if name == "root":
        return linear.root("" if degree in ([], ["2"]) else degree[0], said[0])
    if name in _BETWEEN:
        grouped = name in ("times", "minus")
        return _BETWEEN[name].join(linear.group(one) if grouped else one for one in said)
    if name in ("abs", "factorial") and len(said) == 1:
        return f"|{said[0]}|" if name == "abs" else f"{linear.group(said[0])}!"
    if name in _NAMED or name in ("ci", "csymbol"):
        called = name if name in _NAMED else " ".join((operator.text() or "").split())
        called = linear.index(called, degree[0]) if degree else called
        return f"{called}({', '.join(said)})"
    raise Unwritable
