"""Score a rehearsal against the truth: precision of what is kept, recall of every kind of fault,
repair, calls.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from pydantic import BaseModel

from factory.core.stats import RESAMPLES, wilson
from factory.rehearsal.outcomes import KEPT, OUTVOTED, AttemptOutcome


class MeasuredShare(BaseModel, frozen=True):
    """A share with two 95 % intervals: Wilson's (1927), and a bootstrap over questions.

    The bootstrap takes into account that slots of one question tend to have the same outcome.
    """

    part: int
    of: int
    low: float
    high: float
    low_by_question: float
    high_by_question: float

    @property
    def value(self) -> float | None:
        return self.part / self.of if self.of else None


class KindScore(BaseModel, frozen=True):
    """Faults of one kind that the teacher wrote, in all attempts: what caught them."""

    kind: str
    correlated: bool  # the same in all draws
    caught: MeasuredShare  # share of the planted faults that were caught
    by: dict[str, int]  # by filter, or "outvoted" if the vote elected a right answer


class RepairScore(BaseModel, frozen=True):
    """Repairs of answers that one filter had rejected."""

    reason: str
    tried: int
    recovered: int  # survived all filters
    right: int  # right answers among the recovered


class CallCounts(BaseModel, frozen=True):
    """Number of calls to the teacher."""

    write: int
    draw: int
    repair: int
    per_kept: float | None
    draws_per_kept: float | None
    draws_per_slot: float | None


class RehearsalScore(BaseModel, frozen=True):
    """Score of one rehearsal of one task at one error rate."""

    slots: int
    questions: int
    kept: int
    raw: MeasuredShare  # right answers among first attempts, before any filter
    precision: MeasuredShare  # right answers among those kept
    # Slots whose first answer was right, but that ended without a right one.
    lost: MeasuredShare
    lost_by: dict[str, int]  # the filters that caused this
    refused: MeasuredShare  # right answers rejected, over all attempts
    refused_by: dict[str, int]
    kinds: list[KindScore]
    alone: MeasuredShare  # share caught of the errors of a single draw
    # Share caught of the errors that all draws made alike: only the evidence can reveal them.
    together: MeasuredShare
    kept_wrong: dict[str, int]  # wrong answers that were kept, by kind of fault
    repair: list[RepairScore]
    repaired: MeasuredShare  # share of repairs that survived with a right answer
    calls: CallCounts


def score_rehearsal(
    fates: Sequence[AttemptOutcome], calls: Counter[str], slots: int, seed: int
) -> RehearsalScore:
    """Compute the score from the outcomes of all passes. A question has one id in all of them."""
    tracks = _tracks(fates)
    first, last = [t[0] for t in tracks], [t[-1] for t in tracks]
    kept = [f for f in last if f.kept]
    lost = [t for t in tracks if not t[0].wrote.fault]
    right = [f for f in fates if not f.wrote.fault]
    mended = [(before, after) for t in tracks for before, after in zip(t, t[1:], strict=False)]
    share = _Shares(seed)
    return RehearsalScore(
        slots=slots,
        questions=len({f.question for f in fates}),
        kept=len(kept),
        raw=share(first, lambda f: not f.wrote.fault),
        precision=share(kept, lambda f: not f.fault),
        lost=share([t[-1] for t in lost], lambda f: not f.kept or bool(f.fault)),
        lost_by=dict(
            Counter(
                t[-1].caught or "wrong answer kept" for t in lost if not t[-1].kept or t[-1].fault
            )
        ),
        refused=share(right, lambda f: not _survived(f)),
        refused_by=dict(Counter(f.caught for f in right if not _survived(f))),
        kinds=_kinds(fates, share),
        alone=share([f for f in fates if f.wrote.fault and not f.wrote.correlated], _caught),
        together=share([f for f in fates if f.wrote.fault and f.wrote.correlated], _caught),
        kept_wrong=dict(Counter(f.fault for f in kept if f.fault)),
        repair=_repairs(mended),
        repaired=share([after for _, after in mended], lambda f: _survived(f) and not f.fault),
        calls=_calls(calls, len(kept), slots),
    )


def _tracks(fates: Iterable[AttemptOutcome]) -> list[list[AttemptOutcome]]:
    """Group the attempts by slot, oldest first: they are adjacent."""
    tracks: list[list[AttemptOutcome]] = []
    for fate in fates:
        if fate.attempt == 0:
            tracks.append([])
        tracks[-1].append(fate)
    return tracks


def _mended(reason: str, after: Sequence[AttemptOutcome]) -> RepairScore:
    survived = [fate for fate in after if _survived(fate)]
    return RepairScore(
        reason=reason,
        tried=len(after),
        recovered=len(survived),
        right=sum(not f.fault for f in survived),
    )


def _survived(fate: AttemptOutcome) -> bool:
    return fate.caught in (KEPT, OUTVOTED)


def _caught(fate: AttemptOutcome) -> bool:
    return bool(fate.caught)


def _kinds(fates: Sequence[AttemptOutcome], share: "_Shares") -> list[KindScore]:
    groups: dict[tuple[str, bool], list[AttemptOutcome]] = {}
    for fate in fates:
        if fate.wrote.fault:
            groups.setdefault((fate.wrote.fault, fate.wrote.correlated), []).append(fate)
    return [
        KindScore(
            kind=kind,
            correlated=correlated,
            caught=share(found, _caught),
            by=dict(Counter(f.caught for f in found if f.caught)),
        )
        for (kind, correlated), found in sorted(groups.items())
    ]


def _repairs(mended: Sequence[tuple[AttemptOutcome, AttemptOutcome]]) -> list[RepairScore]:
    reasons = sorted({before.caught for before, _ in mended})
    return [
        _mended(reason, [after for before, after in mended if before.caught == reason])
        for reason in reasons
    ]


def _calls(calls: Counter[str], kept: int, slots: int) -> CallCounts:
    return CallCounts(
        write=calls["write"],
        draw=calls["draw"],
        repair=calls["repair"],
        per_kept=_ratio(calls.total(), kept),
        draws_per_kept=_ratio(calls["draw"], kept),
        draws_per_slot=_ratio(calls["draw"], slots),
    )


def _ratio(part: int, of: int) -> float | None:
    return round(part / of, 3) if of else None


class _Shares:
    """Computes shares with both intervals."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def __call__(
        self, fates: Sequence[AttemptOutcome], holds: Callable[[AttemptOutcome], bool]
    ) -> MeasuredShare:
        part, of = sum(map(holds, fates)), len(fates)
        low, high = wilson(part / of, of) if of else (0.0, 1.0)
        below, above = bootstrap_by_question([(f.question, holds(f)) for f in fates], self._seed)
        return MeasuredShare(
            part=part,
            of=of,
            low=round(low, 4),
            high=round(high, 4),
            low_by_question=below,
            high_by_question=above,
        )


def bootstrap_by_question(found: Sequence[tuple[str, bool]], seed: int) -> tuple[float, float]:
    """Return the 95 % percentile interval from resampling whole questions (Davison and Hinkley
    1997, section 3.8).
    """
    if not found:
        return 0.0, 1.0
    _, place = np.unique(np.array([question for question, _ in found]), return_inverse=True)
    parts = np.bincount(place, weights=[holds for _, holds in found])
    sizes = np.bincount(place)
    draw = np.random.default_rng(seed)
    shares: list[float] = []
    for _ in range(RESAMPLES // 100):
        drawn = draw.integers(len(sizes), size=(100, len(sizes)))
        shares.extend(parts[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    low, high = np.percentile(shares, [2.5, 97.5])
    return round(float(low), 4), round(float(high), 4)
