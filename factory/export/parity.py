"""The parity gate: what is shipped must answer like the adapter on its base, or the export ends with exit code 1: parity.json."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, Field

from factory.core.errors import PromiseBroken
from factory.core.recipe import Recipe
from factory.core.stats import Interval, paired_interval, resampled_by, rounded
from factory.evaluation.answers import Answer, read_lines
from factory.evaluation.metrics import METRICS

ENOUGH = 0.99  # of the answer tokens that are no ties: what is off by more is another tokenizer, template or weight, not rounding
REFERENCE = "the adapter on its base in 16 bit or more, computed in float32"


class Tokens(BaseModel, frozen=True):
    """Teacher-forced: what the trainer counted."""

    prompts: int
    same_prompts: int
    tokens: int
    ties: int
    agreed: int
    drift: float

    @property
    def share(self) -> float:
        return self.agreed / max(1, self.tokens - self.ties)


class Score(BaseModel, frozen=True):
    """A form's answers beside the reference's, by the recipe's first metric."""

    metric: str
    reference: Interval  # its mean and the 95 % interval of it
    score: float
    difference: Interval  # paired
    same_answers: int

    @property
    def within(self) -> bool:
        return self.reference.low <= self.score <= self.reference.high and self.difference.low <= 0 <= self.difference.high

    @property
    def told(self) -> str:
        d = self.difference
        return f"{self.metric} {self.reference.mean:.3f} -> {self.score:.3f}, difference {d.mean:+.3f} ({d.low:+.3f} to {d.high:+.3f})"


class Parity(BaseModel, frozen=True):
    """parity.json."""

    form: str
    kind: str  # bfloat16, float16, or of a GGUF f16
    adapter: str  # sha256 of its weights
    reference: str = REFERENCE
    questions: str  # the file of the run that they stand in
    n: int
    tokens: Tokens
    score: Score | None  # None where nothing was held out
    quantised: dict[str, Score] = Field({}, exclude_if=lambda found: not found)  # the cost of quantisation, no part of the gate
    stops: tuple[str, ...]  # the texts that end an answer
    note: str = Field("", exclude_if=lambda said: not said)  # what could not be made, and how it can
    faults: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        t = self.tokens
        forced = f"{t.agreed:,} of {t.tokens - t.ties:,} answer tokens agree ({t.share:.2%}, {t.ties:,} ties left out)"
        score = f"; {self.score.told}, {self.score.same_answers} of {self.n} answers the same" if self.score else ""
        return f"{self.form} in {self.kind} beside the adapter: {t.same_prompts} of {t.prompts} prompts the same tokens, {forced}{score}"

    @property
    def lines(self) -> list[str]:
        """All that a person is told of it."""
        cost = [f"{self.form} in {kind}, the cost of quantisation: {one.told}" for kind, one in self.quantised.items()]
        return [self.told, *cost, *([self.note] if self.note else [])]

    def must_hold(self) -> None:
        """Raises PromiseBroken."""
        if self.faults:
            raise PromiseBroken(f"exports/{self.form} does not answer like the adapter on its base: {'; '.join(self.faults)}")


class Asked(BaseModel, frozen=True):
    """The rows that decide: their file, and what is compared of each."""

    questions: str
    references: dict[str, str]  # by id
    documents: tuple[str, ...]
    scored: bool  # held out, so that a score says something


def metric_of(recipe: Recipe) -> str:
    """The recipe's first that says something of one answer for itself."""
    return next((name for name in recipe.evaluate.metrics if name in METRICS), "token_f1")


def faults(tokens: Tokens, score: Score | None) -> tuple[str, ...]:
    found = []
    if tokens.same_prompts < tokens.prompts:
        found.append(f"{tokens.prompts - tokens.same_prompts} of {tokens.prompts} prompts become other tokens, must be 0")
    if not tokens.share >= ENOUGH:
        found.append(
            f"{tokens.agreed:,} of {tokens.tokens - tokens.ties:,} answer tokens agree ({tokens.share:.2%}), must be {ENOUGH:.0%} or more"
        )
    if score and not score.within:
        r = score.reference
        found.append(f"{score.told}: must lie within {r.low:.3f} to {r.high:.3f}, with a difference whose interval holds 0")
    return tuple(found)


def scored(asked: Asked, metric: str, reference: Path, other: Path, seed: int) -> Score:
    mine, theirs = _responses(reference), _responses(other)
    measure = METRICS[metric]
    before, after = ([measure(said[one], right) for one, right in asked.references.items()] for said in (mine, theirs))
    units = [*asked.documents] if resampled_by(asked.documents) == "document" else [*asked.references]
    return Score(
        metric=metric,
        reference=paired_interval(before, units, seed),
        score=rounded(sum(after) / len(after)),
        difference=paired_interval([b - a for a, b in zip(before, after, strict=True)], units, seed),
        same_answers=sum(mine[one] == theirs[one] for one in asked.references),
    )


def _responses(path: Path) -> Mapping[str, str]:
    return {one.id: one.response for one in read_lines(path, Answer)}


def chosen(rows: Sequence[Mapping[str, object]], most: int) -> list[Mapping[str, object]]:
    """At most so many, evenly over the file."""
    if len(rows) <= most:
        return [*rows]
    return [rows[place * len(rows) // most] for place in range(most)]
