"""The estimate: calls, tokens and dollars as a range, from the real chunks, prompts and shapes, before any call and without a network."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt

from pydantic import BaseModel

from factory.calls.prices import PER_MILLION, Price, price_of
from factory.core.recipe import Recipe
from factory.core.records import Nanodollars, Slot, Verdict, dollars
from factory.core.settings import TeacherSettings
from factory.costs.reply_length import ANSWER, CLAIMS, THINKING, Schema, Speech, mean_sentence, reply_tokens, resolved_schema
from factory.generation.judging import Bench
from factory.generation.roles import roles_of
from factory.models.tokenizers import token_count
from factory.planning.plan import probe
from factory.planning.slot_table import groups
from factory.tasks import Task, Tasks
from factory.teachers import Request
from factory.teachers.model_families import thinking_room

TOLERANCE = 0.15  # tokens are counted without the teacher's tokenizer
WIDEST = 2.5  # the most that the dearest may be of the cheapest: a wider range helps nobody to decide; it is then narrowed from both ends
FRAME = 30  # tokens around a request: roles, names, settings
REASON = "The quote does not stand in the chunk: copy it from there character by character, without any change to it."


@dataclass(frozen=True)
class Fate:
    """What becomes of drafts, as shares. Repair rounds are judged alike, but for what code lets pass of them."""

    passed: float  # of the drafts, by code: these are drawn again
    torn: float  # of those: draws 1 and 2 disagree, so draw 3 is made
    outvoted: float  # of those that code let pass: no two draws agree, or the elected one is rejected
    mended: float  # of the repaired drafts, by code


# Nobody knows a teacher's faults before its first call. Runs lie between these, whichever comes out cheaper:
# without repairs the first takes least, as rejected drafts are not drawn again; with repairs the second does.
FATES = (
    # Published pipelines keep 30 to 40 %. The mock with 10 to 50 % wrong answers over six corpora: code passes 25 to 80 % of its drafts,
    # and 1 to 42 % of their repairs, since what is wrong with a sentence stays so.
    Fate(passed=0.30, torn=0.05, outvoted=0.05, mended=0.10),
    # A large model that copies its quotes as it is told to and agrees with itself.
    Fate(passed=0.98, torn=0.02, outvoted=0.01, mended=0.80),
    # A model whose drafts look sound and whose draws disagree: four in ten of its votes need draw 3, and a quarter of them fail.
    Fate(passed=0.75, torn=0.40, outvoted=0.25, mended=0.60),
)
ASSUMED = (
    "low: the cheaper of a teacher nearly all of whose drafts survive, agreed on at draw 2, and one most of whose drafts code rejects; "
    "high: many drafts disagree, take draw 3 and are repaired; tokens are counted within 15 %, and a price range wider than "
    "1 to 2.5 is narrowed from both ends"
)
BY_BATCH = {"online": (False, False), "batch": (True, True), "auto": (True, False)}  # the first round, and repairs


class Estimate(BaseModel, frozen=True, extra="forbid"):
    """Pairs of low and high. `usd`: nanodollars (in files dollars), None where the price is unknown."""

    slots: int
    calls: tuple[int, int]
    tokens_in: tuple[int, int]
    tokens_out: tuple[int, int]
    usd: tuple[Nanodollars, Nanodollars] | None

    @property
    def words(self) -> str:
        """One sentence, for whoever must decide."""
        low, high = self.calls
        return f"{self.slots:,} slots, {low:,} to {high:,} calls, {self.price_words}"

    @property
    def price_words(self) -> str:
        if not self.usd:
            return "price unknown: every teacher needs one, such as teachers.0.price"
        return f"{dollars(self.usd[0])} to {dollars(self.usd[1])}"


@dataclass(frozen=True)
class Load:
    """Calls with their tokens, and what these cost online; shares of calls as well."""

    calls: float = 0.0
    tokens_in: float = 0.0
    tokens_out: float = 0.0
    nanousd: float = 0.0

    def __add__(self, other: "Load") -> "Load":
        tokens = (self.tokens_in + other.tokens_in, self.tokens_out + other.tokens_out)
        return Load(self.calls + other.calls, *tokens, self.nanousd + other.nanousd)

    def times(self, share: float) -> "Load":
        return Load(self.calls * share, self.tokens_in * share, self.tokens_out * share, self.nanousd * share)


@dataclass
class Steps:
    """What it takes such teachers to write all slots, to draw all of them once, to repair and to judge all of them once."""

    speech: Speech
    write: Load = Load()
    draw: Load = Load()
    repair: Load = Load()
    judge: Load = Load()

    def add(self, asked: "Asked") -> None:
        self.write += asked.write.load(self.speech)
        self.draw = sum((sent.load(self.speech) for sent in asked.draw), self.draw)
        self.repair = sum((sent.load(self.speech) for sent in asked.repair), self.repair)
        for claims in asked.judge:
            made = claims[: max(1, round(self.speech.claims * len(claims)))]
            self.judge = sum((sent.load(self.speech) for sent in made), self.judge)

    def course(self, fate: Fate, recipe: Recipe) -> "Course":
        """The whole run's, if its drafts meet this fate."""
        by_batch = BY_BATCH[recipe.asked[0].mode]
        vote = recipe.filters.draws > 1
        upheld = 1 - fate.outvoted if vote else 1.0
        first, again = ((2.0 if batch else 1 + fate.torn) if vote else 0.0 for batch in by_batch)  # a batch asks both draws together
        repairs = Load()
        rejected = 1 - fate.passed * upheld
        for _ in range(recipe.repair.rounds):
            voted = self.draw.times(fate.mended * again) + self.judge.times(fate.mended * upheld)
            repairs = repairs + (self.repair + voted).times(rejected)
            rejected *= 1 - fate.mended * upheld
        judged = self.judge.times(fate.passed * upheld)
        return Course(self.write + self.draw.times(fate.passed * first) + judged, repairs, by_batch)


@dataclass(frozen=True)
class Course:
    """What the first round takes, what all repairs take, and which of the two go by batch."""

    first: Load
    repairs: Load
    by_batch: tuple[bool, bool]

    @property
    def load(self) -> Load:
        return self.first + self.repairs

    def nanousd(self, price: Price) -> int:
        """`price`: of the teacher whose batches these are."""
        loads = zip((self.first, self.repairs), self.by_batch, strict=True)
        return ceil(sum(load.nanousd * (price.batch if batch else 1) for load, batch in loads))


def estimate(slots: Iterable[Slot], tasks: Tasks, recipe: Recipe, price: Price | None) -> Estimate:
    """What asking these slots takes, all of it bought anew. A provider's discount for cached prompts is not counted on."""
    terse, wordy = (Steps(Speech(*shares)) for shares in zip(ANSWER, THINKING, CLAIMS, strict=True))
    bench = Bench(tasks, recipe.filters.draws, roles_of(recipe))
    askers = {t.name: Addressee(price_of(t) if t != recipe.asked[0] else price, _thinking_room(t)) for t in recipe.asked}
    count = 0
    for _, group in groups(tasks, slots):
        count += len(group)
        asked = _asked(group, bench, askers)
        terse.add(asked)
        wordy.add(asked)
    cheap, dear = ([steps.course(fate, recipe) for fate in FATES] for steps in (terse, wordy))
    usd = _narrowed(_low([x.nanousd(price) for x in cheap]), _high([x.nanousd(price) for x in dear])) if price else None
    least, most = ([course.load for course in courses] for courses in (cheap, dear))
    return Estimate(
        slots=count,
        calls=(floor(min(x.calls for x in least)), ceil(max(x.calls for x in most))),
        tokens_in=(_low([x.tokens_in for x in least]), _high([x.tokens_in for x in most])),
        tokens_out=(_low([x.tokens_out for x in least]), _high([x.tokens_out for x in most])),
        usd=usd,
    )


@dataclass(frozen=True)
class Sent:
    """One request: its tokens, the schema of its reply, the mean sentence of its chunk, in tokens, and the teacher that it goes to."""

    tokens: int
    schema: Schema
    sentence: float
    to: "Addressee"

    def load(self, speech: Speech) -> Load:
        out, price = speech.thinking * self.to.room + reply_tokens(self.schema, "", self.sentence, speech.answer), self.to.price
        return Load(1, self.tokens, out, PER_MILLION * (self.tokens * price.input + out * price.output) if price else 0.0)


@dataclass(frozen=True)
class Addressee:
    """A teacher's price, and the room that it has for thinking, in tokens."""

    price: Price | None
    room: int


@dataclass(frozen=True)
class Asked:
    """Every request that may be sent for a group of slots: to write it, to draw and to repair each slot, and each slot's claims."""

    write: Sent
    draw: list[Sent]
    repair: list[Sent]
    judge: list[list[Sent]]


def _asked(group: list[Slot], bench: Bench, teachers: Mapping[str, Addressee]) -> Asked:
    sentence, task, first = mean_sentence(group[0].chunk), bench.tasks[group[0].task], next(iter(teachers))
    writer = bench.roles.writers.get(task.name, first)
    evidence = "what " * round(sentence)

    def sent(request: Request, by: str = writer) -> Sent:
        schema = resolved_schema(request.shape)
        tokens = token_count(request.system) + token_count(request.user) + token_count(json.dumps(schema)) + FRAME
        return Sent(tokens, schema, sentence, teachers[request.teacher or by])

    return Asked(
        sent(task.write(group)),
        [sent(bench.draw(probe(s), 2)) for s in group if task.votes],
        [sent(_repair(s, task, sentence)) for s in group],
        [[sent(claim) for claim in bench.hearing(s, evidence)] for s in group],
    )


def _thinking_room(teacher: TeacherSettings) -> int:
    provider, _, model = teacher.model.partition("/")
    return thinking_room(model, teacher.reasoning) if provider == "openai" or teacher.reasoning else 0


def _repair(slot: Slot, task: Task, sentence: float) -> Request:
    rejected = probe(slot).model_copy(update={"response": "what " * round(0.75 * sentence)})
    return task.repair(slot, rejected, Verdict(filter="grounding", passed=False, reason=REASON))


def _low(of_fates: Sequence[float]) -> int:
    return floor(min(of_fates) * (1 - TOLERANCE))


def _high(of_fates: Sequence[float]) -> int:
    return ceil(max(of_fates) * (1 + TOLERANCE))


def _narrowed(low: int, high: int) -> tuple[int, int]:
    if high <= WIDEST * low:
        return low, high
    middle, half = sqrt(low * high), sqrt(WIDEST)
    return ceil(middle / half), floor(middle * half)
