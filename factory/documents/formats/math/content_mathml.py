"""Write content MathML (operators applied to numbers and names) in one line."""

from collections.abc import Sequence

from selectolax.lexbor import LexborNode

from factory.documents.formats.math import linear
from factory.documents.formats.math.mathml_parts import Unwritable, child_nodes, local_name

CONTENT_ELEMENTS = frozenset("apply cn ci csymbol reln infinity pi exponentiale".split())
MAX_DEPTH = 60
_BETWEEN = {
    "plus": "+", "minus": "−", "times": "×", "eq": " = ", "neq": " ≠ ", "lt": " < ", "gt": " > ",
    "leq": " ≤ ", "geq": " ≥ ", "approx": " ≈ ",
    "equivalent": " ≡ ", "in": " ∈ ", "and": " ∧ ", "or": " ∨ ",
}  # fmt: skip
_NAMED = frozenset(
    "sin cos tan sec csc cot sinh cosh tanh arcsin arccos arctan ln log exp max min gcd lcm".split()
)
_SIGNS = {"infinity": "∞", "pi": "π", "exponentiale": "e"}
_PARTS = ("degree", "logbase", "bvar", "lowlimit", "uplimit")


def linear_content_mathml(node: LexborNode, depth: int) -> str:
    """Write an element of content MathML. Raises Unwritable."""
    if depth > MAX_DEPTH:
        raise Unwritable
    name = local_name(node)
    if name in _SIGNS:
        return _SIGNS[name]
    parts = child_nodes(node)
    if name == "cn":
        return _number(node, parts)
    if name not in ("apply", "reln"):
        return " ".join((node.text() or "").split())
    if not parts:
        return ""
    given = {local_name(part): part for part in parts[1:] if local_name(part) in _PARTS}
    operands = [
        linear_content_mathml(part, depth + 1)
        for part in parts[1:]
        if local_name(part) not in _PARTS
    ]
    degree = [
        linear_content_mathml(one, depth + 2)
        for part in given.values()
        for one in child_nodes(part)
    ]
    return _apply_operator(parts[0], operands, degree, bool(set(given) - {"degree", "logbase"}))


def _number(node: LexborNode, parts: Sequence[LexborNode]) -> str:
    operands = [
        " ".join((part.text_content or "").split()) for part in parts if local_name(part) == "-text"
    ]
    kind = node.attributes.get("type") or "real"
    if len(operands) == 1:
        return operands[0]
    if len(operands) != 2 or kind not in ("rational", "e-notation"):
        raise Unwritable
    return (
        linear.fraction(operands[0], operands[1])
        if kind == "rational"
        else f"{operands[0]}×{linear.power('10', operands[1])}"
    )


def _apply_operator(
    operator: LexborNode, operands: Sequence[str], degree: Sequence[str], bound: bool
) -> str:
    name = local_name(operator)
    if bound or not operands or name == "apply":
        raise Unwritable
    if name == "minus" and len(operands) == 1:
        return f"−{linear.bracket(operands[0])}"
    if name in ("power", "divide") and len(operands) == 2:
        return (
            linear.power(linear.bracket(operands[0]), operands[1])
            if name == "power"
            else linear.fraction(operands[0], operands[1])
        )
    if name == "root":
        return linear.root("" if degree in ([], ["2"]) else degree[0], operands[0])
    if name in _BETWEEN:
        grouped = name in ("times", "minus")
        return _BETWEEN[name].join(linear.bracket(one) if grouped else one for one in operands)
    if name in ("abs", "factorial") and len(operands) == 1:
        return f"|{operands[0]}|" if name == "abs" else f"{linear.bracket(operands[0])}!"
    if name in _NAMED or name in ("ci", "csymbol"):
        called = name if name in _NAMED else " ".join((operator.text() or "").split())
        called = linear.index(called, degree[0]) if degree else called
        return f"{called}({', '.join(operands)})"
    raise Unwritable
