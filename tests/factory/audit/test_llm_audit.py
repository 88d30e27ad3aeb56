"""A model judge in the audit: within its budget, from the ledger, and as a whole or not at all."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from factory.audit.audit import audit
from factory.audit.llm_audit import judge_within_budget
from factory.audit.results import Audit
from factory.cli import app
from factory.core.errors import StoppedEarly, UserMistake
from factory.core.recipe import Recipe
from factory.core.run_folder import Run
from factory.tasks.build import build_tasks
from tests.factory.audit.test_audit import RIGHT, answered, made
from tests.mock import MockServer, serving
from tests.world import mistake

PRICE = {"input": 1.0, "output": 5.0}


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    with serving("--facts") as server:
        yield server


def at(url: str, folder: Path, price: dict[str, float] | None) -> tuple[Run, Recipe]:
    run, recipe = made(folder, [answered()], [RIGHT])
    teacher = recipe.teachers[0].model_copy(update={"base_url": url})
    teacher = type(teacher).model_validate({**teacher.model_dump(), "price": price})
    return run, recipe.model_copy(update={"teachers": (teacher,)})


def heard(run: Run, recipe: Recipe, usd: float) -> Audit:
    with judge_within_budget(run, recipe, build_tasks(recipe), usd, print) as hear:
        return audit(run, recipe, hear)


def test_the_judge_hears_what_code_lets_pass_and_the_ledger_pays_for_it_once(
    mock: MockServer, tmp_path: Path
) -> None:
    run, recipe = at(mock.url, tmp_path, PRICE)
    told = heard(run, recipe, 5.0)
    by_code = audit(run, recipe)
    passed = sum(
        kind.share.whole - kind.share.part for kind in by_code.kinds if kind.meant == "rejected"
    )
    asked = mock.stats()["requests"]
    assert (
        sum(kind.filters["judge"].whole for kind in told.kinds if "judge" in kind.filters) == passed
    )
    assert (heard(run, recipe, 5.0), mock.stats()["requests"]) == (told, asked)
    stats = mock.stats()
    assert 0 < (stats["billed_prompt_tokens"] + 5 * stats["billed_completion_tokens"]) / 1e6 <= 5.0


def test_half_a_hearing_tells_nothing(mock: MockServer, tmp_path: Path) -> None:
    run, recipe = at(mock.url, tmp_path, PRICE)
    with pytest.raises(
        StoppedEarly,
        match=r"^the judge gave no answer for \d+ of \d+ examples \(the budget of \$0\.0003 does not cover",
    ):
        heard(run, recipe, 0.0003)
    assert not run.has("audit.json")


def test_a_budget_without_a_price_is_refused(tmp_path: Path) -> None:
    run, recipe = at("http://127.0.0.1:1/v1", tmp_path, None)
    told = f"^--budget 2: the price of compatible/mock is not known; set it in {run.folder}/recipe.toml as teachers.0.price$"
    with pytest.raises(UserMistake, match=told):
        heard(run, recipe, 2.0)


def test_the_command_hands_its_budget_on(tmp_path: Path) -> None:
    run, _ = made(tmp_path, [answered()], [RIGHT])
    command = ["audit", str(run.folder), "--budget", "2"]
    told = mistake(lambda: CliRunner().invoke(app, command, catch_exceptions=False))
    assert told.startswith("--budget 2: the price of compatible/mock is not known")
