"""The extraction task: the chunk is the text, the client's typed fields are the question, and the
answer is one JSON object.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, Any, cast

from pydantic import BaseModel, Field, create_model

from factory.core.prompts import Prompt, load_prompt, prompt_text_digest, reason_with_advice
from factory.core.records import Chunk, Draw, Example, Slot, Split, Verdict, digest
from factory.core.schemas import FieldSettings, Json
from factory.core.task_settings import TaskSettings
from factory.tasks import Draft, JudgeClaim, quote_spans
from factory.tasks.whole_chunk import draw_number, fixed_question, one_slot, shared_prefix_length
from factory.teachers import Request
from filters.answers.extraction import (
    canonical_answer,
    extraction_consistency,
    extraction_grounding_filter,
    extraction_schema_filter,
    field_leaves,
    parse_json_object,
    quote_value,
)
from filters.chain import Filter
from filters.consistency.fields import same_fields
from filters.consistency.vote import Compare
from filters.text.corpus_names import IsKnownName, no_known_names

TOKENS_EACH = 120  # of a field's value and its quote
TOKENS_LIST = 400
MOST_TOKENS = 4096
USUAL = "a value of the text"
# Characters and elements that a small teacher may write: without a limit it may never end.
SMALL_TEXT, SMALL_LIST = (
    160,
    8,
)
ISO = r"^\d{4}(-\d{2}(-\d{2})?)?$"

Fields = tuple[FieldSettings, ...]


class Money(BaseModel):
    amount: float
    currency: str


@cache
def extraction_shape(fields: Fields, quotes: bool) -> type[BaseModel]:
    """Return the shape of a reply: every field is present, and null if the text does not state it.
    With `quotes`, each value comes with its evidence.

    Fields have aliases, so that a client may name one `json` or `effective date`.
    """
    if not quotes:
        return _object("Extracted", fields, small=True)
    found = {
        f"field_{i}": (
            _quoted(f, f"Field{i}") | None,
            Field(alias=f.name),
        )  # the quotes come first, so that the value follows from them
        for i, f in enumerate(fields)
    }
    return create_model("Extracted", **cast("dict[str, Any]", found))


def _quoted(field: FieldSettings, name: str) -> type[BaseModel]:
    return create_model(
        f"{name}Found", quotes=(list[str], ...), value=(_type(field, name, small=False), ...)
    )


def _object(name: str, fields: Fields, small: bool) -> type[BaseModel]:
    found = {
        f"field_{i}": (_type(f, f"{name}{i}", small) | None, Field(alias=f.name))
        for i, f in enumerate(fields)
    }
    return create_model(name, **cast("dict[str, Any]", found))


def _type(field: FieldSettings, name: str, small: bool) -> Any:  # noqa: ANN401 - a type made of the recipe
    """Return the type of a field. Bounds are requested but not enforced: a value outside them is a
    fault to repair, not a failed call.
    """
    match field.type:
        case "number":
            return float
        case "money":
            return Money
        case "nested":
            return _object(name, field.fields, small)
        case "list":
            listed: Any = list[_type(field.item, name, small)]  # type: ignore[misc]
            return (
                Annotated[listed, Field(json_schema_extra={"maxItems": SMALL_LIST})]
                if small
                else listed
            )
        case "enum":
            return Annotated[str, Field(json_schema_extra={"enum": list(field.values)})]
        case "date" if small:
            return Annotated[str, Field(json_schema_extra={"pattern": ISO})]
        case _:
            return (
                Annotated[str, Field(json_schema_extra={"maxLength": SMALL_TEXT})] if small else str
            )


@dataclass(frozen=True)
class Extraction:
    """Extract typed fields. `quotes`: whether the teacher quotes evidence for each value; for a
    small teacher, code finds it. `support`: see `filters.answers.extraction`.
    """

    settings: TaskSettings
    quotes: bool
    support: float
    system: str | None = None  # the student's, where the recipe sets one

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def fields(self) -> Fields:
        return self.settings.fields

    @cached_property
    def question(self) -> str:
        """The question, which is the same for all texts."""
        lines = "\n".join(line for f in self.fields for line in _lines(f))
        return fixed_question(
            "extraction_question", wishes=self.settings.instructions, fields=lines
        )

    @property
    def prompts(self) -> tuple[Prompt, Prompt]:
        """The prompts for answering and for repair."""
        return load_prompt("extraction"), load_prompt("extraction_repair")

    @property
    def prompt_digest(self) -> str:
        return digest(
            [p.digest for p in self.prompts], self.question, prompt_text_digest("mend_extraction")
        )

    @property
    def schema(self) -> Filter:
        return extraction_schema_filter(self.fields)

    def grounding(self, known: IsKnownName = no_known_names) -> Filter:
        return extraction_grounding_filter(self.fields, self.support)

    @property
    def filters(self) -> tuple[Filter, ...]:
        return ()

    @property
    def votes(self) -> bool:
        return True

    @property
    def agree(self) -> Compare:
        return same_fields

    @property
    def consistency(self) -> Filter:
        return extraction_consistency

    def slots(self, chunk: Chunk, split: Split) -> list[Slot]:
        return one_slot(chunk, self.name, split)

    def groups(self, slots: list[Slot]) -> list[list[Slot]]:
        return [[slot] for slot in slots]

    def write(self, group: list[Slot]) -> Request:
        return self._asked(group[0].chunk, 1)

    def drafts(self, value: object, group: list[Slot]) -> tuple[list[Draft | None], int]:
        draw = self._read(value, group[0].chunk)
        return [Draft(self.question, draw.response, draw.spans)], 0

    def draw(self, example: Example, number: int) -> Request:
        return self._asked(example.chunk, draw_number(example, number))

    def drawn(self, value: object, example: Example) -> Draw:
        return self._read(value, example.chunk)

    def mends(self, verdict: Verdict) -> bool:
        return verdict.filter != "duplicates"  # it is the text that repeats another one

    def repair(self, slot: Slot, example: Example, verdict: Verdict) -> Request:
        names = {
            "question": self.question,
            "text": slot.chunk.shown,
            "answer": example.response,
            "reason": reason_with_advice("mend_extraction", verdict),
        }
        return self._request(self.prompts[1].fill(**names), draw_number(example, 0, repair=True))

    def messages(self, instruction: str, response: str, chunk: Chunk) -> list[dict[str, str]]:
        system, user = load_prompt("extraction_student").fill(
            question=instruction, text=chunk.shown
        )
        return [
            {"role": "system", "content": self.system or system},
            {"role": "user", "content": user},
            {"role": "assistant", "content": response},
        ]

    def gold(self, instruction: str, response: str) -> tuple[str, str]:
        """Return the question and the object as JSON. Raises ValueError if the response is not an
        object of the recipe's fields.
        """
        found = parse_json_object(response)
        if found is None:
            raise ValueError(
                f'its response is no JSON object, must be one for the task "{self.name}"'
            )
        if odd := next((name for name in found if name not in [f.name for f in self.fields]), ""):
            raise ValueError(
                f'its response holds "{odd}", which is no field of the task "{self.name}"'
            )
        return self.question, canonical_answer(found, self.fields)

    def claims(self, example: Example) -> list[JudgeClaim]:
        """Claim each value, with the evidence of its field."""
        asked = {f.name: _wanted(f) for f in self.fields}
        told = field_leaves(parse_json_object(example.response) or {}, self.fields)
        return [
            JudgeClaim(
                asked[t.top], f"{t.path} is {quote_value(t.value)}", _of_field(example, t.top)
            )
            for t in told
        ]

    def usual_claims(self, example: Example) -> list[JudgeClaim]:
        return [JudgeClaim(_wanted(f), f"{f.name} is {USUAL}", "") for f in self.fields]

    def subject(self, example: Example) -> str:
        return example.chunk.text

    def _asked(self, chunk: Chunk, draw: int) -> Request:
        return self._request(self.prompts[0].fill(question=self.question, text=chunk.shown), draw)

    def _request(self, filled: tuple[str, str], draw: int) -> Request:
        shape = extraction_shape(self.fields, self.quotes)
        return Request(
            *filled,
            shape,
            draw,
            min(MOST_TOKENS, sum(map(_room, self.fields))),
            shared_prefix_length(filled[1], self.question),
        )

    def _read(self, value: object, chunk: Chunk) -> Draw:
        found: dict[str, Any] = cast("BaseModel", value).model_dump(by_alias=True)
        if not self.quotes:
            # Grounding finds its evidence by code.
            return Draw(response=canonical_answer(found, self.fields))
        told = {name: one and one["value"] for name, one in found.items()}
        response = canonical_answer(cast("dict[str, Json]", told), self.fields)
        held = parse_json_object(response) or {}
        spans = [
            s
            for name, one in found.items()
            if one and held.get(name) is not None
            for s in quote_spans(one["quotes"], chunk, name)
        ]
        return Draw(response=response, spans=tuple(spans))


def _of_field(example: Example, field: str) -> str:
    return "\n".join(s.text for s in example.spans if s.field == field)


def _wanted(field: FieldSettings) -> str:
    return f"{field.name} {field.description}".strip()


def _room(field: FieldSettings) -> int:
    own = TOKENS_EACH + sum(map(_room, field.fields))
    return max(own, TOKENS_LIST) if field.type == "list" else own


def _lines(field: FieldSettings, depth: int = 0) -> list[str]:
    """List a field as the question shows it, followed by its nested fields."""
    values = f": {', '.join(field.values)}" if field.values else ""
    kind = f"list of {field.item.type}" if field.type == "list" else field.type
    about = f": {field.description}" if field.description else ""
    line = f"{'  ' * depth}- {field.name} ({kind}{values}){about}"
    return [line, *(inner for f in field.fields for inner in _lines(f, depth + 1))]
