"""Check that an exported student answers like the adapter on its base (parity.json).

If it does not, the export ends with exit code 1.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, Field

from factory.core.errors import PromiseBroken
from factory.core.recipe import Recipe
from factory.core.stats import Interval, paired_interval, resampled_by, rounded
from factory.evaluation.answers import ModelAnswer, read_lines
from factory.evaluation.metrics import METRICS

# Share of the answer tokens without ties. A lower one is no rounding error: tokenizer, template or
# weights differ.
MIN_AGREEMENT = 0.99
REFERENCE = "the adapter on its base in 16 bit or more, computed in float32"


class TokenAgreement(BaseModel, frozen=True):
    """The trainer's counts of agreeing answer tokens, teacher-forced."""

    prompts: int
    same_prompts: int
    tokens: int
    ties: int
    agreed: int
    drift: float

    @property
    def share(self) -> float:
        return self.agreed / max(1, self.tokens - self.ties)


class ParityScore(BaseModel, frozen=True):
    """The scores of an exported form and of the reference on the same questions."""

    metric: str
    reference: Interval  # mean with 95 % interval
    score: float
    difference: Interval  # paired
    same_answers: int

    @property
    def within(self) -> bool:
        return (
            self.reference.low <= self.score <= self.reference.high
            and self.difference.low <= 0 <= self.difference.high
        )

    @property
    def description(self) -> str:
        d = self.difference
        return (
            f"{self.metric} {self.reference.mean:.3f} -> {self.score:.3f}, difference "
            f"{d.mean:+.3f} ({d.low:+.3f} to {d.high:+.3f})"
        )


class Parity(BaseModel, frozen=True):
    """parity.json."""

    form: str
    kind: str  # bfloat16 or float16; f16 for a GGUF
    adapter: str  # sha256 of its weights
    reference: str = REFERENCE
    questions: str  # file in the run
    n: int
    tokens: TokenAgreement
    score: ParityScore | None  # None if nothing was held out
    # the cost of quantisation; not checked
    quantised: dict[str, ParityScore] = Field({}, exclude_if=lambda found: not found)
    stops: tuple[str, ...]  # texts that end an answer
    # what could not be made, and how to make it
    note: str = Field("", exclude_if=lambda note: not note)
    faults: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        t = self.tokens
        forced = (
            f"{t.agreed:,} of {t.tokens - t.ties:,} answer tokens agree ({t.share:.2%}, {t.ties:,} "
            "ties left out)"
        )
        score = (
            f"; {self.score.description}, {self.score.same_answers} of {self.n} answers the same"
            if self.score
            else ""
        )
        return (
            f"{self.form} in {self.kind} compared with the adapter: {t.same_prompts} of "
            f"{t.prompts} prompts have the same tokens, {forced}{score}"
        )

    @property
    def lines(self) -> list[str]:
        """The result as lines for the terminal."""
        cost = [
            f"{self.form} in {kind}, the cost of quantisation: {one.description}"
            for kind, one in self.quantised.items()
        ]
        return [self.description, *cost, *([self.note] if self.note else [])]

    def must_hold(self) -> None:
        """Raise PromiseBroken if a check failed."""
        if self.faults:
            raise PromiseBroken(
                f"exports/{self.form} does not answer like the adapter on its base: "
                f"{'; '.join(self.faults)}"
            )


class ParityQuestions(BaseModel, frozen=True):
    """The questions for the parity check."""

    questions: str
    references: dict[str, str]  # by id
    documents: tuple[str, ...]
    scored: bool  # held out, so that a score is meaningful


def metric_of(recipe: Recipe) -> str:
    """Return the recipe's first metric that scores single answers."""
    return next((name for name in recipe.evaluate.metrics if name in METRICS), "token_f1")


def parity_faults(tokens: TokenAgreement, score: ParityScore | None) -> tuple[str, ...]:
    found = []
    if tokens.same_prompts < tokens.prompts:
        found.append(
            f"{tokens.prompts - tokens.same_prompts} of {tokens.prompts} prompts get different "
            "tokens, must be 0"
        )
    if not tokens.share >= MIN_AGREEMENT:
        found.append(
            f"{tokens.agreed:,} of {tokens.tokens - tokens.ties:,} answer tokens agree "
            f"({tokens.share:.2%}), must be {MIN_AGREEMENT:.0%} or more"
        )
    if score and not score.within:
        r = score.reference
        found.append(
            f"{score.description}: the score must lie within {r.low:.3f} to {r.high:.3f}, and the "
            "interval of the difference must include 0"
        )
    return tuple(found)


def score_form(
    asked: ParityQuestions, metric: str, reference: Path, other: Path, seed: int
) -> ParityScore:
    mine, theirs = _responses(reference), _responses(other)
    measure = METRICS[metric]
    before, after = (
        [measure(answers[one], right) for one, right in asked.references.items()]
        for answers in (mine, theirs)
    )
    units = (
        [*asked.documents] if resampled_by(asked.documents) == "document" else [*asked.references]
    )
    return ParityScore(
        metric=metric,
        reference=paired_interval(before, units, seed),
        score=rounded(sum(after) / len(after)),
        difference=paired_interval(
            [b - a for a, b in zip(before, after, strict=True)], units, seed
        ),
        same_answers=sum(mine[one] == theirs[one] for one in asked.references),
    )


def _responses(path: Path) -> Mapping[str, str]:
    return {one.id: one.response for one in read_lines(path, ModelAnswer)}


def evenly_spaced(rows: Sequence[Mapping[str, object]], most: int) -> list[Mapping[str, object]]:
    """Return at most `most` rows, spread evenly over the file."""
    if len(rows) <= most:
        return [*rows]
    return [rows[place * len(rows) // most] for place in range(most)]
