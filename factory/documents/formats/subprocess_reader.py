"""Reading in a process apart: a file that crashes, hangs or fills the memory of its reader takes only itself along."""

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
from factory.documents.formats.subprocess_worker import Failure, Request

# The limits for one file: a base that any file of some MB may take, more for each MB of it, and a most. Measured on a busy
# machine, files that office programs write take up to 5 seconds a MB (spreadsheets, and PDF files of 70 pages a second) and
# 30 bytes of memory a byte; interpreter and libraries take 0.2 GB of address space before the first file.
SECONDS, SECONDS_PER_MB, MOST_SECONDS = 60.0, 10.0, 600.0
MEMORY, MEMORY_PER_BYTE, MOST_MEMORY = 1 << 30, 40, 4 << 30  # bytes of address space
ENLARGED = MEMORY + (64 << 20)  # a process that was granted more may stay large, so it reads no further file
SHOWN = 160  # characters of what a crashed reader said last
# The child finds modules where its parent does, and nowhere else: -P keeps the folder it is started in out of it.
_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from factory.documents.formats.subprocess_worker import serve; serve()"


class ReaderFunction(NamedTuple):
    """A function from a path to Extracted, by name: only the process apart imports it and its libraries."""

    module: str
    function: str


class Apart:
    """One process that reads one file after the other, and is replaced where it died or was stopped. Used by `with`."""

    def __init__(self) -> None:
        self._worker: _Worker | None = None

    def __enter__(self) -> "Apart":
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def read(self, reader: ReaderFunction, path: Path) -> Extracted:
        """What the reader gives. Raises Unreadable, also where it crashed, took too long or took too much memory.

        Where a process fails that has read other files before, a fresh one tries once more: what those files left in its
        memory must not decide.
        """
        wanted = request(reader, path)
        used = self._worker is not None
        found = self._read_once(wanted)
        if used and isinstance(found, Failure) and found.of_process:
            found = self._read_once(wanted)
        if isinstance(found, Failure):
            raise (NoText if found.no_text else Unreadable)(found.reason)
        return found

    def _read_once(self, request: Request) -> Extracted | Failure:
        self._worker = self._worker or _Worker()
        found = self._worker.read(request)
        failed = isinstance(found, Failure) and found.of_process
        if failed or self._worker.killed or request.memory > ENLARGED:
            self._stop()
        return found

    def _stop(self) -> None:
        if self._worker:
            self._worker.stop()
            self._worker = None


def request(reader: ReaderFunction, path: Path) -> Request:
    """With the limits for a file of its size."""
    try:
        size = path.stat().st_size
    except OSError:  # the reader finds and reports it, too
        size = 0
    seconds = min(SECONDS + SECONDS_PER_MB * size / 1e6, MOST_SECONDS)
    return Request(*reader, path, seconds, min(MEMORY + MEMORY_PER_BYTE * size, MOST_MEMORY))


class _Worker:
    """The process that runs now; `killed` once it took too long."""

    def __init__(self) -> None:
        self.killed = False
        self._stderr: IO[bytes] = TemporaryFile()  # noqa: SIM115 - open as long as this is
        command = [sys.executable, "-P", "-c", _START, json.dumps(sys.path)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr)

    def read(self, request: Request) -> Extracted | Failure:
        """Waits until the answer is there or the process is dead: the timer kills it when its time is over."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        timer = Timer(request.seconds, self._kill)
        timer.start()
        try:
            self._process.stdin.write(pickle.dumps(request))
            self._process.stdin.flush()
            found: Extracted | Failure = pickle.load(self._process.stdout)
        except (EOFError, pickle.UnpicklingError, OSError):  # the process died before or in the middle of its answer
            found = self._death(request.seconds)
        finally:
            timer.cancel()
            timer.join()
        return found

    def _kill(self) -> None:
        self.killed = True
        self._process.kill()

    def _death(self, seconds: float) -> Failure:
        code = -self._process.wait()
        if self.killed:
            return Failure(f"reading it took more than {seconds:,.0f} seconds; cut it into smaller files")
        if sys.platform != "win32" and code == signal.SIGKILL:  # by the system, as it does where memory runs short
            return Failure("reading it took more memory than there is; cut it into smaller files", of_process=True)
        reason = f"the library that reads it crashed{self._last_words()}; save it again from the program that made it"
        return Failure(reason, of_process=True)

    def _last_words(self) -> str:
        """The exception that ended the process, in brackets; empty where a signal did."""
        self._stderr.seek(0, 2)
        self._stderr.seek(max(0, self._stderr.tell() - 4096))
        lines = self._stderr.read().decode("utf-8", "replace").strip().split("\n")
        said = "".join(c for c in lines[-1] if c.isprintable())
        return f" ({said[:SHOWN]})" if lines[0] and "Traceback" in "".join(lines) else ""

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._stderr.close()
