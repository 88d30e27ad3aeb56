"""Schemas of the client's own: the fields of an extraction, the functions of a tool call, and values of JSON."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import numpy as np
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from numpy.typing import NDArray
from pydantic import BaseModel, Field, model_validator

Embed = Callable[[Sequence[str]], NDArray[np.float32]]  # one row of length 1 for each text

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

Kind = Literal["string", "number", "date", "money", "enum", "list", "nested"]


class FieldSettings(BaseModel, frozen=True, extra="forbid"):
    """One field of the client's; `values` of an enum, `fields` of a nested one, `items`: what a list holds."""

    name: str = Field(min_length=1)
    type: Kind = "string"
    description: str = ""
    values: tuple[str, ...] = ()
    fields: tuple["FieldSettings", ...] = ()
    items: Literal["string", "number", "date", "money", "enum", "nested"] | None = None  # default: by values or fields, else string

    @model_validator(mode="after")
    def _whole(self) -> "FieldSettings":
        holds = self.items or ("enum" if self.values else "nested" if self.fields else "string") if self.type == "list" else self.type
        if self.items and self.type != "list":
            raise ValueError('items is set, must be left out: only a "list" has items')
        if holds == "enum" and len({v for v in self.values if v.strip()}) < max(2, len(self.values)):
            raise ValueError('an "enum" must have two or more different values, none of them empty, such as values = ["lease", "sale"]')
        if self.values and holds != "enum":
            raise ValueError('values is set, must be left out: only an "enum" has values')
        if (holds == "nested") != bool(self.fields):
            raise ValueError('a "nested" field and no other must have fields, such as fields = [{ name = "city" }]')
        if twice := repeated([f.name for f in self.fields]):
            raise ValueError(f'two fields are called "{twice}", names must differ')
        return self

    @property
    def item(self) -> "FieldSettings":
        """One element of a list."""
        kind = self.items or ("enum" if self.values else "nested" if self.fields else "string")
        return self.model_copy(update={"type": kind, "items": None})


def repeated(names: Sequence[str]) -> str:
    """The first name that stands there twice but for its case."""
    folded = [n.casefold() for n in names]
    return next((n for i, n in enumerate(names) if n.casefold() in folded[:i]), "")


class FunctionSettings(BaseModel, frozen=True, extra="forbid"):
    """One function of the client's; `parameters` is the JSON schema of an object."""

    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,63}$")
    description: str = ""
    parameters: dict[str, Any] = Field(default_factory=lambda: {"type": "object", "properties": {}})

    @model_validator(mode="after")
    def _whole(self) -> "FunctionSettings":
        try:
            Draft202012Validator.check_schema(self.parameters)
        except SchemaError as error:
            raise ValueError(f'the parameters of "{self.name}" are no JSON schema: {error.message}') from error
        if self.parameters.get("type") != "object":
            raise ValueError(f'the parameters of "{self.name}" must be the JSON schema of an object: type = "object"')
        if far := next((ref for ref in _references(self.parameters) if not ref.startswith("#")), ""):
            raise ValueError(f'the parameters of "{self.name}" refer to "{far}", must refer to "#/…" of their own: nothing is fetched')
        return self

    @property
    def line(self) -> str:
        """As teacher and student are told it."""
        return json.dumps(self.model_dump(), ensure_ascii=False)


def _references(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from (v for k, v in schema.items() if k in ("$ref", "$dynamicRef") and isinstance(v, str))
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _references(inner)


Functions = Sequence[FunctionSettings]
