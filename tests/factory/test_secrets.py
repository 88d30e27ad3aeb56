"""A key stands in the environment and in nothing that is written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factory.test_make import written
from tests.mock import free_port, serving

PLANTED = "sk-planted-0123456789abcdef"
VARIABLES = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "COMPATIBLE_API_KEY")
START = (sys.executable, "-c", "from factory.cli import main; main()")


def run(folder: Path, *arguments: str) -> str:
    """What the command says, its traceback included if it had one."""
    environment = {**os.environ, **dict.fromkeys(VARIABLES, PLANTED)}
    done = subprocess.run([*START, *arguments], capture_output=True, text=True, check=False, env=environment, cwd=folder)
    return done.stdout + done.stderr


def holding(folder: Path) -> list[str]:
    return [str(p) for p in folder.rglob("*") if p.is_file() and PLANTED.encode() in p.read_bytes()]


@pytest.mark.parametrize("model", ["compatible/mock", "openai/gpt-4.1-mini", "anthropic/claude-haiku-4-5"])
@pytest.mark.parametrize("faults", ["", "500,badbody,badjson,badschema,disconnect"])
def test_a_planted_key_stands_in_no_file_and_no_sentence(tmp_path: Path, model: str, faults: str) -> None:
    with serving("--facts", *(("--fault-rate", "0.3", "--faults", faults) if faults else ())) as server:
        recipe = written(tmp_path, server.url)
        said = run(tmp_path, "make", str(recipe), "--out", str(tmp_path / "run"), "--set", f"teachers.0.model={model}", "--limit", "6")
    said += run(tmp_path, "report", str(tmp_path / "run"))
    assert ((tmp_path / "run" / "report.json").is_file(), PLANTED in said, holding(tmp_path)) == (True, False, [])


def test_a_planted_key_stands_in_no_error_of_a_server_that_is_away(tmp_path: Path) -> None:
    recipe = written(tmp_path, f"http://127.0.0.1:{free_port()}/v1")
    said = run(tmp_path, "make", str(recipe), "--out", str(tmp_path / "run"), "--set", "teachers.0.model=openai/gpt-4.1-mini")
    assert ("can't be reached" in said, PLANTED in said, holding(tmp_path)) == (True, False, [])
