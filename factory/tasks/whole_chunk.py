"""What tasks share in which the chunk itself is read: one slot a chunk, the same question for all, draws apart from repairs."""

from factory.core.prompts import prompt
from factory.core.records import Chunk, Example, Slot, Split, digest

REPAIRED = 20  # draws of each further attempt are counted from here on: the question stays the same, so only the number tells them apart


def one_slot(chunk: Chunk, task: str, split: Split) -> list[Slot]:
    """None for a chunk without a word."""
    if not any(c.isalnum() for c in chunk.text):
        return []
    return [Slot(id=digest(chunk.digest, task, 0), chunk=chunk, task=task, ordinal=0, split=split)]


def text_of(chunk: Chunk) -> str:
    """The chunk under its headings; the document's name is no part of it, and may give a label away."""
    return "\n\n".join(part for part in (" > ".join(chunk.headings), chunk.shown) if part)


def question(name: str, **names: str) -> str:
    """The fixed question of a task: both parts of its prompt file."""
    return "\n".join(part for part in prompt(name).fill(**names) if part)


def prefix_of(user: str, asked: str) -> int:
    """Prompts about different texts are alike up to the end of the question."""
    before, found, _ = user.partition(asked)
    return len(before) + len(found) if found else 0


def answered_again(example: Example, number: int, repair: bool = False) -> int:
    """The number of a draw or a repair. A repaired answer is put to draws of its own: the old ones are in the reason it was given."""
    return number + REPAIRED * (len(example.attempts) + repair)
