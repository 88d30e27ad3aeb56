"""The bundled replay examples are distinct, not empty, and right wherever a machine can tell."""

import ast
import json
import math
import operator
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "data" / "replay"
OPERATORS: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
}
FUNCTIONS: dict[str, Callable[..., float]] = {"min": min, "max": max, "round": round}

# Runs in a fresh interpreter: reads {id: [code, check]}, prints {id: why it failed}.
RUNNER = """
import json, sys, traceback
failed = {}
for name, (code, check) in json.load(sys.stdin).items():
    namespace = {"__name__": "__main__"}
    try:
        exec(compile(code, name, "exec"), namespace)
        exec(compile(check, name, "exec"), namespace)
    except Exception:
        failed[name] = traceback.format_exc(limit=-1)
print(json.dumps(failed))
"""


def examples(kind: str) -> list[dict[str, str]]:
    lines = (FOLDER / f"{kind}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def all_examples() -> list[dict[str, str]]:
    return examples("knowledge") + examples("mathematics") + examples("coding")


def repeated(texts: list[str]) -> list[str]:
    return [text for text, count in Counter(texts).items() if count > 1]


def value(node: ast.AST) -> float:
    """Compute arithmetic over numbers, min, max and round; refuse every other construct with ValueError."""
    match node:
        case ast.Expression(body=body):
            return value(body)
        case ast.Constant(value=bool()):
            raise ValueError("a boolean is not a number")
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return OPERATORS[type(op)](value(left), value(right))
        case ast.UnaryOp(op=ast.USub() as op, operand=operand):
            return OPERATORS[type(op)](value(operand))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            return FUNCTIONS[name](*map(value, args))
    raise ValueError(f"not plain arithmetic: {ast.dump(node)}")


def final_number(response: str) -> float:
    """A minus counts as a sign only where nothing but a space, a bracket or the start stands before it."""
    return float(re.findall(r"(?:(?<![^\s(])-)?\d+(?:\.\d+)?", response)[-1])


def code_in(response: str) -> str:
    fenced = re.search(r"```python\n(.*?)\n```", response, re.DOTALL)
    return fenced.group(1) if fenced else response


def test_there_are_at_least_300_examples() -> None:
    assert len(all_examples()) >= 300


def test_every_example_has_exactly_the_fields_of_its_kind() -> None:
    common = {"id", "kind", "instruction", "response"}
    extra: dict[str, set[str]] = {"knowledge": set(), "mathematics": {"expression"}, "coding": {"check"}}
    wrong = [e["id"] for kind in extra for e in examples(kind) if e["kind"] != kind or set(e) != common | extra[kind]]
    assert wrong == []


def test_ids_are_unique() -> None:
    assert repeated([example["id"] for example in all_examples()]) == []


def test_instructions_are_unique_when_case_is_ignored() -> None:
    assert repeated([example["instruction"].casefold() for example in all_examples()]) == []


def test_no_instruction_and_no_response_is_empty() -> None:
    empty = [e["id"] for e in all_examples() if not e["instruction"].strip() or not e["response"].strip()]
    assert empty == []


def test_every_mathematics_response_ends_with_the_value_of_its_expression() -> None:
    wrong = [
        (example["id"], computed, final_number(example["response"]))
        for example in examples("mathematics")
        for computed in [value(ast.parse(example["expression"], mode="eval"))]
        if not math.isclose(computed, final_number(example["response"]), rel_tol=1e-9, abs_tol=1e-9)
    ]
    assert wrong == []


def test_every_coding_response_passes_its_check() -> None:
    programs = {example["id"]: [code_in(example["response"]), example["check"]] for example in examples("coding")}
    finished = subprocess.run(
        [sys.executable, "-I", "-c", RUNNER],
        input=json.dumps(programs),
        capture_output=True,
        check=True,
        text=True,
        timeout=30,
    )
    assert json.loads(finished.stdout) == {}


def test_every_check_contains_an_assertion() -> None:
    idle = [
        example["id"]
        for example in examples("coding")
        if not any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(example["check"])))
    ]
    assert idle == []
