"""The command recipe: explain every key of a recipe, and check one."""

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from factory.commands import say
from factory.core.errors import UserMistake
from factory.core.recipe import Recipe, read_recipe

WIDTH = 100
INDENT = "    "


class Key:
    """One key of a recipe, such as `train.epochs` or `teachers.0.model`."""

    def __init__(self, path: str, field: FieldInfo) -> None:
        self.path = path
        self.type = _type_words(field.annotation)
        self.default = _default_words(field)
        self.reason = " ".join((field.description or "").split())


def explain_recipe(wanted: str | None) -> None:
    """Print all keys, those of one table, or one key. Raises UserMistake for an unknown key."""
    keys = list(_keys(Recipe, ""))
    name = ".".join(part for part in (wanted or "").split(".") if not part.isdecimal())
    found = [
        key
        for key in keys
        if not name or _plain(key.path) == name or _plain(key.path).startswith(f"{name}.")
    ]
    if not found:
        tables = ", ".join(dict.fromkeys(_plain(key.path).split(".")[0] for key in keys))
        raise UserMistake(f"{wanted} is not a key of a recipe; its tables and keys are {tables}")
    for key in found:
        default = (
            f", default {key.default}"
            if key.default not in ("", "required")
            else ", required"
            if key.default
            else ""
        )
        say(f"{key.path}   ({key.type}{default})")
        for line in wrap(key.reason, WIDTH - len(INDENT)):
            say(f"{INDENT}{line}")


def check_recipe(path: Path) -> None:
    """Print the settings that a run of this recipe would use. Raises UserMistake for a fault."""
    recipe, _ = read_recipe(path)
    say(f"{path}: is a valid recipe. A run would use (keys that it leaves out have their default):")
    for line in _used(recipe, ""):
        say(line)


def _keys(model: type[BaseModel], above: str) -> Iterator[Key]:
    for name, field in model.model_fields.items():
        path = f"{above}{name}"
        yield Key(path, field)
        inner, many = _model_in(field.annotation)
        if inner is not None and inner is not model:
            yield from _keys(inner, f"{path}.0." if many else f"{path}.")


def _plain(path: str) -> str:
    """The path without the places in lists."""
    return path.replace(".0", "")


def _model_in(annotation: Any) -> tuple[type[BaseModel] | None, bool]:  # noqa: ANN401 - any annotation
    """The settings that a key holds, if it holds any, and whether it holds a list of them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    many = get_origin(annotation) in (tuple, list)
    for argument in get_args(annotation):
        if (found := _model_in(argument)[0]) is not None:
            return found, many
    return None, False


def _type_words(annotation: Any) -> str:  # noqa: ANN401 - any annotation
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type_words(arguments[0])
    if origin is Literal:
        return " | ".join(f'"{one}"' if isinstance(one, str) else str(one) for one in arguments)
    if origin in (Union, UnionType):
        return " | ".join(_type_words(one) for one in arguments if one is not type(None))
    if origin in (tuple, list):
        return f"list of {_type_words(arguments[0])}"
    if origin is dict:
        return "table"
    names = {"str": "text", "int": "whole number", "float": "number", "bool": "true | false"}
    name = getattr(annotation, "__name__", str(annotation))
    return (
        "table"
        if isinstance(annotation, type) and issubclass(annotation, BaseModel)
        else names.get(name, name)
    )


def _default_words(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    if default is None or default is PydanticUndefined:
        return "not set"
    if isinstance(default, BaseModel) or (
        isinstance(default, tuple) and any(isinstance(one, BaseModel) for one in default)
    ):
        return ""
    return _toml(default)


def _used(settings: BaseModel, above: str) -> Iterator[str]:
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        default = "" if name in settings.model_fields_set else "   # default"
        if isinstance(value, BaseModel):
            yield from _used(value, f"{above}{name}.")
        elif isinstance(value, tuple) and any(isinstance(one, BaseModel) for one in value):
            for place, one in enumerate(value):
                yield from _used(one, f"{above}{name}.{place}.")
        elif value is not None:
            yield f"{above}{name} = {_toml(value)}{default}"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        return (
            "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
            if value
            else "{}"
        )
    return str(value)
