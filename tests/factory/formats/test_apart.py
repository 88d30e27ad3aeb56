"""Reading in a process apart: what crashes or hangs is told in one sentence, and the next file is read."""

import ctypes
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from factory.formats import Extracted, NoText, Unreadable
from factory.formats.apart import Apart

FILE = Path("depot.pdf")


def whole(path: Path) -> Extracted:
    return Extracted(f"{path} is read.")


def crashing(_: Path) -> Extracted:
    ctypes.string_at(0)
    return Extracted("")


def hanging(_: Path) -> Extracted:
    time.sleep(600)
    return Extracted("")


def greedy(_: Path) -> Extracted:
    return Extracted(str(len(bytearray(1 << 36))))


def a_scan(_: Path) -> Extracted:
    raise NoText("it is a scan")


@pytest.fixture
def apart() -> Iterator[Apart]:
    with Apart() as opened:
        yield opened


def test_a_crash_is_one_sentence_and_the_next_file_is_read(apart: Apart) -> None:
    with pytest.raises(Unreadable, match="^the library that reads it crashed; save it again"):
        apart.read(crashing, FILE)
    assert apart.read(whole, FILE) == Extracted("depot.pdf is read.")


def test_a_file_that_never_ends_is_one_sentence_and_the_next_file_is_read(apart: Apart, monkeypatch: pytest.MonkeyPatch) -> None:
    apart.read(whole, FILE)  # the process is there
    monkeypatch.setattr("factory.formats.apart.SECONDS", 0.5)
    with pytest.raises(Unreadable, match="^reading it took more than 0 seconds|^reading it took more than 1 seconds"):
        apart.read(hanging, FILE)
    monkeypatch.undo()
    assert apart.read(whole, FILE) == Extracted("depot.pdf is read.")


def test_too_much_memory_is_one_sentence(apart: Apart) -> None:
    with pytest.raises(Unreadable, match="^reading it takes too much memory; cut it into smaller files$"):
        apart.read(greedy, FILE)


def test_a_scan_stays_one_for_a_command_for_ocr(apart: Apart) -> None:
    with pytest.raises(NoText, match="^it is a scan$"):
        apart.read(a_scan, FILE)
