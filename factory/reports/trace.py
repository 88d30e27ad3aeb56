"""One example told whole: its chunk with the evidence marked, every attempt with verdicts and draws, what it took."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from factory.core.outcomes import End, Line, cost_words, document_of, find, lines_of, mark, plain, stands
from factory.core.records import Verdict
from factory.core.run_folder import Run
from factory.documents.chunker import headings_of

COLOURS = {"kept": "green", "rejected": "red", "unfinished": "yellow"}
























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






