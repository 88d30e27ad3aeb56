"""Task classification: the chunk is the text, the client's labels are the question, the answer is one label."""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, cast

from pydantic import BaseModel, Field, create_model

from factory.core.prompts import Prompt, advised, prompt, words_digest
from factory.core.records import Chunk, Draw, Example, Slot, Split, Verdict, digest
from factory.core.task_settings import LabelSettings, TaskSettings
from factory.tasks import Claim, Draft, quoted
from factory.tasks.whole_chunk import answered_again, one_slot, prefix_of, question, text_of
from factory.teachers import Request
from filters.answers.classification import labels_agree, one_of, standing
from filters.chain import Filter
from filters.consistency.labels import folded, same_label
from filters.consistency.vote import Compare
from filters.text.corpus_names import Known, nothing

TOKENS = 250  # of quotes and a label
TOKENS_SHORT = 40


class Labelled(BaseModel):
    label: str


# The quotes come first, so that the label follows from them.
class Shown(BaseModel):
    quotes: list[str]
    label: str


@cache
def labelled(labels: tuple[str, ...], quotes: bool) -> type[Shown] | type[Labelled]:
    """A shape that asks for one of the labels and accepts any text: another one is a fault to be mended, not a failed call."""
    label = Annotated[str, Field(json_schema_extra={"enum": list(labels)})]
    if quotes:
        return create_model("Shown", __base__=Shown, label=(label, ...))
    return create_model("Labelled", __base__=Labelled, label=(label, ...))


@dataclass(frozen=True)
class Classification:
    """`quotes`: whether the teacher shows what decided; a small one is asked for the label alone."""

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
        """The same for all texts."""
        return question("classification_question", wishes=self.settings.instructions, labels="\n".join(map(line_of, self.settings.labels)))

    @property
    def prompts(self) -> tuple[Prompt, Prompt]:
        """Answer and repair."""
        return prompt("classification"), prompt("classification_repair")

    @property
    def prompt_digest(self) -> str:
        return digest([p.digest for p in self.prompts], self.question, words_digest("mend_classification"))

    @property
    def schema(self) -> Filter:
        return one_of(self.labels)

    def grounding(self, known: Known = nothing) -> Filter:
        return standing

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
        return labels_agree

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
        return self._asked(example.chunk, answered_again(example, number))

    def drawn(self, value: object, example: Example) -> Draw:
        return self._read(value, example.chunk)

    def mends(self, verdict: Verdict) -> bool:
        return verdict.filter != "duplicates"  # it is the text that repeats another one

    def repair(self, slot: Slot, example: Example, verdict: Verdict) -> Request:
        names = {
            "question": self.question,
            "text": text_of(slot.chunk),
            "answer": example.response,
            "reason": advised("mend_classification", verdict),
        }
        return self._request(self.prompts[1].fill(**names), answered_again(example, 0, repair=True))

    def messages(self, instruction: str, response: str, chunk: Chunk) -> list[dict[str, str]]:
        system, user = prompt("classification_student").fill(question=instruction, text=text_of(chunk))
        return [
            {"role": "system", "content": self.system or system},
            {"role": "user", "content": user},
            {"role": "assistant", "content": response},
        ]

    def gold(self, instruction: str, response: str) -> tuple[str, str]:
        """Raises ValueError where the label is none of the recipe's."""
        label = self.spelled(response)
        if label not in self.labels:
            raise ValueError(f'its response "{response[:60]}" is no label of the task "{self.name}", must be one of its labels')
        return self.question, label

    def claims(self, example: Example) -> list[Claim]:
        """That the text as a whole fits the label's definition."""
        label = next((one for one in self.settings.labels if one.name == example.response), None)
        return [self._claim(example, line_of(label))] if label else []

    def usual_claims(self, example: Example) -> list[Claim]:
        return [self._claim(example, max(map(line_of, self.settings.labels), key=len))]

    def subject(self, example: Example) -> str:
        return example.chunk.text

    def _claim(self, example: Example, line: str) -> Claim:
        return Claim(self.question, line, text_of(example.chunk))

    def _asked(self, chunk: Chunk, draw: int) -> Request:
        return self._request(self.prompts[0].fill(question=self.question, text=text_of(chunk)), draw)

    def _request(self, filled: tuple[str, str], draw: int) -> Request:
        shape, room = labelled(self.labels, self.quotes), TOKENS if self.quotes else TOKENS_SHORT
        return Request(*filled, shape, draw, room, prefix_of(filled[1], self.question))

    def _read(self, value: object, chunk: Chunk) -> Draw:
        spans = quoted(value.quotes, chunk) if isinstance(value, Shown) else ()
        return Draw(response=self.spelled(cast("Shown | Labelled", value).label), spans=spans)

    def spelled(self, label: str) -> str:
        """A label in the client's spelling, where it is one of the client's but for case, white space and punctuation."""
        return next((known for known in self.labels if folded(known) == folded(label)), label.strip())


def line_of(label: LabelSettings) -> str:
    return f"- {label.name}" + (f": {' '.join((label.definition, label.boundary)).strip()}" if label.definition or label.boundary else "")
