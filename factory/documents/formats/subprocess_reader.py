"""Read files in a subprocess, so that a file that crashes its reader, hangs it or fills its memory
harms nothing else.
"""

import json
import pickle
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile
from threading import Timer
from typing import IO, NamedTuple

from factory.documents.formats import Extracted, NoText, Unreadable
from factory.documents.formats.subprocess_worker import ReadFailure, ReadRequest

# The limits for one file: a base for any file of a few MB, more for each MB, and a maximum.
# Measured on a busy machine, files that office programs write take up to 5 seconds a MB
# (spreadsheets, and PDF files of 70 pages a second) and 30 bytes of memory a byte; interpreter and
# libraries take 0.2 GB of address space before the first file.
BASE_SECONDS, SECONDS_PER_MB, MAX_SECONDS = 60.0, 10.0, 600.0
BASE_MEMORY, MEMORY_PER_BYTE, MAX_MEMORY = 1 << 30, 40, 4 << 30  # bytes of address space
# A process that had more may stay large, so it is replaced.
MAX_REUSED_MEMORY = BASE_MEMORY + (64 << 20)
MAX_STDERR = 160  # characters quoted of a crashed reader's last words
# The child finds modules where its parent does and nowhere else: -P keeps out its working folder.
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from factory.documents.formats.subprocess_worker import serve; serve()"
)


class ReaderFunction(NamedTuple):
    """The name of a function from a path to Extracted; only the subprocess imports it."""

    module: str
    function: str


class SubprocessReader:
    """A subprocess that reads one file after the other, and is replaced if it died or was stopped.

    Use it with `with`.
    """

    def __init__(self) -> None:
        self._worker: _Worker | None = None

    def __enter__(self) -> "SubprocessReader":
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def read(self, reader: ReaderFunction, path: Path) -> Extracted:
        """Return what the reader extracts.

        If a process fails that has read other files before, a fresh one tries once more: what those
        files left in its memory must not decide. Raises Unreadable, also if the reader crashed or
        took too much time or memory.
        """
        wanted = build_request(reader, path)
        used = self._worker is not None
        found = self._read_once(wanted)
        if used and isinstance(found, ReadFailure) and found.of_process:
            found = self._read_once(wanted)
        if isinstance(found, ReadFailure):
            raise (NoText if found.no_text else Unreadable)(found.reason)
        return found

    def _read_once(self, request: ReadRequest) -> Extracted | ReadFailure:
        self._worker = self._worker or _Worker()
        found = self._worker.read(request)
        failed = isinstance(found, ReadFailure) and found.of_process
        if failed or self._worker.killed or request.memory > MAX_REUSED_MEMORY:
            self._stop()
        return found

    def _stop(self) -> None:
        if self._worker:
            self._worker.stop()
            self._worker = None


def build_request(reader: ReaderFunction, path: Path) -> ReadRequest:
    """Build the request with the limits for a file of its size."""
    try:
        size = path.stat().st_size
    except OSError:  # the reader finds and reports it, too
        size = 0
    seconds = min(BASE_SECONDS + SECONDS_PER_MB * size / 1e6, MAX_SECONDS)
    return ReadRequest(
        *reader, path, seconds, min(BASE_MEMORY + MEMORY_PER_BYTE * size, MAX_MEMORY)
    )


class _Worker:
    """The running subprocess; `killed` once it took too long."""

    def __init__(self) -> None:
        self.killed = False
        self._stderr: IO[bytes] = TemporaryFile()  # noqa: SIM115 - open as long as this is
        command = [sys.executable, "-P", "-c", _START, json.dumps(sys.path)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr
        )

    def read(self, request: ReadRequest) -> Extracted | ReadFailure:
        """Wait for the answer or the end of the process; a timer kills it when time is up."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        timer = Timer(request.seconds, self._kill)
        timer.start()
        try:
            self._process.stdin.write(pickle.dumps(request))
            self._process.stdin.flush()
            found: Extracted | ReadFailure = pickle.load(self._process.stdout)
        except (
            EOFError,
            pickle.UnpicklingError,
            OSError,
        ):  # the process died before or in the middle of its answer
            found = self._death(request.seconds)
        finally:
            timer.cancel()
            timer.join()
        return found

    def _kill(self) -> None:
        self.killed = True
        self._process.kill()

    def _death(self, seconds: float) -> ReadFailure:
        code = -self._process.wait()
        if self.killed:
            return ReadFailure(
                f"reading it took more than {seconds:,.0f} seconds; cut it into smaller files"
            )
        if (
            sys.platform != "win32" and code == signal.SIGKILL
        ):  # by the system, when memory runs short
            return ReadFailure(
                "reading it took more memory than there is; cut it into smaller files",
                of_process=True,
            )
        reason = (
            f"the library that reads it crashed{self._last_words()}; "
            "save it again from the program that made it"
        )
        return ReadFailure(reason, of_process=True)

    def _last_words(self) -> str:
        """Return the exception that ended the process, in brackets, or "" if a signal did."""
        self._stderr.seek(0, 2)
        self._stderr.seek(max(0, self._stderr.tell() - 4096))
        lines = self._stderr.read().decode("utf-8", "replace").strip().split("\n")
        message = "".join(c for c in lines[-1] if c.isprintable())
        return f" ({message[:MAX_STDERR]})" if lines[0] and "Traceback" in "".join(lines) else ""

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._stderr.close()
