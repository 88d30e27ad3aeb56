"""The command recipe: every key is explained from the settings themselves, and a recipe is checked."""

from pathlib import Path

import pytest

from factory.commands.recipes import check_recipe, explain_recipe
from factory.core.errors import UserMistake
from factory.core.recipe import Recipe
from factory.core.training_settings import TrainSettings
from tests.factory.test_pipeline import RECIPE
from tests.mock import docstill

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE.format(url="http://127.0.0.1:1"), encoding="utf-8")
    return path


def test_every_table_is_explained(capsys: Capture) -> None:
    explain_recipe(None)
    shown = capsys.readouterr().out
    assert [name for name in Recipe.model_fields if f"{name}   (" not in shown] == []


def test_one_key_is_explained_with_type_default_and_reason(capsys: Capture) -> None:
    explain_recipe("train.epochs")
    first, reason = capsys.readouterr().out.splitlines()
    assert first == "train.epochs   (number, default 3)"
    assert reason.strip() == TrainSettings.model_fields["epochs"].description


def test_a_key_inside_a_list_is_found_with_and_without_its_place(capsys: Capture) -> None:
    explain_recipe("teachers.0.model")
    with_place = capsys.readouterr().out
    explain_recipe("teachers.model")
    assert capsys.readouterr().out == with_place != ""


def test_a_key_that_does_not_exist_is_a_mistake() -> None:
    with pytest.raises(
        UserMistake, match=r"^trains is not a key of a recipe; its tables and keys are "
    ):
        explain_recipe("trains")


def test_a_valid_recipe_shows_what_a_run_would_use(recipe: Path, capsys: Capture) -> None:
    check_recipe(recipe)
    lines = capsys.readouterr().out.splitlines()
    assert "tasks.0.per_chunk = 3" in lines
    assert "train.rank = 16   # default" in lines


def test_a_faulty_recipe_is_told_in_a_sentence(recipe: Path) -> None:
    recipe.write_text(
        recipe.read_text(encoding="utf-8") + "[train]\nepochz = 2\n", encoding="utf-8"
    )
    with pytest.raises(UserMistake, match="train.epochz is not a key of a recipe"):
        check_recipe(recipe)


@pytest.mark.parametrize(
    "words", [(), ("--explain", "--check", "r.toml"), ("seed", "--check", "r.toml")]
)
def test_explaining_and_checking_are_two_things(tmp_path: Path, words: tuple[str, ...]) -> None:
    told = "recipe: choose one of --explain [KEY] and --check RECIPE"
    code, said = docstill(tmp_path / "log", "recipe", *words)
    assert (code, told in said) == (2, True)
