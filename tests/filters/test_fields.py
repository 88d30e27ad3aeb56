"""When two objects say the same, and which have other fields than their schema."""

import pytest

from factory.records import Verdict
from filters.fields import same_fields, shaped
from tests.world import example


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"days": 14}', '{"days": "14 days", "chief": null}'),
        ('{"keys": ["north gate", "south gate"]}', '{"keys": ["South gate", "north gate"]}'),
        ('{"opens": "6 am"}', '```json\n{"opens": "6:00"}\n```'),
        ('{"washed": true}', '{"washed": "yes"}'),
    ],
)
def test_objects_agree_field_by_field(one: str, other: str) -> None:
    assert same_fields(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"days": 14}', '{"days": 15}'),
        ('{"days": "14 days"}', '{"days": "14 hours"}'),
        ('{"chief": "Ada Finch"}', '{"chief": null}'),
        ('{"chief": "Ada Finch"}', '{"driver": "Ada Finch"}'),
        ('{"keys": ["north gate", "south gate"]}', '{"keys": ["north gate"]}'),
        ('{"chief": {"name": "Finch"}}', '{"chief": "Finch"}'),
        ('{"days": 14}', "14 days"),
        ("14 days", "14 days"),
    ],
)
def test_objects_disagree_in_one_field(one: str, other: str) -> None:
    assert not same_fields(one, other)


def test_an_object_of_the_schema_passes_whatever_it_leaves_out() -> None:
    assert shaped(("days", "chief"))(example(response='{"days": 14}')) == Verdict(filter="fields", passed=True)


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ("14 days", "The answer is no JSON object; answer with one that has the fields days, chief."),
        ('{"days": 14, "driver": "Brook"}', '"driver" is none of the fields; only days, chief may stand in the answer.'),
        ('{"days": null, "chief": ""}', "Every field of the answer is empty."),
    ],
)
def test_an_object_outside_the_schema_is_rejected(response: str, reason: str) -> None:
    assert shaped(("days", "chief"))(example(response=response)) == Verdict(filter="fields", passed=False, reason=reason)
