"""A real server with a mock teacher behind it, and docstill as a process that can be killed."""

import json
import multiprocessing
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from factory.cli import main
from factory.teachers import anthropic_messages, batch_api, openai_chat  # noqa: F401 - a process that is forked has them

MOCK = Path(__file__).resolve().parents[2] / "shared" / "tools" / "mock_teacher.py"
HERE = "127.0.0.1"
# The mock asks "What does the text state about …?", and the schema filter refuses every question that speaks of "the text".
LAUNCHER = """
import sys
path, sys.argv = sys.argv[1], sys.argv[1:]
source = open(path, encoding="utf-8").read().replace("What does the text state about ", "What is known about ")
exec(compile(source, path, "exec"), {"__name__": "__main__"})
"""
FORK = multiprocessing.get_context("fork")  # a fresh interpreter takes five seconds to import the command


def free_port() -> int:
    with socket.socket() as found:
        found.bind((HERE, 0))
        return int(found.getsockname()[1])


@dataclass
class MockServer:
    """A mock teacher of ../shared/tools as a process of its own."""

    port: int
    options: tuple[str, ...]

    @property
    def url(self) -> str:
        return f"http://{HERE}:{self.port}/v1"

    def start(self) -> None:
        if not MOCK.is_file():
            pytest.skip(f"the mock teacher is not there: {MOCK}")
        command = [sys.executable, "-c", LAUNCHER, str(MOCK), "--port", str(self.port), *self.options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if not (self._process.stdout and self._process.stdout.readline()):
            pytest.skip("the mock teacher does not start; it needs httptools and orjson")

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()

    def stats(self) -> dict[str, int]:
        return dict(self._get("stats"))

    def times_asked(self) -> dict[str, int]:
        """Of the keys that were asked more than once, how often."""
        return dict(self._get("stats?top=1")["keys"])

    def reset(self) -> None:
        with urllib.request.urlopen(f"http://{HERE}:{self.port}/reset", data=b"") as reply:
            reply.read()

    def _get(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://{HERE}:{self.port}/{path}") as reply:
            found: dict[str, Any] = json.load(reply)
        return found


@contextmanager
def serving(*options: str) -> Iterator[MockServer]:
    server = MockServer(free_port(), options)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@dataclass
class Command:
    """One `docstill …` under way in a process of its own."""

    arguments: tuple[str, ...]
    log: Path

    def start(self) -> "Command":
        self._process = FORK.Process(target=self._run)
        self._process.start()
        return self

    def _run(self) -> None:
        with self.log.open("w", encoding="utf-8") as sys.stdout:
            sys.stderr = sys.stdout
            sys.argv = ["docstill", *self.arguments]
            main()

    def kill(self, after: float) -> None:
        """`kill -9` after so many seconds, if it still runs then."""
        self._process.join(after)
        self._process.kill()
        self._process.join()

    def ended(self) -> tuple[int | None, str]:
        """Exit code, and all that it said."""
        self._process.join(60)
        return self._process.exitcode, self.log.read_text(encoding="utf-8")


def docstill(log: Path, *arguments: str) -> tuple[int | None, str]:
    return Command(arguments, log).start().ended()


def wait_for(server: MockServer, answers: int) -> None:
    """Until the mock has given so many answers, or for ten seconds."""
    for _ in range(500):
        if server.stats()["ok"] >= answers:
            return
        time.sleep(0.02)
