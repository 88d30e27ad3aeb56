"""Read the outcome of every slot of a run, and mark its evidence in the chunk."""

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
from factory.core.records import (
    FINAL_PASS,
    NEVER_ANSWERED,
    Attempt,
    Cost,
    DocumentRef,
    Draw,
    Span,
    Verdict,
    dollars,
)
from factory.core.run_folder import Run

End = Literal["kept", "rejected", "unfinished"]
ENDS: tuple[End, ...] = ("kept", "rejected", "unfinished")
CLOSEST = 3
# Characters that would control the terminal: C0, C1, and marks of the writing direction.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class ChunkPlace(BaseModel, frozen=True):
    """The place of a chunk in its document, in code points."""

    digest: str
    start: int
    end: int
    page: int | None = None  # that it begins on, from 1 on


class OutcomeLine(BaseModel, frozen=True):
    """A line of kept, rejected or unfinished.jsonl; its spans point into the document."""

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
        """All attempts, oldest first; the last one of an unfinished slot may have no verdict."""
        if self.ending == "unfinished":
            return self.attempts
        own = {
            name: getattr(self, name)
            for name in ("instruction", "response", "spans", "verdicts", "prompt")
        }
        return (*self.attempts, Attempt(**own, cost=_without(self.cost, self.attempts)))

    @property
    def first(self) -> "Attempt | OutcomeLine":
        """The first attempt; the line itself if there was only one, or none."""
        return self.attempts[0] if self.attempts else self

    @property
    def evidence(self) -> tuple[Span, ...]:
        """The spans of the last attempt, or else the evidence of its last verdict that has some."""
        if not self.tries:
            return ()
        last = self.tries[-1]
        return last.spans or next((v.evidence for v in reversed(last.verdicts) if v.evidence), ())

    @property
    def fell_first(self) -> str:
        """The filter that rejected the first attempt before the final pass; empty if none did."""
        verdict = rejection(self.first)
        if verdict is None:
            return NEVER_ANSWERED if self.ending == "unfinished" else ""
        return "" if verdict.filter in FINAL_PASS else verdict.filter

    @property
    def fell_last(self) -> str:
        """The filter that rejected the last attempt; empty if it was kept."""
        verdict = rejection(self)
        return verdict.filter if verdict else NEVER_ANSWERED if self.ending == "unfinished" else ""

    @property
    def recovered(self) -> bool:
        """True if repair brought it past all filters before the final pass."""
        return bool(self.fell_first) and self.fell_last in ("", *FINAL_PASS)


@dataclass(frozen=True)
class MarkedText:
    """A stretch of a chunk, evidence or not."""

    text: str
    marked: bool


def outcome_lines(run: Run) -> View[OutcomeLine]:
    """Return all slots of a run, read on access.

    Raises UserMistake if a file is missing or broken.
    """
    files = [run.rows(f"{end}.jsonl", OutcomeLine, {"ending": end}) for end in ENDS]
    ends = list(accumulate(map(len, files)))

    def look(place: int) -> OutcomeLine:
        file = bisect_right(ends, place)
        return files[file][place - ends[file]]  # a negative index, from the file's end

    return View(range(ends[-1]), look)


def rejection(tried: Attempt | OutcomeLine) -> Verdict | None:
    """Return the verdict that rejected it, if one did."""
    return next((v for v in tried.verdicts if not v.passed), None)


def document_of(run: Run, document: DocumentRef) -> str:
    """Return the text that spans point into. Raises UserMistake if it is missing."""
    try:
        return run.document(document.digest)
    except FileNotFoundError as error:
        raise UserMistake(
            f"{error.filename} is missing; run `docstill make` again to write it"
        ) from error


def mark_evidence(document: str, place: ChunkPlace, spans: Iterable[Span]) -> list[MarkedText]:
    """Split the chunk into marked and unmarked pieces; spans that don't match the text mark
    nothing.
    """
    there = [s for s in spans if span_matches(document, s)]
    ends = {c for s in there for c in (s.start, s.end) if place.start < c < place.end}
    cuts = sorted({place.start, place.end} | ends)
    pieces: list[MarkedText] = []
    for start, end in zip(cuts, cuts[1:], strict=False):
        marked = any(s.start <= start and end <= s.end for s in there)
        before = pieces.pop().text if pieces and pieces[-1].marked == marked else ""
        pieces.append(MarkedText(before + document[start:end], marked))
    return pieces


def span_matches(document: str, span: Span) -> bool:
    """Return whether the document holds the span's text at its place."""
    return span.start < span.end and document[span.start : span.end] == span.text


def find_line(lines: Sequence[OutcomeLine], wanted: str) -> OutcomeLine:
    """Find a line by its id or a unique prefix of it. Raises UserMistake with the closest ids."""
    ids = [line.id for line in lines]
    found = [i for i, id in enumerate(ids) if id == wanted] or [
        i for i, id in enumerate(ids) if id.startswith(wanted)
    ]
    if len(found) == 1:
        return lines[found[0]]
    if found:
        named = ", ".join(ids[i] for i in found[:CLOSEST])
        raise UserMistake(
            f'{len(found)} ids begin with "{wanted}", such as {named}; give more of the id'
        )
    near = [one for one, _, _ in extract(wanted, ids, scorer=JaroWinkler.similarity, limit=CLOSEST)]
    closest = f"the closest ones are {', '.join(near)}" if near else "the run holds no examples"
    raise UserMistake(f'no example of this run has the id "{wanted}"; {closest}')


def cost_words(cost: Cost) -> str:
    calls = "1 call" if cost.calls == 1 else f"{cost.calls:,} calls"
    usd = f", {dollars(cost.nanousd)}" if cost.nanousd else ""
    return f"{calls}, {cost.tokens_in:,} tokens in, {cost.tokens_out:,} out{usd}"


def visible_controls(text: str) -> str:
    """Replace each character that would control a terminal by a visible sign."""
    return _STEERING.sub("�", text)


def _without(total: Cost, attempts: Iterable[Attempt]) -> Cost:
    earlier = sum((a.cost for a in attempts), Cost())
    return Cost(
        calls=total.calls - earlier.calls,
        tokens_in=total.tokens_in - earlier.tokens_in,
        nanousd=total.nanousd - earlier.nanousd,
        tokens_out=total.tokens_out - earlier.tokens_out,
    )
