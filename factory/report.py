"""The report of a run: what was asked and what became of it, as report.json and as tables."""

import re
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version

from pydantic import BaseModel

from factory.ask import Asker
from factory.mix import Row
from factory.pipeline import Outcome
from factory.plan import Plan
from factory.prompts import prompt
from factory.recipe import Recipe
from factory.records import SPLITS, Attempt, Cost, Example, digest
from factory.repair import Round
from trainer.settings import ENOUGH_EXAMPLES


class FilterCount(BaseModel, frozen=True):
    """How often a filter judged, over all attempts, and its reasons with the quoted words left out."""

    asked: int
    passed: int
    rejected: int
    reasons: dict[str, int]


class Spent(BaseModel, frozen=True):
    """`calls` and tokens of this run's own sends; `cached_calls` were answered by the ledger."""

    calls: int
    cached_calls: int
    tokens_in: int
    tokens_out: int


class Report(BaseModel, frozen=True):
    """report.json."""

    version: str
    asked: int
    kept: int
    rejected: int
    unfinished: int
    surplus: int
    kept_by_split: dict[str, int]
    filters: dict[str, FilterCount]
    repair: list[Round]
    value: Cost  # of the answers behind all examples, whoever bought them
    cost: Spent
    splits: dict[str, list[str]]  # names of the documents
    skipped: int
    train_rows: int
    replay_rows: int
    replay_share: float
    few_examples_allowed: bool
    seconds: dict[str, float]
    digests: dict[str, str]

    def timed(self, stage: str, seconds: float) -> "Report":
        return self.model_copy(update={"seconds": {**self.seconds, stage: round(seconds, 1)}})


def report_of(recipe: Recipe, found: Plan, outcome: Outcome, mixed: list[Row], asker: Asker) -> Report:
    replay = len(mixed) - sum(e.split == "train" for e in outcome.kept)
    return Report(
        version=version("docstill"),
        asked=len(found.slots),
        kept=len(outcome.kept),
        rejected=len(outcome.rejected),
        unfinished=len(outcome.unfinished),
        surplus=outcome.surplus,
        kept_by_split={s: sum(e.split == s for e in outcome.kept) for s in SPLITS},
        filters=_filters(outcome),
        repair=outcome.repairs,
        value=sum((t.cost for t in _tried(outcome)), Cost()),
        cost=Spent(calls=asker.calls, cached_calls=asker.cached, tokens_in=asker.tokens_in, tokens_out=asker.tokens_out),
        splits={s: [d.ref.name for d in found.documents if found.sides[d.ref.digest] == s] for s in SPLITS},
        skipped=len(found.skipped),
        train_rows=len(mixed),
        replay_rows=replay,
        replay_share=round(replay / len(mixed), 4) if mixed else 0.0,
        few_examples_allowed=recipe.train.min_examples <= len(mixed) < ENOUGH_EXAMPLES,
        seconds={},
        digests=run_digests(recipe, found),
    )


def run_digests(recipe: Recipe, found: Plan) -> dict[str, str]:
    names = ("qa_write", "qa_answer", "qa_repair", "qa_write_one", "qa_answer_short", "qa_repair_one", "qa_student")
    return {
        "recipe": digest(recipe.model_dump(mode="json")),
        "documents": digest(sorted(d.ref.digest for d in found.documents)),
        "prompts": digest([prompt(n).digest for n in names]),
    }


def _tried(outcome: Outcome) -> Iterator[Attempt | Example]:
    """Every attempt at every slot, also at those that are unfinished."""
    for example in (*outcome.kept, *outcome.rejected):
        yield from example.attempts
        yield example
    for unfinished in outcome.unfinished:
        yield from unfinished.attempts


def _filters(outcome: Outcome) -> dict[str, FilterCount]:
    verdicts = [v for tried in _tried(outcome) for v in tried.verdicts]
    counts = {}
    for name in dict.fromkeys(["schema", "grounding", "consistency", "duplicates", *(v.filter for v in verdicts)]):
        mine = [v for v in verdicts if v.filter == name]
        reasons = Counter(kind_of(v.reason) for v in mine if not v.passed)
        passed = sum(v.passed for v in mine)
        counts[name] = FilterCount(asked=len(mine), passed=passed, rejected=len(mine) - passed, reasons=dict(reasons.most_common()))
    return counts


def kind_of(reason: str) -> str:
    """A reason without the words and ids it quotes, so that equal faults count together."""
    parts = re.sub(r"\b[0-9a-f]{16}\b", "…", reason).split('"')
    return '"…"'.join(parts[::2])
