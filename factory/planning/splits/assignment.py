"""Record for each document, or each part of one, whether it is for training, validation or a test,
and by which rule.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel

from factory.core.records import SPLITS, Chunk, Document, Split

Rule = Literal["clusters", "sections", "stretches"]


class SplitShare(BaseModel, frozen=True):
    """The material of one split, before chunks were set aside."""

    clusters: int = 0
    characters: int = 0


class Division(BaseModel, frozen=True):
    """The division of the documents, for report.json. `largest` is the largest cluster's share of
    all characters.
    """

    rule: Rule = "clusters"
    why: str = ""
    versions: int = 0  # groups of documents that are versions of each other
    clusters: int = 0  # of these, linked by shared text other than boilerplate
    largest: float = 0.0
    boilerplate_chunks: int = 0
    gap_chunks: int = 0  # between two sides of one document: asked for none
    shares: Mapping[str, SplitShare] = {}  # by side
    # The folder or document that is held out for the shifted test set.
    family: str = ""


class SetAside(BaseModel, frozen=True):
    """A chunk that no task asks about, and the reason: a line of set_aside.jsonl.

    A part of the file that is not in the document's text also gets a line, with 0 as its start and
    end.
    """

    document: str
    start: int
    end: int
    reason: str

    @property
    def unread(self) -> bool:
        """True if this is a part of the file that was not read, rather than a chunk."""
        return self.end == 0


def unread_parts(documents: Iterable[Document]) -> Iterator[SetAside]:
    """Yield a line for each part of a file that its reader left out."""
    for document in documents:
        for part in document.unread:
            reason = f"part of the file is not read: {part}"
            yield SetAside(document=document.ref.name, start=0, end=0, reason=reason)


@dataclass(frozen=True)
class DocumentPart:
    """A part of a document, from `start` to the next part. `side` is None for a gap."""

    start: int
    side: Split | None


@dataclass(frozen=True)
class VersionGroupStart:
    """The version group of a document's text from `start` to the next entry."""

    start: int
    number: int


@dataclass(frozen=True)
class SplitAssignment:
    """The split of every document. `whole`: by document digest; `parts`: of divided documents, in
    order.
    """

    whole: Mapping[str, Split]
    parts: Mapping[str, Sequence[DocumentPart]] = field(default_factory=dict)
    # Document digest and start of each chunk that many documents have.
    boilerplate: frozenset[tuple[str, int]] = frozenset()
    division: Division = Division()
    # By document digest, in order.
    groups: Mapping[str, Sequence[VersionGroupStart]] = field(default_factory=dict)

    def of(self, chunk: Chunk) -> Split | None:
        """Return the chunk's split, or None if it is in a gap."""
        return self.at(chunk.document.digest, chunk.start)

    def stretches(self, documents: Iterable[Document]) -> Iterator[tuple[int, str]]:
        """Yield the text of every unit that was divided, with the number of its version group."""
        for document in documents:
            groups = self.groups[document.ref.digest]
            ends = [*(group.start for group in groups[1:]), len(document.text)]
            yield from (
                (group.number, document.text[group.start : end])
                for group, end in zip(groups, ends, strict=True)
            )

    def apart(self, chunk: Chunk) -> str:
        """Why a chunk is asked for none, or nothing."""
        if (chunk.document.digest, chunk.start) in self.boilerplate:
            return "boilerplate: near copies of it stand in many documents"
        return "" if self.of(chunk) else "gap: it stands between two sides of its document"

    def at(self, document: str, start: int) -> Split | None:
        parts = self.parts.get(document)
        if not parts:
            return self.whole[document]
        return parts[max(0, bisect_right(parts, start, key=lambda part: part.start) - 1)].side

    def held_by(self, document: str) -> list[Split]:
        """Return every split that has a part of the document, in order."""
        parts = self.parts.get(document)
        found = {part.side for part in parts} if parts else {self.whole[document]}
        return [split for split in SPLITS if split in found]
