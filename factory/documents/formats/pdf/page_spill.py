"""Pages put aside in a file without a name: a PDF file of thousands is laid out without holding them all."""

import marshal
from collections.abc import Iterator, Sequence
from tempfile import TemporaryFile

from factory.documents.formats.pdf.text_runs import Piece

Bands = Sequence[Sequence[Sequence[Piece]]]  # of a page: rows of pieces


class Kept:
    """Pages in the order in which they were added."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - open as long as this is

    def add(self, bands: Bands) -> None:
        marshal.dump([[list(map(tuple, row)) for row in band] for band in bands], self._file)

    def __iter__(self) -> Iterator[list[list[list[Piece]]]]:
        self._file.seek(0)
        end = self._file.seek(0, 2)
        self._file.seek(0)
        while self._file.tell() < end:
            yield [[list(map(Piece._make, row)) for row in band] for band in marshal.load(self._file)]
