"""Make the rows of the run's files from kept examples and gold, as the student is asked them."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from factory.core.lazy import View
from factory.core.prompts import prompt_text
from factory.core.recipe import Recipe
from factory.core.records import SPLIT_FILES, SPLITS, Chunk, Example, Row, Split
from factory.core.run_folder import BEYOND
from factory.dataset.distractors import Show, with_distractors, without_distractors
from factory.dataset.mix import training_row
from factory.dataset.shifted_test import FAMILY, Made, Shifter, Write, make_shifted_rows
from factory.documents.similar_chunks import SimilarChunks
from factory.planning.gold import GoldRow
from factory.planning.plan import Plan
from factory.tasks import Tasks

TRAINED: tuple[Split, ...] = ("train", "val")  # documents whose facts a closed-book task trains


@dataclass(frozen=True)
class Rows:
    """Make the rows of one run from its recipe, tasks and plan."""

    recipe: Recipe
    tasks: Tasks
    found: Plan

    def of(self, kept: Sequence[Example], split: Split) -> Sequence[Row]:
        """Return the rows of one split. `kept` must be in order of the splits."""
        more = {"shift": FAMILY} if split == "shift" else {}
        mine = _side(kept, split)
        return View(range(len(mine)), lambda place: self._row(mine[place], mine[place], more))

    def unseen(self, kept: Sequence[Example]) -> Sequence[Row]:
        """Return questions about documents that were never trained on, except those that a trained
        document also answers. The right answer is a refusal.
        """
        mine = _side(kept, "unseen")
        places = array(
            "L",
            (place for place, example in enumerate(mine) if not self._trained_elsewhere(example)),
        )
        return View(places, lambda place: self._unseen(mine[place]))

    def _trained_elsewhere(self, example: Example) -> bool:
        return any(self._neighbours.answered_in(example, side) for side in TRAINED)

    def shifted(self, kept: Sequence[Example]) -> list[Row]:
        """Return the rows of the shifted test set, except those of the held-out family of
        documents.
        """
        return list(self.shifts(kept, self._row))

    def shifts(
        self, kept: Sequence[Example], write: Write[Made], every: bool = False
    ) -> Iterator[Made]:
        """Yield the shifted variants of test questions. `every`: of all test questions instead of
        only as many as the set takes.
        """
        test, settings = _side(kept, "test"), self.recipe.split
        settings = settings.model_copy(update={"shift_each": len(test)}) if every else settings
        shifter = Shifter(
            {task.name: task for task in self.recipe.tasks}, self._neighbours, self.recipe.seed
        )
        return make_shifted_rows(test, settings, shifter, write)

    def held_out_files(
        self, kept: Sequence[Example], shifted: Iterable[Row], unseen: Iterable[Row]
    ) -> dict[str, Iterable[Row]]:
        """Return all files that are not trained on, by name."""
        held = {
            SPLIT_FILES[split]: self.of(kept, split)
            for split in SPLITS
            if split not in ("train", "unseen")
        }
        closed = (
            {SPLIT_FILES["unseen"]: unseen}
            if not all(task.open_book for task in self.recipe.tasks)
            else {}
        )
        gold = {
            "gold.jsonl": map(self._gold, self.found.gold),
            BEYOND: map(self._gold, self.found.beyond),
        }
        return {**held, **closed, SPLIT_FILES["shift"]: (*self.of(kept, "shift"), *shifted), **gold}

    def _row(self, example: Example, asked: Example, more: Mapping[str, object]) -> Row:
        return training_row(example, self.tasks, self.show, asked, more)

    def _unseen(self, example: Example) -> Row:
        told = example.model_copy(update={"response": prompt_text("refusal")})
        return self._row(told, example, {"answer": example.response})

    def _gold(self, pair: tuple[GoldRow, Chunk]) -> Row:
        row, chunk = pair
        told = {
            "id": row.id,
            "task": row.task,
            "instruction": row.instruction,
            "response": row.response,
        }
        gold = Example(**told, chunk=chunk, split="test", teacher="gold")
        return self._row(gold, gold, {})

    @cached_property
    def _neighbours(self) -> SimilarChunks:
        return SimilarChunks(self.found.chunks, self.found.sides.of)

    @cached_property
    def show(self) -> Show:
        wanted = {task.name: task.distractors for task in self.recipe.tasks if task.distractors}
        return (
            with_distractors(self._neighbours, wanted, self.recipe.seed)
            if wanted
            else without_distractors
        )


def _side(kept: Sequence[Example], split: Split) -> Sequence[Example]:
    side = SPLITS.index(split)
    first, end = (
        find(kept, side, key=lambda e: SPLITS.index(e.split))
        for find in (bisect_left, bisect_right)
    )
    return View(range(first, end), kept.__getitem__)
