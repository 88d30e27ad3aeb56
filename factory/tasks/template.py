"""A task composed of parts: what the teacher writes about a chunk, and how it is answered again,
judged and learned.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

from pydantic import BaseModel

from factory.core.prompts import Prompt, load_prompt, prompt_text_digest, reason_with_advice
from factory.core.records import Chunk, Draw, Example, Slot, Split, Verdict, digest
from factory.core.task_settings import TaskSettings
from factory.documents.chunker import MIN_CHUNK_WORDS
from factory.tasks import Draft, JudgeClaim
from factory.tasks.cross_chunk_facts import fact_with_hint
from factory.tasks.prose_check import has_enough_prose
from factory.tasks.qa import SENTENCES, chunk_heading
from factory.tasks.style_variation import manner, manner_digest, single_slot_wishes, wishes
from factory.tasks.whole_chunk import draw_number, shared_prefix_length
from factory.teachers import Request
from filters.chain import Filter
from filters.consistency.vote import Compare
from filters.text.corpus_names import IsKnownName, no_known_names
from filters.text.segment import sentences, words

TOKENS = 400  # of a question, an answer and its quotes
MEND = "mend_composed"
# A small teacher repeats what it is shown, so it gets the reason alone.
AGAIN, AGAIN_SMALL = (
    "rejected",
    "rejected_small",
)
Placeholders = Mapping[str, str]  # of a prompt's placeholders


@dataclass(frozen=True)
class TaskPrompts:
    """The prompts and reply shapes for teacher and student.

    `write` is filled with $wishes, $heading, $chunk and `names`; the other prompts with the result
    of `shown`. A shape for a small teacher does not ask for quotes.
    """

    write: Prompt
    answer: Prompt | None  # None: two readers need not answer alike, so nobody votes
    student: Prompt
    written: type[BaseModel]
    answered: type[BaseModel]
    mend: str = MEND
    tokens: int = TOKENS
    # Extra tokens for each character of the chunk, if the answer grows with it.
    per_letter: float = 0.0
    told: str = ""  # what else bears on the words: part of the prompt's digest
    again: str = AGAIN  # the file that asks anew

    @cached_property
    def repair(self) -> Prompt:
        """The writing prompt, followed by what was rejected and why."""
        again = load_prompt(self.again)
        system, user = (
            f"{self.write.system}\n{again.system}",
            again.user.replace("$asked", self.write.user),
        )
        return Prompt(self.again, system, user, digest(self.write.digest, again.digest))


@dataclass(frozen=True)
class TaskFilters:
    """The filters of a task, and the comparison of two of its answers."""

    schema: Filter
    grounding: Callable[[IsKnownName], Filter]
    agree: Compare
    consistency: Filter
    filters: tuple[Filter, ...] = ()


def _excerpt(instruction: str, chunk: Chunk) -> Placeholders:
    return {"heading": chunk_heading(chunk), "chunk": chunk.text, "question": instruction}


def _sentences(example: Example) -> list[JudgeClaim]:
    evidence = "\n".join(s.text for s in example.spans)
    return [JudgeClaim(example.instruction, s.text, evidence) for s in sentences(example.response)]


def _several(example: Example) -> list[JudgeClaim]:
    return [JudgeClaim(example.instruction, example.instruction, "")] * SENTENCES


def _given(instruction: str, response: str) -> tuple[str, str]:
    if not instruction.strip():
        raise ValueError("its instruction is missing, must be a question")
    return instruction, response


@dataclass(frozen=True)
class TemplateTask:
    """A task built from prompts, filters and small functions. `draft` reads what was written,
    `reread` reads a draw. The defaults are those of questions about an excerpt.
    """

    settings: TaskSettings
    asked: TaskPrompts
    judges: TaskFilters
    draft: Callable[[BaseModel, Slot], Draft]
    reread: Callable[[BaseModel, Example], Draw]
    system: str | None = None  # the student's, where the recipe sets one
    names: Callable[[Slot], Placeholders] = lambda _: {}
    shown: Callable[[str, Chunk], Placeholders] = _excerpt
    # By user and student in turn, the last by the user.
    said: Callable[[str], list[str]] = lambda instruction: [instruction]
    claimed: Callable[[Example], list[JudgeClaim]] = _sentences
    usual: Callable[[Example], list[JudgeClaim]] = _several
    given: Callable[[str, str], tuple[str, str]] = _given
    least: int = MIN_CHUNK_WORDS  # of a chunk that is asked about
    of_chunk: bool = False  # the chunk itself is put into other words: the same question for all
    # Ask for a fact of another chunk, each time the next one; code knows the answer: no vote.
    elsewhere: bool = False
    about: Callable[[Example], str] = lambda example: example.instruction

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """The prompts for writing, for answering if there is a vote, and for repair."""
        again = [] if self.elsewhere else [self.asked.repair]
        return (self.asked.write, *([self.asked.answer] if self.asked.answer else []), *again)

    @property
    def prompt_digest(self) -> str:
        return digest(
            [p.digest for p in self.prompts],
            prompt_text_digest(self.asked.mend),
            self.asked.told,
            *manner_digest(self.settings),
        )

    @property
    def schema(self) -> Filter:
        return self.judges.schema

    def grounding(self, known: IsKnownName = no_known_names) -> Filter:
        return self.judges.grounding(known)

    @property
    def filters(self) -> tuple[Filter, ...]:
        return self.judges.filters

    @property
    def votes(self) -> bool:
        return self.asked.answer is not None and not self.elsewhere

    @property
    def agree(self) -> Compare:
        return self.judges.agree

    @property
    def consistency(self) -> Filter:
        return self.judges.consistency

    def slots(self, chunk: Chunk, split: Split) -> list[Slot]:
        enough = (
            has_enough_prose(chunk, self.least)
            if self.of_chunk
            else len(words(chunk.text)) >= self.least
        )
        count = self.settings.per_chunk if enough else 0
        return [
            Slot(
                id=digest(chunk.digest, self.name, i),
                chunk=chunk,
                task=self.name,
                ordinal=i,
                split=split,
            )
            for i in range(count)
        ]

    def groups(self, slots: list[Slot]) -> list[list[Slot]]:
        return [[slot] for slot in slots]

    def write(self, group: list[Slot]) -> Request:
        (slot,) = group
        filled = self.asked.write.fill(**self._written(slot))
        return Request(*filled, self.asked.written, slot.ordinal + 1, self._room(slot.chunk))

    def drafts(self, value: object, group: list[Slot]) -> tuple[list[Draft | None], int]:
        (slot,) = group
        draft = self.draft(cast("BaseModel", value), slot)
        return [replace(draft, manner={**manner(self.settings, slot), **draft.manner})], 0

    def draw(self, example: Example, number: int) -> Request:
        assert self.asked.answer is not None  # else nobody votes
        filled = self.asked.answer.fill(**self.shown(example.instruction, example.chunk))
        shared = shared_prefix_length(filled[1], example.chunk.text)
        return Request(
            *filled, self.asked.answered, draw_number(example, number), self.asked.tokens, shared
        )

    def drawn(self, value: object, example: Example) -> Draw:
        return self.reread(cast("BaseModel", value), example)

    def mends(self, verdict: Verdict) -> bool:
        # It is the text that repeats another one.
        return not self.of_chunk or verdict.filter != "duplicates"

    def repair(self, slot: Slot, example: Example, verdict: Verdict) -> Request:
        rejected = {
            "rejected": example.instruction,
            "answer": example.response,
            "reason": reason_with_advice(self.asked.mend, verdict),
        }
        turn = len(example.attempts) + 1
        number = 20 * turn + slot.ordinal  # each slot and each repair can get an answer of its own
        filled = (
            self.asked.write.fill(**self._written(slot, turn))
            if self.elsewhere
            else self.asked.repair.fill(
                **self._written(slot),
                **{k: v for k, v in rejected.items() if k in self.asked.repair.names},
            )
        )
        return Request(*filled, self.asked.written, number, self._room(slot.chunk))

    def messages(self, instruction: str, response: str, chunk: Chunk) -> list[dict[str, str]]:
        first, *rest = self.said(instruction)
        system, user = self.asked.student.fill(**self.shown(first, chunk))
        turns = [user, *rest, response]
        told = [
            {"role": ("user", "assistant")[i % 2], "content": turn} for i, turn in enumerate(turns)
        ]
        return [{"role": "system", "content": self.system or system}, *told]

    def gold(self, instruction: str, response: str) -> tuple[str, str]:
        return self.given(instruction, response)

    def claims(self, example: Example) -> list[JudgeClaim]:
        return self.claimed(example)

    def usual_claims(self, example: Example) -> list[JudgeClaim]:
        return self.usual(example)

    def subject(self, example: Example) -> str:
        return example.chunk.text if self.of_chunk else self.about(example)

    def _room(self, chunk: Chunk) -> int:
        return self.asked.tokens + round(self.asked.per_letter * len(chunk.text))

    def _written(self, slot: Slot, turn: int = 0) -> Placeholders:
        if self.elsewhere:
            fact = (
                fact_with_hint(slot.elsewhere[turn % len(slot.elsewhere)]) if slot.elsewhere else ""
            )
            return {
                "wishes": wishes(self.settings, [slot]),
                "heading": chunk_heading(slot.chunk),
                "fact": fact,
            }
        told = {
            "wishes": single_slot_wishes(self.settings, slot),
            "chunk": slot.chunk.text,
            **self.names(slot),
        }
        return (
            {**told, "heading": chunk_heading(slot.chunk)}
            if "heading" in self.asked.write.names
            else told
        )
