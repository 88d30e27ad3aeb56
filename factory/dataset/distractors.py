"""Show the student the nearest other chunks (distractors) together with the right one, as a search
engine would return them.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from random import Random
from typing import NamedTuple

from factory.core.records import Chunk, Example, digest
from factory.documents.similar_chunks import SimilarChunks, is_near_copy
from factory.tasks.qa import chunk_heading


class ShownChunk(NamedTuple):
    """A chunk as the student is shown it, and what its row's meta says about that."""

    chunk: Chunk
    meta: Mapping[str, object]


# The example as it is shown, and as it was asked at first: what distractors must not answer.
Show = Callable[[Example, Example], ShownChunk]


def without_distractors(example: Example, _: Example) -> ShownChunk:
    """Show the chunk alone."""
    return ShownChunk(example.chunk, {})


def with_distractors(neighbours: SimilarChunks, wanted: Mapping[str, int], seed: int) -> Show:
    """Show the chunk among distractors of its own split; `wanted` gives their number by task. Their
    choice and order follow from seed, split and example.
    """

    def show(example: Example, asked: Example) -> ShownChunk:
        if not (count := wanted.get(example.task, 0)):
            return without_distractors(example, asked)
        others = (
            c
            for c in neighbours.not_answering(asked)
            if c.digest != example.chunk.digest and not is_near_copy(c.text, example.chunk.text)
        )
        excerpts = list(islice(others, count))
        dice = Random(digest(seed, "distractors", example.id))
        dice.shuffle(excerpts)
        place = dice.randint(0, len(excerpts))
        told = {"position": place + 1, "distractors": [chunk.digest for chunk in excerpts]}
        text = format_excerpts([*excerpts[:place], example.chunk, *excerpts[place:]])
        return ShownChunk(example.chunk.model_copy(update={"text": text, "header": ""}), told)

    return show


def format_excerpts(excerpts: Sequence[Chunk]) -> str:
    """Number the excerpts and put each under its heading path."""
    return "\n\n".join(
        f"[{number}] {chunk_heading(chunk)}\n{chunk.shown}"
        for number, chunk in enumerate(excerpts, 1)
    )
