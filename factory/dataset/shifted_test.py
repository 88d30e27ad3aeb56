"""The shifted test set: kept questions of the held-out documents again, in other words, led astray, noisy, and beside the wrong excerpt.

Made by code, without a call. Each kind is spread over the documents; which questions it takes follows from the seed and their ids.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import TypeVar, cast

from factory.core.prompts import words
from factory.core.records import Example, Row, digest
from factory.core.settings import ShiftKind, SplitSettings
from factory.core.task_settings import TaskSettings
from factory.dataset.question_variants import adversarial, paraphrased
from factory.dataset.text_noise import scanned, typed
from factory.documents.similar_chunks import Neighbours

FAMILY = "family"  # the kind of those that a held-out family of documents was asked for


@dataclass(frozen=True)
class Shifter:
    """What the kinds need. `settings`: the recipe's tasks by name."""

    settings: Mapping[str, TaskSettings]
    neighbours: Neighbours
    seed: int

    def shifted(self, example: Example, kind: ShiftKind) -> Example | None:
        """The example as this kind puts it, with an id of its own; None where it can't, or where the kind means nothing for its task."""
        changes = self._changes(example, kind, Random(digest(self.seed, "shift", kind, example.id)))
        return example.model_copy(update={"id": digest("shift", kind, example.id), **changes}) if changes else None

    def _changes(self, example: Example, kind: ShiftKind, dice: Random) -> dict[str, object]:
        task = self.settings[example.task]
        if kind == "noisy":
            return self._noisy(example, task, dice)
        if task.kind != "qa":  # what all texts are asked is not worded by anybody, and every text has a label
            return {}
        if kind == "unanswerable":
            other = next(self.neighbours.of(example), None) if task.open_book else None
            return {"chunk": other, "response": words("refusal"), "spans": ()} if other else {}
        if kind == "paraphrased":
            asked = paraphrased(example.instruction, dice)
        else:
            asked = adversarial(example.instruction, example.response, example.chunk.text, task.open_book, dice)
        return {"instruction": asked} if asked else {}

    def _noisy(self, example: Example, task: TaskSettings, dice: Random) -> dict[str, object]:
        """Its question and its text hurt; a question that all texts are asked stays."""
        kept = (*(span.text for span in example.spans), *_pieces(example.response))
        text = scanned(example.chunk.text, kept, dice) if task.open_book else example.chunk.text
        asked = typed(example.instruction, dice) if task.kind == "qa" else example.instruction
        if (text, asked) == (example.chunk.text, example.instruction):
            return {}
        return {"instruction": asked, "chunk": example.chunk.model_copy(update={"text": text})}


Made = TypeVar("Made")
Write = Callable[[Example, Example, Mapping[str, object]], Made]  # of an example, what it was made of, and what its row says beside


def shift_rows(test: Iterable[Example], settings: SplitSettings, shifter: Shifter, write: Write[Made]) -> Iterator[Made]:
    """At most so many rows of each kind, made of the test side's kept examples."""
    examples = list(test)
    for kind in settings.shift_kinds:
        made = 0
        for example in spread(examples, digest(shifter.seed, kind)):
            if made < settings.shift_each and (shifted := shifter.shifted(example, kind)):
                made += 1
                yield write(shifted, example, {"shift": kind, "of": example.id})


def kinds_of(rows: Iterable[Row]) -> dict[str, int]:
    """How many rows of each kind."""
    return dict(Counter(str(cast("Row", row["meta"])["shift"]) for row in rows))


def spread(examples: Iterable[Example], seed: str) -> list[Example]:
    """One of every document before any has two, in an order by chance."""
    turns: Counter[str] = Counter()
    places: list[tuple[int, str, Example]] = []
    for example in sorted(examples, key=lambda e: digest(seed, e.id)):
        document = example.chunk.document.digest
        places.append((turns[document], digest(seed, document), example))
        turns[document] += 1
    return [example for *_, example in sorted(places, key=lambda place: place[:2])]


def _pieces(response: str) -> Iterator[str]:
    """The response, and each text of it where it is an object."""
    yield response
    try:
        waiting = [json.loads(response)]
    except ValueError:
        return
    while waiting:
        piece = waiting.pop()
        if isinstance(piece, dict | list):
            waiting += piece.values() if isinstance(piece, dict) else piece
        elif isinstance(piece, str):
            yield piece
