"""Choose 20 chunks for a pilot and forecast the rest from them (RUN/pilot.json)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple, TypeVar

from pydantic import BaseModel

from factory.core.errors import UserMistake
from factory.core.lazy import select_view
from factory.core.outcomes import OutcomeLine
from factory.core.records import Cost, Nanodollars, Slot, Split, digest
from factory.core.run_folder import Run
from factory.core.stats import LEVEL
from factory.costs.extrapolation import MIN_CHUNKS
from factory.costs.forecast import (
    EstimateTerms,
    Forecast,
    TriedChunk,
    forecast_rest,
    forecast_whole,
    share_kept,
    weight_by_document,
)
from factory.reports.report import Report
from factory.reports.run_summary import RunSummary, read_optional

# On three corpora, intervals were then 0.17 to 0.25 of the true price wide, the estimate's 0.58 to
# 0.85.
CHUNKS = 20
SHOWN, KEPT_SHOWN = 10, 7  # examples shown; at most this many of them kept

OfChunk = TypeVar("OfChunk", Slot, OutcomeLine)
Placed = TypeVar("Placed")


class Pilot(BaseModel, frozen=True, extra="forbid"):
    """pilot.json. All intervals are of `level`.

    `chunks`: chunks asked. `finished`: those without an unfinished slot, on which every interval is
    based. `share_kept`: low, mean, high, with each document weighted by its size, so not quite
    `kept` of `asked`. `value`: cost of the answers behind all slots, whoever bought them, with an
    answer shared by two slots counted twice; unusable replies and calls with an unknown outcome
    come on top. `usd_per_kept`: null if a price is unknown. `rest`: the slots of all unfinished
    chunks. `whole`: all slots, the finished ones included. Duplicates between chunks are more
    frequent in the whole than in 20 chunks; this is not forecast.
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


class ChunkPosition(NamedTuple):
    """A chunk with the properties that it is chosen by."""

    chunk: str
    document: str
    split: Split


def pilot_slots(slots: Sequence[Slot], seed: int, count: int = CHUNKS) -> Sequence[Slot]:
    """Return all slots of `count` chunks in their order. The same seed chooses the same chunks.

    Each split gets its share of the chunks, but at least one. Within a split, every document gets
    one chunk before any gets two.
    """
    places = [ChunkPosition(s.chunk.digest, s.chunk.document.digest, s.split) for s in slots]
    found = sorted({p.chunk: p for p in places}.values(), key=lambda p: digest(seed, p.chunk))
    found = _sorted(found, _turns(p.document for p in found))
    sizes = Counter(p.split for p in found)
    found = _sorted(
        found,
        [
            turn / sizes[p.split]
            for p, turn in zip(found, _turns(p.split for p in found), strict=True)
        ],
    )
    taken = {p.chunk for p in found[:count]}
    return select_view(slots, (i for i, p in enumerate(places) if p.chunk in taken))


def _turns(kinds: Iterable[str]) -> list[int]:
    """Return for each item how many of its kind come before it."""
    before: Counter[str] = Counter()
    turns = []
    for kind in kinds:
        turns.append(before[kind])
        before[kind] += 1
    return turns


def _sorted(some: Sequence[Placed], places: Sequence[float]) -> list[Placed]:
    """Sort items by their places; the sort is stable."""
    return [one for _, one in sorted(zip(places, some, strict=True), key=itemgetter(0))]


def must_not_shrink(run: Run, asked: int) -> None:
    """Raise UserMistake if the run has more slots than a pilot: its files would be cut."""
    report = read_optional(run, "report.json", Report)
    if report and report.asked > asked:
        more = (
            f"{run.folder}: this run has {report.asked} slots, which a pilot would replace with "
            f"its {asked}"
        )
        raise UserMistake(
            f"{more}; choose another folder with --out, or continue this run with `docstill make`"
        )


def summarise_pilot(summary: RunSummary, slots: Sequence[Slot], terms: EstimateTerms) -> Pilot:
    """Summarise a pilot and forecast all `slots`, its own included."""
    report, chunks, lines = summary.report, _by_chunk(slots), _by_chunk(summary.lines)
    tried = {
        name: _tried(chunks[name], mine)
        for name, mine in lines.items()
        if all(x.ending != "unfinished" for x in mine)
    }
    others = [group for name, group in chunks.items() if name not in tried]
    seen, kept, value = weight_by_document(list(tried.values()), others), report.kept, report.value
    rest = forecast_rest(seen, others, terms)
    return Pilot(
        version=report.version,
        chunks=len(lines),
        finished=len(tried),
        of_chunks=len(chunks),
        asked=report.asked,
        kept=kept,
        rejected=report.rejected,
        unfinished=report.unfinished,
        share_kept=share_kept(seen) if len(seen) >= MIN_CHUNKS else None,
        value=value,
        tokens_per_kept=round((value.tokens_in + value.tokens_out) / kept) if kept else None,
        usd_per_kept=round(value.nanousd / kept) if kept and terms.price else None,
        rest=rest,
        whole=forecast_whole(rest, seen, terms, slots),
    )


def _by_chunk(some: Sequence[OfChunk]) -> dict[str, Sequence[OfChunk]]:
    places: dict[str, list[int]] = {}
    for place, one in enumerate(some):
        places.setdefault(one.chunk.digest, []).append(place)
    return {name: select_view(some, mine) for name, mine in places.items()}


def _tried(slots: Sequence[Slot], lines: Sequence[OutcomeLine]) -> TriedChunk:
    return TriedChunk(
        slots,
        sum(line.ending == "kept" for line in lines),
        sum((line.cost for line in lines), Cost()),
    )


def example_lines(lines: Sequence[OutcomeLine]) -> list[OutcomeLine]:
    """Return ten examples: kept ones spread over the pilot, then rejected ones of each filter."""
    kept = [line for line in lines if line.ending == "kept"]
    count = min(KEPT_SHOWN, len(kept))
    rejected = [line for line in lines if line.ending == "rejected"]
    rejected = _sorted(rejected, _turns(line.fell_last for line in rejected))
    return [*(kept[i * len(kept) // count] for i in range(count)), *rejected[: SHOWN - count]]
