"""The figures of a rehearsal: precision of what is kept, recall of every kind of fault, yield of repair, calls, all against truth."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from pydantic import BaseModel

from factory.core.stats import RESAMPLES, wilson
from factory.rehearsal.outcomes import KEPT, OUTVOTED, Fate


class Share(BaseModel, frozen=True):
    """A share of so many, Wilson's 95 % interval (1927), and that by a bootstrap over questions: slots of one question fare alike."""

    part: int
    of: int
    low: float
    high: float
    low_by_question: float
    high_by_question: float

    @property
    def value(self) -> float | None:
        return self.part / self.of if self.of else None


class Kind(BaseModel, frozen=True):
    """Faults of one kind that the teacher wrote, in all attempts: what caught them, and how many stood in the end."""

    kind: str
    correlated: bool  # the same in all draws
    caught: Share  # of those planted
    by: dict[str, int]  # filter, or "outvoted": the vote elected a right answer instead


class Repair(BaseModel, frozen=True):
    """Repairs of what one filter had rejected."""

    reason: str
    tried: int
    recovered: int  # survived all filters
    right: int  # of these


class Calls(BaseModel, frozen=True):
    """What the teacher was asked."""

    write: int
    draw: int
    repair: int
    per_kept: float | None
    draws_per_kept: float | None
    draws_per_slot: float | None


class Score(BaseModel, frozen=True):
    """One rehearsal of one task at one rate of errors."""

    slots: int
    questions: int
    kept: int
    raw: Share  # right answers among the first ones, before any filter
    precision: Share  # right answers among those kept
    lost: Share  # of the slots whose first answer was right, those that ended without a right one
    lost_by: dict[str, int]  # which filter ended those
    refused: Share  # of the right answers, over all attempts, those that a filter rejected
    refused_by: dict[str, int]
    kinds: list[Kind]
    alone: Share  # caught of the errors of one draw
    together: Share  # caught of those that all draws made alike: only the evidence can show them
    kept_wrong: dict[str, int]  # what stands wrong among the kept, by kind
    repair: list[Repair]
    repaired: Share  # of all repairs tried, those that survived with a right answer
    calls: Calls


def score(fates: Sequence[Fate], calls: Counter[str], slots: int, seed: int) -> Score:
    """`fates` of all passes; a question has one id in all of them."""
    tracks = _tracks(fates)
    first, last = [t[0] for t in tracks], [t[-1] for t in tracks]
    kept = [f for f in last if f.kept]
    lost = [t for t in tracks if not t[0].wrote.fault]
    right = [f for f in fates if not f.wrote.fault]
    mended = [(before, after) for t in tracks for before, after in zip(t, t[1:], strict=False)]
    share = _Shares(seed)
    return Score(
        slots=slots,
        questions=len({f.question for f in fates}),
        kept=len(kept),
        raw=share(first, lambda f: not f.wrote.fault),
        precision=share(kept, lambda f: not f.fault),
        lost=share([t[-1] for t in lost], lambda f: not f.kept or bool(f.fault)),
        lost_by=dict(Counter(t[-1].caught or "wrong answer kept" for t in lost if not t[-1].kept or t[-1].fault)),
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


def _tracks(fates: Iterable[Fate]) -> list[list[Fate]]:
    """The attempts of each slot, oldest first: they stand side by side."""
    tracks: list[list[Fate]] = []
    for fate in fates:
        if fate.attempt == 0:
            tracks.append([])
        tracks[-1].append(fate)
    return tracks


def _mended(reason: str, after: Sequence[Fate]) -> Repair:
    survived = [fate for fate in after if _survived(fate)]
    return Repair(reason=reason, tried=len(after), recovered=len(survived), right=sum(not f.fault for f in survived))


def _survived(fate: Fate) -> bool:
    return fate.caught in (KEPT, OUTVOTED)


def _caught(fate: Fate) -> bool:
    return bool(fate.caught)


def _kinds(fates: Sequence[Fate], share: "_Shares") -> list[Kind]:
    groups: dict[tuple[str, bool], list[Fate]] = {}
    for fate in fates:
        if fate.wrote.fault:
            groups.setdefault((fate.wrote.fault, fate.wrote.correlated), []).append(fate)
    return [
        Kind(kind=kind, correlated=correlated, caught=share(found, _caught), by=dict(Counter(f.caught for f in found if f.caught)))
        for (kind, correlated), found in sorted(groups.items())
    ]


def _repairs(mended: Sequence[tuple[Fate, Fate]]) -> list[Repair]:
    reasons = sorted({before.caught for before, _ in mended})
    return [_mended(reason, [after for before, after in mended if before.caught == reason]) for reason in reasons]


def _calls(calls: Counter[str], kept: int, slots: int) -> Calls:
    return Calls(
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
    """Shares with both their intervals."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def __call__(self, fates: Sequence[Fate], holds: Callable[[Fate], bool]) -> Share:
        part, of = sum(map(holds, fates)), len(fates)
        low, high = wilson(part / of, of) if of else (0.0, 1.0)
        below, above = by_question([(f.question, holds(f)) for f in fates], self._seed)
        return Share(part=part, of=of, low=round(low, 4), high=round(high, 4), low_by_question=below, high_by_question=above)


def by_question(found: Sequence[tuple[str, bool]], seed: int) -> tuple[float, float]:
    """Percentile interval at 95 % by resampling whole questions (Davison and Hinkley 1997, section 3.8)."""
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
