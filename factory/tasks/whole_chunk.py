"""Functions for tasks that read the chunk itself: one slot per chunk, one question for all chunks,
and separate draws for repairs.
"""

from factory.core.prompts import load_prompt
from factory.core.records import Chunk, Example, Slot, Split, digest

# Draws of each further attempt are counted from here on: the question stays the same, so only the
# number distinguishes them.
REPAIRED = 20


def one_slot(chunk: Chunk, task: str, split: Split) -> list[Slot]:
    """Return one slot, or none for a chunk without a word."""
    if not any(c.isalnum() for c in chunk.text):
        return []
    return [Slot(id=digest(chunk.digest, task, 0), chunk=chunk, task=task, ordinal=0, split=split)]


def text_with_headings(chunk: Chunk) -> str:
    """Return the chunk under its headings. The document's name is not included because it may give
    a label away.
    """
    return "\n\n".join(part for part in (" > ".join(chunk.headings), chunk.shown) if part)


def fixed_question(name: str, **names: str) -> str:
    """Return the fixed question of a task: both parts of its prompt file."""
    return "\n".join(part for part in load_prompt(name).fill(**names) if part)


def shared_prefix_length(user: str, asked: str) -> int:
    """Return the length of the prompt up to the end of the question, which prompts about different
    texts share.
    """
    before, found, _ = user.partition(asked)
    return len(before) + len(found) if found else 0


def draw_number(example: Example, number: int, repair: bool = False) -> int:
    """Return the number of a draw or a repair. A repaired answer gets new draws, because the reason
    that it was given contains the old ones.
    """
    return number + REPAIRED * (len(example.attempts) + repair)
