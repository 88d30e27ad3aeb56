"""The Python API: the commands as functions, over real runs of a scripted teacher."""

import asyncio
import doctest
import json
from pathlib import Path
from typing import Any

import pytest

import docstill
from factory.commands.making import MakeOptions, make_dataset
from factory.planning.plan import Plan, make_plan
from tests.factory.export.test_export import written
from tests.fakes import FakeTeacher, right


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recipe with its documents; a scripted teacher answers."""
    monkeypatch.setattr("factory.pipeline.teacher_of", lambda *_: FakeTeacher(right))
    written(tmp_path)
    return tmp_path / "recipe.toml"


def test_make_returns_the_report_of_the_run(recipe: Path, tmp_path: Path) -> None:
    report = docstill.make(recipe, tmp_path / "api", limit=6)
    assert report.asked == report.kept + report.rejected + report.unfinished == 6
    assert (tmp_path / "api" / "report.html").is_file()


def test_make_works_inside_an_event_loop_as_notebooks_have_one(
    recipe: Path, tmp_path: Path
) -> None:
    async def cell() -> int:
        return docstill.make(recipe, tmp_path / "api", limit=4).asked

    assert asyncio.run(cell()) == 4


def test_a_command_reads_and_plans_the_documents_once(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned: list[str] = []

    def counted(*given: Any) -> Plan:  # noqa: ANN401
        planned.append("once")
        return make_plan(*given)

    monkeypatch.setattr("factory.pipeline.make_plan", counted)
    asks_before_it_repeats = MakeOptions(recipe, tmp_path / "api", 4, None, False, False, ())
    make_dataset(asks_before_it_repeats)
    make_dataset(asks_before_it_repeats)
    assert len(planned) == 2


def test_changes_and_a_budget_reach_the_recipe(recipe: Path) -> None:
    found = docstill.read(recipe, {"train.epochs": 2, "budget.usd": 1.5, "goal": "tone"})
    assert (found.train.epochs, found.budget.usd, found.goal) == (2, 1.5, "tone")


def test_a_mistake_is_one_sentence(recipe: Path) -> None:
    with pytest.raises(docstill.UserMistake, match="train.epochz is not a key of a recipe"):
        docstill.read(recipe, {"train.epochz": 2})


def test_rows_of_others_are_judged_and_deduplicated(tmp_path: Path) -> None:
    row = {"chunk": "The depot has 31 trams.", "instruction": "How many trams does the depot have?"}
    rows = [{"id": "a", **row, "response": "31 trams"}, {"id": "b", **row, "response": "12 trams"}]
    rows.append({**rows[0], "id": "c"})
    (tmp_path / "rows.jsonl").write_text(
        "".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8"
    )
    judged = docstill.judge(tmp_path / "rows.jsonl", tmp_path / "judged.jsonl")
    repeated = docstill.dedup(tmp_path / "rows.jsonl", tmp_path / "dedup.jsonl")
    assert (judged.rows, judged.passed, judged.rejected["grounding"]) == (3, 2, 1)
    assert (repeated.rows, repeated.repeated) == (3, 1)


def test_every_line_of_its_examples_runs(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "recipes").symlink_to(tmp_path)
    recipe.with_name("demo.toml").write_text(recipe.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("factory.commands.out.quiet", True)  # a notebook shows the progress
    found = doctest.testmod(docstill)
    assert (found.failed, found.attempted) == (0, 3)


def test_every_public_name_is_there_and_documented() -> None:
    aliases = {"Filter"}  # any callable that takes an example and returns a verdict
    public = set(docstill.__all__) - aliases
    assert [name for name in sorted(public) if not getattr(docstill, name).__doc__] == []
