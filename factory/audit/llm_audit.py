"""What a model judge says of the examples that code let pass: it costs, so it is heard within a budget, and only as a whole."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from factory.calls.accounting import Books
from factory.calls.budget import Budget
from factory.calls.circuit_breaker import Patience
from factory.calls.client import Asker
from factory.calls.ledger import open_ledger
from factory.calls.prices import price_of
from factory.calls.worker_pool import each
from factory.core.errors import StoppedEarly, UserMistake
from factory.core.recipe import Recipe
from factory.core.records import Example, nanodollars
from factory.core.run_folder import Run
from factory.core.settings import MOST_USD
from factory.generation.llm_judge import Judge
from factory.tasks import Tasks
from factory.teachers.build import teacher_of

FOLDER = "audit"  # whose money the ledger counts it as: a run's own budget is another one
Hear = Callable[[Sequence[Example]], list[Example]]


def unheard(examples: Sequence[Example]) -> list[Example]:
    """Without a budget no model is asked."""
    return list(examples)


@contextmanager
def hearing(run: Run, recipe: Recipe, tasks: Tasks, usd: float, say: Callable[[str], None]) -> Iterator[Hear]:
    """Hands out what puts examples to the recipe's judge, or to its first teacher where it names none.

    What it answers stands in the run's ledger. Raises UserMistake where its price is unknown, and StoppedEarly where it does not
    answer to all: then nothing is told, as half a hearing says nothing of the filter.
    """
    if not 0 <= usd <= MOST_USD:
        raise UserMistake(f"--budget {usd:g}: must be dollars from 0 to {MOST_USD:g}")
    teacher = recipe.teacher(recipe.filters.grounding.judge or recipe.teachers[0].name)
    price = price_of(teacher)
    if price is None:
        where = f"{run.folder}/recipe.toml as teachers.{recipe.teachers.index(teacher)}.price"
        raise UserMistake(f"--budget {usd:g}: the price of {teacher.model} is not known, must be set in {where}")
    with asyncio.Runner() as runner, open_ledger(run.folder / "ledger.db", run.folder / FOLDER) as ledger:
        before = ledger.spent()
        purse = Budget(nanodollars(usd), before.known + before.uncertain)
        patience = Patience(60 * recipe.budget.wait_minutes, say)
        asker = Asker(Books(teacher_of(teacher, Path(), say), ledger, price), purse, patience=patience)
        court = _Court(Judge(""), tasks, asker)
        try:
            yield lambda examples: runner.run(court.heard(examples))
        finally:
            runner.run(asker.teacher.close())


@dataclass(frozen=True)
class _Court:
    judge: Judge
    tasks: Tasks
    asker: Asker

    async def heard(self, examples: Sequence[Example]) -> list[Example]:
        failures: Counter[str] = Counter()
        found = await each(examples, partial(self._hear, failures=failures), self.asker.workers)
        if failures:
            ((reason, _),) = failures.most_common(1)
            missing = f"the judge did not answer to {failures.total()} of {len(examples)} examples ({reason})"
            raise StoppedEarly(f"{missing}; nothing that it answered is lost, run again to go on")
        return found

    async def _hear(self, example: Example, failures: Counter[str]) -> Example:
        if example.rejection:
            return example
        task = self.tasks[example.task]
        async with self.asker.attempt(list) as ask:
            told, failure = await self.judge.hear(example, task, ask)
        if failure:
            failures[str(failure)] += 1
        return told
