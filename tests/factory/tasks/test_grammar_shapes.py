"""Shapes for a teacher whose words follow a grammar."""

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from factory.core.schemas import FunctionSettings
from factory.tasks.grammar_shapes import any_call_schema, sentence_schema
from factory.tasks.prose_check import has_enough_prose
from tests.world import WASHING, chunk

WASH: dict[str, Any] = {
    "type": "object",
    "properties": {
        "tram": {"type": "integer"},
        "note": {"type": "string"},
        "kind": {"type": "string", "enum": ["inside", "outside"]},
        "crew": {"type": "object", "properties": {"chief": {"type": "string"}}},
        "type": {"type": "string"},
    },
    "required": ["tram"],
}


def functions(**parameters: dict[str, Any]) -> list[FunctionSettings]:
    return [FunctionSettings(name=name, parameters=schema) for name, schema in parameters.items()]


def fits(call: dict[str, Any]) -> bool:
    schema = any_call_schema(functions(wash=WASH, cancel={"type": "object", "properties": {}}))
    assert schema is not None
    return Draft202012Validator(schema).is_valid(call)


@pytest.mark.parametrize(
    ("call", "fit"),
    [
        (
            {"name": "wash", "arguments": {"tram": 7, "crew": {"chief": "Ada"}, "type": "blue"}},
            True,
        ),
        ({"name": "cancel", "arguments": {}}, True),
        ({"name": "wash", "arguments": {}}, False),
        ({"name": "wash", "arguments": "tram: 7"}, False),
        ({"name": "wash", "arguments": {"tram": 7, "driver": "Ada"}}, False),
        ({"name": "wash", "arguments": {"tram": 7, "crew": {"driver": "Ada"}}}, False),
        ({"name": "wash", "arguments": {"tram": 7, "note": "so " * 60}}, False),
        ({"name": "cancel", "arguments": {"tram": 7}}, False),
        ({"name": "sell", "arguments": {}}, False),
    ],
)
def test_only_a_call_of_one_of_the_functions_fits(call: dict[str, Any], fit: bool) -> None:
    assert fits(call) == fit


def test_a_schema_that_refers_to_itself_stands_in_no_other_one() -> None:
    assert (
        any_call_schema(
            functions(
                wash={
                    "type": "object",
                    "properties": {"a": {"$ref": "#/$defs/a"}},
                    "$defs": {"a": {"type": "string"}},
                }
            )
        )
        is None
    )


def test_what_is_sent_is_json_and_the_clients_own_bounds_stay() -> None:
    schema = any_call_schema(
        functions(
            wash={
                "type": "object",
                "properties": {"a": {"type": "string", "maxLength": 7}, "b": {"type": "array"}},
            }
        )
    )
    told = json.loads(json.dumps(schema))["anyOf"][0]["properties"]["arguments"]["properties"]
    assert told == {"a": {"type": "string", "maxLength": 7}, "b": {"maxItems": 5, "type": "array"}}


@pytest.mark.parametrize(
    ("text", "fit"),
    [
        ("Please have tram 7 washed within 14 days.", True),
        ("Wann wird die Bahn gewaschen, die im Depot steht?", True),
        ("book_wash", False),
        ("Please call book_wash for tram number 7 today.", False),
        ("Tram depot > Washing > Trams of the depot.", False),
        ("Please have tram 7 washed within 14 days", False),
    ],
)
def test_a_sentence_is_plain_words_to_its_end(text: str, fit: bool) -> None:
    assert bool(re.search(sentence_schema(25, 80)["pattern"], text)) == fit


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{WASHING} {WASHING}", True),
        (
            "Trams are washed as listed.\n\n| Tram | Day | Crew |\n|---|---|---|\n| 7 | Monday | Ada Finch |\n| 8 | Sunday | Bo |",
            False,
        ),
        (
            "- [Washing of trams](washing.md)\n- [Opening of the depot](opening.md)\n- [The keys of the depot](keys.md)",
            False,
        ),
        (
            "- Trams are washed on Monday by the crew.\n- The depot opens at six, every day of the week, for all.",
            True,
        ),
        ("## Washing of trams in the depot of Marrow Street\n\nIt is done.", False),
    ],
)
def test_only_prose_can_be_retold(text: str, told: bool) -> None:
    assert has_enough_prose(chunk(text), 10) == told
