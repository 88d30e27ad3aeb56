"""Reading in a process apart: a file that crashes or never lets go of a library takes only itself along."""

import multiprocessing
import resource
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NamedTuple

from factory.formats import Extracted, NoText, Unreadable

SECONDS = 300.0  # for one file: 5,000 pages take about 20
MEMORY = 4 << 30  # bytes of address space: pdfium and Python take less than 1 GB with a file of 5,000 pages

Read = Callable[[Path], Extracted]


class Apart:
    """One process that is used for one file after the other, and replaced where it died or was stopped. Used by `with`."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "Apart":
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def read(self, reader: Read, path: Path) -> Extracted:
        """What the reader gives. Raises Unreadable, also where it crashed or took too long."""
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, context, initializer=_bounded)
        future = self._pool.submit(_tried, reader, path)
        try:
            found = future.result(SECONDS)
        except TimeoutError as error:
            self._stop()
            raise Unreadable(f"reading it took more than {SECONDS:,.0f} seconds; cut it into smaller files") from error
        except BrokenProcessPool as error:
            self._stop()
            raise Unreadable("the library that reads it crashed; save it again from the program that made it") from error
        if isinstance(found, Reason):
            raise (NoText if found.no_text else Unreadable)(found.text)
        return found

    def _stop(self) -> None:
        if self._pool is not None:
            for process in list((self._pool._processes or {}).values()):  # noqa: SLF001 - a pool has no way to stop what hangs
                process.kill()
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Reason(NamedTuple):
    """Why a file can't be read, as it comes back from the process."""

    text: str
    no_text: bool = False


def _tried(reader: Read, path: Path) -> Extracted | Reason:
    try:
        return reader(path)
    except Unreadable as error:
        return Reason(str(error), isinstance(error, NoText))
    except MemoryError:
        return Reason("reading it takes too much memory; cut it into smaller files")
