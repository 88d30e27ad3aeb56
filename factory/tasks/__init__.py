"""A task says what the teacher writes, how its answers are drawn, judged and mended, and how an example becomes chat messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from factory.core.records import Chunk, Draw, Elsewhere, Example, Slot, Span, Split, Verdict
from factory.teachers import Request
from filters.chain import Filter
from filters.consistency.vote import Compare
from filters.grounding.quotes import find_quote
from filters.text.corpus_names import Known, nothing


@dataclass(frozen=True)
class Draft:
    """What a teacher wrote for one slot."""

    instruction: str
    response: str
    spans: tuple[Span, ...] = ()
    manner: Mapping[str, str] = field(default_factory=dict)  # how it was asked to be
    elsewhere: Elsewhere | None = None  # what it asks for that its chunk does not state


class Claim(NamedTuple):
    """One thing that an answer says, in answer to what, and the passage that must bear it out."""

    asked: str
    said: str
    evidence: str


class Task(Protocol):
    """One kind of example. `pipeline` knows nothing else of it."""

    @property
    def name(self) -> str: ...

    def slots(self, chunk: Chunk, split: Split) -> list[Slot]:
        """The slots that a chunk carries, in order."""
        ...

    def groups(self, slots: list[Slot]) -> list[list[Slot]]:
        """Slots that one call writes together."""
        ...

    def write(self, group: list[Slot]) -> Request: ...

    def drafts(self, value: object, group: list[Slot]) -> tuple[list[Draft | None], int]:
        """A draft for each slot (None where the teacher left it out), and how many surplus ones were dropped."""
        ...

    def draw(self, example: Example, number: int) -> Request:
        """Answer the example's question again, from the chunk alone."""
        ...

    def drawn(self, value: object, example: Example) -> Draw: ...

    def mends(self, verdict: Verdict) -> bool:
        """Whether writing the slot again may help against this rejection."""
        ...

    def repair(self, slot: Slot, example: Example, verdict: Verdict) -> Request:
        """Write the slot again, knowing why the example was rejected."""
        ...

    def messages(self, instruction: str, response: str, chunk: Chunk) -> list[dict[str, str]]:
        """The chat that the student learns; the last message is the response."""
        ...

    def gold(self, instruction: str, response: str) -> tuple[str, str]:
        """A gold row's question and answer as this task writes them. Raises ValueError where they can't be."""
        ...

    def claims(self, example: Example) -> list[Claim]:
        """What a judge is to find borne out, one by one."""
        ...

    def usual_claims(self, example: Example) -> list[Claim]:
        """As many as an answer to such an example makes at most, as a rule; their evidence is empty where it is what is quoted."""
        ...

    def subject(self, example: Example) -> str:
        """What the example is about, for duplicates to compare: its question, or the text where all have the same question."""
        ...

    @property
    def prompt_digest(self) -> str: ...

    @property
    def schema(self) -> Filter: ...

    def grounding(self, known: Known = nothing) -> Filter:
        """`known`: the names of the documents as a whole, which a question may use though its chunk has them not."""
        ...

    @property
    def filters(self) -> tuple[Filter, ...]:
        """Filters of its own, after schema and grounding."""
        ...

    @property
    def votes(self) -> bool:
        """Whether two readers of the same can be expected to answer alike; else nobody answers again."""
        ...

    @property
    def agree(self) -> Compare:
        """Whether two answers say the same."""
        ...

    @property
    def consistency(self) -> Filter:
        """Judges the draws of an example by `agree`."""
        ...


Tasks = Mapping[str, Task]  # by name, in the order of the recipe


def quoted(quotes: Sequence[str], chunk: Chunk, field: str = "") -> tuple[Span, ...]:
    """The places of the quotes; one that does not stand in the chunk keeps its words, for grounding to reject it by."""
    found = (find_quote(chunk.text, q) or Span(start=0, end=0, text=q.strip()) for q in quotes if q.strip())
    return tuple(span.model_copy(update={"field": field}) for span in found)
