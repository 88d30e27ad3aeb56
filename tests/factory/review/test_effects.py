"""What a review changes: exports, gold, and all that is like a rejected example; and a real run that makes it so."""

import json
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from factory.commands.exporting import run_export
from factory.commands.reviewing import apply_to_all, export_review, import_review
from factory.core.errors import UserMistake
from factory.core.recipe import read_recipe
from factory.core.records import digest
from factory.core.run_folder import Run
from factory.reports.html import write_html
from factory.review import VERDICTS_FILE, read_expert_verdicts
from factory.review.apply_to_similar import apply_rejection, find_similar
from factory.review.effects import rows_not_rejected, write_reviewed_gold
from factory.review.sampling import SampleSettings
from tests.factory.test_pipeline import FACTS, RECIPE, lines, make, written
from tests.mock import MockServer, serving

WANTED = SampleSettings(size=50, within=4, rejected=0, split=None, seed=0)


@pytest.fixture(scope="module")
def quick() -> Iterator[MockServer]:
    with serving(*FACTS) as server:
        yield server


@pytest.fixture(scope="module")
def once(quick: MockServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of the tram company's world, made by the command."""
    home = tmp_path_factory.mktemp("made")
    assert make(written(home, quick.url), home / "run")[0] == 0
    return home


@pytest.fixture
def made(once: Path, tmp_path: Path) -> Run:
    """A copy of that run, to be changed at will."""
    copytree(once, tmp_path, dirs_exist_ok=True)
    return Run(tmp_path / "run")


def said(run: Run, *verdicts: tuple[str, str, str]) -> None:
    """Verdicts by id, each on the answer that stands there."""
    answers = {str(line["id"]): str(line["response"]) for line in run.lines("kept.jsonl")}
    told = [
        {"id": id, "judged": digest(answers[id]), "verdict": verdict, **_more(verdict, words)}
        for id, verdict, words in verdicts
    ]
    run.write_lines(VERDICTS_FILE, told)


def _more(verdict: str, words: str) -> dict[str, str]:
    return (
        {"fixed": words}
        if verdict == "fix"
        else {"kind": "wrong", "reason": words}
        if verdict == "reject"
        else {}
    )


def kept(run: Run, split: str) -> list[str]:
    return [str(line["id"]) for line in run.lines("kept.jsonl") if line["split"] == split]


def test_a_rejected_row_stays_out_of_the_next_export_and_goes_back_to_the_teacher_at_the_next_make(
    made: Run, tmp_path: Path
) -> None:
    id, *others = kept(made, "train")
    said(made, (id, "reject", "Nobody asks that."))
    run_export(made.folder, "axolotl", None, False)
    trained = {
        digest(line["messages"][-1]["content"])
        for line in lines(made.folder, "exports/axolotl/train.jsonl")
    }
    response = next(str(line["response"]) for line in made.lines("kept.jsonl") if line["id"] == id)
    assert digest(response) not in trained
    assert len(rows_not_rejected(made, "train.jsonl")) == len(made.lines("train.jsonl")) - 1
    assert make(tmp_path / "recipe.toml", made.folder)[0] == 0
    now = {
        str(line["id"]): line
        for name in ("kept.jsonl", "rejected.jsonl")
        for line in made.lines(name)
    }
    attempts = now[id]["attempts"]
    assert isinstance(attempts, list)
    reasons = [
        v["reason"] for attempt in attempts for v in attempt["verdicts"] if v["filter"] == "expert"
    ]
    reasons += [v["reason"] for v in now[id]["verdicts"] if v["filter"] == "expert"]  # type: ignore[attr-defined]
    assert "The answer is wrong. Nobody asks that." in reasons
    assert set(others) <= set(kept(made, "train"))


def test_test_rows_that_were_read_become_gold_and_stay_so_at_the_next_make(
    made: Run, tmp_path: Path
) -> None:
    first, second, *_ = kept(made, "test")
    said(made, (first, "accept", ""), (second, "reject", "Wrong."))
    assert write_reviewed_gold(made, read_recipe(made.folder / "recipe.toml")[0]) == 1
    assert [line["meta"]["id"] for line in lines(made.folder, "gold.jsonl")] == [first]
    assert make(tmp_path / "recipe.toml", made.folder)[0] == 0
    assert [line["meta"]["id"] for line in lines(made.folder, "gold.jsonl")] == [first]


def test_a_corrected_test_row_is_gold_with_the_right_answer(made: Run) -> None:
    id, *_ = kept(made, "test")
    said(made, (id, "fix", "the right answer"))
    write_reviewed_gold(made, read_recipe(made.folder / "recipe.toml")[0])
    assert [line["messages"][-1]["content"] for line in lines(made.folder, "gold.jsonl")] == [
        "the right answer"
    ]


def test_a_rejection_is_applied_to_all_like_it_and_to_none_that_was_read(made: Run) -> None:
    id, read, *others = kept(made, "train")
    said(made, (id, "reject", "Nobody asks that."), (read, "accept", ""))
    touched = find_similar(made, id, "task")
    assert {line.id for line in touched.lines} == set(others) | set(kept(made, "val")) | set(
        kept(made, "test")
    )
    assert touched.foreseen.calls > 0
    assert apply_rejection(made, touched) == len(touched.lines)
    assert {v.like for v in read_expert_verdicts(made) if v.id in others} == {id}
    assert {v.why for v in read_expert_verdicts(made) if v.like} == {
        "The answer is wrong. Nobody asks that."
    }
    assert apply_rejection(made, find_similar(made, id, "task")) == len(
        touched.lines
    )  # again changes nothing
    assert len([v for v in read_expert_verdicts(made) if v.like]) == len(touched.lines)


def test_of_one_section_fewer_are_like_it_than_of_its_document_and_of_its_task(made: Run) -> None:
    id = kept(made, "train")[0]
    said(made, (id, "reject", ""))
    found = [
        {line.id for line in find_similar(made, id, of).lines}
        for of in ("section", "document", "task")
    ]
    assert found[0] <= found[1] < found[2]


def test_only_a_rejection_can_be_applied(made: Run) -> None:
    id = kept(made, "train")[0]
    said(made, (id, "accept", ""))
    with pytest.raises(UserMistake, match=f"{id}: no expert has rejected it"):
        find_similar(made, id, "task")


def test_applying_shows_first_and_does_nothing_without_a_yes(
    made: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    id = kept(made, "train")[0]
    said(made, (id, "reject", ""))
    before = (made.folder / VERDICTS_FILE).read_bytes()
    apply_to_all(made.folder, id, "task", yes=False)
    told = capsys.readouterr().out
    assert '"The answer is wrong." would be applied to' in told
    assert "nothing was changed; add --yes to do it" in told
    assert (made.folder / VERDICTS_FILE).read_bytes() == before
    apply_to_all(made.folder, id, "task", yes=True)
    assert (
        "go back to the teacher with the reason at the next `docstill make`"
        in capsys.readouterr().out
    )


def test_the_same_sample_is_exported_again_whatever_has_changed_unless_it_is_drawn_anew(
    made: Run, tmp_path: Path
) -> None:
    export_review(made.folder, "html", WANTED, again=False)
    first = (made.folder / "review/sample.json").read_bytes()
    said(made, (kept(made, "train")[0], "reject", ""))
    assert make(tmp_path / "recipe.toml", made.folder)[0] == 0
    export_review(made.folder, "csv", WANTED, again=False)
    assert (made.folder / "review/sample.json").read_bytes() == first
    export_review(made.folder, "csv", WANTED, again=True)
    assert (made.folder / "review/sample.json").read_bytes() != first


def test_an_import_tells_what_it_found_and_writes_it_down(
    made: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export_review(made.folder, "html", WANTED, again=False)
    verdicts = [
        {"id": line["id"], "judged": digest(line["response"]), "verdict": "accept"}
        for line in lines(made.folder, "review/sampled.jsonl")
    ]
    told = {
        "docstill": "review",
        "version": 1,
        "run": "run",
        "sample": "s",
        "reviewer": "Ada",
        "verdicts": verdicts,
    }
    (tmp_path / "back.json").write_text(json.dumps(told))
    capsys.readouterr()
    import_review(made.folder, [tmp_path / "back.json"], 0.95)
    assert "100.0 % (100.0 to 100.0) of the" in capsys.readouterr().out.replace("\n", " ")
    assert json.loads((made.folder / "review/findings.json").read_text())["right"]["n"] == len(
        verdicts
    )
    assert "What the experts found" in (made.folder / "report.html").read_text(encoding="utf-8")


def test_the_recipe_of_these_tests_has_no_gold() -> None:
    assert "gold" not in RECIPE


def test_a_blind_comparison_stands_in_the_report(made: Run) -> None:
    marks = {"mean": 1.0, "low": 0.5, "high": 1.5}
    axes = [
        {"axis": axis, "means": [3.0, 4.0], "difference": marks, "agreement": None}
        for axis in ("accuracy", "tone")
    ]
    told = {"models": ["base", "student"], "n": 12, "reviewers": ["Ada"], "axes": axes}
    made.write("review/comparison.json", json.dumps(told))
    page = write_html(made).read_text(encoding="utf-8")
    assert (
        "accuracy: base 3.00, student 4.00, difference +1.00 (+0.50 to +1.50): student is better"
        in page
    )
    assert "12 questions, rated 1 to 5 by Ada" in page


def test_a_sample_that_is_being_read_is_not_replaced_by_another_size_without_a_word(
    made: Run,
) -> None:
    export_review(made.folder, "html", WANTED, again=False)
    before = (made.folder / "review/sample.json").read_bytes()
    said(made, (kept(made, "train")[0], "accept", ""))
    smaller = WANTED.model_copy(update={"size": 3})
    with pytest.raises(
        UserMistake,
        match="another sample of this run is under review .* or add --again to draw a new one",
    ):
        export_review(made.folder, "html", smaller, again=False)
    assert (made.folder / "review/sample.json").read_bytes() == before
    export_review(made.folder, "html", smaller, again=True)
    assert (made.folder / "review/sample.json").read_bytes() != before
