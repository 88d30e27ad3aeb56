"""The pilot: 20 chunks for real, spread over splits and documents, and what they say of the rest: RUN/pilot.json."""

from collections import Counter
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple, TypeVar

from pydantic import BaseModel

from factory.core.errors import UserMistake
from factory.core.lazy import picked
from factory.core.outcomes import Line
from factory.core.records import Cost, Nanodollars, Slot, Split, digest
from factory.core.run_folder import Run
from factory.core.stats import LEVEL
from factory.costs.extrapolation import FEWEST
from factory.costs.forecast import Forecast, Terms, Tried, ahead, share_kept, weighted, whole
from factory.reports.report import Report
from factory.reports.run_summary import Account, read

CHUNKS = 20  # on three corpora intervals were then 0.17 to 0.25 of the true price wide, those of the estimate 0.58 to 0.85
SHOWN, KEPT_SHOWN = 10, 7  # examples to be read; of them kept ones at most

OfChunk = TypeVar("OfChunk", Slot, Line)
Placed = TypeVar("Placed")


class Pilot(BaseModel, frozen=True, extra="forbid"):
    """pilot.json. All intervals are of `level`.

    `chunks`: those asked; `finished`: those of them without an unfinished slot, on which every interval rests. `share_kept`: low,
    mean, high, each document by its size, so not quite `kept` of `asked`. `value`: what the answers behind all slots asked took,
    whoever bought them, an answer shared by two slots twice; replies that could not be used and calls whose outcome is unknown come
    on top. `usd_per_kept`: null where the price is unknown. `rest`: the slots of all chunks that are not finished; `whole`: all
    slots, of which the finished ones are known.
    Examples of different chunks may repeat each other, in the whole more than in 20 chunks: that is not foreseen.
    """

    version: str
    level: float = LEVEL
    chunks: int
    finished: int
    of_chunks: int
    asked: int
    kept: int
    rejected: int
    unfinished: int
    share_kept: tuple[float, float, float] | None
    value: Cost
    tokens_per_kept: int | None
    usd_per_kept: Nanodollars | None
    rest: Forecast
    whole: Forecast


class Place(NamedTuple):
    """Where a chunk stands: what it is chosen by."""

    chunk: str
    document: str
    split: Split


def chosen(slots: Sequence[Slot], seed: int, count: int = CHUNKS) -> Sequence[Slot]:
    """All slots of so many chunks, in the order of the slots; the same seed chooses the same chunks.

    Each side of the split has its share of the chunks, and one at least; on a side every document has one before any has two.
    """
    places = [Place(s.chunk.digest, s.chunk.document.digest, s.split) for s in slots]
    found = sorted({p.chunk: p for p in places}.values(), key=lambda p: digest(seed, p.chunk))
    found = _sorted(found, _turns(p.document for p in found))
    sizes = Counter(p.split for p in found)
    found = _sorted(found, [turn / sizes[p.split] for p, turn in zip(found, _turns(p.split for p in found), strict=True)])
    taken = {p.chunk for p in found[:count]}
    return picked(slots, (i for i, p in enumerate(places) if p.chunk in taken))


def _turns(kinds: Iterable[str]) -> list[int]:
    """For each, how many of its kind stand before it."""
    before: Counter[str] = Counter()
    turns = []
    for kind in kinds:
        turns.append(before[kind])
        before[kind] += 1
    return turns


def _sorted(some: Sequence[Placed], places: Sequence[float]) -> list[Placed]:
    """In the order of their places, equal ones as they stand."""
    return [one for _, one in sorted(zip(places, some, strict=True), key=itemgetter(0))]


def must_not_shrink(run: Run, asked: int) -> None:
    """Raises UserMistake where the run holds more slots than a pilot asks: its files would be replaced by shorter ones."""
    report = read(run, "report.json", Report)
    if report and report.asked > asked:
        more = f"{run.folder}: this run holds {report.asked} slots, and a pilot would replace them by its {asked}"
        raise UserMistake(f"{more}; --out must name another folder, or go on here with docstill make")


def piloted(told: Account, slots: Sequence[Slot], terms: Terms) -> Pilot:
    """What a pilot's run says of all `slots`, its own among them."""
    report, chunks, lines = told.report, _by_chunk(slots), _by_chunk(told.lines)
    tried = {name: _tried(chunks[name], mine) for name, mine in lines.items() if all(x.ending != "unfinished" for x in mine)}
    others = [group for name, group in chunks.items() if name not in tried]
    seen, kept, value = weighted(list(tried.values()), others), report.kept, report.value
    rest = ahead(seen, others, terms)
    return Pilot(
        version=report.version,
        chunks=len(lines),
        finished=len(tried),
        of_chunks=len(chunks),
        asked=report.asked,
        kept=kept,
        rejected=report.rejected,
        unfinished=report.unfinished,
        share_kept=share_kept(seen) if len(seen) >= FEWEST else None,
        value=value,
        tokens_per_kept=round((value.tokens_in + value.tokens_out) / kept) if kept else None,
        usd_per_kept=round(value.nanousd / kept) if kept and terms.price else None,
        rest=rest,
        whole=whole(rest, seen, terms, slots),
    )


def _by_chunk(some: Sequence[OfChunk]) -> dict[str, Sequence[OfChunk]]:
    places: dict[str, list[int]] = {}
    for place, one in enumerate(some):
        places.setdefault(one.chunk.digest, []).append(place)
    return {name: picked(some, mine) for name, mine in places.items()}


def _tried(slots: Sequence[Slot], lines: Sequence[Line]) -> Tried:
    return Tried(slots, sum(line.ending == "kept" for line in lines), sum((line.cost for line in lines), Cost()))


def shown(lines: Sequence[Line]) -> list[Line]:
    """Ten to be read: kept ones evenly over the pilot, then rejected ones, of every filter one before any has two."""
    kept = [line for line in lines if line.ending == "kept"]
    count = min(KEPT_SHOWN, len(kept))
    rejected = [line for line in lines if line.ending == "rejected"]
    rejected = _sorted(rejected, _turns(line.fell_last for line in rejected))
    return [*(kept[i * len(kept) // count] for i in range(count)), *rejected[: SHOWN - count]]
