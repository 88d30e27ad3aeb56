"""Commands that write into a run wait for nobody: a second one ends with a sentence."""

import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = (
    ("train", "RUN"),
    ("answer", "RUN", "--model", "base"),
    ("answer", "RUN", "--model", "m", "--base-url", "http://127.0.0.1:9/v1"),
    ("evaluate", "RUN"),
    ("export", "RUN", "--to", "adapter"),
    ("export", "RUN", "--to", "axolotl"),
    ("audit", "RUN"),
    ("review", "export", "RUN", "--to", "csv"),
    ("review", "import", "RUN", "verdicts.csv"),
    ("review", "apply", "RUN", "id"),
)
RECIPE = """
[documents]
paths = ["."]
[[teachers]]
name = "nobody"
model = "compatible/nobody"
base_url = "http://127.0.0.1:9/v1"
[student]
base = "none"
"""
HOLD = """
import sys
from pathlib import Path
from factory.run import Run
with Run(Path(sys.argv[1])).locked():
    print("held", flush=True)
    input()
"""
START = "from factory.cli import main; main()"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_second_command_on_a_run_ends_with_a_sentence(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "verdicts.csv").write_text("", encoding="utf-8")
    words = [str(tmp_path) if word == "RUN" else word for word in command]
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        done = subprocess.run([sys.executable, "-c", START, *words], capture_output=True, text=True, check=False)
        other.communicate("\n")
    assert (done.returncode, "another docstill is working on this run" in done.stderr) == (2, True)
