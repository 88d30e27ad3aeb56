"""Review findings: precision of the run, wrong rejections, agreement of reviewers, and score
thresholds that would suffice.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from statistics import fmean, median
from typing import NamedTuple

from pydantic import BaseModel

from factory.core.outcomes import OutcomeLine, rejection
from factory.core.records import digest
from factory.core.run_folder import Run
from factory.core.stats import student, wilson
from factory.review import ExpertVerdict, RejectionKind, read_expert_verdicts
from factory.review.cards import read_sample
from factory.review.precision import Precision, ReadExample, estimate_precision
from factory.review.sampling import ReviewSample, SampledExample

FINDINGS_FILE = "review/findings.json"
FEWEST_VERDICTS = 20  # fewest verdicts that a threshold is based on


class GroupPrecision(BaseModel, frozen=True):
    """Share of examples of a group that were right as written, among those that were read."""

    name: str
    right: Precision


class ReviewerAgreement(BaseModel, frozen=True):
    """Agreement on whether to accept, over the examples that several people have read.

    Cohen's kappa for two reviewers, Krippendorff's alpha for more.
    """

    measure: str
    value: float | None  # None: all verdicts are the same, which chance alone would explain
    n: int
    same: float  # share of verdict pairs that agree
    reviewers: tuple[str, ...]


class ScoreThreshold(BaseModel, frozen=True):
    """The lowest filter score from which the lower bound of the precision reaches `target`.

    `kept` is the share of the run with at least that score.
    """

    filter: str
    target: float
    score: float | None
    kept: float
    right: Precision | None


class ReviewerSummary(BaseModel, frozen=True):
    name: str
    read: int
    accepted: int
    rejected: int
    fixed: int
    seconds: float | None  # median


class NotApplied(BaseModel, frozen=True):
    """A row of the latest imported files that could not be applied, and why."""

    file: str
    where: str
    why: str


class Findings(BaseModel, frozen=True):
    """The content of RUN/review/findings.json."""

    of: int  # kept examples that the sample represents
    sampled: int
    right: Precision | None  # as written; a corrected answer was not right
    usable: Precision | None  # right, or fixed by the expert
    tasks: tuple[GroupPrecision, ...]
    labels: tuple[GroupPrecision, ...]
    teachers: tuple[GroupPrecision, ...]
    repaired: tuple[GroupPrecision, ...]
    wrongly_rejected: tuple[GroupPrecision, ...]  # by filter: rejected although right
    agreement: ReviewerAgreement | None
    reviewers: tuple[ReviewerSummary, ...]
    kinds: dict[str, int]
    thresholds: tuple[ScoreThreshold, ...]
    not_applied: tuple[NotApplied, ...] = ()


class JudgedExample(NamedTuple):
    """One example of the sample with all verdicts on it."""

    chosen: SampledExample
    line: OutcomeLine
    said: tuple[ExpertVerdict, ...]

    @property
    def right(self) -> float:
        return fmean(v.verdict == "accept" for v in self.said)

    @property
    def usable(self) -> float:
        return fmean(v.verdict != "reject" for v in self.said)


Measure = Callable[[JudgedExample], float]


def review_findings(
    run: Run, labelled: Callable[[str], bool], target: float = 0.95
) -> Findings | None:
    """Return the findings; None if nothing in the sample has been judged yet.

    Raises UserMistake if a file is missing or broken.
    """
    drawn = read_sample(run)
    if not drawn:
        return None
    sample, lines = drawn
    judged = [*_judged(run, sample, lines)]
    kept = [one for one in judged if one.chosen.state == "kept"]
    if not judged:
        return None
    total = sum(chosen.state == "kept" for chosen in sample.chosen)
    share = len(kept) / total if total else 1.0
    told = [v for one in judged for v in one.said]

    def of(value: Measure, some: Sequence[JudgedExample] = kept) -> Precision | None:
        return estimate_precision(
            [ReadExample(value(one), one.chosen.chance) for one in some], share
        )

    def by(name: Callable[[JudgedExample], str]) -> tuple[GroupPrecision, ...]:
        groups = _grouped(kept, name)
        return tuple(
            GroupPrecision(name=group, right=found)
            for group, some in groups.items()
            if (found := of(_right, some))
        )

    return Findings(
        of=sample.of,
        sampled=len(sample.chosen),
        right=of(_right),
        usable=of(_usable),
        tasks=by(lambda one: one.line.task),
        labels=by(lambda one: one.line.response if labelled(one.line.task) else ""),
        teachers=by(lambda one: one.line.teacher),
        repaired=by(lambda one: "repaired" if one.line.attempts else "as first written"),
        wrongly_rejected=_wrongly_rejected(
            [one for one in judged if one.chosen.state == "rejected"]
        ),
        agreement=reviewer_agreement(told),
        reviewers=tuple(_reviewers(told)),
        kinds=_kinds(told),
        thresholds=tuple(_thresholds(kept, target, of)),
    )


def _right(one: JudgedExample) -> float:
    return one.right


def _usable(one: JudgedExample) -> float:
    return one.usable


def _judged(
    run: Run, sample: ReviewSample, lines: Sequence[OutcomeLine]
) -> Iterator[JudgedExample]:
    """Yield the judged examples in the order of the sample.

    A verdict on another answer than the one that was read says nothing about it and is ignored.
    """
    said: dict[tuple[str, str], list[ExpertVerdict]] = {}
    for one in read_expert_verdicts(run):
        if not one.like:
            said.setdefault((one.id, one.judged), []).append(one)
    for chosen, line in zip(sample.chosen, lines, strict=True):
        if mine := said.get((chosen.id, digest(line.response))):
            yield JudgedExample(chosen, line, tuple(mine))


def _grouped(
    judged: Iterable[JudgedExample], name: Callable[[JudgedExample], str]
) -> dict[str, list[JudgedExample]]:
    found: dict[str, list[JudgedExample]] = {}
    for one in judged:
        if name(one):
            found.setdefault(name(one), []).append(one)
    return dict(sorted(found.items()))


def _wrongly_rejected(judged: Sequence[JudgedExample]) -> tuple[GroupPrecision, ...]:
    """Return, for each filter, the share of its rejections that were right examples.

    The interval is Wilson's, since so few are read.
    """
    groups = _grouped(
        judged, lambda one: verdict.filter if (verdict := rejection(one.line)) else ""
    )
    return tuple(
        GroupPrecision(name=name, right=_simple([one.right for one in some]))
        for name, some in groups.items()
    )


def _simple(values: Sequence[float]) -> Precision:
    mean = fmean(values)
    low, high = wilson(mean, len(values), student(len(values) - 1))
    return Precision(mean=round(mean, 6), low=round(low, 6), high=round(high, 6), n=len(values))


def reviewer_agreement(told: Sequence[ExpertVerdict]) -> ReviewerAgreement | None:
    """Compute the agreement with NLTK; None if no example was read by two people.

    Examples that only one person has read are left out.
    """
    from nltk.metrics.agreement import AnnotationTask  # NLTK takes a second to import

    by_answer: dict[tuple[str, str], list[ExpertVerdict]] = {}
    for one in told:
        by_answer.setdefault((one.id, one.judged), []).append(one)
    shared = {key: some for key, some in by_answer.items() if len(some) > 1}
    if not shared:
        return None
    triples = [
        (v.reviewer, " ".join(key), v.verdict == "accept")
        for key, some in shared.items()
        for v in some
    ]
    pairs = [
        a.verdict == b.verdict or "accept" not in (a.verdict, b.verdict)
        for some in shared.values()
        for a, b in combinations(some, 2)
    ]
    names = sorted({reviewer for reviewer, _, _ in triples})
    task, two = AnnotationTask(triples), len(names) == 2
    varied = len({said for _, _, said in triples}) > 1
    value = (task.kappa() if two else task.alpha()) if varied else None
    return ReviewerAgreement(
        measure="Cohen's kappa" if two else "Krippendorff's alpha",
        value=None if value is None else round(float(value), 4),
        n=len(shared),
        same=round(fmean(pairs), 4),
        reviewers=tuple(names),
    )


def _reviewers(told: Sequence[ExpertVerdict]) -> Iterator[ReviewerSummary]:
    for name in sorted({v.reviewer for v in told}):
        mine = [v for v in told if v.reviewer == name]
        took = [v.seconds for v in mine if v.seconds]
        accepted, rejected, fixed = (
            sum(v.verdict == what for v in mine) for what in ("accept", "reject", "fix")
        )
        seconds = median(took) if took else None
        yield ReviewerSummary(
            name=name,
            read=len(mine),
            accepted=accepted,
            rejected=rejected,
            fixed=fixed,
            seconds=seconds,
        )


def _kinds(told: Sequence[ExpertVerdict]) -> dict[str, int]:
    kinds: list[RejectionKind] = [v.kind or "other" for v in told if v.verdict == "reject"]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}


def _thresholds(
    kept: Sequence[JudgedExample],
    target: float,
    of: Callable[[Measure, Sequence[JudgedExample]], Precision | None],
) -> Iterator[ScoreThreshold]:
    """Yield a threshold for each filter whose scores differ; shares of the run are reweighted from
    the sample.
    """
    for name in sorted(
        {v.filter for one in kept for v in one.line.verdicts if v.score is not None}
    ):
        scored = {one.chosen.id: score for one in kept if (score := _score(one, name)) is not None}
        whole = sum(1 / one.chosen.chance for one in kept)
        best = ScoreThreshold(filter=name, target=target, score=None, kept=0, right=None)
        for score in sorted(set(scored.values()), reverse=True):
            some = [one for one in kept if scored.get(one.chosen.id, -1.0) >= score]
            found = of(_right, some) if len(some) >= FEWEST_VERDICTS else None
            if found and found.low >= target:
                share = sum(1 / one.chosen.chance for one in some) / whole
                best = ScoreThreshold(
                    filter=name, target=target, score=score, kept=round(share, 4), right=found
                )
        if len(set(scored.values())) > 1:
            yield best


def _score(one: JudgedExample, name: str) -> float | None:
    return next((v.score for v in one.line.verdicts if v.filter == name), None)
