"""Distractors: the nearest other chunks, which a student is shown beside the right one as a search engine would bring them."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from random import Random
from typing import NamedTuple

from factory.core.records import Chunk, Example, digest
from factory.documents.similar_chunks import Neighbours, near_copy
from factory.tasks.qa import heading


class Shown(NamedTuple):
    """A chunk as the student is shown it, and what its row says of that."""

    chunk: Chunk
    meta: Mapping[str, object]


# The example as it is shown, and as it was asked at first: what distractors must not answer.
Show = Callable[[Example, Example], Shown]


def alone(example: Example, _: Example) -> Shown:
    """Nothing but its chunk."""
    return Shown(example.chunk, {})


def beside(neighbours: Neighbours, wanted: Mapping[str, int], seed: int) -> Show:
    """Among so many distractors of its own side, by task. Which they are and where the chunk stands follows from seed, side and example."""

    def show(example: Example, asked: Example) -> Shown:
        if not (count := wanted.get(example.task, 0)):
            return alone(example, asked)
        others = (c for c in neighbours.of(asked) if c.digest != example.chunk.digest and not near_copy(c.text, example.chunk.text))
        excerpts = list(islice(others, count))
        dice = Random(digest(seed, "distractors", example.id))
        dice.shuffle(excerpts)
        place = dice.randint(0, len(excerpts))
        told = {"position": place + 1, "distractors": [chunk.digest for chunk in excerpts]}
        text = laid_out([*excerpts[:place], example.chunk, *excerpts[place:]])
        return Shown(example.chunk.model_copy(update={"text": text, "header": ""}), told)

    return show


def laid_out(excerpts: Sequence[Chunk]) -> str:
    """Numbered excerpts, each under its heading path."""
    return "\n\n".join(f"[{number}] {heading(chunk)}\n{chunk.shown}" for number, chunk in enumerate(excerpts, 1))
