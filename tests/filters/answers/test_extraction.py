"""Typed fields: what an answer's fields may be, and what a passage bears out."""

import pytest

from factory.core.schemas import FieldSettings, Json
from filters.answers.extraction import (
    canonical_answer,
    extraction_grounding_filter,
    extraction_schema_filter,
    field_leaves,
    parse_json_object,
)
from filters.grounding.typed_values import TypedValue, supports_value
from tests.leases import FIELDS, answer
from tests.world import chunk, example

LEASE = "The lease begins on the 3rd day of May, 2026, for $1,200 a month, at the Marrow depot."


@pytest.mark.parametrize(
    ("kind", "value", "evidence", "borne"),
    [
        ("date", "2026-05-03", LEASE, True),
        ("date", "2026-05", LEASE, True),
        ("date", "2026", LEASE, True),
        ("date", "2026-05-04", LEASE, False),
        ("date", "2026-05-03", "It begins in May 2026.", False),
        ("date", "2026-05-03", "It begins on 05/03/2026.", True),
        ("date", "2026-05-03", "It begins on 3.5.26.", True),
        ("date", "2026-05-21", "It begins on the twenty-first of May, 2026.", True),
        ("number", 1200, LEASE, True),
        ("number", 120, LEASE, False),
        ("number", 14, "within fourteen days", True),
        ("number", 2.5, "a rate of 2.50 %", True),
        ("money", {"amount": 1200, "currency": "USD"}, LEASE, True),
        ("money", {"amount": 1200, "currency": "EUR"}, LEASE, False),
        ("money", {"amount": 1250, "currency": "USD"}, LEASE, False),
        ("money", {"amount": 2000000, "currency": "EUR"}, "EUR 2 million", True),
        ("money", {"amount": 500, "currency": "crowns"}, "a fee of 500 crowns", True),
        ("string", "Marrow depot", LEASE, True),
        ("string", "Larch depot", LEASE, False),
        ("string", "the lease begins at the depot of Marrow", LEASE, True),
        ("string", "2 years", "for a period of two (2) years", True),
        ("string", "2 years", "for a period of three (3) years", False),
        ("string", "2 years", "for twenty days, see 2.", False),
        ("string", "2 years", "for two years", True),
        ("string", "Marrow Trams Inc.", "Marrow Trams Incorporated, of Larch", True),
        ("date", "2026-04-06", "as of April 6th\n, 2026", True),
        ("enum", "New_York", "under the laws of the State of New York", True),
    ],
)
def test_a_passage_bears_a_value_out_or_not(
    kind: str, value: Json, evidence: str, borne: bool
) -> None:
    assert supports_value(evidence, TypedValue(kind, value)) is borne


@pytest.mark.parametrize(
    ("value", "evidence", "borne"),
    [
        ("day", "They run by night.", False),
        ("day", "They run from six to ten.", True),
        ("night", "They run by night.", True),
    ],
)
def test_an_enum_is_not_borne_out_where_another_of_its_values_stands(
    value: str, evidence: str, borne: bool
) -> None:
    others = tuple(v for v in ("day", "night") if v != value)
    assert supports_value(evidence, TypedValue("enum", value, others)) is borne


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (answer(), ""),
        (answer(depot=None), ""),
        ("11 trams", "The answer is no JSON object."),
        (answer()[:-1], "The answer is no JSON object."),
        (
            answer(owner="Finch"),
            '"owner" is none of the fields; only these may stand in the answer: depot, trams, start, rent, lines, use, notice.',
        ),
        (
            '{"depot": "Marrow"}',
            'The field "trams" is missing; what the text does not state is null.',
        ),
        (
            answer(notice={"days": 5}),
            'The field "notice.form" is missing; what the text does not state is null.',
        ),
        (answer(trams="eleven"), 'The field "trams" says "eleven", must be a number.'),
        (answer(trams=True), 'The field "trams" says "true", must be a number.'),
        (
            answer(start="2026-02-30"),
            'The field "start" says "2026-02-30", must be a date such as 2026-03-31, 2026-03 or 2026.',
        ),
        (
            answer(rent=1100),
            'The field "rent" says "1100", must be an object with "amount" and "currency".',
        ),
        (answer(lines="Amber Line"), 'The field "lines" says "Amber Line", must be a list.'),
        (answer(use="dawn"), 'The field "use" says "dawn", must be one of: day, night.'),
        (
            answer(depot="N/A"),
            'The field "depot" holds a placeholder ("N/A"); what the text does not state is null.',
        ),
        (answer(depot=7), 'The field "depot" says "7", must be a text.'),
    ],
)
def test_an_answer_is_one_object_of_the_fields_each_of_its_type(response: str, reason: str) -> None:
    verdict = extraction_schema_filter(FIELDS.fields)(example(response=response))
    assert (verdict.filter, verdict.passed, verdict.reason) == ("schema", not reason, reason)


def test_evidence_that_is_not_given_is_the_sentence_that_carries_the_value() -> None:
    text = "The effective date matters to all parties of the lease.\n\nThis lease is made on the 3rd day of May, 2026, by both."
    field = FieldSettings(
        name="effective_date", type="date", description="the effective date of the lease"
    )
    told = example(response='{"effective_date": "2026-05-03"}', chunk=chunk(text), spans=())
    verdict = extraction_grounding_filter((field,), 0.6)(told)
    assert (verdict.passed, [(s.text, s.field) for s in verdict.evidence]) == (
        True,
        [("This lease is made on the 3rd day of May, 2026, by both.", "effective_date")],
    )


def test_the_canonical_text_has_the_fields_in_their_order_and_null_for_what_is_absent() -> None:
    fields = (
        FieldSettings(name="a"),
        FieldSettings(name="b", type="number"),
        FieldSettings(name="c", type="list"),
    )
    assert canonical_answer({"c": ["x", ""], "b": 2.0}, fields) == '{"a": null, "b": 2, "c": ["x"]}'


def test_leaves_are_every_value_that_is_not_null_with_its_path() -> None:
    found = field_leaves(
        parse_json_object(answer(notice={"days": 5, "form": None})) or {}, FIELDS.fields
    )
    assert [(leaf.path, leaf.top) for leaf in found] == [
        ("depot", "depot"),
        ("trams", "trams"),
        ("start", "start"),
        ("rent", "rent"),
        ("lines", "lines"),
        ("lines", "lines"),
        ("notice.days", "notice"),
    ]
