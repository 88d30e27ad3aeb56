"""A task defines what the teacher writes, how its answers are drawn, judged and repaired, and how
an example becomes chat messages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from factory.core.records import Chunk, Draw, Example, OtherChunkFact, Slot, Span, Split, Verdict
from factory.teachers import Request
from filters.chain import Filter
from filters.consistency.vote import Compare
from filters.grounding.quotes import find_quote
from filters.text.corpus_names import IsKnownName, no_known_names


@dataclass(frozen=True)
class Draft:
    """An example as the teacher wrote it for one slot."""

    instruction: str
    response: str
    spans: tuple[Span, ...] = ()
    manner: Mapping[str, str] = field(default_factory=dict)  # how it was asked to be
    elsewhere: OtherChunkFact | None = None  # what it asks for that its chunk does not state


class JudgeClaim(NamedTuple):
    """One statement of an answer, the question that it answers, and the passage that must support
    it.
    """

    asked: str
    said: str
    evidence: str


class Task(Protocol):
    """One kind of example. The generation engine uses this interface alone."""

    @property
    def name(self) -> str: ...

    def slots(self, chunk: Chunk, split: Split) -> list[Slot]:
        """Return the slots of a chunk, in order."""
        ...

    def groups(self, slots: list[Slot]) -> list[list[Slot]]:
        """Group the slots that one call writes together."""
        ...

    def write(self, group: list[Slot]) -> Request: ...

    def drafts(self, value: object, group: list[Slot]) -> tuple[list[Draft | None], int]:
        """Return a draft for each slot (None if the teacher left it out) and the number of surplus
        drafts that were dropped.
        """
        ...

    def draw(self, example: Example, number: int) -> Request:
        """Answer the example's question again, from the chunk alone."""
        ...

    def drawn(self, value: object, example: Example) -> Draw: ...

    def mends(self, verdict: Verdict) -> bool:
        """Return whether writing the slot again may help after this rejection."""
        ...

    def repair(self, slot: Slot, example: Example, verdict: Verdict) -> Request:
        """Write the slot again, knowing why the example was rejected."""
        ...

    def messages(self, instruction: str, response: str, chunk: Chunk) -> list[dict[str, str]]:
        """Return the chat that the student is trained on; the last message is the response."""
        ...

    def gold(self, instruction: str, response: str) -> tuple[str, str]:
        """Return a gold row's question and answer in this task's form. Raises ValueError if that is
        impossible.
        """
        ...

    def claims(self, example: Example) -> list[JudgeClaim]:
        """Return the statements of the answer that a judge checks one by one."""
        ...

    def usual_claims(self, example: Example) -> list[JudgeClaim]:
        """Return as many claims as an answer to such an example usually makes at most, to estimate
        costs. Their evidence is empty if a claim is checked against its quotes.
        """
        ...

    def subject(self, example: Example) -> str:
        """Return the text that the duplicates filter compares: the question, or the source text if
        all examples share one question.
        """
        ...

    @property
    def prompt_digest(self) -> str: ...

    @property
    def schema(self) -> Filter: ...

    def grounding(self, known: IsKnownName = no_known_names) -> Filter:
        """Return the grounding filter. `known` holds the names in the documents as a whole, which a
        question may use even if its chunk does not contain them.
        """
        ...

    @property
    def filters(self) -> tuple[Filter, ...]:
        """Filters of this task, applied after schema and grounding."""
        ...

    @property
    def votes(self) -> bool:
        """True if two readers of the same chunk can be expected to answer alike. If not, nobody
        answers again.
        """
        ...

    @property
    def agree(self) -> Compare:
        """A function that says whether two answers mean the same."""
        ...

    @property
    def consistency(self) -> Filter:
        """The filter that compares the draws of an example by `agree`."""
        ...


Tasks = Mapping[str, Task]  # by name, in the order of the recipe


def quote_spans(quotes: Sequence[str], chunk: Chunk, field: str = "") -> tuple[Span, ...]:
    """Return the position of each quote. A quote that is not in the chunk keeps its words, so that
    grounding can reject it.
    """
    found = (
        find_quote(chunk.text, q) or Span(start=0, end=0, text=q.strip())
        for q in quotes
        if q.strip()
    )
    return tuple(span.model_copy(update={"field": field}) for span in found)
