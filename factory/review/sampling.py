"""Which examples an expert reads: a systematic sample over tasks, labels, teachers and documents, of a size that a stated bound takes."""

import math
import random
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import Literal, NamedTuple

from pydantic import BaseModel

from factory.core.records import digest

PLANNED = 0.8  # the precision that a size is planned for: one that is higher is known better still; a lower one is told with its true bound
Z = 1.96  # of 95 %
NEAR = 0.1  # a score so close to its threshold is uncertain: small changes of the text would have decided otherwise
TWICE = 2.0  # as likely to be read: what was repaired, or scored near a threshold, errs more often than the rest
SECOND = 0.2  # share that a second reviewer reads too; agreement on 40 of 200 is known to some 12 points
FEWEST_SECOND = 10

State = Literal["kept", "rejected"]


class Candidate(NamedTuple):
    """What of an example decides how it is sampled. `place`: of its line in the file of its state."""

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
        return TWICE if self.repaired or self.near else 1.0


class Chosen(BaseModel, frozen=True):
    """One example of the sample: with what chance it came in, and whether two people read it."""

    id: str
    state: State
    place: int
    chance: float  # above 0, at most 1
    second: bool = False


class Wanted(BaseModel, frozen=True):
    """What was asked for: the same again gives the sample that is there."""

    size: int | None  # so many kept examples; else as many as tell the precision to so many points
    within: float
    rejected: int  # besides so many rejected ones
    split: str | None
    seed: int


class Sample(BaseModel, frozen=True):
    """review/sample.json: the examples in the order in which they were drawn, which the estimate needs; readers see them shuffled."""

    wanted: Wanted
    of: int  # kept examples that it speaks for
    rejected_of: int
    chosen: tuple[Chosen, ...]

    def shown(self) -> list[Chosen]:
        """In the order of reading: by chance, so that whoever stops early has read a sample as well; read twice first."""
        return sorted(self.chosen, key=lambda one: (not one.second, digest(self.wanted.seed, "shown", one.id)))


def size_for(points: float, population: int) -> int:
    """How many examples bring the 95 % interval of a precision of PLANNED within so many points, of a population of that size.

    Simple random sampling with the correction for finite populations (Cochran 1977, section 4.4). A systematic sample over sorted
    documents is at least as narrow where documents err unequally: what clusters stands in one stratum and is not drawn by chance.
    """
    wanted = (Z / (points / 100)) ** 2 * PLANNED * (1 - PLANNED)
    return min(population, math.ceil(wanted / (1 + (wanted - 1) / population))) if population else 0


def systematic(candidates: Iterable[Candidate], count: int, seed: int) -> list[tuple[Candidate, float]]:
    """So many candidates with the chance of each, by systematic sampling in proportion to their measures (Madow 1949).

    Sorted by task, label, teacher, repaired, near and document, every share of these comes out in proportion, without any cell being
    too small. Who would come in twice comes in for certain, and the rest is drawn among the others.
    """
    order = sorted(candidates, key=lambda one: (*one[2:7], digest(seed, one.document), digest(seed, one.id)))
    certain: set[str] = set()
    while True:
        rest = [one for one in order if one.id not in certain]
        left = min(count, len(order)) - len(certain)
        total = math.fsum(one.measure for one in rest)
        sure = {one.id for one in rest if left > 0 and one.measure * left >= total}
        if not sure:
            break
        certain |= sure
    drawn = dict(_drawn(rest, left, total, random.Random(digest(seed, "review")))) if left > 0 else {}
    return [(one, 1.0 if one.id in certain else drawn[one.id]) for one in order if one.id in certain or one.id in drawn]


def _drawn(rest: Sequence[Candidate], count: int, total: float, chance: random.Random) -> Iterable[tuple[str, float]]:
    step = total / count
    ends = list(accumulate(one.measure for one in rest))
    start = chance.random() * step
    for number in range(count):
        one = rest[min(bisect_right(ends, start + number * step), len(rest) - 1)]
        yield one.id, one.measure / step


def sample(kept: Sequence[Candidate], rejected: Sequence[Candidate], wanted: Wanted) -> Sample:
    """The same arguments give the same sample."""
    drawn: list[Chosen] = []
    count = wanted.size or size_for(wanted.within, len(kept))
    states: tuple[tuple[State, Sequence[Candidate], int], ...] = (("kept", kept, count), ("rejected", rejected, wanted.rejected))
    for state, candidates, some in states:
        mine = systematic(candidates, some, wanted.seed) if some else []
        twice = _second([one.id for one, _ in mine], wanted.seed) if state == "kept" else frozenset()
        drawn += [Chosen(id=one.id, state=state, place=one.place, chance=chance, second=one.id in twice) for one, chance in mine]
    return Sample(wanted=wanted, of=len(kept), rejected_of=len(rejected), chosen=tuple(drawn))


def _second(ids: Sequence[str], seed: int) -> frozenset[str]:
    wanted = max(round(SECOND * len(ids)), min(FEWEST_SECOND, len(ids)))
    return frozenset(sorted(ids, key=lambda id: digest(seed, "second", id))[:wanted])


Line = dict[str, object]


def candidates(lines: Iterable[Line], labels: Callable[[str], bool], support: float, split: str | None) -> list[Candidate]:
    """Of the lines of kept.jsonl or rejected.jsonl. `labels`: whether a task's answers are labels; `support`: grounding's threshold."""
    found = []
    for place, line in enumerate(lines):
        if split not in (None, line["split"]):
            continue
        verdicts, document, task = line["verdicts"], line["document"], str(line["task"])
        assert isinstance(verdicts, list)
        assert isinstance(document, dict)
        near = any(v["filter"] == "grounding" and v["score"] is not None and abs(v["score"] - support) < NEAR for v in verdicts)
        label = str(line["response"]) if labels(task) else ""
        found.append(
            Candidate(place, str(line["id"]), task, label, str(line["teacher"]), bool(line["attempts"]), near, str(document["name"]))
        )
    return found
