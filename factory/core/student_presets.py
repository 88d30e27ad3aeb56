"""Presets: what suits a family of students, read from data/students.toml; free of torch."""

import math
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from pydantic import BaseModel

AUTO = "auto"


class Filled(BaseModel, frozen=True, extra="forbid"):
    """What a preset says of [train] where the recipe says nothing; None: nothing either."""

    modules: tuple[str, ...] | None = None
    quantize: bool | None = None
    learning_rate: float | None = None


class Preset(BaseModel, frozen=True, extra="forbid"):
    """One entry of data/students.toml, where each field is explained."""

    name: str
    why: str
    sources: tuple[str, ...]
    model_types: tuple[str, ...] = ()
    parameters: float = 0.0
    end: str | None = None
    thinking: str | None = None
    train: Filled


@cache
def known() -> tuple[Preset, ...]:
    text = files("data").joinpath("students.toml").read_text(encoding="utf-8")
    return tuple(Preset.model_validate(one) for one in tomllib.loads(text)["preset"])


def names() -> tuple[str, ...]:
    return (AUTO, *(one.name for one in known()))


def switches() -> tuple[str, ...]:
    """The variables of chat templates that turn thinking on or off."""
    return tuple(dict.fromkeys(one.thinking for one in known() if one.thinking))


def chosen(wanted: Sequence[str], model_type: str, parameters: float) -> tuple[Preset, ...]:
    """The presets that a recipe's names mean for a student, its own first; "auto", or no student's name at all: by type and size.

    parameters: in thousand millions. A later preset wins over an earlier one.
    """
    return _joined(wanted, nearest(model_type, parameters))


def by_name(wanted: Sequence[str], base: str) -> tuple[Preset, ...]:
    """The same for who has no config to read: where no student is named, the one whose family is called in the base's name."""
    called = [one for one in known() if one.model_types and _family(one) in base.casefold()]
    return _joined(wanted, sorted(called, key=lambda one: len(_family(one)))[-1:])


def _joined(wanted: Sequence[str], found: Sequence[Preset]) -> tuple[Preset, ...]:
    named = [one for one in known() if one.name in wanted]
    own = [one for one in named if one.model_types] or found
    return (*own, *(one for one in named if not one.model_types))


def _family(preset: Preset) -> str:
    """Its name without a size; with it where another family shares the model type, and so the size decides."""
    alone = sum(preset.model_types == one.model_types for one in known()) == 1
    return (preset.name.rpartition("-")[0] if alone else preset.name).casefold()


def nearest(model_type: str, parameters: float) -> tuple[Preset, ...]:
    """The one preset of this model type whose size is nearest by ratio, or none."""
    family = [one for one in known() if model_type in one.model_types]
    return (min(family, key=lambda one: abs(math.log(one.parameters / parameters))),) if family else ()


def unlike(chosen: Sequence[Preset], end: str) -> str:
    """What is odd about the end of an answer in a student's chat template; empty where nothing is."""
    family = [one for one in chosen if one.end]
    return f"{family[0].name}'s is {family[0].end}; is this the version that was tuned to chat?" if family and family[0].end != end else ""
