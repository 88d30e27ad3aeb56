"""Outcomes of a run: one line per slot of kept, rejected and unfinished.jsonl, and how its evidence marks the chunk."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from pydantic import BaseModel
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import extract

from factory.core.errors import UserMistake
from factory.core.lazy import View
from factory.core.records import FINAL_PASS, NEVER_ANSWERED, Attempt, Cost, DocumentRef, Draw, Span, Verdict, dollars
from factory.core.run_folder import Run

End = Literal["kept", "rejected", "unfinished"]
ENDS: tuple[End, ...] = ("kept", "rejected", "unfinished")
CLOSEST = 3
# Would steer the terminal instead of being read: C0 and C1 controls, and marks that turn the direction of writing.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class ChunkPlace(BaseModel, frozen=True):
    """Where the chunk stands in its document, in code points."""

    digest: str
    start: int
    end: int
    page: int | None = None  # that it begins on, from 1 on


class Line(BaseModel, frozen=True):
    """One line of kept, rejected or unfinished.jsonl; its spans point into the document."""

    ending: End
    id: str
    task: str
    document: DocumentRef
    chunk: ChunkPlace
    split: str
    conflict: bool = False  # another version of its document contradicts its chunk
    instruction: str = ""
    response: str = ""
    spans: tuple[Span, ...] = ()
    teacher: str = ""
    prompt: str = ""
    cost: Cost = Cost()
    verdicts: tuple[Verdict, ...] = ()
    draws: tuple[Draw, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    reason: str = ""  # why it is unfinished

    @property
    def tries(self) -> tuple[Attempt, ...]:
        """Every attempt, oldest first; that of an unfinished slot which got no verdict yet is its last."""
        if self.ending == "unfinished":
            return self.attempts
        own = {name: getattr(self, name) for name in ("instruction", "response", "spans", "verdicts", "prompt")}
        return (*self.attempts, Attempt(**own, cost=_without(self.cost, self.attempts)))

    @property
    def first(self) -> "Attempt | Line":
        """Its first attempt; an unfinished one without any has no verdicts."""
        return self.attempts[0] if self.attempts else self

    @property
    def evidence(self) -> tuple[Span, ...]:
        """The spans of its last attempt, or those that a filter looked at where it has none."""
        if not self.tries:
            return ()
        last = self.tries[-1]
        return last.spans or next((v.evidence for v in reversed(last.verdicts) if v.evidence), ())

    @property
    def fell_first(self) -> str:
        """The filter that its first attempt fell at before the final pass; empty where it survived."""
        verdict = rejection(self.first)
        if verdict is None:
            return NEVER_ANSWERED if self.ending == "unfinished" else ""
        return "" if verdict.filter in FINAL_PASS else verdict.filter

    @property
    def fell_last(self) -> str:
        """What its last attempt fell at; empty where it was kept."""
        verdict = rejection(self)
        return verdict.filter if verdict else NEVER_ANSWERED if self.ending == "unfinished" else ""

    @property
    def recovered(self) -> bool:
        """Whether repair brought it past all filters up to the final pass."""
        return bool(self.fell_first) and self.fell_last in ("", *FINAL_PASS)


@dataclass(frozen=True)
class Piece:
    """A stretch of a chunk, evidence or not."""

    text: str
    marked: bool


def lines_of(run: Run) -> View[Line]:
    """Every slot of a run, read when it is looked at. Raises UserMistake where a file is missing or broken."""
    files = [run.rows(f"{end}.jsonl", Line, {"ending": end}) for end in ENDS]
    ends = list(accumulate(map(len, files)))

    def look(place: int) -> Line:
        file = bisect_right(ends, place)
        return files[file][place - ends[file]]  # counted from the file's end

    return View(range(ends[-1]), look)


def rejection(tried: Attempt | Line) -> Verdict | None:
    """The verdict that rejected it, if one did."""
    return next((v for v in tried.verdicts if not v.passed), None)


def document_of(run: Run, document: DocumentRef) -> str:
    """The text that spans point into. Raises UserMistake where it is missing."""
    try:
        return run.document(document.digest)
    except FileNotFoundError as error:
        raise UserMistake(f"{error.filename}: is missing, run `docstill make` again to write it") from error


def mark(document: str, place: ChunkPlace, spans: Iterable[Span]) -> list[Piece]:
    """The chunk in pieces, in order; a span that does not stand in the document marks nothing."""
    there = [s for s in spans if stands(document, s)]
    ends = {c for s in there for c in (s.start, s.end) if place.start < c < place.end}
    cuts = sorted({place.start, place.end} | ends)
    pieces: list[Piece] = []
    for start, end in zip(cuts, cuts[1:], strict=False):
        marked = any(s.start <= start and end <= s.end for s in there)
        before = pieces.pop().text if pieces and pieces[-1].marked == marked else ""
        pieces.append(Piece(before + document[start:end], marked))
    return pieces


def stands(document: str, span: Span) -> bool:
    """Whether the span's words stand where it says."""
    return span.start < span.end and document[span.start : span.end] == span.text


def find(lines: Sequence[Line], wanted: str) -> Line:
    """The line of an id or of the only id that begins so. Raises UserMistake with the closest ids."""
    ids = [line.id for line in lines]
    found = [i for i, id in enumerate(ids) if id == wanted] or [i for i, id in enumerate(ids) if id.startswith(wanted)]
    if len(found) == 1:
        return lines[found[0]]
    if found:
        named = ", ".join(ids[i] for i in found[:CLOSEST])
        raise UserMistake(f'"{wanted}": {len(found)} ids begin so, such as {named}; must name one of them')
    near = [one for one, _, _ in extract(wanted, ids, scorer=JaroWinkler.similarity, limit=CLOSEST)]
    closest = f"the closest ones are {', '.join(near)}" if near else "it holds no example at all"
    raise UserMistake(f'"{wanted}": no example of this run has that id; {closest}')


def cost_words(cost: Cost) -> str:
    calls = "1 call" if cost.calls == 1 else f"{cost.calls:,} calls"
    usd = f", {dollars(cost.nanousd)}" if cost.nanousd else ""
    return f"{calls}, {cost.tokens_in:,} tokens in, {cost.tokens_out:,} out{usd}"


def plain(text: str) -> str:
    """The text with a visible sign for each character that would steer a terminal."""
    return _STEERING.sub("�", text)


def _without(total: Cost, attempts: Iterable[Attempt]) -> Cost:
    earlier = sum((a.cost for a in attempts), Cost())
    return Cost(
        calls=total.calls - earlier.calls,
        tokens_in=total.tokens_in - earlier.tokens_in,
        nanousd=total.nanousd - earlier.nanousd,
        tokens_out=total.tokens_out - earlier.tokens_out,
    )
