"""Fields: which of them are right, and whether an answer has its task's shape."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.core.task_settings import TaskSettings
from factory.evaluation.metrics.fields import field_counts, field_f1, has_task_shape
from factory.evaluation.metrics.labels import LabelScore, label_scores

FIELDS = ["trams", "start", "use"]
REFERENCE = {"trams": 11, "start": "2026-05-03", "use": None}
VALUES = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from([None, 11, 12, "2026-05-03", "day"]) for name in FIELDS}
)


def by_field(*pairs: tuple[object, object]) -> dict[str, LabelScore]:
    texts = [(json.dumps(a) if isinstance(a, dict) else str(a), json.dumps(b)) for a, b in pairs]
    return label_scores(field_counts(texts, FIELDS), FIELDS)


def test_by_hand() -> None:
    found = by_field(
        ({"trams": "11", "start": "2026-05-04"}, REFERENCE),
        ({"use": "day"}, REFERENCE),
        ("eleven trams", REFERENCE),
    )
    assert found == {
        "trams": LabelScore(precision=1, recall=0.333333, f1=0.5, n=3),  # 11 as a text is 11
        "start": LabelScore(precision=0, recall=0, f1=0, n=3),
        "use": LabelScore(precision=0, recall=0, f1=0, n=0),  # said of nothing
    }


@given(said=VALUES, right=VALUES)
@settings(max_examples=60, deadline=None)
def test_of_one_answer_the_fields_together_have_the_f1_of_the_whole(
    said: dict[str, object], right: dict[str, object]
) -> None:
    counts = field_counts([(json.dumps(said), json.dumps(right))], FIELDS)[0]
    same, wrong, missed = (counts[start::3].sum() for start in range(3))
    whole = 2 * same / (2 * same + wrong + missed) if counts.any() else 1.0
    assert field_f1(json.dumps(said), json.dumps(right)) == pytest.approx(whole)


def task(**settings: object) -> TaskSettings:
    return TaskSettings.model_validate(settings)


TERMS = task(kind="extraction", fields=[{"name": "trams", "type": "number"}])
TOPIC = task(kind="classification", labels=[{"name": "complaint"}, {"name": "praise"}])
CALL = task(
    kind="tool_call",
    functions=[
        {
            "name": "wash",
            "parameters": {"type": "object", "properties": {"trams": {"type": "integer"}}},
        }
    ],
)


@pytest.mark.parametrize(
    ("kind", "answer", "expected"),
    [
        (TERMS, '{"trams": 11}', True),
        (TERMS, ' {"trams": null}\n', True),
        (TERMS, '{"trams": "eleven"}', False),
        (TERMS, 'Here it is: {"trams": 11}', False),
        (TERMS, '{"trams": 11, "colour": "red"}', False),
        (TOPIC, "complaint", True),
        (TOPIC, "Complaint", False),
        (TOPIC, "It is a complaint.", False),
        (CALL, '{"name": "wash", "arguments": {"trams": 11}}', True),
        (CALL, '{"name": "wash", "arguments": {"trams": "all"}}', False),
        (CALL, "wash 11 trams", False),
        (task(), "11 trams", None),
        (task(kind="summarization"), "Trams are washed.", None),
    ],
)
def test_an_answer_fits_where_it_has_the_shape_that_its_task_asks_for(
    kind: TaskSettings, answer: str, expected: bool | None
) -> None:
    assert has_task_shape(answer, kind) == expected
