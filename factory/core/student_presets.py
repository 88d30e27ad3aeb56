"""Read the presets of student families from data/students.toml, without torch."""

import math
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from pydantic import BaseModel

AUTO = "auto"


class PresetTraining(BaseModel, frozen=True, extra="forbid"):
    """The [train] keys that a preset sets unless the recipe does; None: not set."""

    modules: tuple[str, ...] | None = None
    quantize: bool | None = None
    learning_rate: float | None = None


class Preset(BaseModel, frozen=True, extra="forbid"):
    """An entry of data/students.toml, which explains each field."""

    name: str
    why: str
    sources: tuple[str, ...]
    model_types: tuple[str, ...] = ()
    parameters: float = 0.0
    end: str | None = None
    thinking: str | None = None
    train: PresetTraining


@cache
def all_presets() -> tuple[Preset, ...]:
    text = files("data").joinpath("students.toml").read_text(encoding="utf-8")
    return tuple(Preset.model_validate(one) for one in tomllib.loads(text)["preset"])


def preset_names() -> tuple[str, ...]:
    return (AUTO, *(one.name for one in all_presets()))


def thinking_variables() -> tuple[str, ...]:
    """Return the variables of chat templates that turn thinking on or off."""
    return tuple(dict.fromkeys(one.thinking for one in all_presets() if one.thinking))


def presets_for(wanted: Sequence[str], model_type: str, parameters: float) -> tuple[Preset, ...]:
    """Return the presets that a recipe's names mean for a student, its own first.

    If they name no student's preset ("auto"), it is found by type and size; `parameters` is in
    billions. A later preset wins over an earlier one.
    """
    return _joined(wanted, nearest_preset(model_type, parameters))


def presets_by_name(wanted: Sequence[str], base: str) -> tuple[Preset, ...]:
    """Return the presets without a config to read: the family is found in the base's name."""
    called = [one for one in all_presets() if one.model_types and _family(one) in base.casefold()]
    return _joined(wanted, sorted(called, key=lambda one: len(_family(one)))[-1:])


def _joined(wanted: Sequence[str], found: Sequence[Preset]) -> tuple[Preset, ...]:
    named = [one for one in all_presets() if one.name in wanted]
    own = [one for one in named if one.model_types] or found
    return (*own, *(one for one in named if not one.model_types))


def _family(preset: Preset) -> str:
    """Return the name without its size, unless another family shares the model type."""
    alone = sum(preset.model_types == one.model_types for one in all_presets()) == 1
    return (preset.name.rpartition("-")[0] if alone else preset.name).casefold()


def nearest_preset(model_type: str, parameters: float) -> tuple[Preset, ...]:
    """Return the preset of this model type whose size is nearest by ratio, or none."""
    family = [one for one in all_presets() if model_type in one.model_types]
    return (
        (min(family, key=lambda one: abs(math.log(one.parameters / parameters))),) if family else ()
    )


def unusual_end(chosen: Sequence[Preset], end: str) -> str:
    """Return what is unusual about the end token of a chat template; empty if nothing is."""
    family = [one for one in chosen if one.end]
    return (
        f"{family[0].name}'s is {family[0].end}; is this the version that was tuned to chat?"
        if family and family[0].end != end
        else ""
    )
