"""Commands that write into a run wait for nobody: a second one ends with a sentence."""

from pathlib import Path

import pytest

from factory.core.run_folder import Run
from tests.mock import docstill

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


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_second_command_on_a_run_ends_with_a_sentence(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "verdicts.csv").write_text("", encoding="utf-8")
    words = [str(tmp_path) if word == "RUN" else word for word in command]
    with Run(tmp_path).locked():
        code, said = docstill(tmp_path / "log", *words)
    assert (code, "another docstill is working on this run" in said) == (2, True)
