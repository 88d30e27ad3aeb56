"""Facts of a document's other chunks, used to ask questions that a chunk does not answer although
it covers their subject.
"""

from collections import deque
from collections.abc import Iterator, Sequence

from factory.core.records import Chunk, Example, OtherChunkFact, Slot, Span, Split, Verdict
from factory.documents.checkable_facts import CheckableFact, find_facts
from factory.documents.similar_chunks import covers_question, may_answer
from filters.answers.unanswerable import unanswerable_grounding
from filters.chain import Filter

# A chunk may be asked about facts of this many preceding chunks, which cover the same subject.
BEFORE = 20
TRIES = 3  # facts for a slot, one for each time it is written


class CrossChunkFacts:
    """Give out each fact once.

    Chunks must come in order of their splits and documents, so that no chunk is asked about a fact
    of another split.
    """

    def __init__(self, tasks: frozenset[str]) -> None:
        self._tasks = tasks  # that ask so
        self._of: tuple[str, Split] | None = None
        self._facts: deque[list[CheckableFact]] = deque(maxlen=BEFORE)

    def given(self, slots: Sequence[Slot], chunk: Chunk, side: Split) -> list[Slot]:
        """Add facts to the slots of a chunk. Slots for which no fact is left are dropped, because
        there is nothing to ask.
        """
        if not self._tasks:
            return list(slots)
        if self._of != (chunk.document.digest, side):
            self._of = chunk.document.digest, side
            self._facts.clear()
        found = [slot if slot.task not in self._tasks else self._with_facts(slot) for slot in slots]
        self._facts.append(find_facts(chunk))
        return [slot for slot in found if slot]

    def _with_facts(self, slot: Slot) -> Slot | None:
        fit = [
            (-score, place, fact)
            for place, fact in enumerate(self._all())
            if (score := _nearness(fact, slot.chunk))
        ]
        nearest = [fact for *_, fact in sorted(fit, key=lambda one: one[:2])[:TRIES]]
        for left in self._facts:
            left[:] = [fact for fact in left if fact not in nearest]
        return (
            slot.model_copy(update={"elsewhere": tuple(map(_elsewhere, nearest))})
            if nearest
            else None
        )

    def _all(self) -> Iterator[CheckableFact]:
        """Iterate over the facts, those of the latest chunk first."""
        return (fact for some in reversed(self._facts) for fact in some)


def _elsewhere(fact: CheckableFact) -> OtherChunkFact:
    target = fact.target.model_copy(
        update={
            "start": fact.target.start - fact.sentence.start,
            "end": fact.target.end - fact.sentence.start,
        }
    )
    return OtherChunkFact(sentence=fact.sentence.text, target=target)


def _nearness(fact: CheckableFact, chunk: Chunk) -> float:
    """Return the share of the fact's words that occur in the chunk, or 0 if the fact is about
    another subject or the chunk may state it.
    """
    asked = Example(
        id="",
        task="",
        instruction=fact.hinted,
        response=fact.target.text,
        chunk=chunk,
        spans=(fact.sentence,),
    )
    judged = unanswerable_grounding(asked)
    return judged.score or 0.0 if judged.passed and not may_answer(chunk, asked) else 0.0


def fact_with_hint(one: OtherChunkFact) -> str:
    """Return the fact with a hint in place of its answer, as a small teacher is given it."""
    return CheckableFact(Span(start=0, end=len(one.sentence), text=one.sentence), one.target).hinted


def best_matching_fact(question: str, some: Sequence[OtherChunkFact]) -> OtherChunkFact | None:
    """Return the fact that shares the most words with the question."""
    words = frozenset(question.casefold().split())
    return max(
        some, key=lambda one: len(words.intersection(one.sentence.casefold().split())), default=None
    )


def judge_by_source_fact(judge: Filter, name: str) -> Filter:
    """Return the same filter, applied to the question together with the fact that it was made from
    and that fact's answer.
    """

    def judged(example: Example) -> Verdict:
        one = example.elsewhere
        if not one:  # read back from a run
            return Verdict(filter=name, passed=True)
        span = Span(start=0, end=len(one.sentence), text=one.sentence)
        chunk = example.chunk.model_copy(update={"text": one.sentence, "header": ""})
        beside = example.model_copy(
            update={"response": one.target.text, "chunk": chunk, "spans": (span,), "draws": ()}
        )
        return judge(beside).model_copy(update={"evidence": ()})

    return judged


def chunk_does_not_answer(example: Example) -> Verdict:
    """A grounding filter. It passes if the chunk is about the question's subject but no passage of
    it addresses what the question asks.
    """
    verdict = unanswerable_grounding(example)
    if not verdict.passed or not covers_question(example.chunk, example):
        return verdict
    return verdict.model_copy(
        update={
            "passed": False,
            "reason": "A passage of the chunk speaks of what the question asks.",
        }
    )
