"""Texts put aside in a file without a name, and documents among them, read when they are looked at."""

import os
from array import array
from collections.abc import Iterable
from tempfile import TemporaryFile, gettempdir

from factory.core.errors import StoppedEarly
from factory.core.lazy import View
from factory.core.records import Document, DocumentRef, Passage


class Texts:
    """Texts in a file without a name: they are more than memory should hold."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - open as long as this is
        self._ends = array("Q", [0])

    def add(self, text: str) -> None:
        """One more. Raises StoppedEarly where the disk is full."""
        try:
            written = self._file.write(text.encode())
            self._file.flush()  # it is read past the buffer
        except OSError as error:
            raise StoppedEarly(f"texts can't be put aside ({error.strerror}); make room in {gettempdir()}, then run again") from error
        self._ends.append(self._ends[-1] + written)

    def read(self, number: int) -> str:
        start, end = self._ends[number], self._ends[number + 1]
        return os.pread(self._file.fileno(), end - start, start).decode()


def put_aside(documents: Iterable[Document]) -> View[Document]:
    """The same documents, read when they are looked at. Raises StoppedEarly where the disk is full."""
    texts, refs = Texts(), list[DocumentRef]()
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
