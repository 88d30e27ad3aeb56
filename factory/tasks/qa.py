"""The qa task: questions that staff ask about the chunk, each answered from its evidence."""

from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Annotated, cast

from pydantic import BaseModel, Field, create_model

from factory.core.prompts import Prompt, load_prompt, prompt_text_digest, reason_with_advice
from factory.core.records import Chunk, Draw, Example, Slot, Split, Verdict, digest
from factory.core.task_settings import TaskSettings
from factory.documents.checkable_facts import CheckableFact, find_facts
from factory.documents.chunker import MIN_CHUNK_WORDS
from factory.tasks import Draft, JudgeClaim, quote_spans
from factory.tasks.closed_book import (
    SECOND_QUESTIONS_FROM,
    HeldOutShares,
    assign_slot_splits,
    repeated_facts,
)
from factory.tasks.style_variation import manner, manner_digest, wishes
from factory.teachers import Request
from filters.chain import Filter
from filters.consistency.vote import Compare, agree, consistency
from filters.grounding.grounding import SUPPORT, grounding
from filters.schema.grammar import wording
from filters.schema.relevance import relevance
from filters.schema.schema import schema
from filters.text.corpus_names import IsKnownName, no_known_names
from filters.text.segment import sentences, words

TOKENS_EACH = 250  # room for one question, answer and quotes
TOKENS_SHORT = 96
MOST = 20  # questions about a chunk, as many as per_chunk may say
SENTENCES = 2  # of an answer, at most as a rule


# Shapes have no docstrings: a docstring would be sent with the schema, and changing a word of it
# would buy everything again.


# The question that a small teacher writes about a fact with a hint. The answer is the text that the
# hint replaces.
class Asked(BaseModel):
    # No hint left standing, and no broken JSON.
    question: Annotated[str, Field(pattern=r'^[A-Z][^"\\_\[\]()?\n]{10,220}\?$')]


# A small teacher's answer; without a limit it may never end.
class Short(BaseModel):
    answer: Annotated[str, Field(max_length=160)]


# An answer with the passages that bear it out.
class Quoted(BaseModel):
    answer: str
    quotes: list[str]


# One example as a teacher writes it.
class Written(BaseModel):
    question: str
    answer: str
    quotes: list[str]


class Several(BaseModel):
    examples: list[Written]


@cache
def examples_shape(count: int) -> type[Several]:
    """Return a reply shape that asks for `count` examples and accepts fewer, so that a missing one
    costs one slot and not the whole call.
    """
    listed = Annotated[
        list[Written], Field(json_schema_extra={"minItems": count, "maxItems": count})
    ]
    return create_model("Several", __base__=Several, examples=(listed, ...))


@dataclass(frozen=True)
class QA:
    """Questions and answers. `one_fact`: the teacher is given one sentence and the words to ask
    for; otherwise it chooses and quotes.
    """

    settings: TaskSettings
    one_fact: bool
    examples_per_call: int
    system: str | None = None  # the student's, where the recipe sets one
    support: float = SUPPORT  # least share of an answer's content words in its evidence
    # Closed-book: the shares of the facts that get a second question for a held-out set.
    shares: HeldOutShares = HeldOutShares()

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def prompts(self) -> tuple[Prompt, Prompt, Prompt]:
        """The prompts for writing, answering and repair."""
        names = (
            ("qa_write_one", "qa_answer_short", "qa_repair_one")
            if self.one_fact
            else ("qa_write", "qa_answer", "qa_repair")
        )
        names = (
            names if self.settings.open_book or self.one_fact else ("qa_write_closed", *names[1:])
        )
        return cast("tuple[Prompt, Prompt, Prompt]", tuple(load_prompt(n) for n in names))

    @property
    def schema(self) -> Filter:
        asked = (
            (*self.prompts, load_prompt("qa_write_one_again")) if self._asks_again else self.prompts
        )
        told = tuple(text for p in asked for text in (p.system, p.user))
        return partial(schema, closed_book=not self.settings.open_book, prompts=told)

    def grounding(self, known: IsKnownName = no_known_names) -> Filter:
        return partial(grounding, support=self.support, known=known)

    @property
    def votes(self) -> bool:
        return True

    @property
    def agree(self) -> Compare:
        return agree

    @property
    def consistency(self) -> Filter:
        return consistency

    @property
    def filters(self) -> tuple[Filter, ...]:
        """More filters if the teacher is given its fact: the question must be grammatical and must
        ask about that fact.
        """
        return (wording, relevance) if self.one_fact else ()

    @property
    def prompt_digest(self) -> str:
        again = [prompt_text_digest("qa_write_one_again")] if self._asks_again else []
        return digest(
            [p.digest for p in self.prompts] + again,
            prompt_text_digest(self._mend),
            *manner_digest(self.settings),
        )

    @property
    def _asks_again(self) -> bool:
        """True if a second question about a fact has its own prompt. The prompt for several facts
        covers second questions itself.
        """
        return self.one_fact and not self.settings.open_book

    @property
    def _mend(self) -> str:
        return (
            "mend_qa_one"
            if self.one_fact
            else "mend_qa"
            if self.settings.open_book
            else "mend_qa_closed"
        )

    def slots(self, chunk: Chunk, split: Split) -> list[Slot]:
        slots = self._slots(chunk, split)
        return slots if self.settings.open_book else assign_slot_splits(slots, split, self.shares)

    def _slots(self, chunk: Chunk, split: Split) -> list[Slot]:
        count = self.settings.per_chunk
        if not self.one_fact:
            count = count if len(words(chunk.text)) >= MIN_CHUNK_WORDS else 0
            return [self._slot(chunk, split, i) for i in range(count)]
        return [
            self._slot(chunk, split, i).model_copy(update={"fact": f.sentence, "target": f.target})
            for i, f in enumerate(find_facts(chunk)[:count])
        ]

    def _slot(self, chunk: Chunk, split: Split, ordinal: int) -> Slot:
        return Slot(
            id=digest(chunk.digest, self.name, ordinal),
            chunk=chunk,
            task=self.name,
            ordinal=ordinal,
            split=split,
        )

    def groups(self, slots: list[Slot]) -> list[list[Slot]]:
        # A call that asks a second question must show the first one.
        size = (
            1 if self.one_fact else self.examples_per_call if self.settings.open_book else 2 * MOST
        )
        by_chunk: dict[str, list[Slot]] = {}
        for slot in slots:
            by_chunk.setdefault(slot.chunk.digest, []).append(slot)
        return [
            group[i : i + size] for group in by_chunk.values() for i in range(0, len(group), size)
        ]

    def write(self, group: list[Slot]) -> Request:
        slot = group[0]
        if self.one_fact:
            written = (
                load_prompt("qa_write_one_again")
                if slot.ordinal >= SECOND_QUESTIONS_FROM
                else self.prompts[0]
            )
            return Request(*written.fill(**self._asked(slot)), Asked, max_tokens=TOKENS_SHORT)
        if not self.settings.open_book:
            return self._written_together(group)
        filled = self.prompts[0].fill(
            **self._shown(slot.chunk), wishes=wishes(self.settings, group), count=str(len(group))
        )
        # A second call about the same chunk must not get the first's answer.
        draw = slot.ordinal // self.examples_per_call + 1
        # The other calls then share the beginning of the prompt.
        again = self.settings.per_chunk > self.examples_per_call and not manner_digest(
            self.settings
        )
        return Request(
            *filled,
            examples_shape(len(group)),
            draw,
            TOKENS_EACH * len(group),
            _shared(filled[1], slot.chunk) if again else 0,
        )

    def _written_together(self, group: list[Slot]) -> Request:
        """Request all questions about a chunk in one call, the second questions after the first
        ones.
        """
        again = ", ".join(map(str, repeated_facts(group)))
        names = {
            **self._shown(group[0].chunk),
            "wishes": wishes(self.settings, group),
            "count": str(len(group)),
            "again": again or "-",
        }
        return Request(
            *self.prompts[0].fill(**names),
            examples_shape(len(group)),
            max_tokens=TOKENS_EACH * len(group),
        )

    def drafts(self, value: object, group: list[Slot]) -> tuple[list[Draft | None], int]:
        if self.one_fact:
            return [
                replace(
                    _from_fact(cast("Asked", value), group[0]),
                    manner=manner(self.settings, group[0]),
                )
            ], 0
        written = value.examples if isinstance(value, Several) else [cast("Written", value)]
        drafts: list[Draft | None] = [
            replace(_quoted(w, slot.chunk), manner=manner(self.settings, slot))
            for w, slot in zip(written, group, strict=False)
        ]
        return drafts + [None] * (len(group) - len(drafts)), max(0, len(written) - len(group))

    def draw(self, example: Example, number: int) -> Request:
        filled = self.prompts[1].fill(**self._shown(example.chunk), question=example.instruction)
        shape, room = (Short, TOKENS_SHORT) if self.one_fact else (Quoted, TOKENS_EACH)
        return Request(*filled, shape, number, room, _shared(filled[1], example.chunk))

    def drawn(self, value: object, example: Example) -> Draw:
        if isinstance(value, Quoted):
            return Draw(
                response=value.answer.strip(), spans=quote_spans(value.quotes, example.chunk)
            )
        # Grounding finds its evidence by code.
        return Draw(response=cast("Short", value).answer.strip())

    def mends(self, verdict: Verdict) -> bool:
        # Its fact is given, so only the first question helps.
        return not (self.one_fact and verdict.filter == "taught")

    def repair(self, slot: Slot, example: Example, verdict: Verdict) -> Request:
        # So that each slot and each repair can get its own answer.
        again = 20 * (len(example.attempts) + 1) + slot.ordinal
        if self.one_fact:
            # Shown its rejected question, it would copy it.
            names = {
                **self._asked(slot),
                "reason": reason_with_advice(self._mend, verdict),
            }
            return Request(*self.prompts[2].fill(**names), Asked, again, TOKENS_SHORT)
        names = {
            **self._shown(slot.chunk),
            "wishes": wishes(self.settings, [slot]),
            "question": example.instruction,
            "answer": example.response,
        }
        return Request(
            *self.prompts[2].fill(**names, reason=reason_with_advice(self._mend, verdict)),
            Written,
            again,
            TOKENS_EACH,
        )

    def messages(self, instruction: str, response: str, chunk: Chunk) -> list[dict[str, str]]:
        system, user = self._student(instruction, chunk)
        return [
            {"role": "system", "content": self.system or system},
            {"role": "user", "content": user},
            {"role": "assistant", "content": response},
        ]

    def _student(self, question: str, chunk: Chunk) -> tuple[str, str]:
        """Return the student's system and user message. With distractors, the chunk's text contains
        all excerpts, each under its headings.
        """
        if not self.settings.open_book:
            return load_prompt("qa_student_closed").fill(question=question)
        if self.settings.distractors:
            return load_prompt("qa_student_several").fill(excerpts=chunk.text, question=question)
        return load_prompt("qa_student").fill(**self._shown(chunk), question=question)

    def gold(self, instruction: str, response: str) -> tuple[str, str]:
        if not instruction.strip():
            raise ValueError("its instruction is missing, must be a question")
        return instruction, response

    def claims(self, example: Example) -> list[JudgeClaim]:
        """Claim each sentence of the answer."""
        evidence = "\n".join(s.text for s in example.spans)
        return [
            JudgeClaim(example.instruction, s.text, evidence) for s in sentences(example.response)
        ]

    def usual_claims(self, example: Example) -> list[JudgeClaim]:
        return [JudgeClaim(example.instruction, example.instruction, "")] * SENTENCES

    def subject(self, example: Example) -> str:
        return example.instruction

    def _asked(self, slot: Slot) -> dict[str, str]:
        fact = CheckableFact(slot.fact, slot.target).hinted if slot.fact and slot.target else ""
        return {
            "wishes": wishes(self.settings, [slot]),
            "heading": chunk_heading(slot.chunk),
            "fact": fact,
        }

    def _shown(self, chunk: Chunk) -> dict[str, str]:
        return {"heading": chunk_heading(chunk), "chunk": chunk.shown}


def _shared(user: str, chunk: Chunk) -> int:
    """Return the length of the prompt's prefix up to the end of the chunk, which all prompts about
    that chunk share.
    """
    before, found, _ = user.partition(chunk.shown)
    return len(before) + len(found) if found else 0


def chunk_heading(chunk: Chunk) -> str:
    """Return the chunk's heading path, or its document's name if it has no headings."""
    return " > ".join(chunk.headings) or chunk.document.name


def _from_fact(value: Asked, slot: Slot) -> Draft:
    spans = (slot.fact,) if slot.fact else ()
    return Draft(value.question.strip(), slot.target.text if slot.target else "", spans)


def _quoted(value: Written, chunk: Chunk) -> Draft:
    return Draft(value.question.strip(), value.answer.strip(), quote_spans(value.quotes, chunk))
