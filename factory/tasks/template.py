"""A task made of parts: what the teacher writes about a chunk, how it is answered again, judged and learned. No kind derives from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

from pydantic import BaseModel

from factory.core.prompts import Prompt, advised, prompt, words_digest
from factory.core.records import Chunk, Draw, Example, Slot, Split, Verdict, digest
from factory.core.task_settings import TaskSettings
from factory.documents.chunker import LEAST_WORDS
from factory.tasks import Claim, Draft
from factory.tasks.cross_chunk_facts import hinted
from factory.tasks.prose_check import retellable
from factory.tasks.qa import SENTENCES, heading
from factory.tasks.style_variation import alone, manner, manner_digest, wishes
from factory.tasks.whole_chunk import answered_again, prefix_of
from factory.teachers import Request
from filters.chain import Filter
from filters.consistency.vote import Compare
from filters.text.corpus_names import Known, nothing
from filters.text.segment import sentences, words

TOKENS = 400  # of a question, an answer and its quotes
MEND = "mend_composed"
AGAIN, AGAIN_SMALL = "rejected", "rejected_small"  # a small teacher repeats what it is shown: it is told the reason alone
Names = Mapping[str, str]  # of a prompt's placeholders


@dataclass(frozen=True)
class Asked:
    """What the teacher is asked and the student is told. `write` is filled with $wishes, $heading, $chunk and `names`; the others
    with `shown` of the instruction. A shape of a small teacher asks for no quotes."""

    write: Prompt
    answer: Prompt | None  # None: two readers need not answer alike, so nobody votes
    student: Prompt
    written: type[BaseModel]
    answered: type[BaseModel]
    mend: str = MEND
    tokens: int = TOKENS
    per_letter: float = 0.0  # more tokens for each character of the chunk, where the answer grows with it
    told: str = ""  # what else bears on the words: part of the prompt's digest
    again: str = AGAIN  # the file that asks anew

    @cached_property
    def repair(self) -> Prompt:
        """What writes, shown what was rejected and why."""
        again = prompt(self.again)
        system, user = f"{self.write.system}\n{again.system}", again.user.replace("$asked", self.write.user)
        return Prompt(self.again, system, user, digest(self.write.digest, again.digest))


@dataclass(frozen=True)
class Judges:
    """Who judges an example of the task, and how two of its answers compare."""

    schema: Filter
    grounding: Callable[[Known], Filter]
    agree: Compare
    consistency: Filter
    filters: tuple[Filter, ...] = ()


def _excerpt(instruction: str, chunk: Chunk) -> Names:
    return {"heading": heading(chunk), "chunk": chunk.text, "question": instruction}


def _sentences(example: Example) -> list[Claim]:
    evidence = "\n".join(s.text for s in example.spans)
    return [Claim(example.instruction, s.text, evidence) for s in sentences(example.response)]


def _several(example: Example) -> list[Claim]:
    return [Claim(example.instruction, example.instruction, "")] * SENTENCES


def _given(instruction: str, response: str) -> tuple[str, str]:
    if not instruction.strip():
        raise ValueError("its instruction is missing, must be a question")
    return instruction, response


@dataclass(frozen=True)
class Composed:
    """`draft` reads what was written, `reread` a draw. Whatever a kind leaves out is as with questions about an excerpt."""

    settings: TaskSettings
    asked: Asked
    judges: Judges
    draft: Callable[[BaseModel, Slot], Draft]
    reread: Callable[[BaseModel, Example], Draw]
    system: str | None = None  # the student's, where the recipe sets one
    names: Callable[[Slot], Names] = lambda _: {}
    shown: Callable[[str, Chunk], Names] = _excerpt
    said: Callable[[str], list[str]] = lambda instruction: [instruction]  # by user and student in turn, the last by the user
    claimed: Callable[[Example], list[Claim]] = _sentences
    usual: Callable[[Example], list[Claim]] = _several
    given: Callable[[str, str], tuple[str, str]] = _given
    least: int = LEAST_WORDS  # of a chunk that is asked about
    of_chunk: bool = False  # the chunk itself is put into other words: the same question for all
    elsewhere: bool = False  # it is asked for a fact of another chunk, each time for the next one; code knows the answer, nobody votes
    about: Callable[[Example], str] = lambda example: example.instruction

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """Write, answer if anyone votes, and repair."""
        again = [] if self.elsewhere else [self.asked.repair]
        return (self.asked.write, *([self.asked.answer] if self.asked.answer else []), *again)

    @property
    def prompt_digest(self) -> str:
        return digest([p.digest for p in self.prompts], words_digest(self.asked.mend), self.asked.told, *manner_digest(self.settings))

    @property
    def schema(self) -> Filter:
        return self.judges.schema

    def grounding(self, known: Known = nothing) -> Filter:
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
        enough = retellable(chunk, self.least) if self.of_chunk else len(words(chunk.text)) >= self.least
        count = self.settings.per_chunk if enough else 0
        return [Slot(id=digest(chunk.digest, self.name, i), chunk=chunk, task=self.name, ordinal=i, split=split) for i in range(count)]

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
        shared = prefix_of(filled[1], example.chunk.text)
        return Request(*filled, self.asked.answered, answered_again(example, number), self.asked.tokens, shared)

    def drawn(self, value: object, example: Example) -> Draw:
        return self.reread(cast("BaseModel", value), example)

    def mends(self, verdict: Verdict) -> bool:
        return not self.of_chunk or verdict.filter != "duplicates"  # it is the text that repeats another one

    def repair(self, slot: Slot, example: Example, verdict: Verdict) -> Request:
        rejected = {"rejected": example.instruction, "answer": example.response, "reason": advised(self.asked.mend, verdict)}
        turn = len(example.attempts) + 1
        number = 20 * turn + slot.ordinal  # each slot and each repair can get an answer of its own
        filled = (
            self.asked.write.fill(**self._written(slot, turn))
            if self.elsewhere
            else self.asked.repair.fill(**self._written(slot), **{k: v for k, v in rejected.items() if k in self.asked.repair.names})
        )
        return Request(*filled, self.asked.written, number, self._room(slot.chunk))

    def messages(self, instruction: str, response: str, chunk: Chunk) -> list[dict[str, str]]:
        first, *rest = self.said(instruction)
        system, user = self.asked.student.fill(**self.shown(first, chunk))
        turns = [user, *rest, response]
        told = [{"role": ("user", "assistant")[i % 2], "content": turn} for i, turn in enumerate(turns)]
        return [{"role": "system", "content": self.system or system}, *told]

    def gold(self, instruction: str, response: str) -> tuple[str, str]:
        return self.given(instruction, response)

    def claims(self, example: Example) -> list[Claim]:
        return self.claimed(example)

    def usual_claims(self, example: Example) -> list[Claim]:
        return self.usual(example)

    def subject(self, example: Example) -> str:
        return example.chunk.text if self.of_chunk else self.about(example)

    def _room(self, chunk: Chunk) -> int:
        return self.asked.tokens + round(self.asked.per_letter * len(chunk.text))

    def _written(self, slot: Slot, turn: int = 0) -> Names:
        if self.elsewhere:
            fact = hinted(slot.elsewhere[turn % len(slot.elsewhere)]) if slot.elsewhere else ""
            return {"wishes": wishes(self.settings, [slot]), "heading": heading(slot.chunk), "fact": fact}
        told = {"wishes": alone(self.settings, slot), "chunk": slot.chunk.text, **self.names(slot)}
        return {**told, "heading": heading(slot.chunk)} if "heading" in self.asked.write.names else told
