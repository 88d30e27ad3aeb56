"""Build report.json: what a run asked for, what became of it and what it cost."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import chain

from pydantic import BaseModel, Field

from factory.calls.accounting import Tally
from factory.calls.ledger import Spending
from factory.calls.prices import Price
from factory.core.prompts import prompt_text_digest
from factory.core.recipe import Recipe
from factory.core.records import NANO, SPLITS, Attempt, Cost, Example, Row, digest
from factory.core.training_settings import ENOUGH_EXAMPLES
from factory.costs.estimate import Estimate
from factory.dataset.decontaminate import Decontamination
from factory.dataset.self_replay import SelfReplay
from factory.dataset.size_goal import GoalProgress
from factory.generation.engine import Outcome
from factory.generation.repair import RepairRound
from factory.planning.document_changes import DocumentChangeSummary
from factory.planning.plan import Plan
from factory.planning.splits.assignment import Division
from factory.planning.splits.document_versions import Conflict
from factory.tasks.build import prompt_files

# Filters that are listed even if they judged nothing.
STANDARD = (
    "schema",
    "grounding",
    "consistency",
    "duplicates",
)


class FilterCount(BaseModel, frozen=True):
    """A filter's counts over all attempts, and its reasons without quoted words."""

    asked: int
    passed: int
    rejected: int
    reasons: dict[str, int]


class Spent(BaseModel, frozen=True):
    """Calls, tokens and dollars of this run's requests; `cached_calls` came from the ledger.

    `usd`: cost of this run's replies, null if the teacher's price is unknown. `usd_value`: cost of
    the answers behind all examples, whoever bought them. `usd_uncertain`: the most that requests
    with an unknown outcome (hung, broken off, killed) may have cost. `usd_total`: the spending of
    all runs in the folder, the uncertain included; the budget limits it.
    """

    usd: float | None = None
    usd_value: float | None = None
    usd_uncertain: float | None = None
    usd_total: float | None = None
    calls: int
    cached_calls: int
    tokens_in: int
    tokens_out: int


@dataclass(frozen=True)
class RunCosts:
    """The calls and prices that the report needs."""

    tallies: Mapping[str, Tally]  # by teacher
    price: Price | None
    spending: Spending

    @property
    def tally(self) -> Tally:
        return sum(self.tallies.values(), Tally())

    @property
    def by_teacher(self) -> dict[str, Cost]:
        """Costs by teacher; empty if there is only one."""
        several = self.tallies.items() if len(self.tallies) > 1 else ()
        return {
            n: Cost(
                calls=t.calls, tokens_in=t.tokens_in, tokens_out=t.tokens_out, nanousd=t.nanousd
            )
            for n, t in several
        }

    def spent(self, value: Cost) -> Spent:
        tally = self.tally
        amounts = (
            tally.nanousd,
            value.nanousd,
            self.spending.uncertain,
            self.spending.known + self.spending.uncertain,
        )
        usd = [None if self.price is None else n / NANO for n in amounts]
        return Spent(
            usd=usd[0],
            usd_value=usd[1],
            usd_uncertain=usd[2],
            usd_total=usd[3],
            calls=tally.calls,
            cached_calls=tally.cached,
            tokens_in=tally.tokens_in,
            tokens_out=tally.tokens_out,
        )


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
    paraphrases: bool = True  # whether paraphrases were searched for duplicates, too
    repair: list[RepairRound]
    repair_stopped: str = ""  # a sentence that says why repair stopped
    value: Cost  # of the answers behind all examples, whoever bought them
    cost: Spent
    teachers: dict[str, Cost] = {}  # requests of this run by teacher, if there are several
    outcomes: dict[str, int] = {}  # this run's requests, by outcome
    estimate: Estimate | None = None  # for all slots; compare with `value`
    splits: dict[str, list[str]]  # document names; a divided document is in several splits
    split: Division = Division()  # by which rule
    personal_data: dict[str, int] = {}  # how often each kind was masked or dropped in the documents
    set_aside: dict[str, int] = {}  # chunks without slots, by reason; see set_aside.jsonl
    unread_parts: int = 0  # parts of files such as comments; see set_aside.jsonl
    skipped: int
    asked_once: int = 0  # chunks not asked, as another document has the same; see places.jsonl
    conflicts: Sequence[Conflict] = ()  # what versions of a document say differently
    kept_in_conflict: int = 0  # kept examples of such chunks; they are marked
    # what the recipe varies: difficulty, style, persona, tone, and near misses
    kept_by_manner: dict[str, dict[str, int]] = {}
    # rows of the shifted test set by kind, without the held-out family of documents
    shift: dict[str, int] = {}
    # rows about what was never trained: kept ones, without those that a trained document answers
    unseen: int = 0
    changes: Sequence[DocumentChangeSummary] = ()  # the last change of documents; see changes.jsonl
    goal: GoalProgress | None = None
    decontamination: Decontamination = Decontamination()
    train_rows: int
    replay_rows: int
    replay_share: float
    # What the student's base was asked before training.
    own_replay: SelfReplay | None = Field(None, exclude_if=lambda replay: replay is None)
    few_examples_allowed: bool
    seconds: dict[str, float]
    digests: dict[str, str]

    def timed(self, stage: str, seconds: float) -> "Report":
        return self.model_copy(update={"seconds": {**self.seconds, stage: round(seconds, 1)}})


def build_report(
    recipe: Recipe, found: Plan, outcome: Outcome, mixed: Sequence[Row], money: RunCosts
) -> Report:
    count = _counted(outcome)
    replay = len(mixed) - count.splits["train"]
    return Report(
        version=version("docstill"),
        asked=len(found.slots),
        kept=len(outcome.kept),
        rejected=len(outcome.rejected),
        unfinished=len(outcome.unfinished),
        surplus=outcome.surplus,
        kept_by_split={s: count.splits[s] for s in SPLITS if s != "unseen" or count.splits[s]},
        filters=count.filters,
        paraphrases=recipe.filters.duplicates.embeddings is not None,
        repair=[r if money.price else r.model_copy(update={"usd": None}) for r in outcome.repairs],
        repair_stopped=outcome.stopped,
        value=count.value,
        cost=money.spent(count.value),
        teachers=money.by_teacher,
        outcomes=dict(sorted(money.tally.outcomes.items())),
        splits={
            s: [d.ref.name for d in found.documents if s in found.sides.held_by(d.ref.digest)]
            for s in SPLITS
            if s != "unseen"
        },
        split=found.sides.division,
        personal_data=dict(found.personal),
        set_aside=dict(
            Counter(
                one.reason.partition(":")[0] for one in found.aside if not one.unread
            ).most_common()
        ),
        unread_parts=sum(one.unread for one in found.aside),
        skipped=len(found.skipped),
        asked_once=len(found.further),
        conflicts=found.conflicts,
        kept_by_manner={
            name: dict(sorted(found.items())) for name, found in sorted(count.manners.items())
        },
        kept_in_conflict=count.disputed,
        train_rows=len(mixed),
        replay_rows=replay,
        replay_share=round(replay / len(mixed), 4) if mixed else 0.0,
        few_examples_allowed=recipe.train.min_examples <= len(mixed) < ENOUGH_EXAMPLES,
        seconds={},
        digests=run_digests(recipe, found),
    )


def run_digests(recipe: Recipe, found: Plan) -> dict[str, str]:
    names = list(
        dict.fromkeys(
            n for task in sorted(recipe.tasks, key=lambda t: t.kind) for n in prompt_files(task)
        )
    )
    names += ["judge"] if recipe.filters.grounding.judge else []
    return {
        "recipe": digest(recipe.model_dump(mode="json")),
        "documents": digest(sorted(d.ref.digest for d in found.documents)),
        "prompts": digest([prompt_text_digest(n) for n in names]),
    }


@dataclass
class AttemptCounts:
    """Counts from one pass over all slots; they may be more than fit into memory."""

    splits: Counter[str] = field(default_factory=Counter)  # of kept examples
    disputed: int = 0  # kept examples whose chunk another version contradicts
    manners: dict[str, Counter[str]] = field(default_factory=dict)  # kept examples by manner
    value: Cost = Cost()
    passed: Counter[str] = field(default_factory=Counter)  # by filter
    reasons: dict[str, Counter[str]] = field(  # by filter
        default_factory=lambda: {name: Counter() for name in STANDARD}
    )

    def add(self, tried: Attempt | Example) -> None:
        self.value += tried.cost
        for verdict in tried.verdicts:
            reasons = self.reasons.setdefault(verdict.filter, Counter())
            if verdict.passed:
                self.passed[verdict.filter] += 1
            else:
                reasons[reason_kind(verdict.reason)] += 1

    @property
    def filters(self) -> dict[str, FilterCount]:
        return {name: self._of(name, reasons) for name, reasons in self.reasons.items()}

    def _of(self, name: str, reasons: Counter[str]) -> FilterCount:
        passed, rejected = self.passed[name], reasons.total()
        return FilterCount(
            asked=passed + rejected,
            passed=passed,
            rejected=rejected,
            reasons=dict(reasons.most_common()),
        )


def _counted(outcome: Outcome) -> AttemptCounts:
    """Count every attempt at every slot, the unfinished ones included."""
    count = AttemptCounts()
    for example in chain(outcome.kept, outcome.rejected):
        count.splits[example.split] += example.rejection is None
        count.disputed += example.rejection is None and example.chunk.conflict
        for name, value in example.manner.items() if example.rejection is None else ():
            count.manners.setdefault(name, Counter())[value] += 1
        for attempt in example.attempts:
            count.add(attempt)
        count.add(example)
    for unfinished in outcome.unfinished:
        for attempt in unfinished.attempts:
            count.add(attempt)
    return count


def reason_kind(reason: str) -> str:
    """Return a reason without quoted words and ids, so that equal faults are counted together."""
    parts = re.sub(r"\b[0-9a-f]{16}\b", "…", reason).split('"')
    return '"…"'.join(parts[::2])
