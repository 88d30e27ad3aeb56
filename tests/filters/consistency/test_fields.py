"""When two objects say the same."""

import pytest

from filters.consistency.fields import same_fields


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
