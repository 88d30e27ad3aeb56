"""Define the client's own schemas: fields of an extraction and functions of a tool call."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import numpy as np
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from numpy.typing import NDArray
from pydantic import BaseModel, Field, model_validator

Embed = Callable[[Sequence[str]], NDArray[np.float32]]  # (n texts, d), rows of length 1

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

FieldKind = Literal["string", "number", "date", "money", "enum", "list", "nested"]


class FieldSettings(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """A field of an extraction:

    `values` of an enum, `fields` of a nested one, `items` of a list.
    """

    name: str = Field(min_length=1)
    type: FieldKind = "string"
    description: str = ""
    values: tuple[str, ...] = ()
    fields: tuple["FieldSettings", ...] = ()
    items: Literal["string", "number", "date", "money", "enum", "nested"] | None = None
    """Default: an enum if there are values, nested if there are fields, else a string."""

    @model_validator(mode="after")
    def _whole(self) -> "FieldSettings":
        holds = (
            self.items or ("enum" if self.values else "nested" if self.fields else "string")
            if self.type == "list"
            else self.type
        )
        if self.items and self.type != "list":
            raise ValueError('items is set; leave it out, since only a "list" has items')
        if holds == "enum" and len({v for v in self.values if v.strip()}) < max(
            2, len(self.values)
        ):
            raise ValueError(
                'an "enum" must have two or more different values, none of them empty, such as '
                'values = ["lease", "sale"]'
            )
        if self.values and holds != "enum":
            raise ValueError('values is set; leave it out, since only an "enum" has values')
        if (holds == "nested") != bool(self.fields):
            raise ValueError(
                'only a "nested" field has fields, and it must have some, such as '
                'fields = [{ name = "city" }]'
            )
        if twice := repeated([f.name for f in self.fields]):
            raise ValueError(f'two fields are called "{twice}"; give each its own name')
        return self

    @property
    def item(self) -> "FieldSettings":
        """The settings of one element of a list."""
        kind = self.items or ("enum" if self.values else "nested" if self.fields else "string")
        return self.model_copy(update={"type": kind, "items": None})


def repeated(names: Sequence[str]) -> str:
    """Return the first name that occurs twice, ignoring case; empty if none does."""
    folded = [n.casefold() for n in names]
    return next((n for i, n in enumerate(names) if n.casefold() in folded[:i]), "")


class FunctionSettings(BaseModel, frozen=True, extra="forbid"):
    """A function that a tool call may use; `parameters` is the JSON schema of an object."""

    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,63}$")
    description: str = ""
    parameters: dict[str, Any] = Field(default_factory=lambda: {"type": "object", "properties": {}})

    @model_validator(mode="after")
    def _whole(self) -> "FunctionSettings":
        try:
            Draft202012Validator.check_schema(self.parameters)
        except SchemaError as error:
            raise ValueError(
                f'the parameters of "{self.name}" are not a JSON schema: {error.message}'
            ) from error
        if self.parameters.get("type") != "object":
            raise ValueError(
                f'the parameters of "{self.name}" must be the JSON schema of an object: '
                'type = "object"'
            )
        if far := next(
            (ref for ref in _references(self.parameters) if not ref.startswith("#")), ""
        ):
            raise ValueError(
                f'the parameters of "{self.name}" refer to "{far}", but nothing is fetched; '
                'refer to "#/…" within them'
            )
        return self

    @property
    def line(self) -> str:
        """The function as teacher and student see it."""
        return json.dumps(self.model_dump(), ensure_ascii=False)


def _references(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from (
            v for k, v in schema.items() if k in ("$ref", "$dynamicRef") and isinstance(v, str)
        )
    for inner in (
        schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    ):
        yield from _references(inner)


Functions = Sequence[FunctionSettings]
