"""Show one example in full: chunk with evidence, every attempt with verdicts and draws, cost."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from factory.core.outcomes import (
    End,
    OutcomeLine,
    cost_words,
    document_of,
    find_line,
    mark_evidence,
    outcome_lines,
    span_matches,
    visible_controls,
)
from factory.core.records import Verdict
from factory.core.run_folder import Run
from factory.documents.chunker import heading_path

COLOURS = {"kept": "green", "rejected": "red", "unfinished": "yellow"}


def trace_example(run: Run, wanted: str) -> RenderableType:
    """Show one example of a run. Raises UserMistake unless exactly one id begins like this."""
    line = find_line(outcome_lines(run), wanted)
    document = document_of(run, line.document)
    attempts = (part for number in range(len(line.tries)) for part in _attempt(line, number))
    return Group(*_head(line, document), _chunk(document, line), *attempts, *_foot(line))


def _head(line: OutcomeLine, document: str) -> Iterator[Text]:
    path = " › ".join((line.document.name, *heading_path(document, line.document.name, line.chunk)))
    facts = f"  {line.split} · {line.task}" + (f" · teacher {line.teacher}" if line.teacher else "")
    yield Text.assemble(
        (line.id, "bold"), "  ", (line.ending, f"bold {COLOURS[line.ending]}"), facts
    )
    if line.conflict:
        yield Text(
            "another version of this document contradicts this section; `docstill report` shows "
            "where",
            "yellow",
        )
    if line.reason:
        yield Text(f"because {visible_controls(line.reason)}")
    page = f"  page {line.chunk.page}" if line.chunk.page else ""
    yield Text.assemble(
        visible_controls(path), (f"{page}  characters {line.chunk.start}-{line.chunk.end}", "dim")
    )


def _chunk(document: str, line: OutcomeLine) -> Text:
    """Show the chunk with evidence in ⟦ ⟧, since a pipe or plain terminal shows no colours."""
    shown = Text("\n")
    for piece in mark_evidence(document, line.chunk, line.evidence):
        text = visible_controls(piece.text)
        shown.append(
            f"⟦{text}⟧" if piece.marked else text, "black on yellow" if piece.marked else ""
        )
    for span in line.evidence:
        if not span_matches(document, span):
            shown.append(f"\n\nnot in the document: “{visible_controls(span.text)}”", "red")
    return shown.append("\n")


def _attempt(line: OutcomeLine, number: int) -> Iterator[RenderableType]:
    tried, last = line.tries[number], number + 1 == len(line.tries)
    end: End = line.ending if last else "rejected"
    yield Text.assemble(
        (f"attempt {number + 1} of {len(line.tries)}  ", "bold"), (end, COLOURS[end])
    )
    fields = Table.grid(padding=(0, 2))
    fields.add_column(style="dim", no_wrap=True)
    fields.add_column(overflow="fold")
    fields.add_row("  question", Text(visible_controls(tried.instruction) or "none was written"))
    fields.add_row("  answer", Text(visible_controls(tried.response) or "none was written"))
    for span in tried.spans:
        fields.add_row(
            "  evidence", Text(f"“{visible_controls(span.text)}” at {span.start}-{span.end}")
        )
    for draw, drawn in enumerate(line.draws if last else (), 1):
        fields.add_row(f"  draw {draw}", Text(visible_controls(drawn.response) or "empty"))
    for verdict in tried.verdicts:
        fields.add_row(f"  {verdict.filter}", _verdict(verdict))
    fields.add_row("  cost", cost_words(tried.cost))
    yield from (fields, Text(""))


def _verdict(verdict: Verdict) -> Text:
    sign = ("passed", "green") if verdict.passed else ("rejected", "red")
    score = "" if verdict.score is None else f"  score {verdict.score:g}"
    reason = f"  {visible_controls(verdict.reason)}" if verdict.reason else ""
    return Text.assemble(sign, reason, (score, "dim"))


def _foot(line: OutcomeLine) -> Iterator[Text]:
    if len(line.tries) > 1 and line.ending != "unfinished":
        yield Text(f"in all: {cost_words(line.cost)}")
