"""Estimate calls, tokens and dollars as a range, before any call and without a network.

The estimate uses the real chunks, prompts and reply schemas.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt

from pydantic import BaseModel

from factory.calls.prices import PER_MILLION, Price, price_of
from factory.core.recipe import Recipe
from factory.core.records import Nanodollars, Slot, Verdict, dollars
from factory.core.settings import TeacherSettings
from factory.costs.reply_length import (
    ANSWER_SHARES,
    CLAIM_SHARES,
    THINKING_SHARES,
    Schema,
    Verbosity,
    mean_sentence,
    reply_tokens,
    resolved_schema,
)
from factory.generation.judging import ExampleJudge
from factory.generation.roles import roles_of
from factory.models.tokenizers import token_count
from factory.planning.plan import probe_example
from factory.planning.slot_table import slot_groups
from factory.tasks import Task, Tasks
from factory.teachers import Request
from factory.teachers.model_families import thinking_room

TOLERANCE = 0.15  # the teacher's tokenizer is not at hand, so token counts are approximate
# Highest price divided by lowest. A wider range helps nobody to decide, so it is narrowed from
# both ends.
MAX_RANGE_RATIO = 2.5
REQUEST_OVERHEAD = 30  # tokens around a request: roles, names, settings
REASON = (
    "The quote does not stand in the chunk: copy it from there character by character, without any "
    "change to it."
)


@dataclass(frozen=True)
class DraftRates:
    """Assumed shares of drafts that pass or fail each check.

    Repaired drafts have their own share that passes the code filters; the rest is the same.
    """

    passed: float  # of the drafts, the code filters; these are drawn again
    torn: float  # of those, draws 1 and 2 disagree, so draw 3 is made
    outvoted: float  # of the passed: no two draws agree, or the winner is rejected
    mended: float  # of the repaired drafts, pass the code filters


# Nobody knows a teacher's faults before its first call. Real runs lie between these scenarios.
# Without repairs the first is cheapest, as rejected drafts are not drawn again; with repairs the
# second is.
DRAFT_SCENARIOS = (
    # Published pipelines keep 30 to 40 %. The mock teacher with 10 to 50 % wrong answers over six
    # corpora: code passes 25 to 80 % of its drafts, and 1 to 42 % of their repairs, because a wrong
    # sentence stays wrong.
    DraftRates(passed=0.30, torn=0.05, outvoted=0.05, mended=0.10),
    # A large model that copies its quotes as instructed and agrees with itself.
    DraftRates(passed=0.98, torn=0.02, outvoted=0.01, mended=0.80),
    # A model whose drafts look sound but whose draws disagree: four in ten of its votes need
    # draw 3, and a quarter of them fail.
    DraftRates(passed=0.75, torn=0.40, outvoted=0.25, mended=0.60),
)
ASSUMPTIONS = (
    "low: the cheaper of two cases: nearly all drafts survive and agree at draw 2, or code rejects "
    "most drafts; high: many draws disagree, need draw 3 and are repaired. Token counts are within "
    "15 %; if the high price is more than 2.5 times the low one, the range is narrowed from both "
    "ends"
)
# The first round, and repairs.
BY_BATCH = {
    "online": (False, False),
    "batch": (True, True),
    "auto": (True, False),
}


class Estimate(BaseModel, frozen=True, extra="forbid"):
    """Pairs of low and high.

    `usd`: nanodollars (dollars in files), None if a price is unknown.
    """

    slots: int
    calls: tuple[int, int]
    tokens_in: tuple[int, int]
    tokens_out: tuple[int, int]
    usd: tuple[Nanodollars, Nanodollars] | None

    @property
    def words(self) -> str:
        """The estimate in one line."""
        low, high = self.calls
        return f"{self.slots:,} slots, {low:,} to {high:,} calls, {self.price_words}"

    @property
    def price_words(self) -> str:
        if not self.usd:
            return "price unknown: set it for every teacher, such as teachers.0.price"
        return f"{dollars(self.usd[0])} to {dollars(self.usd[1])}"


@dataclass(frozen=True)
class Load:
    """Calls, tokens and their price without a batch discount. Calls may be fractions."""

    calls: float = 0.0
    tokens_in: float = 0.0
    tokens_out: float = 0.0
    nanousd: float = 0.0

    def __add__(self, other: "Load") -> "Load":
        tokens = (self.tokens_in + other.tokens_in, self.tokens_out + other.tokens_out)
        return Load(self.calls + other.calls, *tokens, self.nanousd + other.nanousd)

    def times(self, share: float) -> "Load":
        return Load(
            self.calls * share,
            self.tokens_in * share,
            self.tokens_out * share,
            self.nanousd * share,
        )


@dataclass
class StepLoads:
    """The load of each step, done once for all slots, by teachers of one verbosity."""

    speech: Verbosity
    write: Load = Load()
    draw: Load = Load()
    repair: Load = Load()
    judge: Load = Load()

    def add(self, asked: "GroupRequests") -> None:
        self.write += asked.write.load(self.speech)
        self.draw = sum((sent.load(self.speech) for sent in asked.draw), self.draw)
        self.repair = sum((sent.load(self.speech) for sent in asked.repair), self.repair)
        for claims in asked.judge:
            made = claims[: max(1, round(self.speech.claims * len(claims)))]
            self.judge = sum((sent.load(self.speech) for sent in made), self.judge)

    def run_load(self, rates: DraftRates, recipe: Recipe) -> "RunLoad":
        """Return the load of the whole run if its drafts fare like this."""
        by_batch = BY_BATCH[recipe.asked[0].mode]
        vote = recipe.filters.draws > 1
        upheld = 1 - rates.outvoted if vote else 1.0
        # A batch asks for draws 2 and 3 together.
        first, again = ((2.0 if batch else 1 + rates.torn) if vote else 0.0 for batch in by_batch)
        repairs = Load()
        rejected = 1 - rates.passed * upheld
        for _ in range(recipe.repair.rounds):
            voted = self.draw.times(rates.mended * again) + self.judge.times(rates.mended * upheld)
            repairs = repairs + (self.repair + voted).times(rejected)
            rejected *= 1 - rates.mended * upheld
        judged = self.judge.times(rates.passed * upheld)
        return RunLoad(
            self.write + self.draw.times(rates.passed * first) + judged, repairs, by_batch
        )


@dataclass(frozen=True)
class RunLoad:
    """The load of the first round and of all repairs, and which of the two is sent by batch."""

    first: Load
    repairs: Load
    by_batch: tuple[bool, bool]

    @property
    def load(self) -> Load:
        return self.first + self.repairs

    def nanousd(self, price: Price) -> int:
        """Return the cost; `price` is that of the teacher that is asked by batch."""
        loads = zip((self.first, self.repairs), self.by_batch, strict=True)
        return ceil(sum(load.nanousd * (price.batch if batch else 1) for load, batch in loads))


def estimate(slots: Iterable[Slot], tasks: Tasks, recipe: Recipe, price: Price | None) -> Estimate:
    """Estimate the cost of asking all slots, with nothing from the ledger.

    Discounts for cached prompts are not counted.
    """
    terse, wordy = (
        StepLoads(Verbosity(*shares))
        for shares in zip(ANSWER_SHARES, THINKING_SHARES, CLAIM_SHARES, strict=True)
    )
    bench = ExampleJudge(tasks, recipe.filters.draws, roles_of(recipe))
    askers = {
        t.name: TeacherTerms(price_of(t) if t != recipe.asked[0] else price, _thinking_room(t))
        for t in recipe.asked
    }
    count = 0
    for _, group in slot_groups(tasks, slots):
        count += len(group)
        asked = _asked(group, bench, askers)
        terse.add(asked)
        wordy.add(asked)
    cheap, dear = (
        [steps.run_load(rates, recipe) for rates in DRAFT_SCENARIOS] for steps in (terse, wordy)
    )
    usd = (
        _narrowed(_low([x.nanousd(price) for x in cheap]), _high([x.nanousd(price) for x in dear]))
        if price
        else None
    )
    least, most = ([course.load for course in courses] for courses in (cheap, dear))
    return Estimate(
        slots=count,
        calls=(floor(min(x.calls for x in least)), ceil(max(x.calls for x in most))),
        tokens_in=(_low([x.tokens_in for x in least]), _high([x.tokens_in for x in most])),
        tokens_out=(_low([x.tokens_out for x in least]), _high([x.tokens_out for x in most])),
        usd=usd,
    )


@dataclass(frozen=True)
class PlannedRequest:
    """One request. `sentence`: the mean sentence of its chunk, in tokens."""

    tokens: int
    schema: Schema
    sentence: float
    to: "TeacherTerms"

    def load(self, speech: Verbosity) -> Load:
        out, price = (
            speech.thinking * self.to.room
            + reply_tokens(self.schema, "", self.sentence, speech.answer),
            self.to.price,
        )
        return Load(
            1,
            self.tokens,
            out,
            PER_MILLION * (self.tokens * price.input + out * price.output) if price else 0.0,
        )


@dataclass(frozen=True)
class TeacherTerms:
    """A teacher's price, and how many tokens it may think."""

    price: Price | None
    room: int


@dataclass(frozen=True)
class GroupRequests:
    """Every request that a group of slots may need.

    One to write the group; per slot one draw, one repair, and one per claim for the judge.
    """

    write: PlannedRequest
    draw: list[PlannedRequest]
    repair: list[PlannedRequest]
    judge: list[list[PlannedRequest]]


def _asked(
    group: list[Slot], bench: ExampleJudge, teachers: Mapping[str, TeacherTerms]
) -> GroupRequests:
    sentence, task, first = (
        mean_sentence(group[0].chunk),
        bench.tasks[group[0].task],
        next(iter(teachers)),
    )
    writer = bench.roles.writers.get(task.name, first)
    evidence = "what " * round(sentence)

    def sent(request: Request, by: str = writer) -> PlannedRequest:
        schema = resolved_schema(request.shape)
        tokens = (
            token_count(request.system)
            + token_count(request.user)
            + token_count(json.dumps(schema))
            + REQUEST_OVERHEAD
        )
        return PlannedRequest(tokens, schema, sentence, teachers[request.teacher or by])

    return GroupRequests(
        sent(task.write(group)),
        [sent(bench.draw(probe_example(s), 2)) for s in group if task.votes],
        [sent(_repair(s, task, sentence)) for s in group],
        [[sent(claim) for claim in bench.judge_requests(s, evidence)] for s in group],
    )


def _thinking_room(teacher: TeacherSettings) -> int:
    provider, _, model = teacher.model.partition("/")
    return (
        thinking_room(model, teacher.reasoning) if provider == "openai" or teacher.reasoning else 0
    )


def _repair(slot: Slot, task: Task, sentence: float) -> Request:
    rejected = probe_example(slot).model_copy(update={"response": "what " * round(0.75 * sentence)})
    return task.repair(slot, rejected, Verdict(filter="grounding", passed=False, reason=REASON))


def _low(of_fates: Sequence[float]) -> int:
    return floor(min(of_fates) * (1 - TOLERANCE))


def _high(of_fates: Sequence[float]) -> int:
    return ceil(max(of_fates) * (1 + TOLERANCE))


def _narrowed(low: int, high: int) -> tuple[int, int]:
    if high <= MAX_RANGE_RATIO * low:
        return low, high
    middle, half = sqrt(low * high), sqrt(MAX_RANGE_RATIO)
    return ceil(middle / half), floor(middle * half)
