"""Presets: chosen by a student's type and size, filled in behind the recipe; no torch needed."""

import pytest
from pydantic import ValidationError

from factory.core import student_presets
from factory.core.training_settings import TrainSettings, learning_rate_for


def chosen(
    wanted: str | tuple[str, ...], model_type: str = "qwen3", size: float = 4.0
) -> list[str]:
    return [
        one.name
        for one in student_presets.presets_for(
            TrainSettings(preset=wanted).presets, model_type, size
        )
    ]


def filled(settings: TrainSettings, model_type: str = "qwen3") -> TrainSettings:
    return settings.filled(student_presets.presets_for(settings.presets, model_type, 4.0))


@pytest.mark.parametrize(
    ("size", "name"),
    [(0.135, "SmolLM2-135M"), (0.36, "SmolLM2-135M"), (3.2, "Llama-3.x-8B"), (70, "Llama-3.x-8B")],
)
def test_of_two_presets_of_a_type_the_nearest_size_is_taken(size: float, name: str) -> None:
    assert chosen("auto", "llama", size) == [name]


def test_a_type_without_a_preset_has_none() -> None:
    assert chosen("auto", "mistral", 7) == []


def test_gentle_joins_the_students_own_preset() -> None:
    assert [chosen("gentle"), chosen(("Gemma-2-9B", "gentle"))] == [
        ["Qwen3-4B", "gentle"],
        ["Gemma-2-9B", "gentle"],
    ]


def test_gentle_is_a_quarter_of_the_usual_rate() -> None:
    assert learning_rate_for(filled(TrainSettings(preset="gentle")), 5000) == 5e-5


def test_the_recipes_own_keys_win_over_a_preset() -> None:
    own = TrainSettings(preset="gentle", learning_rate=3e-4, modules=("q_proj",))
    assert (filled(own).learning_rate, filled(own).modules) == (3e-4, ("q_proj",))


def test_a_hybrid_is_trained_in_sixteen_bits_unless_the_recipe_says_otherwise() -> None:
    both = [
        filled(one, "qwen3_5").quantize for one in (TrainSettings(), TrainSettings(quantize=True))
    ]
    assert both == [False, True]


def test_a_preset_is_told_only_where_one_is_named() -> None:
    told = [
        one.model_dump(mode="json").get("preset")
        for one in (TrainSettings(), TrainSettings(preset=("Qwen3-4B", "gentle")))
    ]
    assert told == [None, ["Qwen3-4B", "gentle"]]


@pytest.mark.parametrize(
    ("preset", "sentence"),
    [
        ("tender", "must be one or a list of auto, SmolLM2-135M, "),
        ((), "must be one or a list of auto"),
        (("Qwen3-4B", "Gemma-2-9B"), "must name at most one student's preset; only gentle can be added to it"),
    ],
)
def test_a_preset_that_is_none_is_refused(preset: str | tuple[str, ...], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        TrainSettings(preset=preset)


def test_every_preset_has_a_reason_and_a_source() -> None:
    assert [
        one.name for one in student_presets.all_presets() if not (one.why and one.sources)
    ] == []
