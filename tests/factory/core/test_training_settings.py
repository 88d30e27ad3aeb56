"""The rules of the student's and the training's settings; no torch needed."""

import pytest
from pydantic import ValidationError

from factory.core.training_settings import StudentSettings, TrainSettings, learning_rate_for


def test_the_learning_rate_is_halved_under_1000_rows() -> None:
    assert [learning_rate_for(TrainSettings(), rows) for rows in (999, 1000)] == [1e-4, 2e-4]


def test_a_learning_rate_of_the_recipe_beats_the_rule() -> None:
    assert learning_rate_for(TrainSettings(learning_rate=3e-5), 10) == 3e-5


def test_a_batch_is_a_multiple_of_its_rows_at_once() -> None:
    assert [TrainSettings(batch=batch).rows_at_once for batch in (2, 6, 7, 16)] == [2, 3, 1, 4]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"epochs": 0}, "must be above 0"),
        ({"learning_rate": -1.0}, "must be above 0"),
        ({"max_steps": 0}, "must be above 0"),
        ({"dropout": 1.0}, "must be at least 0 and below 1"),
        ({"modules": ()}, "must name at least one layer"),
        ({"epoch": 3}, "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_setting_is_refused_in_a_sentence(
    changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        TrainSettings.model_validate(changes)


def test_a_student_without_a_name_is_refused() -> None:
    with pytest.raises(
        ValidationError, match="must name a local folder, a .gguf file or a hub model"
    ):
        StudentSettings(base=" ")


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        TrainSettings().rank = 8  # type: ignore[misc]
