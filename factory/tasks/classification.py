"""The classification task: the chunk is the text, the client's labels are the question, and the
answer is one label.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, cast

from pydantic import BaseModel, Field, create_model

from factory.core.prompts import Prompt, load_prompt, prompt_text_digest, reason_with_advice
from factory.core.records import Chunk, Draw, Example, Slot, Split, Verdict, digest
from factory.core.task_settings import LabelSettings, TaskSettings
from factory.tasks import Draft, JudgeClaim, quote_spans
from factory.tasks.whole_chunk import (
    draw_number,
    fixed_question,
    one_slot,
    shared_prefix_length,
    text_with_headings,
)
from factory.teachers import Request
from filters.answers.classification import label_consistency, label_grounding, label_schema_filter
from filters.chain import Filter
from filters.consistency.labels import normalize_label, same_label
from filters.consistency.vote import Compare
from filters.text.corpus_names import IsKnownName, no_known_names

TOKENS = 250  # of quotes and a label
TOKENS_SHORT = 40


class Labelled(BaseModel):
    label: str


# The quotes come first, so that the label follows from them.
class Shown(BaseModel):
    quotes: list[str]
    label: str


@cache
def label_shape(labels: tuple[str, ...], quotes: bool) -> type[Shown] | type[Labelled]:
    """Return a reply shape that asks for one of the labels but accepts any text. A wrong label is
    then a fault to repair, not a failed call.
    """
    label = Annotated[str, Field(json_schema_extra={"enum": list(labels)})]
    if quotes:
        return create_model("Shown", __base__=Shown, label=(label, ...))
    return create_model("Labelled", __base__=Labelled, label=(label, ...))


@dataclass(frozen=True)
class Classification:
    """Label chunks. `quotes`: whether the teacher quotes the passages that decide; a small teacher
    is asked for the label alone.
    """

    settings: TaskSettings
    quotes: bool
    system: str | None = None  # the student's, where the recipe sets one

    @property
    def name(self) -> str:
        return self.settings.name

    @cached_property
    def labels(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.settings.labels)

    @cached_property
    def question(self) -> str:
        """The question, which is the same for all texts."""
        return fixed_question(
            "classification_question",
            wishes=self.settings.instructions,
            labels="\n".join(map(label_line, self.settings.labels)),
        )

    @property
    def prompts(self) -> tuple[Prompt, Prompt]:
        """The prompts for answering and for repair."""
        return load_prompt("classification"), load_prompt("classification_repair")

    @property
    def prompt_digest(self) -> str:
        return digest(
            [p.digest for p in self.prompts],
            self.question,
            prompt_text_digest("mend_classification"),
        )

    @property
    def schema(self) -> Filter:
        return label_schema_filter(self.labels)

    def grounding(self, known: IsKnownName = no_known_names) -> Filter:
        return label_grounding

    @property
    def filters(self) -> tuple[Filter, ...]:
        return ()

    @property
    def votes(self) -> bool:
        return True

    @property
    def agree(self) -> Compare:
        return same_label

    @property
    def consistency(self) -> Filter:
        return label_consistency

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
            "text": text_with_headings(slot.chunk),
            "answer": example.response,
            "reason": reason_with_advice("mend_classification", verdict),
        }
        return self._request(self.prompts[1].fill(**names), draw_number(example, 0, repair=True))

    def messages(self, instruction: str, response: str, chunk: Chunk) -> list[dict[str, str]]:
        system, user = load_prompt("classification_student").fill(
            question=instruction, text=text_with_headings(chunk)
        )
        return [
            {"role": "system", "content": self.system or system},
            {"role": "user", "content": user},
            {"role": "assistant", "content": response},
        ]

    def gold(self, instruction: str, response: str) -> tuple[str, str]:
        """Return the question and the label. Raises ValueError if the label is not one of the
        recipe's.
        """
        label = self.spelled(response)
        if label not in self.labels:
            raise ValueError(
                f'its response "{response[:60]}" is not a label of the task "{self.name}", '
                "must be one of its labels"
            )
        return self.question, label

    def claims(self, example: Example) -> list[JudgeClaim]:
        """Claim that the text as a whole fits the label's definition."""
        label = next((one for one in self.settings.labels if one.name == example.response), None)
        return [self._claim(example, label_line(label))] if label else []

    def usual_claims(self, example: Example) -> list[JudgeClaim]:
        return [self._claim(example, max(map(label_line, self.settings.labels), key=len))]

    def subject(self, example: Example) -> str:
        return example.chunk.text

    def _claim(self, example: Example, line: str) -> JudgeClaim:
        return JudgeClaim(self.question, line, text_with_headings(example.chunk))

    def _asked(self, chunk: Chunk, draw: int) -> Request:
        return self._request(
            self.prompts[0].fill(question=self.question, text=text_with_headings(chunk)), draw
        )

    def _request(self, filled: tuple[str, str], draw: int) -> Request:
        shape, room = label_shape(self.labels, self.quotes), TOKENS if self.quotes else TOKENS_SHORT
        return Request(*filled, shape, draw, room, shared_prefix_length(filled[1], self.question))

    def _read(self, value: object, chunk: Chunk) -> Draw:
        spans = quote_spans(value.quotes, chunk) if isinstance(value, Shown) else ()
        return Draw(response=self.spelled(cast("Shown | Labelled", value).label), spans=spans)

    def spelled(self, label: str) -> str:
        """Return a label in the client's spelling if it differs only in case, white space or
        punctuation.
        """
        return next(
            (known for known in self.labels if normalize_label(known) == normalize_label(label)),
            label.strip(),
        )


def label_line(label: LabelSettings) -> str:
    return f"- {label.name}" + (
        f": {' '.join((label.definition, label.boundary)).strip()}"
        if label.definition or label.boundary
        else ""
    )
