"""Keep texts in an unnamed temporary file, and read them on access."""

import os
from array import array
from collections.abc import Iterable
from tempfile import TemporaryFile, gettempdir

from factory.core.errors import StoppedEarly
from factory.core.lazy import View
from factory.core.records import Document, DocumentRef, Passage


class TextFile:
    """Texts in an unnamed file, as they would take too much memory."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - open as long as this object lives
        self._ends = array("Q", [0])

    def add(self, text: str) -> None:
        """Add a text. Raises StoppedEarly if the disk is full."""
        try:
            written = self._file.write(text.encode())
            self._file.flush()  # `read` bypasses the buffer
        except OSError as error:
            raise StoppedEarly(
                f"can't write temporary files ({error.strerror}); free some space in "
                f"{gettempdir()}, then run the same command again"
            ) from error
        self._ends.append(self._ends[-1] + written)

    def read(self, number: int) -> str:
        start, end = self._ends[number], self._ends[number + 1]
        return os.pread(self._file.fileno(), end - start, start).decode()


def spill_documents(documents: Iterable[Document]) -> View[Document]:
    """Return the same documents, read on access. Raises StoppedEarly if the disk is full."""
    texts, refs = TextFile(), list[DocumentRef]()
    pages: dict[int, tuple[int, ...]] = {}
    passages: dict[int, tuple[Passage, ...]] = {}
    unread: dict[int, tuple[str, ...]] = {}
    for number, document in enumerate(documents):
        texts.add(document.text)
        refs.append(document.ref)
        if document.pages:
            pages[number] = document.pages
        if document.passages:
            passages[number] = document.passages
        if document.unread:
            unread[number] = document.unread

    def look(number: int) -> Document:
        return Document.model_construct(
            ref=refs[number],
            text=texts.read(number),
            pages=pages.get(number, ()),
            passages=passages.get(number, ()),
            unread=unread.get(number, ()),
        )

    return View(range(len(refs)), look)
