"""Spans through a whole make: emoji, combining marks, right-to-left and Japanese text before them move none."""

from pathlib import Path

import pytest

from factory.core.outcomes import OutcomeLine
from factory.core.recipe import read_recipe
from factory.core.run_folder import Run
from factory.pipeline import Events, MakeJob, make
from tests.fakes import FACTS, FakeTeacher, right

# NFC joins the marks of café and が, and line ends lose a sign: each moves what stands behind it.
ODD = "🚋👩‍🔧 cafe\u0301 か\u3099 x\u0323\u0307 שלום مرحبا 毎晩洗車します。"
RECIPE = """
[documents]
paths = ["documents"]
[split]
val = 0
test = 0
shift = 0
[[teachers]]
name = "fake"
model = "compatible/fake"
base_url = "http://127.0.0.1:9/v1"
[[tasks]]
per_chunk = 2
[student]
base = "nowhere/student"
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    (tmp_path / "documents").mkdir()
    for n in range(0, len(FACTS), 2):
        text = f"# Depots {n}\r\n\r\n{ODD}\r\n\r\n{FACTS[n].sentence}\r\n{FACTS[n + 1].sentence}\r\n"
        (tmp_path / "documents" / f"depots{n}.md").write_bytes(text.encode())
    monkeypatch.setattr("factory.pipeline.teacher_of", lambda *_: FakeTeacher(right))
    (tmp_path / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    recipe, text = read_recipe(tmp_path / "recipe.toml")
    run = Run(tmp_path / "run")
    make(MakeJob(recipe, text, tmp_path, run, tmp_path / "run" / "ledger.db"), Events(*([lambda *_: None] * 4)))
    return run


def test_spans_stand_in_the_text_behind_emoji_marks_and_right_to_left_text(run: Run) -> None:
    kept = [OutcomeLine.model_validate({**line, "ending": "kept"}) for line in run.lines("kept.jsonl")]
    assert len(kept) == len(FACTS)
    for line in kept:
        text = (run.folder / "documents" / f"{line.document.digest}.txt").read_text(encoding="utf-8")
        assert "café が" in text
        assert [text[s.start : s.end] for s in line.spans] == [s.text for s in line.spans] != []
