"""The process that reads files for `Apart`: requests come in on stdin, results go out on stdout, both pickled.

It is a plain child process, not one of `multiprocessing`: it starts in a tenth of a second, and it never imports the
program that started it, so that a script without a `__main__` guard may read documents, too.
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


class Request(NamedTuple):
    """One file, the function that reads it, and the limits for it."""

    module: str
    function: str
    path: Path
    seconds: float
    memory: int  # bytes of address space


class Failure(NamedTuple):
    """Why a file can't be read; `of_process`: a process that has read nothing before may succeed."""

    reason: str
    no_text: bool = False
    of_process: bool = False


def serve() -> None:
    """Reads files until stdin is closed. What a library prints goes to stderr: stdout is for results."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        try:
            request: Request = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        _limit(request)
        _send(_answer(request), answers)


def _limit(request: Request) -> None:
    """Linux holds the memory limit; macOS and Windows have none that a process could set for itself.

    The limit of processor time only ends what nobody waits for any more; the caller's clock stops a file before.
    """
    if sys.platform == "win32":
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = ceil(used.ru_utime + used.ru_stime + request.seconds) + 1
    for kind, amount in ((resource.RLIMIT_AS, request.memory), (resource.RLIMIT_CPU, seconds)):
        hard = resource.getrlimit(kind)[1]
        try:
            resource.setrlimit(kind, (amount if hard == resource.RLIM_INFINITY else min(amount, hard), hard))
        except (ValueError, OSError):
            continue


def _answer(request: Request) -> bytes:
    """An Extracted or a Failure, pickled. Any other exception is a reader's defect and ends the process with a traceback."""
    found: Extracted | Failure
    try:
        return pickle.dumps(getattr(import_module(request.module), request.function)(request.path))
    except Unreadable as error:
        found = Failure(str(error), no_text=isinstance(error, NoText))
    except RecursionError:
        found = Failure("its parts are nested too deeply; save it again from the program that made it")
    except MemoryError:
        found = Failure("reading it takes too much memory; cut it into smaller files", of_process=True)
    return pickle.dumps(found)


def _send(answer: bytes, answers: BinaryIO) -> None:
    answers.write(answer)
    answers.flush()
