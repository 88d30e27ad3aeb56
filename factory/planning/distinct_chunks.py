"""Select each text of the documents once, and give a reason for every chunk that no task asks about
(a line of set_aside.jsonl).
"""

from collections.abc import Callable, Iterator, Sequence

from factory.core.records import SPLITS, Chunk, Document, Split
from factory.documents.chunker import MIN_CHUNK_WORDS
from factory.documents.skip_rules import skip_reason
from factory.planning.splits.assignment import SetAside, SplitAssignment
from factory.tasks import Tasks
from factory.tasks.qa import QA
from filters.text.segment import words

Cut = Callable[[Document], Sequence[Chunk]]


def distinct_chunks(
    documents: Sequence[Document], sides: SplitAssignment, cut: Cut, aside: list[SetAside]
) -> Iterator[tuple[Chunk, Split]]:
    """Yield each text once, in the first split that holds it, split by split and in order of the
    documents' names.
    """
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
                    SetAside(
                        document=refs[place].name,
                        start=0,
                        end=whole,
                        reason="It holds nothing but headings.",
                    )
                )
            for c in pieces:
                if reason := sides.apart(c) or skip_reason(c):
                    aside += [set_aside(c, reason)] if first else []
                elif sides.of(c) != split:
                    continue
                elif same := found.get(c.digest):
                    aside.append(set_aside(c, f"equal: the same text stands in {same}"))
                else:
                    found[c.digest] = c.document.name
                    yield c, split


def set_aside(chunk: Chunk, reason: str) -> SetAside:
    return SetAside(document=chunk.document.name, start=chunk.start, end=chunk.end, reason=reason)


def why_unasked(chunk: Chunk, tasks: Tasks) -> str:
    """Return why no task asks about a chunk."""
    if len(words(chunk.text)) < MIN_CHUNK_WORDS:
        return f"It holds fewer than {MIN_CHUNK_WORDS} words."
    if any(isinstance(task, QA) and task.one_fact for task in tasks.values()):
        return "It holds no sentence that stands alone with a value to ask a small teacher for."
    return "No task finds anything to ask for in it."
