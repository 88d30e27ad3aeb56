"""Choose the examples that an expert reads: a systematic sample over tasks, labels, teachers and
documents.
"""

import math
import random
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import Literal, NamedTuple

from pydantic import BaseModel

from factory.core.records import digest

# The precision that a sample size is planned for. A higher one has a narrower interval; a lower one
# is reported with its true bound.
PLANNED_PRECISION = 0.8
Z = 1.96  # 95 % quantile
# A score this close to its threshold is uncertain: small changes of the text would have reversed
# it.
NEAR_THRESHOLD = 0.1
# Repaired examples, and those near a threshold, are wrong more often, so they are drawn twice as
# often.
LIKELIER = 2.0
# Share that a second reviewer also reads. Agreement on 40 of 200 is known to about 12 points.
SECOND_READER_SHARE = 0.2
FEWEST_READ_TWICE = 10

ExampleState = Literal["kept", "rejected"]


class Candidate(NamedTuple):
    """The properties of an example that decide its sampling. `place` is its line in its file."""

    place: int
    id: str
    task: str
    label: str
    teacher: str
    repaired: bool
    near: bool
    document: str

    @property
    def measure(self) -> float:
        return LIKELIER if self.repaired or self.near else 1.0


class SampledExample(BaseModel, frozen=True):
    """One example of the sample: its inclusion probability, and whether two people read it."""

    id: str
    state: ExampleState
    place: int
    chance: float  # above 0, at most 1
    second: bool = False


class SampleSettings(BaseModel, frozen=True):
    """The settings of a sample; the same settings again return the existing sample."""

    size: int | None  # number of kept examples; None: enough for `within`
    within: float
    rejected: int  # number of rejected examples to add
    split: str | None
    seed: int


class ReviewSample(BaseModel, frozen=True):
    """The content of review/sample.json. The estimate needs the order of drawing; readers see a
    shuffled order.
    """

    wanted: SampleSettings
    of: int  # kept examples that it represents
    rejected_of: int
    chosen: tuple[SampledExample, ...]

    def shown(self) -> list[SampledExample]:
        """Return the examples in reading order: those that two people read first, then at random.

        A reviewer who stops early has thus read a sample as well.
        """
        return sorted(
            self.chosen, key=lambda one: (not one.second, digest(self.wanted.seed, "shown", one.id))
        )


def sample_size(points: float, population: int) -> int:
    """Return how many examples bring the 95 % interval of a precision of PLANNED_PRECISION within
    `points` percentage points, for a population of that size.

    Simple random sampling with the correction for finite populations (Cochran 1977, section 4.4). A
    systematic sample over sorted documents is at least as narrow if error rates differ between
    documents: similar examples fall in one stratum and are not drawn by chance.
    """
    wanted = (Z / (points / 100)) ** 2 * PLANNED_PRECISION * (1 - PLANNED_PRECISION)
    return min(population, math.ceil(wanted / (1 + (wanted - 1) / population))) if population else 0


def systematic_sample(
    candidates: Iterable[Candidate], count: int, seed: int
) -> list[tuple[Candidate, float]]:
    """Draw `count` candidates, each with its probability, by systematic sampling in proportion to
    their measures (Madow 1949).

    Sorted by task, label, teacher, repaired, near and document, every share of these comes out in
    proportion, without any cell being too small. A candidate that would be drawn twice is taken for
    certain, and the rest is drawn among the others.
    """
    order = sorted(
        candidates, key=lambda one: (*one[2:7], digest(seed, one.document), digest(seed, one.id))
    )
    certain: set[str] = set()
    while True:
        rest = [one for one in order if one.id not in certain]
        left = min(count, len(order)) - len(certain)
        total = math.fsum(one.measure for one in rest)
        sure = {one.id for one in rest if left > 0 and one.measure * left >= total}
        if not sure:
            break
        certain |= sure
    drawn = (
        dict(_drawn(rest, left, total, random.Random(digest(seed, "review")))) if left > 0 else {}
    )
    return [
        (one, 1.0 if one.id in certain else drawn[one.id])
        for one in order
        if one.id in certain or one.id in drawn
    ]


def _drawn(
    rest: Sequence[Candidate], count: int, total: float, chance: random.Random
) -> Iterable[tuple[str, float]]:
    step = total / count
    ends = list(accumulate(one.measure for one in rest))
    start = chance.random() * step
    for number in range(count):
        one = rest[min(bisect_right(ends, start + number * step), len(rest) - 1)]
        yield one.id, one.measure / step


def draw_sample(
    kept: Sequence[Candidate], rejected: Sequence[Candidate], wanted: SampleSettings
) -> ReviewSample:
    """Draw the sample. The same arguments give the same sample."""
    drawn: list[SampledExample] = []
    count = wanted.size or sample_size(wanted.within, len(kept))
    states: tuple[tuple[ExampleState, Sequence[Candidate], int], ...] = (
        ("kept", kept, count),
        ("rejected", rejected, wanted.rejected),
    )
    for state, candidates, some in states:
        mine = systematic_sample(candidates, some, wanted.seed) if some else []
        twice = (
            _second([one.id for one, _ in mine], wanted.seed) if state == "kept" else frozenset()
        )
        drawn += [
            SampledExample(
                id=one.id, state=state, place=one.place, chance=chance, second=one.id in twice
            )
            for one, chance in mine
        ]
    return ReviewSample(wanted=wanted, of=len(kept), rejected_of=len(rejected), chosen=tuple(drawn))


def _second(ids: Sequence[str], seed: int) -> frozenset[str]:
    wanted = max(round(SECOND_READER_SHARE * len(ids)), min(FEWEST_READ_TWICE, len(ids)))
    return frozenset(sorted(ids, key=lambda id: digest(seed, "second", id))[:wanted])


Line = dict[str, object]


def find_candidates(
    lines: Iterable[Line], labels: Callable[[str], bool], support: float, split: str | None
) -> list[Candidate]:
    """Read the candidates from the lines of kept.jsonl or rejected.jsonl.

    `labels` tells whether a task's answers are labels; `support` is grounding's threshold.
    """
    found = []
    for place, line in enumerate(lines):
        if split not in (None, line["split"]):
            continue
        verdicts, document, task = line["verdicts"], line["document"], str(line["task"])
        assert isinstance(verdicts, list)
        assert isinstance(document, dict)
        near = any(
            v["filter"] == "grounding"
            and v["score"] is not None
            and abs(v["score"] - support) < NEAR_THRESHOLD
            for v in verdicts
        )
        label = str(line["response"]) if labels(task) else ""
        found.append(
            Candidate(
                place,
                str(line["id"]),
                task,
                label,
                str(line["teacher"]),
                bool(line["attempts"]),
                near,
                str(document["name"]),
            )
        )
    return found
