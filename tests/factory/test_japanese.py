"""A Japanese document through a whole make: asked about, judged by its values and words, split, and told with its spans."""

from pathlib import Path

import pytest

from factory.core.outcomes import OutcomeLine
from factory.core.recipe import read_recipe
from factory.core.run_folder import Run
from factory.pipeline import Events, MakeJob, make
from factory.tasks.qa import Quoted, Written
from factory.teachers import Request
from tests.factory.test_spans import RECIPE
from tests.fakes import FakeTeacher, Said, kind, wanted

# Sentence, question, right answer; and a wrong one that the sentence does not bear out.
FACTS = (
    ("本社の倉庫は毎日午前6時に開きます。", "本社の倉庫は毎日何時に開きますか？", "午前6時", "午前8時"),
    (
        "全ての車両は最後の洗浄から14日以内に洗わなければなりません。",
        "車両は最後の洗浄から何日以内に洗わなければなりませんか？",
        "14日以内",
        "15日以内",
    ),
    ("日曜日には車両を洗いません。", "車両を洗わないのは何曜日ですか？", "日曜日", "土曜日"),
    ("責任者は倉庫の3本の鍵を保管します。", "責任者は倉庫の何本の鍵を保管しますか？", "3本", "5本"),
    ("出張費の申請は帰着後10日以内に提出します。", "出張費の申請は帰着後何日以内に提出しますか？", "10日以内", "20日以内"),
    ("夜勤の手当は1回につき2,500円です。", "夜勤の手当は1回につきいくらですか？", "2,500円", "3,500円"),
)


def said(request: Request, wrong: bool) -> Said:
    facts = [f for f in FACTS if (f[1] if kind(request) != "write" else f[0]) in request.user]
    answers = [(f, f[3] if wrong else f[2]) for f in facts]
    if kind(request) == "write":
        examples = [Written(question=f[1], answer=answer, quotes=[f[0]]) for f, answer in answers[: wanted(request)]]
        return request.shape.model_validate({"examples": [e.model_dump() for e in examples]})
    fact, answer = answers[0]
    if kind(request) == "draw":
        return Quoted(answer=answer, quotes=[fact[0]])
    return Written(question=fact[1], answer=answer, quotes=[fact[0]])


def made(home: Path, monkeypatch: pytest.MonkeyPatch, wrong: bool) -> Run:
    (home / "documents").mkdir()
    (home / "documents" / "規程.md").write_text("# 倉庫規程\n\n" + "".join(f[0] for f in FACTS) + "\n", encoding="utf-8")
    monkeypatch.setattr("factory.pipeline.teacher_of", lambda *_: FakeTeacher(lambda request: said(request, wrong)))
    (home / "recipe.toml").write_text(RECIPE.replace("per_chunk = 2", "per_chunk = 6"), encoding="utf-8")
    recipe, text = read_recipe(home / "recipe.toml")
    run = Run(home / "run")
    make(MakeJob(recipe, text, home, run, run.folder / "ledger.db"), Events(*([lambda *_: None] * 4)))
    return run


def test_what_is_right_is_kept_with_its_place_in_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = made(tmp_path, monkeypatch, wrong=False)
    kept = [OutcomeLine.model_validate({**line, "ending": "kept"}) for line in run.lines("kept.jsonl")]
    assert {(line.instruction, line.response) for line in kept} == {(f[1], f[2]) for f in FACTS}
    for line in kept:
        text = run.document(line.document.digest)
        assert [text[s.start : s.end] for s in line.spans] == [next(f[0] for f in FACTS if f[1] == line.instruction)]
    assert len(list(run.lines("train.jsonl"))) >= len(FACTS)


def test_what_the_sentence_does_not_say_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = made(tmp_path, monkeypatch, wrong=True)
    assert [line["response"] for line in run.lines("kept.jsonl")] == []
    assert len(list(run.lines("rejected.jsonl"))) == len(FACTS)
