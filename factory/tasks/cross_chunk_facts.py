"""Elsewhere: facts of a document's other chunks, for questions that a chunk does not answer though it speaks of their subject."""

from collections import deque
from collections.abc import Iterator, Sequence

from factory.core.records import Chunk, Elsewhere, Example, Slot, Span, Split, Verdict
from factory.documents.checkable_facts import Fact, facts
from factory.documents.similar_chunks import may_answer, speaks_of
from filters.answers.unanswerable import about
from filters.chain import Filter

BEFORE = 20  # chunks of the document on whose facts a chunk may be asked: near ones are about the same subject
TRIES = 3  # facts for a slot, one for each time it is written


class Elsewheres:
    """Hands out each fact once. Chunks come in order of the sides and their documents, so that none is asked about another side's."""

    def __init__(self, tasks: frozenset[str]) -> None:
        self._tasks = tasks  # that ask so
        self._of: tuple[str, Split] | None = None
        self._facts: deque[list[Fact]] = deque(maxlen=BEFORE)

    def given(self, slots: Sequence[Slot], chunk: Chunk, side: Split) -> list[Slot]:
        """The slots of a chunk with such facts; those without one are none, as there is nothing to ask."""
        if not self._tasks:
            return list(slots)
        if self._of != (chunk.document.digest, side):
            self._of = chunk.document.digest, side
            self._facts.clear()
        found = [slot if slot.task not in self._tasks else self._with_facts(slot) for slot in slots]
        self._facts.append(facts(chunk))
        return [slot for slot in found if slot]

    def _with_facts(self, slot: Slot) -> Slot | None:
        fit = [(-score, place, fact) for place, fact in enumerate(self._all()) if (score := _nearness(fact, slot.chunk))]
        nearest = [fact for *_, fact in sorted(fit, key=lambda one: one[:2])[:TRIES]]
        for left in self._facts:
            left[:] = [fact for fact in left if fact not in nearest]
        return slot.model_copy(update={"elsewhere": tuple(map(_elsewhere, nearest))}) if nearest else None

    def _all(self) -> Iterator[Fact]:
        """The latest chunk's first."""
        return (fact for some in reversed(self._facts) for fact in some)


def _elsewhere(fact: Fact) -> Elsewhere:
    target = fact.target.model_copy(update={"start": fact.target.start - fact.sentence.start, "end": fact.target.end - fact.sentence.start})
    return Elsewhere(sentence=fact.sentence.text, target=target)


def _nearness(fact: Fact, chunk: Chunk) -> float:
    """The share of its words that are the chunk's; 0 where it is about something else, or the chunk may state it."""
    asked = Example(id="", task="", instruction=fact.hinted, response=fact.target.text, chunk=chunk, spans=(fact.sentence,))
    judged = about(asked)
    return judged.score or 0.0 if judged.passed and not may_answer(chunk, asked) else 0.0


def hinted(one: Elsewhere) -> str:
    """The fact with a hint where its answer stands, as a small teacher is given it."""
    return Fact(Span(start=0, end=len(one.sentence), text=one.sentence), one.target).hinted


def asked_of(question: str, some: Sequence[Elsewhere]) -> Elsewhere | None:
    """The fact whose words a question has most of."""
    words = frozenset(question.casefold().split())
    return max(some, key=lambda one: len(words.intersection(one.sentence.casefold().split())), default=None)


def of_its_fact(judge: Filter, name: str) -> Filter:
    """The same filter, of the question beside the fact that it was made of, and of that fact's answer."""

    def judged(example: Example) -> Verdict:
        one = example.elsewhere
        if not one:  # read back from a run
            return Verdict(filter=name, passed=True)
        span = Span(start=0, end=len(one.sentence), text=one.sentence)
        chunk = example.chunk.model_copy(update={"text": one.sentence, "header": ""})
        beside = example.model_copy(update={"response": one.target.text, "chunk": chunk, "spans": (span,), "draws": ()})
        return judge(beside).model_copy(update={"evidence": ()})

    return judged


def unanswered(example: Example) -> Verdict:
    """A grounding filter: the chunk is about the question's subject, and no passage of it speaks of what the question asks."""
    verdict = about(example)
    if not verdict.passed or not speaks_of(example.chunk, example):
        return verdict
    return verdict.model_copy(update={"passed": False, "reason": "A passage of the chunk speaks of what the question asks."})
