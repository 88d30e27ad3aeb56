"""One example told whole: its chunk with the evidence marked, every attempt with verdicts and draws, what it took."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Literal

from pydantic import BaseModel
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import extract
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from factory.chunks import sections
from factory.errors import UserMistake
from factory.records import Attempt, Cost, DocumentRef, Draw, Span, Verdict, dollars
from factory.repair import FINAL_PASS, NEVER_ANSWERED
from factory.run import Run
from factory.view import View

End = Literal["kept", "rejected", "unfinished"]
ENDS: tuple[End, ...] = ("kept", "rejected", "unfinished")
COLOURS = {"kept": "green", "rejected": "red", "unfinished": "yellow"}
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


_sections = lru_cache(maxsize=4)(sections)  # examples of one document follow one another


def headings_of(document: str, name: str, place: ChunkPlace) -> tuple[str, ...]:
    """The heading path that a chunk stands under; empty where it has none."""
    found = (s for s in _sections(document, name) if (s.start if s.head < 0 else s.head) <= place.start < s.end)
    return next((s.headings if s.start <= place.start else s.headings[:-1] for s in found), ())


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


def why(run: Run, wanted: str) -> RenderableType:
    """One example of a run for the terminal. Raises UserMistake where no or more than one id begins so."""
    line = find(lines_of(run), wanted)
    document = document_of(run, line.document)
    attempts = (part for number in range(len(line.tries)) for part in _attempt(line, number))
    return Group(*_head(line, document), _chunk(document, line), *attempts, *_foot(line))


def _head(line: Line, document: str) -> Iterator[Text]:
    path = " › ".join((line.document.name, *headings_of(document, line.document.name, line.chunk)))
    facts = f"  {line.split} · {line.task}" + (f" · teacher {line.teacher}" if line.teacher else "")
    yield Text.assemble((line.id, "bold"), "  ", (line.ending, f"bold {COLOURS[line.ending]}"), facts)
    if line.conflict:
        yield Text("another version of this document contradicts this section: docstill report shows where", "yellow")
    if line.reason:
        yield Text(f"because {plain(line.reason)}")
    page = f"  page {line.chunk.page}" if line.chunk.page else ""
    yield Text.assemble(plain(path), (f"{page}  characters {line.chunk.start}-{line.chunk.end}", "dim"))


def _chunk(document: str, line: Line) -> Text:
    """Evidence stands between ⟦ and ⟧ too: a pipe and a terminal without colours show no background."""
    shown = Text("\n")
    for piece in mark(document, line.chunk, line.evidence):
        text = plain(piece.text)
        shown.append(f"⟦{text}⟧" if piece.marked else text, "black on yellow" if piece.marked else "")
    for span in line.evidence:
        if not stands(document, span):
            shown.append(f"\n\nnot in the document: “{plain(span.text)}”", "red")
    return shown.append("\n")


def _attempt(line: Line, number: int) -> Iterator[RenderableType]:
    tried, last = line.tries[number], number + 1 == len(line.tries)
    end: End = line.ending if last else "rejected"
    yield Text.assemble((f"attempt {number + 1} of {len(line.tries)}  ", "bold"), (end, COLOURS[end]))
    fields = Table.grid(padding=(0, 2))
    fields.add_column(style="dim", no_wrap=True)
    fields.add_column(overflow="fold")
    fields.add_row("  question", Text(plain(tried.instruction) or "none was written"))
    fields.add_row("  answer", Text(plain(tried.response) or "none was written"))
    for span in tried.spans:
        fields.add_row("  evidence", Text(f"“{plain(span.text)}” at {span.start}-{span.end}"))
    for draw, drawn in enumerate(line.draws if last else (), 1):
        fields.add_row(f"  draw {draw}", Text(plain(drawn.response) or "empty"))
    for verdict in tried.verdicts:
        fields.add_row(f"  {verdict.filter}", _verdict(verdict))
    fields.add_row("  took", cost_words(tried.cost))
    yield from (fields, Text(""))


def _verdict(verdict: Verdict) -> Text:
    sign = ("passed", "green") if verdict.passed else ("rejected", "red")
    score = "" if verdict.score is None else f"  score {verdict.score:g}"
    reason = f"  {plain(verdict.reason)}" if verdict.reason else ""
    return Text.assemble(sign, reason, (score, "dim"))


def _foot(line: Line) -> Iterator[Text]:
    if len(line.tries) > 1 and line.ending != "unfinished":
        yield Text(f"in all: {cost_words(line.cost)}")


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
