"""Faults in a call: planted into its arguments as values, never into its keys."""

import json
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest

from factory.audit.audit import audit
from factory.audit.call_faults import (
    change_function,
    exchange_arguments,
    in_argument_values,
    invent_arguments,
    omit_arguments,
)
from factory.audit.planter import FAULT_KINDS, FaultKind, TextFault
from factory.audit.text_reading import Subject
from factory.audit.value_faults import change_dates, change_names, change_numbers
from factory.core.recipe import read_recipe
from tests.factory.audit.test_audit import RECIPE, made
from tests.factory.tasks.test_tool_call import CALL, REQUEST, RIGHT
from tests.world import TEXT, WASHED, example, span

OTHER: dict[str, Any] = {"tram": 9, "within_days": 21, "day": "2026-05-01", "quick": True}
CANCEL = json.dumps({"name": "cancel", "arguments": {}})


def call(arguments: Mapping[str, Any], name: str = "book_wash") -> str:
    return json.dumps({"name": name, "arguments": arguments})


def subject(arguments: Mapping[str, Any], request: str = REQUEST) -> Subject:
    response = call(arguments)
    others = (response, call(OTHER), CANCEL)
    return Subject(
        example(instruction=request, response=response, spans=(span(WASHED),)), TEXT, "call", others
    )


def changed(
    change: TextFault, arguments: Mapping[str, Any], request: str = REQUEST
) -> list[dict[str, Any]]:
    about = subject(arguments, request)
    return [
        json.loads(edit.text)["arguments"]
        for edit in change(about.example.response, about, Random(1))
    ]


def test_a_number_is_changed_within_an_argument_and_stays_a_number() -> None:
    found = changed(in_argument_values(change_numbers), RIGHT)
    assert {name for one in found for name in one if one[name] != RIGHT[name]} == {
        "tram",
        "within_days",
    }
    assert all(
        type(one["tram"]) is type(one["within_days"]) is int and one["depot"] == "Marrow Street"
        for one in found
    )


def test_a_value_that_request_or_chunk_says_is_no_fault() -> None:
    assert 15 in [one["within_days"] for one in changed(in_argument_values(change_numbers), RIGHT)]
    said = f"{REQUEST} Or within 15 days, or 13, 28, 140 or 19."
    assert 15 not in [
        one["within_days"] for one in changed(in_argument_values(change_numbers), RIGHT, said)
    ]


def test_dates_and_values_in_lists_are_changed_too() -> None:
    assert all(
        one["day"] != "2026-05-01"
        for one in changed(in_argument_values(change_dates), {"day": "2026-05-01"})
    )
    assert {
        len(one["lines"])
        for one in changed(in_argument_values(change_numbers), {"lines": ["Line 4", "Line 6"]})
    } == {2}


def test_a_name_gives_way_to_another_of_the_document_unless_it_is_said() -> None:
    found = changed(
        in_argument_values(change_names),
        {"depot": "the Marrow Street depot"},
        "Book a place for tram 7.",
    )
    assert all(one["depot"] != "the Marrow Street depot" for one in found)


def test_an_argument_that_the_request_says_is_left_out() -> None:
    assert changed(omit_arguments, RIGHT) == [
        {"within_days": 14, "depot": "Marrow Street"},
        {"tram": 7, "within_days": 14},
    ]


def test_an_argument_gets_the_value_of_another_call_or_is_added_with_it() -> None:
    assert changed(exchange_arguments, {"tram": 7, "depot": "Marrow Street"}) == [
        {"tram": 9, "depot": "Marrow Street"}
    ]
    found = changed(invent_arguments, {"tram": 7})
    assert found == [{"tram": 7, "within_days": 21}, {"tram": 7, "day": "2026-05-01"}]


def test_another_function_is_one_that_another_example_calls() -> None:
    about = subject(RIGHT)
    assert [
        json.loads(e.text) for e in change_function(about.example.response, about, Random(1))
    ] == [{"name": "cancel", "arguments": RIGHT}]


@pytest.mark.parametrize(
    "kind", [kind for kind in FAULT_KINDS if "call" in kind.shapes], ids=lambda kind: kind.name
)
def test_no_kind_fails_on_an_answer_that_is_no_call(kind: FaultKind) -> None:
    about = Subject(example(response="14 days", spans=()), TEXT, "call", ("14 days", CANCEL))
    assert [
        p for p in kind.plant(about, Random(1)) if kind.name not in ("altered quote", "truncated")
    ] == []


def test_the_audit_of_calls_finds_wrong_arguments(tmp_path: Path) -> None:
    another = example(
        id="k2",
        task="tool_call",
        instruction="Tram 9 of the Marrow Street depot must be washed within 21 days.",
        response=call({"tram": 9, "within_days": 21}),
        spans=(span(WASHED),),
    )
    kept = [
        example(
            id="k1",
            task="tool_call",
            instruction=REQUEST,
            response=call(RIGHT),
            spans=(span(WASHED),),
        ),
        another,
    ]
    run, _ = made(tmp_path, kept, [])
    settings = tmp_path / "calls.toml"
    (tmp_path / "functions.json").write_text(json.dumps(CALL["functions"]), encoding="utf-8")
    settings.write_text(
        f'{RECIPE}[[tasks]]\nkind = "tool_call"\nfile = "functions.json"\n', encoding="utf-8"
    )
    told = {kind.kind: kind for kind in audit(run, read_recipe(settings)[0]).kinds}
    assert told["number"].share.part == told["number"].share.whole > 4
    assert told["argument of another"].share.part == told["argument of another"].share.whole > 0
    assert "negation" not in told
