"""A whole run, ways to damage its files, and the commands that read them, each in this process."""

import contextlib
import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from factory.cli import main
from factory.core.run_folder import Run
from tests.factory.test_pipeline import written
from tests.mock import serving

Damage = Callable[[Path, Random], None]


class Ended(NamedTuple):
    """How a command ended: its exit code and what it said, or the exception that got past it."""

    code: int | str
    said: str


def docstill(*arguments: str | Path) -> Ended:
    """Run a command. An exception that is no exit is named instead of a code."""
    said, argv = io.StringIO(), sys.argv
    sys.argv = ["docstill", *map(str, arguments)]
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            main()
    except SystemExit as ended:
        return Ended(int(ended.code or 0), said.getvalue())
    except BaseException as error:  # noqa: BLE001 - what gets past main is what is looked for
        return Ended(f"{type(error).__name__}: {error}", said.getvalue())
    finally:
        sys.argv = argv
    return Ended(0, said.getvalue())


def whole_run(home: Path) -> Path:
    """A run with every file that make, answer, evaluate, audit and review leave, and a student's files without its weights."""
    with serving("--facts", "--wrong", "0.2") as server:
        recipe = written(home, server.url)
        run = home / "run"
        made = docstill("make", recipe, "--out", run, "--yes")
        assert made.code == 0, made
    _student(Run(run))
    done: tuple[tuple[str | Path, ...], ...] = (("evaluate", run), ("audit", run), ("review", "export", run, "--sample", "4"))
    for command in done:
        ended = docstill(*command)
        assert ended.code in (0, 1), ended
    return run


def _student(run: Run) -> None:
    """Answers, what training told, and an adapter that nobody loads."""
    rows = list(run.lines("test.jsonl"))
    for name in ("base", "student"):
        run.write_lines(f"answers/{name}.jsonl", (_answer(row, name) for row in rows))
    general = [str(_meta(row)["id"]) for row in run.lines("general.jsonl")] if run.has("general.jsonl") else []
    for name in ("base", "student"):
        told = ({"id": id, "bits": 1.0, "tokens": 2, "response": "4", "of": "x"} for id in general)
        run.write_lines(f"forgetting/{name}.jsonl", told)


def _answer(row: dict[str, object], name: str) -> dict[str, object]:
    messages: Any = row["messages"]
    response = messages[-1]["content"] if name == "student" else "nobody knows"
    return {"id": _meta(row)["id"], "response": response, "tokens": 3, "seconds": 0.1}


def _meta(row: dict[str, object]) -> dict[str, object]:
    meta: Any = row["meta"]
    return dict(meta)


def files_of(run: Path) -> list[Path]:
    """Every file of a run that a command may read, but for the ledger's locks."""
    found = (path for path in sorted(run.rglob("*")) if path.is_file())
    return [path.relative_to(run) for path in found if not path.name.endswith((".lock", "-wal", "-shm"))]


def flipped(path: Path, pick: Random) -> None:
    raw = bytearray(path.read_bytes() or b"x")
    for _ in range(1 + len(raw) // 2_000):
        raw[pick.randrange(len(raw))] ^= 1 << pick.randrange(8)
    path.write_bytes(raw)


def torn(path: Path, pick: Random) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw[: pick.randrange(1, len(raw))] if len(raw) > 1 else b"")


def emptied(path: Path, pick: Random) -> None:
    path.write_bytes(b"")


def a_folder(path: Path, pick: Random) -> None:
    path.unlink()
    path.mkdir()


def a_list(path: Path, pick: Random) -> None:
    path.write_bytes(b"[]\n" * 3 if path.suffix == ".jsonl" else b"[]\n")


def nested(path: Path, pick: Random) -> None:
    path.write_bytes(b"[" * 100_000)


def no_text(path: Path, pick: Random) -> None:
    path.write_bytes(b"\xff\xfe\x00")


def of_other_types(path: Path, pick: Random) -> None:
    """In each JSON object one value is of another type."""
    if path.suffix in (".json", ".jsonl"):
        text = path.read_text(encoding="utf-8")
        lines = text.split("\n") if path.suffix == ".jsonl" else [text]
        path.write_text("\n".join(_changed(line, pick) for line in lines), encoding="utf-8")


def _changed(text: str, pick: Random) -> str:
    try:
        found = json.loads(text)
    except ValueError:
        return text
    if isinstance(found, dict) and found:
        place: dict[str, object] = found
        while True:
            key = pick.choice(sorted(place))
            inner = place[key]
            if isinstance(inner, dict) and inner and pick.random() < 0.5:
                place = inner
                continue
            others: tuple[object, ...] = (None, [], {}, "x", -1, True, 1.5)
            place[key] = pick.choice([value for value in others if type(value) is not type(inner)])
            break
    return json.dumps(found)


DAMAGES: tuple[Damage, ...] = (flipped, torn, emptied, a_folder, a_list, nested, no_text, of_other_types)


def damaged(run: Path, name: Path, damage: Damage, pick: Random) -> Path:
    """A copy of the run beside it, one file of it damaged."""
    copy = run.with_name("damaged")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(run, copy)
    damage(copy / name, pick)
    return copy


def commands(run: Path) -> Iterator[tuple[str | Path, ...]]:
    """What reads a run and needs no model."""
    yield ("report", run)
    yield ("report", run, "--certificate")
    yield ("why", run, "0")
    yield ("evaluate", run)
    yield ("audit", run)
    yield ("review", "export", run, "--sample", "4")
    yield ("review", "export", run, "--to", "csv", "--sample", "4", "--again")
    yield ("review", "export", run, "--compare", "base,student")
    yield ("review", "import", run, run / "review" / "filled.json")
    yield ("export", run, "--to", "parquet")
    yield ("export", run, "--to", "axolotl")
    yield ("export", run, "--to", "llama-factory")
    yield ("train", run, "--plan")
    yield ("models", "promote", run, "--name", "intake", "--models", run.with_name("models"))
    yield ("make", run.with_name("recipe.toml"), "--out", run, "--yes")
