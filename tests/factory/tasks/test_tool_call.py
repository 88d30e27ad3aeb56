"""Calls of the client's functions: valid by their schemas, each argument said by somebody, the same by two readers."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.recipe import read_recipe
from factory.core.schemas import FunctionSettings
from factory.dataset.mix import training_row
from factory.tasks import Task
from factory.teachers import Request
from factory.teachers.openai_chat import strict_schema
from filters.answers.tool_call import call_fault, same_call, tool_call_grounding_filter
from tests.factory.tasks.test_build import made, reason, task
from tests.fakes import Said
from tests.world import LAW, WASHED, WASHING, chunk, example, mistake

WASH: dict[str, Any] = {
    "name": "book_wash",
    "description": "Books a place in the wash.",
    "parameters": {
        "type": "object",
        "properties": {
            "tram": {"type": "integer"},
            "within_days": {"type": "integer", "minimum": 1},
            "depot": {"type": "string"},
            "day": {"type": "string", "format": "date"},
            "kind": {"type": "string", "enum": ["inside", "outside"]},
            "quick": {"type": "boolean"},
            "lines": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["tram", "within_days"],
    },
}
CALL: dict[str, Any] = {
    "kind": "tool_call",
    "functions": [WASH, {"name": "cancel", "description": "Costs $5."}],
}
FUNCTIONS = [FunctionSettings.model_validate(f) for f in CALL["functions"]]
REQUEST = "Tram 7 of the Marrow Street depot had its last wash today. Please have it washed again in time."
RIGHT = {"tram": 7, "within_days": 14, "depot": "Marrow Street"}


def saying(
    *calls: dict[str, Any], request: str = REQUEST, name: str = "book_wash"
) -> tuple[list[Request], Any]:
    asked: list[Request] = []

    def script(one: Request) -> Said:
        asked.append(one)
        arguments = json.dumps(calls[min(len(asked), len(calls)) - 1])
        small = {"request": request, "call": {"name": name, "arguments": json.loads(arguments)}}
        return one.shape.model_validate(
            small
            if "call" in one.shape.model_fields
            else {"request": request, "name": name, "arguments": arguments, "quotes": [WASHED]}
        )

    return asked, script


def told(*calls: dict[str, Any], **changes: str) -> str:
    return reason(made(task(CALL), saying(*calls, **changes)[1]))


@pytest.mark.parametrize("small", [True, False])
def test_a_call_is_kept_as_canonical_json_and_the_student_is_told_the_functions(
    small: bool,
) -> None:
    mine = task(CALL, small)
    asked, script = saying(dict(reversed(RIGHT.items())))
    (kept,) = made(mine, script).kept
    assert (
        kept.response
        == '{"name": "book_wash", "arguments": {"tram": 7, "within_days": 14, "depot": "Marrow Street"}}'
    )
    assert (kept.instruction, len(asked), [s.text for s in kept.spans]) == (REQUEST, 2, [WASHED])
    messages: Any = training_row(kept, {mine.name: mine})["messages"]
    assert [m["role"] for m in messages] == ["system", "user", "assistant"]
    assert all(f.line in messages[0]["content"] for f in FUNCTIONS)
    assert messages[1]["content"].endswith(f"{WASHING}\n\nRequest: {REQUEST}")
    assert all('"additionalProperties": false' in json.dumps(strict_schema(r.shape)) for r in asked)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            {"tram": "seven"},
            "The call of \"book_wash\" does not fit its schema at tram: 'seven' is not of type 'integer'.",
        ),
        (
            {"within_days": 0},
            'The call of "book_wash" does not fit its schema at within_days: 0 is less than the minimum of 1.',
        ),
        (
            {"day": "soon"},
            "The call of \"book_wash\" does not fit its schema at day: 'soon' is not a 'date'.",
        ),
        ({"driver": "Ada"}, 'The function "book_wash" has no argument "driver".'),
        (
            {"within_days": 15},
            'The argument "within_days" is "15", which neither the request nor the chunk says.',
        ),
        (
            {"depot": "Hollow Road"},
            'The argument "depot" is "Hollow Road", which neither the request nor the chunk says.',
        ),
        (
            {"day": "2026-05-01"},
            'The argument "day" is "2026-05-01", which neither the request nor the chunk says.',
        ),
        (
            {"lines": ["Amber Line"]},
            'The argument "lines" is "Amber Line", which neither the request nor the chunk says.',
        ),
    ],
)
def test_a_wrong_argument_is_rejected_by_name(changes: dict[str, Any], fault: str) -> None:
    assert told({**RIGHT, **changes}) == fault


def test_what_is_no_function_or_no_request_is_rejected() -> None:
    assert (
        told(RIGHT, name="fly") == '"fly" is none of the functions; call one of: book_wash, cancel.'
    )
    assert told({"tram": 7}).endswith("'within_days' is a required property.")
    assert (
        told(RIGHT, request="Please call book_wash for tram 7.")
        == 'The request names the function "book_wash".'
    )
    assert told(RIGHT, request="Wash it.") == "The request has 2 words, must have 4 to 120."
    assert told(RIGHT, request="Please order 7 cakes for my birthday party.").startswith(
        "The request is about something else"
    )


def test_two_readers_elect_the_call_and_three_that_differ_reject_it() -> None:
    (kept,) = made(task(CALL), saying({**RIGHT, "quick": True}, RIGHT, RIGHT)[1]).kept
    assert (json.loads(kept.response)["arguments"], len(kept.draws)) == (RIGHT, 3)
    apart = told(RIGHT, {**RIGHT, "quick": True}, {**RIGHT, "quick": False})
    assert apart.startswith('Readers of the request made different calls: {"name": "book_wash"')


def test_calls_are_compared_by_value() -> None:
    calls = [
        json.dumps({"name": "a", "arguments": {"n": n, "d": d}})
        for n, d in ((5, "the depot"), (5.0, "The depot"), (6, "the depot"))
    ]
    assert [same_call(calls[0], other) for other in calls] == [True, True, False]
    assert not same_call(calls[0], calls[0].replace('"a"', '"b"'))


def test_the_recipes_system_text_stands_before_the_functions() -> None:
    from factory.tasks.tool_call import tool_call_task

    system = tool_call_task(
        task_settings(task(CALL)), quotes=True, system="Be kind to $ signs."
    ).messages(REQUEST, "{}", chunk())[0]["content"]
    assert system.startswith("Be kind to $ signs.\n\n")
    assert FUNCTIONS[0].line in system


def task_settings(mine: Task) -> Any:  # noqa: ANN401
    return mine.settings  # type: ignore[attr-defined]


def test_a_gold_call_is_spelled_in_the_functions_order_or_refused() -> None:
    mine = task(CALL)
    assert mine.gold(
        "Wash 7", '{"arguments": {"within_days": 14, "tram": 7}, "name": "book_wash"}'
    )[1] == ('{"name": "book_wash", "arguments": {"tram": 7, "within_days": 14}}')
    with pytest.raises(ValueError, match='its response is no call for the task "tool_call"'):
        mine.gold("Wash 7", "book it")


VALUES = st.one_of(
    st.integers(),
    st.text(max_size=8),
    st.booleans(),
    st.none(),
    st.lists(st.integers(), max_size=2),
)


@LAW
@given(st.dictionaries(st.sampled_from(["tram", "within_days", "kind", "driver"]), VALUES))
def test_what_does_not_fit_the_schema_is_always_rejected(arguments: dict[str, Any]) -> None:
    fits = (
        arguments.keys() >= {"tram", "within_days"}
        and "driver" not in arguments
        and all(
            isinstance(arguments[k], int) and not isinstance(arguments[k], bool)
            for k in ("tram", "within_days")
        )
        and arguments["within_days"] >= 1
        and arguments.get("kind", "inside") in ("inside", "outside")
    )
    assert (
        call_fault(json.dumps({"name": "book_wash", "arguments": arguments}), FUNCTIONS) == ""
    ) == fits


@LAW
@given(
    st.integers(1, 10**6).filter(lambda n: n not in (7, 14)),
    st.sampled_from(["tram", "within_days"]),
)
def test_a_number_from_nowhere_is_always_rejected(number: int, name: str) -> None:
    response = json.dumps({"name": "book_wash", "arguments": {**RIGHT, name: number}})
    verdict = tool_call_grounding_filter(FUNCTIONS)(example(instruction=REQUEST, response=response))
    assert (
        verdict.reason
        == f'The argument "{name}" is "{number}", which neither the request nor the chunk says.'
    )


RECIPE = """
[documents]
paths = ["."]
[[teachers]]
name = "t"
model = "anthropic/x"
[student]
base = "s"
[[tasks]]
kind = "tool_call"
file = "functions.json"
"""


def from_file(folder: Path, text: str) -> Any:  # noqa: ANN401
    (folder / "functions.json").write_text(text, encoding="utf-8")
    (folder / "r.toml").write_text(RECIPE, encoding="utf-8")
    return read_recipe(folder / "r.toml")[0].tasks[0]


def test_functions_may_stand_in_a_file_as_openai_lists_them(tmp_path: Path) -> None:
    listed = json.dumps([{"type": "function", "function": WASH}, {"name": "cancel"}])
    assert [f.name for f in from_file(tmp_path, listed).tools] == ["book_wash", "cancel"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[", "is not JSON"),
        ("{}", "holds no list; it must be a JSON list of functions"),
        ("[]", "functions is empty; give at least one"),
        (
            '[{"name": "a"}, {"name": "A"}]',
            'two functions are called "A"; give each its own name',
        ),
        (
            '[{"name": "a", "parameters": {"type": "strong"}}]',
            'the parameters of "a" are not a JSON schema',
        ),
        (
            '[{"name": "a", "parameters": {"type": "string"}}]',
            'the parameters of "a" must be the JSON schema of an object',
        ),
        (
            '[{"name": "a", "parameters": {"type": "object", "properties": {"b": {"$ref": "http://far/x"}}}}]',
            'the parameters of "a" refer to "http://far/x", but nothing is fetched; refer to "#/…" within them',
        ),
    ],
)
def test_a_broken_list_of_functions_is_told_in_a_sentence(
    tmp_path: Path, text: str, sentence: str
) -> None:
    assert sentence in mistake(lambda: from_file(tmp_path, text))
