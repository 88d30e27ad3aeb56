"""The small fictional world of the tests: one tram depot, in which a false statement is seen at once."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import settings

from factory.core.errors import UserMistake
from factory.core.records import Chunk, Document, DocumentRef, Draw, Example, Slot, Span, digest

OPENING = "The Marrow Street depot opens at 6:00 every day. The depot chief Ada Finch keeps the 3 keys of the depot."
WASHING = "Every tram of the Marrow Street depot is washed within 14 days of its last wash. Trams are not washed on Sunday."
TEXT = f"# Tram depot\n\n## Opening\n\n{OPENING}\n\n## Washing\n\n{WASHING}\n"
WASHED = WASHING.partition(". ")[0] + "."
QUESTION = "Within how many days of its last wash is a tram of the Marrow Street depot washed?"
LAW = settings(max_examples=50, deadline=None, database=None)
FEW = settings(LAW, max_examples=8)  # where one try takes tens of milliseconds


def document(text: str = TEXT, name: str = "depot.md") -> Document:
    return Document(ref=DocumentRef(digest=digest(text), name=name), text=text)


def chunk(text: str = WASHING, **changes: object) -> Chunk:
    start = max(0, TEXT.find(text))
    standard = {
        "digest": digest(text),
        "document": document().ref,
        "start": start,
        "end": start + len(text),
        "text": text,
    }
    return Chunk.model_validate({**standard, "headings": ("Tram depot", "Washing"), **changes})


def span(text: str, source: str = WASHING) -> Span:
    start = source.index(text)
    return Span(start=start, end=start + len(text), text=text)


def draws(*responses: str) -> tuple[Draw, ...]:
    return tuple(Draw(response=response) for response in responses)


def example(**changes: object) -> Example:
    standard = {
        "id": "e1",
        "task": "qa",
        "instruction": QUESTION,
        "response": "within 14 days",
        "chunk": chunk(),
        "spans": (span(WASHED),),
    }
    return Example.model_validate({**standard, **changes})


def examples(*pairs: tuple[str, str]) -> list[Example]:
    return [example(id=f"e{i}", instruction=instruction, response=response) for i, (instruction, response) in enumerate(pairs, 1)]


def slot(**changes: object) -> Slot:
    standard = {"id": "e1", "chunk": chunk(), "task": "qa", "ordinal": 0, "split": "train"}
    return Slot.model_validate({**standard, **changes})


def texts(chunks: Sequence[Chunk]) -> list[str]:
    return [c.text for c in chunks]


def mistake(call: Callable[[], object]) -> str:
    """The sentence that the user is told."""
    with pytest.raises(UserMistake) as caught:
        call()
    return str(caught.value)
