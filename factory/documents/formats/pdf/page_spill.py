"""Keep a PDF's pages in a temporary file, so that thousands of them do not fill the memory."""

import marshal
from collections.abc import Iterator, Sequence
from tempfile import TemporaryFile

from factory.documents.formats.pdf.text_runs import TextRun

PageBands = Sequence[Sequence[Sequence[TextRun]]]  # the bands of a page, each a list of rows


class SpilledPages:
    """Pages on disk, in the order in which they were added."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - open as long as this object exists

    def add(self, bands: PageBands) -> None:
        marshal.dump([[list(map(tuple, row)) for row in band] for band in bands], self._file)

    def __iter__(self) -> Iterator[list[list[list[TextRun]]]]:
        self._file.seek(0)
        end = self._file.seek(0, 2)
        self._file.seek(0)
        while self._file.tell() < end:
            yield [
                [list(map(TextRun._make, row)) for row in band] for band in marshal.load(self._file)
            ]
