"""The subprocess that reads files for SubprocessReader.

Requests come in on stdin and results go out on stdout, both pickled. It is a plain child process,
not one of `multiprocessing`: it starts in a tenth of a second and never imports the program that
started it, so that a script without a `__main__` guard may read documents, too.
"""

import os
import pickle
import sys
from importlib import import_module
from math import ceil
from pathlib import Path
from typing import BinaryIO, NamedTuple

from factory.documents.formats import Extracted, NoText, Unreadable

if sys.platform != "win32":
    import resource


class ReadRequest(NamedTuple):
    """A file, the function that reads it, and its limits."""

    module: str
    function: str
    path: Path
    seconds: float
    memory: int  # bytes of address space


class ReadFailure(NamedTuple):
    """Why a file can't be read; `of_process`: a fresh process may succeed."""

    reason: str
    no_text: bool = False
    of_process: bool = False


def serve() -> None:
    """Read files until stdin is closed. Libraries print to stderr: stdout is for results."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        try:
            request: ReadRequest = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        _limit(request)
        _send(_answer(request), answers)


def _limit(request: ReadRequest) -> None:
    """Set the limits of this process.

    Linux enforces the memory limit; macOS and Windows have none that a process could set itself.
    The limit on processor time only ends a process that nobody waits for any more: the caller's
    clock is faster.
    """
    if sys.platform == "win32":
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = ceil(used.ru_utime + used.ru_stime + request.seconds) + 1
    for kind, amount in ((resource.RLIMIT_AS, request.memory), (resource.RLIMIT_CPU, seconds)):
        hard = resource.getrlimit(kind)[1]
        try:
            resource.setrlimit(
                kind, (amount if hard == resource.RLIM_INFINITY else min(amount, hard), hard)
            )
        except (ValueError, OSError):
            continue


def _answer(request: ReadRequest) -> bytes:
    """Return a pickled Extracted or ReadFailure.

    Any other exception is a defect of a reader and ends the process with a traceback.
    """
    found: Extracted | ReadFailure
    try:
        return pickle.dumps(getattr(import_module(request.module), request.function)(request.path))
    except Unreadable as error:
        found = ReadFailure(str(error), no_text=isinstance(error, NoText))
    except RecursionError:
        found = ReadFailure(
            "its parts are nested too deeply; save it again from the program that made it"
        )
    except MemoryError:
        found = ReadFailure(
            "reading it takes too much memory; cut it into smaller files", of_process=True
        )
    return pickle.dumps(found)


def _send(answer: bytes, answers: BinaryIO) -> None:
    answers.write(answer)
    answers.flush()
