"""Findings: what a review tells of the whole: precision, wrong rejections, how far reviewers agree, which thresholds would do."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from statistics import fmean, median
from typing import NamedTuple

from pydantic import BaseModel

from factory.core.outcomes import Line, rejection
from factory.core.records import digest
from factory.core.run_folder import Run
from factory.core.stats import student, wilson
from factory.review import ExpertVerdict, Kind, expert_verdicts
from factory.review.cards import frozen
from factory.review.precision import Precision, Read, precision
from factory.review.sampling import Chosen, Sample

NAME = "review/findings.json"
FEWEST = 20  # verdicts that a threshold must rest on


class Share(BaseModel, frozen=True):
    """Of a group: how many were read and how many of them were right as they were written."""

    name: str
    right: Precision


class Agreement(BaseModel, frozen=True):
    """Over what several people have read: accepted or not. Cohen's kappa of two, Krippendorff's alpha of more."""

    measure: str
    value: float | None  # None: all said one thing, and chance alone would explain it
    n: int
    same: float  # share of the pairs of verdicts that are alike
    reviewers: tuple[str, ...]


class Threshold(BaseModel, frozen=True):
    """The lowest score of a filter from which on the precision's lower bound reaches `target`; `kept`: what share of the run has it."""

    filter: str
    target: float
    score: float | None
    kept: float
    right: Precision | None


class Reviewer(BaseModel, frozen=True):
    name: str
    read: int
    accepted: int
    rejected: int
    fixed: int
    seconds: float | None  # median


class NotApplied(BaseModel, frozen=True):
    """A row of the files that were imported last which could not be applied, and why."""

    file: str
    where: str
    why: str


class Findings(BaseModel, frozen=True):
    """RUN/review/findings.json."""

    of: int  # kept examples that the sample speaks for
    sampled: int
    right: Precision | None  # as written: what had to be fixed was not right
    usable: Precision | None  # right, or fixed by the expert
    tasks: tuple[Share, ...]
    labels: tuple[Share, ...]
    teachers: tuple[Share, ...]
    repaired: tuple[Share, ...]
    wrongly_rejected: tuple[Share, ...]  # by filter: what it rejected, and was right
    agreement: Agreement | None
    reviewers: tuple[Reviewer, ...]
    kinds: dict[str, int]
    thresholds: tuple[Threshold, ...]
    not_applied: tuple[NotApplied, ...] = ()


class Judged(NamedTuple):
    """One example of the sample with all that was said of it."""

    chosen: Chosen
    line: Line
    said: tuple[ExpertVerdict, ...]

    @property
    def right(self) -> float:
        return fmean(v.verdict == "accept" for v in self.said)

    @property
    def usable(self) -> float:
        return fmean(v.verdict != "reject" for v in self.said)


Value = Callable[[Judged], float]


def findings(run: Run, labelled: Callable[[str], bool], target: float = 0.95) -> Findings | None:
    """None where nothing of the sample was judged yet. Raises UserMistake where a file is missing or broken."""
    drawn = frozen(run)
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

    def of(value: Value, some: Sequence[Judged] = kept) -> Precision | None:
        return precision([Read(value(one), one.chosen.chance) for one in some], share)

    def by(name: Callable[[Judged], str]) -> tuple[Share, ...]:
        groups = _grouped(kept, name)
        return tuple(Share(name=group, right=found) for group, some in groups.items() if (found := of(_right, some)))

    return Findings(
        of=sample.of,
        sampled=len(sample.chosen),
        right=of(_right),
        usable=of(_usable),
        tasks=by(lambda one: one.line.task),
        labels=by(lambda one: one.line.response if labelled(one.line.task) else ""),
        teachers=by(lambda one: one.line.teacher),
        repaired=by(lambda one: "repaired" if one.line.attempts else "as first written"),
        wrongly_rejected=_wrongly_rejected([one for one in judged if one.chosen.state == "rejected"]),
        agreement=agreement(told),
        reviewers=tuple(_reviewers(told)),
        kinds=_kinds(told),
        thresholds=tuple(_thresholds(kept, target, of)),
    )


def _right(one: Judged) -> float:
    return one.right


def _usable(one: Judged) -> float:
    return one.usable


def _judged(run: Run, sample: Sample, lines: Sequence[Line]) -> Iterator[Judged]:
    """In the order of the sample; what was said of another answer than the one that was read says nothing of it."""
    said: dict[tuple[str, str], list[ExpertVerdict]] = {}
    for one in expert_verdicts(run):
        if not one.like:
            said.setdefault((one.id, one.judged), []).append(one)
    for chosen, line in zip(sample.chosen, lines, strict=True):
        if mine := said.get((chosen.id, digest(line.response))):
            yield Judged(chosen, line, tuple(mine))


def _grouped(judged: Iterable[Judged], name: Callable[[Judged], str]) -> dict[str, list[Judged]]:
    found: dict[str, list[Judged]] = {}
    for one in judged:
        if name(one):
            found.setdefault(name(one), []).append(one)
    return dict(sorted(found.items()))


def _wrongly_rejected(judged: Sequence[Judged]) -> tuple[Share, ...]:
    """Each filter's rejections that were right: Wilson's interval, since so few are read."""
    groups = _grouped(judged, lambda one: verdict.filter if (verdict := rejection(one.line)) else "")
    return tuple(Share(name=name, right=_simple([one.right for one in some])) for name, some in groups.items())


def _simple(values: Sequence[float]) -> Precision:
    mean = fmean(values)
    low, high = wilson(mean, len(values), student(len(values) - 1))
    return Precision(mean=round(mean, 6), low=round(low, 6), high=round(high, 6), n=len(values))


def agreement(told: Sequence[ExpertVerdict]) -> Agreement | None:
    """None where nothing was read by two. By NLTK; what one person alone has read has no part in it."""
    from nltk.metrics.agreement import AnnotationTask  # NLTK takes a second to import

    by_answer: dict[tuple[str, str], list[ExpertVerdict]] = {}
    for one in told:
        by_answer.setdefault((one.id, one.judged), []).append(one)
    shared = {key: some for key, some in by_answer.items() if len(some) > 1}
    if not shared:
        return None
    triples = [(v.reviewer, " ".join(key), v.verdict == "accept") for key, some in shared.items() for v in some]
    pairs = [a.verdict == b.verdict or "accept" not in (a.verdict, b.verdict) for some in shared.values() for a, b in combinations(some, 2)]
    names = sorted({reviewer for reviewer, _, _ in triples})
    task, two = AnnotationTask(triples), len(names) == 2
    varied = len({said for _, _, said in triples}) > 1
    value = (task.kappa() if two else task.alpha()) if varied else None
    return Agreement(
        measure="Cohen's kappa" if two else "Krippendorff's alpha",
        value=None if value is None else round(float(value), 4),
        n=len(shared),
        same=round(fmean(pairs), 4),
        reviewers=tuple(names),
    )


def _reviewers(told: Sequence[ExpertVerdict]) -> Iterator[Reviewer]:
    for name in sorted({v.reviewer for v in told}):
        mine = [v for v in told if v.reviewer == name]
        took = [v.seconds for v in mine if v.seconds]
        accepted, rejected, fixed = (sum(v.verdict == what for v in mine) for what in ("accept", "reject", "fix"))
        seconds = median(took) if took else None
        yield Reviewer(name=name, read=len(mine), accepted=accepted, rejected=rejected, fixed=fixed, seconds=seconds)


def _kinds(told: Sequence[ExpertVerdict]) -> dict[str, int]:
    kinds: list[Kind] = [v.kind or "other" for v in told if v.verdict == "reject"]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}


def _thresholds(kept: Sequence[Judged], target: float, of: Callable[[Value, Sequence[Judged]], Precision | None]) -> Iterator[Threshold]:
    """Of each filter whose scores differ; the run's share is that of the sample, reweighted."""
    for name in sorted({v.filter for one in kept for v in one.line.verdicts if v.score is not None}):
        scored = {one.chosen.id: score for one in kept if (score := _score(one, name)) is not None}
        whole = sum(1 / one.chosen.chance for one in kept)
        best = Threshold(filter=name, target=target, score=None, kept=0, right=None)
        for score in sorted(set(scored.values()), reverse=True):
            some = [one for one in kept if scored.get(one.chosen.id, -1.0) >= score]
            found = of(_right, some) if len(some) >= FEWEST else None
            if found and found.low >= target:
                share = sum(1 / one.chosen.chance for one in some) / whole
                best = Threshold(filter=name, target=target, score=score, kept=round(share, 4), right=found)
        if len(set(scored.values())) > 1:
            yield best


def _score(one: Judged, name: str) -> float | None:
    return next((v.score for v in one.line.verdicts if v.filter == name), None)
