"""Each text of the documents once, and the reason for every chunk that is asked for nothing: a line of set_aside.jsonl."""

from collections.abc import Callable, Iterator, Sequence

from factory.core.records import SPLITS, Chunk, Document, Split
from factory.documents.chunker import LEAST_WORDS
from factory.documents.skip_rules import why_aside
from factory.planning.splits.assignment import Aside, Sides
from factory.tasks import Tasks
from factory.tasks.qa import QA
from filters.text.segment import words

Cut = Callable[[Document], Sequence[Chunk]]


def distinct(
    documents: Sequence[Document], sides: Sides, cut: Cut, aside: list[Aside]
) -> Iterator[tuple[Chunk, Split]]:
    """Each text once, on the first side that holds it, side after side and in order of the documents' names."""
    found: dict[str, str] = {}
    refs = [d.ref for d in documents]
    held = {ref.digest: sides.held_by(ref.digest) for ref in refs}
    for split in SPLITS:
        for place in sorted(
            (n for n, ref in enumerate(refs) if split in held[ref.digest]),
            key=lambda n: refs[n].name,
        ):
            first = held[refs[place].digest][0] == split
            pieces = cut(documents[place])
            if first and not pieces:
                whole = len(documents[place].text)
                aside.append(
                    Aside(
                        document=refs[place].name,
                        start=0,
                        end=whole,
                        reason="It holds nothing but headings.",
                    )
                )
            for c in pieces:
                if reason := sides.apart(c) or why_aside(c):
                    aside += [aside_of(c, reason)] if first else []
                elif sides.of(c) != split:
                    continue
                elif same := found.get(c.digest):
                    aside.append(aside_of(c, f"equal: the same text stands in {same}"))
                else:
                    found[c.digest] = c.document.name
                    yield c, split


def aside_of(chunk: Chunk, reason: str) -> Aside:
    return Aside(document=chunk.document.name, start=chunk.start, end=chunk.end, reason=reason)


def unasked(chunk: Chunk, tasks: Tasks) -> str:
    """Why no task asks about a chunk."""
    if len(words(chunk.text)) < LEAST_WORDS:
        return f"It holds fewer than {LEAST_WORDS} words."
    if any(isinstance(task, QA) and task.one_fact for task in tasks.values()):
        return "It holds no sentence that stands alone with a value to ask a small teacher for."
    return "No task finds anything to ask for in it."
