"""A file that crashes, hangs or fills its reader gives one sentence, and the next file is read."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from factory.documents.formats import Extracted, NoText, Unreadable
from factory.documents.formats.subprocess_reader import ReaderFunction, SubprocessReader

FILE = Path("depot.pdf")
LINUX = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux holds a limit of address space"
)
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
_held: list[bytearray] = []


def whole(path: Path) -> Extracted:
    return Extracted(f"{path} is read.")


def process(_: Path) -> Extracted:
    return Extracted(str(os.getpid()))


def crashing(_: Path) -> Extracted:
    ctypes.string_at(0)
    return Extracted("")


def defective(_: Path) -> Extracted:
    return Extracted(dict[str, str]()["styles"])


def killed(_: Path) -> Extracted:
    os.kill(os.getpid(), signal.SIGKILL)
    return Extracted("")


def hanging(_: Path) -> Extracted:
    time.sleep(600)
    return Extracted("")


def greedy(_: Path) -> Extracted:
    return Extracted(str(len(bytearray(1 << 36))))


def hoarding(_: Path) -> Extracted:
    """Keep 600 MB, so that a second such file does not fit into the limit of 1 GB."""
    _held.append(bytearray(600 << 20))
    return Extracted("hoarded")


def nested(path: Path) -> Extracted:
    return nested(path)


def chatting(_: Path) -> Extracted:
    os.write(1, b"warning: xref table is damaged\n")
    return Extracted("read")


def a_scan(_: Path) -> Extracted:
    raise NoText("it is a scan")


def read(apart: SubprocessReader, function: str, path: Path = FILE) -> str:
    return apart.read(ReaderFunction(__name__, function), path).text


@pytest.fixture
def apart() -> Iterator[SubprocessReader]:
    with SubprocessReader() as opened:
        yield opened


def test_one_process_reads_file_after_file(apart: SubprocessReader) -> None:
    assert len({read(apart, "process") for _ in range(3)} - {str(os.getpid())}) == 1


def test_a_crash_is_one_sentence_and_the_next_file_is_read(apart: SubprocessReader) -> None:
    with pytest.raises(
        Unreadable,
        match="^the library that reads it crashed; save it again from the program that made it$",
    ):
        read(apart, "crashing")
    assert read(apart, "whole") == "depot.pdf is read."


def test_an_exception_that_no_reader_foresees_is_one_sentence_that_names_it(
    apart: SubprocessReader,
) -> None:
    with pytest.raises(
        Unreadable,
        match=r"^the library that reads it crashed \(KeyError: 'styles'\); save it again",
    ):
        read(apart, "defective")
    assert read(apart, "whole") == "depot.pdf is read."


def test_a_file_that_never_ends_is_one_sentence_and_the_next_file_is_read(
    apart: SubprocessReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(apart, "whole")  # the process is there
    monkeypatch.setattr("factory.documents.formats.subprocess_reader.BASE_SECONDS", 0.5)
    with pytest.raises(
        Unreadable, match=r"^reading it took more than \d seconds; cut it into smaller files$"
    ):
        read(apart, "hanging")
    monkeypatch.undo()
    assert read(apart, "whole") == "depot.pdf is read."


def test_a_large_file_has_more_time_and_memory(tmp_path: Path) -> None:
    from factory.documents.formats.subprocess_reader import MAX_MEMORY, MAX_SECONDS, build_request

    (tmp_path / "small.pdf").write_bytes(b"")
    with (tmp_path / "large.pdf").open("wb") as large:
        large.truncate(1 << 30)
    limits = [
        build_request(ReaderFunction("", ""), tmp_path / name)[3:]
        for name in ("none.pdf", "small.pdf", "large.pdf")
    ]
    assert limits == [(60.0, 1 << 30), (60.0, 1 << 30), (MAX_SECONDS, MAX_MEMORY)]


@LINUX
def test_too_much_memory_is_one_sentence(apart: SubprocessReader) -> None:
    with pytest.raises(
        Unreadable, match="^reading it takes too much memory; cut it into smaller files$"
    ):
        read(apart, "greedy")
    assert read(apart, "whole") == "depot.pdf is read."


@LINUX
def test_what_earlier_files_left_in_memory_does_not_decide(apart: SubprocessReader) -> None:
    assert [read(apart, "hoarding") for _ in range(3)] == ["hoarded"] * 3


@POSIX
def test_a_process_that_the_system_kills_is_one_sentence(apart: SubprocessReader) -> None:
    with pytest.raises(
        Unreadable, match="^reading it took more memory than there is; cut it into smaller files$"
    ):
        read(apart, "killed")


def test_nesting_without_end_is_one_sentence(apart: SubprocessReader) -> None:
    with pytest.raises(Unreadable, match="^its parts are nested too deeply; save it again"):
        read(apart, "nested")


def test_what_a_library_prints_is_no_answer(apart: SubprocessReader) -> None:
    assert [read(apart, name) for name in ("chatting", "whole")] == ["read", "depot.pdf is read."]


def test_a_scan_stays_one_for_a_command_for_ocr(apart: SubprocessReader) -> None:
    with pytest.raises(NoText, match="^it is a scan$"):
        read(apart, "a_scan")


def test_a_script_without_a_main_guard_reads_documents(tmp_path: Path) -> None:
    (tmp_path / "depot.md").write_text("Trams rest.", encoding="utf-8")
    script = tmp_path / "script.py"
    script.write_text(
        "from pathlib import Path\n"
        "from factory.documents.reader import read_documents\n"
        "from factory.core.settings import DocumentSettings\n"
        "print(read_documents(DocumentSettings(paths=('depot.md',)), Path(__file__).parent)[0][0].text)\n",
        encoding="utf-8",
    )
    root = str(Path(__file__).parents[4])
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": root},
        check=False,
    )
    assert (done.stdout, done.stderr) == ("Trams rest.\n", "")
