"""Make the shifted test set: questions about held-out documents again, reworded, misleading, noisy,
or with the wrong excerpt.

Code makes it without a call. Each kind is spread over the documents; the choice of questions
follows from the seed and their IDs.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import TypeVar, cast

from factory.core.prompts import prompt_text
from factory.core.records import Example, Row, digest
from factory.core.settings import ShiftKind, SplitSettings
from factory.core.task_settings import TaskSettings
from factory.dataset.question_variants import adversarial_question, paraphrase_question
from factory.dataset.text_noise import with_ocr_errors, with_typos
from factory.documents.similar_chunks import SimilarChunks

FAMILY = "family"  # the kind of those that a held-out family of documents was asked for


@dataclass(frozen=True)
class Shifter:
    """Make shifted variants of examples. `settings`: the recipe's tasks by name."""

    settings: Mapping[str, TaskSettings]
    neighbours: SimilarChunks
    seed: int

    def shifted(self, example: Example, kind: ShiftKind) -> Example | None:
        """Return the example's variant of this kind, with its own ID. Returns None if there is
        none, or if the kind makes no sense for the task.
        """
        changes = self._changes(example, kind, Random(digest(self.seed, "shift", kind, example.id)))
        return (
            example.model_copy(update={"id": digest("shift", kind, example.id), **changes})
            if changes
            else None
        )

    def _changes(self, example: Example, kind: ShiftKind, dice: Random) -> dict[str, object]:
        task = self.settings[example.task]
        if kind == "noisy":
            return self._noisy(example, task, dice)
        if (
            task.kind != "qa"
        ):  # what all texts are asked is not worded by anybody, and every text has a label
            return {}
        if kind == "unanswerable":
            other = next(self.neighbours.not_answering(example), None) if task.open_book else None
            return (
                {"chunk": other, "response": prompt_text("refusal"), "spans": ()} if other else {}
            )
        if kind == "paraphrased":
            asked = paraphrase_question(example.instruction, dice)
        else:
            asked = adversarial_question(
                example.instruction, example.response, example.chunk.text, task.open_book, dice
            )
        return {"instruction": asked} if asked else {}

    def _noisy(self, example: Example, task: TaskSettings, dice: Random) -> dict[str, object]:
        """Add noise to the question and the text. A question that all texts share is unchanged."""
        kept = (*(span.text for span in example.spans), *_pieces(example.response))
        text = (
            with_ocr_errors(example.chunk.text, kept, dice)
            if task.open_book
            else example.chunk.text
        )
        asked = with_typos(example.instruction, dice) if task.kind == "qa" else example.instruction
        if (text, asked) == (example.chunk.text, example.instruction):
            return {}
        return {"instruction": asked, "chunk": example.chunk.model_copy(update={"text": text})}


Made = TypeVar("Made")
# Arguments: example, its origin, more meta.
Write = Callable[[Example, Example, Mapping[str, object]], Made]


def make_shifted_rows(
    test: Iterable[Example], settings: SplitSettings, shifter: Shifter, write: Write[Made]
) -> Iterator[Made]:
    """Yield at most `shift_each` rows of each kind, made from kept examples of the test split."""
    examples = list(test)
    for kind in settings.shift_kinds:
        made = 0
        for example in spread_over_documents(examples, digest(shifter.seed, kind)):
            if made < settings.shift_each and (shifted := shifter.shifted(example, kind)):
                made += 1
                yield write(shifted, example, {"shift": kind, "of": example.id})


def count_kinds(rows: Iterable[Row]) -> dict[str, int]:
    """Count the rows of each kind."""
    return dict(Counter(str(cast("Row", row["meta"])["shift"]) for row in rows))


def spread_over_documents(examples: Iterable[Example], seed: str) -> list[Example]:
    """Return one example of every document before any document's second one, in random order."""
    turns: Counter[str] = Counter()
    places: list[tuple[int, str, Example]] = []
    for example in sorted(examples, key=lambda e: digest(seed, e.id)):
        document = example.chunk.document.digest
        places.append((turns[document], digest(seed, document), example))
        turns[document] += 1
    return [example for *_, example in sorted(places, key=lambda place: place[:2])]


def _pieces(response: str) -> Iterator[str]:
    """Yield the response, and each text in it if it is an object."""
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
