"""A task says what the teacher writes, how its answers are drawn and mended, and how an example becomes chat messages."""

from dataclasses import dataclass
from typing import Protocol

from factory.records import Chunk, Draw, Example, Slot, Span, Split, Verdict
from factory.teachers import Request
from filters.chain import Filter


@dataclass(frozen=True)
class Draft:
    """What a teacher wrote for one slot."""

    instruction: str
    response: str
    spans: tuple[Span, ...] = ()


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

    def repair(self, slot: Slot, example: Example, verdict: Verdict) -> Request:
        """Write the slot again, knowing why the example was rejected."""
        ...

    def messages(self, instruction: str, response: str, chunk: Chunk) -> list[dict[str, str]]:
        """The chat that the student learns; the last message is the response."""
        ...

    @property
    def prompt_digest(self) -> str: ...

    @property
    def filters(self) -> tuple[Filter, ...]:
        """Filters of its own, after schema and grounding."""
        ...
