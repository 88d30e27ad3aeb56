"""Model judge of an audit: it works within a budget, and its result counts only if it answered for
every example.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from factory.calls.accounting import Accounting
from factory.calls.budget import Budget
from factory.calls.circuit_breaker import BreakerSettings
from factory.calls.client import OnlineClient
from factory.calls.ledger import open_ledger
from factory.calls.prices import price_of
from factory.calls.worker_pool import run_jobs
from factory.core.errors import StoppedEarly, UserMistake
from factory.core.recipe import Recipe
from factory.core.records import Example, nanodollars
from factory.core.run_folder import Run
from factory.core.settings import MOST_USD
from factory.generation.llm_judge import LLMJudge
from factory.tasks import Tasks
from factory.teachers.build import teacher_of

# The ledger books the cost under this name, apart from the run's own budget.
LEDGER_FOLDER = "audit"
AskJudge = Callable[[Sequence[Example]], list[Example]]


def without_judge(examples: Sequence[Example]) -> list[Example]:
    """Return the examples unchanged: without a budget no model is asked."""
    return list(examples)


@contextmanager
def judge_within_budget(
    run: Run, recipe: Recipe, tasks: Tasks, usd: float, say: Callable[[str], None]
) -> Iterator[AskJudge]:
    """Yield a function that has the recipe's judge, or else its first teacher, judge examples.

    Its answers are stored in the run's ledger. Raises UserMistake if the price of the model is
    unknown, and StoppedEarly if it does not answer for every example: a partial result would say
    nothing about the filter.
    """
    if not 0 <= usd <= MOST_USD:
        raise UserMistake(f"--budget {usd:g}: must be between 0 and {MOST_USD:g} dollars")
    teacher = recipe.teacher(recipe.filters.grounding.judge or recipe.teachers[0].name)
    price = price_of(teacher)
    if price is None:
        where = f"{run.folder}/recipe.toml as teachers.{recipe.teachers.index(teacher)}.price"
        raise UserMistake(
            f"--budget {usd:g}: the price of {teacher.model} is not known; set it in {where}"
        )
    with (
        asyncio.Runner() as runner,
        open_ledger(run.folder / "ledger.db", run.folder / LEDGER_FOLDER) as ledger,
    ):
        before = ledger.spent()
        budget = Budget(nanodollars(usd), before.known + before.uncertain)
        patience = BreakerSettings(60 * recipe.budget.wait_minutes, say)
        asker = OnlineClient(
            Accounting(teacher_of(teacher, Path(), say), ledger, price), budget, settings=patience
        )
        judge = _BudgetedJudge(LLMJudge(""), tasks, asker)
        try:
            yield lambda examples: runner.run(judge.judge_all(examples))
        finally:
            runner.run(asker.teacher.close())


@dataclass(frozen=True)
class _BudgetedJudge:
    judge: LLMJudge
    tasks: Tasks
    asker: OnlineClient

    async def judge_all(self, examples: Sequence[Example]) -> list[Example]:
        failures: Counter[str] = Counter()
        found = await run_jobs(
            examples, partial(self._judged, failures=failures), self.asker.workers
        )
        if failures:
            ((reason, _),) = failures.most_common(1)
            raise StoppedEarly(
                f"the judge gave no answer for {failures.total()} of {len(examples)} examples "
                f"({reason}); its other answers are stored; run the command again to continue"
            )
        return found

    async def _judged(self, example: Example, failures: Counter[str]) -> Example:
        if example.rejection:
            return example
        task = self.tasks[example.task]
        async with self.asker.attempt(list) as ask:
            judged, failure = await self.judge.judge(example, task, ask)
        if failure:
            failures[str(failure)] += 1
        return judged
