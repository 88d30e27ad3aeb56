"""`docstill train --backend`: the recipe's backend for one training; what is none, or is not installed, is one sentence."""

from pathlib import Path

import pytest

from factory.commands.student import _by, run_train
from factory.core.errors import UserMistake
from factory.core.recipe import read_recipe
from factory.core.run_folder import Run
from tests.factory.test_pipeline import RECIPE


def run(folder: Path) -> Run:
    made = Run(folder)
    made.create()
    made.write("recipe.toml", RECIPE.format(url="http://127.0.0.1:9/v1"))
    return made


def test_the_recipes_other_settings_stay(tmp_path: Path) -> None:
    recipe = read_recipe(run(tmp_path).folder / "recipe.toml")[0]
    assert _by(recipe, "trl").train == recipe.train.model_copy(update={"backend": "trl"})


def test_a_backend_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserMistake, match="^--backend peft: must be auto, unsloth or trl$"):
        run_train(run(tmp_path).folder, "peft")
