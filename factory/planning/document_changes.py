"""Find what changed since the last make: documents, their passages, and kept examples that the
documents no longer support.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Literal

from pydantic import BaseModel

from factory.core.errors import UserMistake
from factory.core.records import DocumentRef, Span
from factory.core.run_folder import Run
from factory.planning.plan import Plan
from filters.text.segment import sentences

CHANGES_FILE = "changes.jsonl"  # of a run


class ChangedPassage(BaseModel, frozen=True):
    """Neighbouring sentences before and after the change. One side is empty if sentences were added
    or removed.
    """

    was: str
    now: str


class RetiredExample(BaseModel, frozen=True):
    """A kept example that the documents no longer support, and the reason."""

    id: str
    instruction: str
    reason: str


class DocumentChange(BaseModel, frozen=True):
    """The changes in one document: how many of its chunks are to be asked about, and how many of
    these existed before.
    """

    document: str
    what: Literal["changed", "new", "gone"]
    chunks: int
    same: int
    passages: Sequence[ChangedPassage] = ()
    retired: Sequence[RetiredExample] = ()


class DocumentChangeSummary(BaseModel, frozen=True):
    """The same change in numbers, for report.json."""

    document: str
    what: str
    chunks: int
    same: int
    retired: int


@dataclass
class EarlierDocument:
    """One document as the last make asked about it."""

    ref: DocumentRef
    chunks: set[str] = field(default_factory=set)  # digests
    # Id, chunk, question and evidence of each.
    kept: list[tuple[str, str, str, list[str]]] = field(default_factory=list)

    def add(self, line: dict[str, object], kept: bool) -> None:
        chunk = str(_dict(line["chunk"])["digest"])
        self.chunks.add(chunk)
        if kept:
            evidence = [span.text for span in map(Span.model_validate, _list(line["spans"]))]
            self.kept.append((str(line["id"]), chunk, str(line["instruction"]), evidence))


def document_names(run: Run) -> frozenset[str]:
    """Return the names of the last make's documents, before the next one writes its own."""
    try:
        return frozenset(document.ref.name for document in run.documents)
    except UserMistake:  # damaged: the next make writes it anew
        return frozenset()


def find_changes(run: Run, found: Plan, earlier: frozenset[str]) -> list[DocumentChange]:
    """Compare the plan with the files of the last make. Returns nothing for a first make, or if no
    document has changed.

    `earlier`: the names of all documents of the last make, which may have asked about only some of
    them.
    """
    now = {
        ref.name: (ref.digest, place) for place, ref in enumerate(d.ref for d in found.documents)
    }
    before, known = _before(run, {name: digest for name, (digest, _) in now.items()})
    if not known:
        return []
    chunks: dict[str, set[str]] = {}
    for chunk in found.chunks:
        chunks.setdefault(chunk.document.name, set()).add(chunk.digest)
    asked = set().union(*chunks.values()) | {place.chunk for place in found.further}
    fresh = [
        DocumentChange(document=name, what="new", chunks=len(own), same=0)
        for name, own in chunks.items()
        if name not in known | earlier
    ]
    texts = {name: found.documents[now[name][1]].text if name in now else None for name in before}
    mended = [
        _change(run, old, texts[name], chunks.get(name, set()), asked)
        for name, old in before.items()
    ]
    return sorted([*fresh, *mended], key=lambda change: change.document)


def _change(
    run: Run, old: EarlierDocument, text: str | None, own: set[str], asked: set[str]
) -> DocumentChange:
    retired = _retired(old, asked, text)
    if text is None:
        return DocumentChange(document=old.ref.name, what="gone", chunks=0, same=0, retired=retired)
    passages = list(_passages(_text(run, old), text))
    same = len(own & old.chunks)
    return DocumentChange(
        document=old.ref.name,
        what="changed",
        chunks=len(own),
        same=same,
        passages=passages,
        retired=retired,
    )


def summarize_changes(changes: Iterable[DocumentChange]) -> list[DocumentChangeSummary]:
    return [
        DocumentChangeSummary(
            document=c.document, what=c.what, chunks=c.chunks, same=c.same, retired=len(c.retired)
        )
        for c in changes
    ]


def read_changes(run: Run) -> list[DocumentChange]:
    """Read the changes from the run's folder."""
    return list(run.rows(CHANGES_FILE, DocumentChange)) if run.has(CHANGES_FILE) else []


def changes_file(changes: Sequence[DocumentChange]) -> dict[str, list[dict[str, object]]]:
    """Return the file to write, or nothing if no document has changed, so that the last list is
    kept.
    """
    return {CHANGES_FILE: [change.model_dump() for change in changes]} if changes else {}


def changes_sentence(changes: Sequence[DocumentChange]) -> str:
    """Describe the changes in one sentence for the terminal."""
    counts = ", ".join(
        f"{n} {what}"
        for what in ("changed", "new", "gone")
        if (n := sum(c.what == what for c in changes))
    )
    fresh, retired = sum(c.chunks - c.same for c in changes), sum(len(c.retired) for c in changes)
    return (
        f"documents since the last make: {counts}; {fresh} of their chunks are asked anew, "
        f"{retired} examples retired ({CHANGES_FILE})"
    )


def _before(run: Run, digests: Mapping[str, str]) -> tuple[dict[str, EarlierDocument], set[str]]:
    """Return the last make's documents that have changed since, and the names of all its documents.
    `digests`: the documents now, by name.
    """
    found: dict[str, EarlierDocument] = {}
    known: set[str] = set()
    for name in ("kept.jsonl", "rejected.jsonl", "unfinished.jsonl"):
        for line in run.lines(name) if run.has(name) else ():
            ref = DocumentRef.model_validate(line["document"])
            known.add(ref.name)
            if digests.get(ref.name) != ref.digest:
                found.setdefault(ref.name, EarlierDocument(ref)).add(
                    line, kept=name == "kept.jsonl"
                )
    return found, known


def _dict(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value


def _list(value: object) -> list[object]:
    assert isinstance(value, list)
    return value


def _text(run: Run, old: EarlierDocument) -> str:
    try:
        return run.document(old.ref.digest)
    except UserMistake:  # removed or damaged: its former text is lost
        return ""


def _retired(old: EarlierDocument, asked: set[str], text: str | None) -> list[RetiredExample]:
    flat = None if text is None else _flat(text)
    retired = []
    for id, chunk, instruction, evidence in old.kept:
        if chunk not in asked:
            reason = _reason(old.ref.name, evidence, flat)
            retired.append(RetiredExample(id=id, instruction=instruction, reason=reason))
    return retired


def _reason(name: str, evidence: Sequence[str], flat: str | None) -> str:
    if flat is None:
        return f"{name} is no longer among the documents"
    lost = next((text for text in evidence if _flat(text) not in flat), None)
    if lost is not None:
        return (
            f"what bore it out no longer stands in {name}: {json.dumps(lost, ensure_ascii=False)}"
        )
    return f"{name} has changed around what bears it out, so that it is asked anew"


def _flat(text: str) -> str:
    return " ".join(text.split())


def _passages(was: str, now: str) -> Iterator[ChangedPassage]:
    old, new = ([_flat(s.text) for s in sentences(text)] for text in (was, now))
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            yield ChangedPassage(was=" ".join(old[a:b]), now=" ".join(new[c:d]))
