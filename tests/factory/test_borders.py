"""The borders of the command line: what the system refuses is one sentence, and what was there stays."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.damage import docstill
from tests.factory.test_pipeline import FACTS, written
from tests.mock import HERE, free_port, serving

ROW = json.dumps({"id": 1, "chunk": "a", "instruction": "b", "response": "c"}) + "\n"


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """A recipe whose teacher is not there."""
    return written(tmp_path / "home", f"http://{HERE}:{free_port()}/v1")


def told(*arguments: str | Path) -> tuple[int | str, str]:
    ended = docstill(*arguments)
    return ended.code, " ".join(ended.said.split())


def test_an_empty_argument_is_named(recipe: Path) -> None:
    said = "an argument is empty; leave it out or give it a value, and quote paths that contain spaces"
    assert told("make", recipe, "--out", "") == (2, said)
    assert told("report", "") == (2, said)


@pytest.mark.parametrize("command", ["make", "estimate"])
def test_a_pipe_in_place_of_a_recipe_is_named_and_not_waited_for(tmp_path: Path, command: str) -> None:
    os.mkfifo(tmp_path / "recipe.toml")
    more = ("--out", tmp_path / "run") if command == "make" else ()
    said = f"{tmp_path / 'recipe.toml'}: is a pipe or a device, not a file; expected a recipe in TOML"
    assert told(command, tmp_path / "recipe.toml", *more) == (2, said)


@pytest.mark.parametrize("command", ["judge", "dedup"])
def test_a_pipe_is_neither_read_nor_replaced(tmp_path: Path, command: str) -> None:
    rows, pipe = tmp_path / "rows.jsonl", tmp_path / "pipe"
    rows.write_text(ROW, encoding="utf-8")
    os.mkfifo(pipe)
    assert told(command, pipe, "--out", tmp_path / "out")[0] == 2
    assert told(command, rows, "--out", pipe) == (2, f"{pipe} is a pipe or a device; name a regular file")
    assert pipe.is_fifo()


def test_a_file_of_the_kernel_that_has_nothing_to_say_is_not_waited_for(tmp_path: Path) -> None:
    kernel = Path("/proc/kmsg")
    if not (kernel.exists() and os.access(kernel, os.R_OK)):
        pytest.skip("there is no /proc/kmsg that may be read")
    assert told("judge", kernel, "--out", tmp_path / "out")[0] in (0, 2)


@pytest.mark.parametrize("place", ["file/run", "n" * 300, "x/" * 3_000])
def test_an_output_that_can_not_be_is_named(tmp_path: Path, recipe: Path, place: str) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    code, said = told("make", recipe, "--out", tmp_path / place)
    assert (code, f"{tmp_path / place}"[:60] in said) == (2, True)
    rows = tmp_path / "rows.jsonl"
    rows.write_text(ROW, encoding="utf-8")
    assert told("judge", rows, "--out", tmp_path / place)[0] == 2
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def test_a_name_that_is_no_text_is_shown_by_its_bytes(tmp_path: Path) -> None:
    name = os.fsdecode(os.fsencode(tmp_path) + b"/none-\xff")
    code, said = told("report", name)
    assert (code, said.startswith(f"{tmp_path}/none-\\udcff holds no run; ")) == (2, True)


def with_task(recipe: Path, text: str) -> None:
    """The recipe's task is of a kind of its own, in a file of this text."""
    recipe.with_name("my_task.py").write_text(text, encoding="utf-8")
    told = recipe.read_text(encoding="utf-8")
    recipe.write_text(told.replace("per_chunk = 3", 'kind = "own"\nfile = "my_task.py"'), encoding="utf-8")


TASK = "from factory.tasks.own import Own\n{more}\ntask = Own(write='Make a card.', {rest})\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import sys\nsys.exit('bye')", "can't be run (SystemExit: bye), must say task = Own(…)"),
        ("raise KeyboardInterrupt", "can't be run (KeyboardInterrupt), must say task = Own(…)"),
        ("class Odd(BaseException): pass\nraise Odd('x')", "can't be run (Odd: x), must say task = Own(…)"),
        ("def __getattr__(name): raise BaseException(name)", "defines no task, must say task = Own(…)"),
        ("class Odd(Exception):\n  def __str__(self): raise ValueError\nraise Odd", "can't be run (Odd), must say task = Own(…)"),
        ("task = 1\0", "source code string cannot contain null bytes"),
        (TASK.format(more="", rest="question=3"), "question must be a text"),
        (TASK.format(more="", rest="shape=dict"), "shape must be a pydantic model class"),
        (TASK.format(more="", rest="compare='same'"), "compare must be a function of two answers and the question"),
        (TASK.format(more="", rest="filters=(1,)"), "filters must be a tuple of functions"),
        (TASK.format(more="", rest="filters=print"), "filters must be a tuple of functions"),
    ],
)
def test_a_task_file_that_does_wrong_is_named(recipe: Path, text: str, said: str) -> None:
    with_task(recipe, text)
    code, told_ = told("estimate", recipe)
    assert (code, told_.startswith("my_task.py:"), said in told_) == (2, True, True)


@pytest.mark.parametrize(
    ("more", "rest", "said"),
    [
        ("def bad(example): raise SystemExit(7)", "filters=(bad,)", "bad failed on example"),
        ("def bad(example): return True", "filters=(bad,)", "bad answered with True, must answer with a Verdict"),
        ("def bad(one, other, question): return None", "compare=bad", "compare answered with None, must answer with True or False"),
        ("def bad(one, other, question): return 1 / 0", "compare=bad", "(ZeroDivisionError: division by zero)"),
    ],
)
def test_a_function_of_a_task_file_that_fails_ends_the_run_with_a_sentence(tmp_path: Path, more: str, rest: str, said: str) -> None:
    with serving(*FACTS) as server:
        recipe = written(tmp_path / "home", server.url)
        with_task(recipe, TASK.format(more=more, rest=rest))
        code, told_ = told("make", recipe, "--out", tmp_path / "run", "--yes")
    assert (code, said in told_, "my_task.py: " in told_) == (2, True, True)


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[Path]:
    """A file system of its own; the test is skipped where none may be mounted."""
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no small file system can be mounted here: {done.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_ends_with_3_and_what_was_there_stays(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps({"id": n, "instruction": "b" * 500, "response": ""}) + "\n" for n in range(500)), encoding="utf-8")
    with small_disk(tmp_path / "disk", "64k") as disk:
        (disk / "out.jsonl").write_text("mine", encoding="utf-8")
        code, said = told("dedup", rows, "--out", disk / "out.jsonl")
        assert (code, "No space left on device" in said) == (2, True)
        assert [(p.name, p.read_text(encoding="utf-8")) for p in disk.iterdir()] == [("out.jsonl", "mine")]


def test_a_make_on_a_full_disk_ends_with_3_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with serving(*FACTS) as server, small_disk(tmp_path / "disk", "200k") as disk:
        recipe = written(tmp_path / "home", server.url)
        code, said = told("make", recipe, "--out", disk / "run", "--yes")
        assert (code, "free some" in said) == (3, True)
        subprocess.run(["mount", "-o", "remount,size=20m", str(disk)], check=True)
        assert told("make", recipe, "--out", disk / "run", "--yes")[0] == 0
