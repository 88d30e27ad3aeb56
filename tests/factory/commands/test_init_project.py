"""A starter folder: what is copied, and that it can be run as it is."""

from pathlib import Path
from shutil import rmtree

import pytest

import data
from factory.commands.init_project import PARTS, init
from factory.core.recipe import read_recipe
from factory.planning.plan import make_plan
from factory.tasks.build import build_tasks
from tests.factory.export.test_export import write_documents
from tests.world import mistake

HERE = Path(data.__file__).parent


def below(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for part in PARTS
        for p in (folder / part).rglob("*")
        if p.is_file()
    }


def test_documents_gold_and_recipes_are_copied_as_they_are(tmp_path: Path) -> None:
    init(tmp_path / "new")
    assert below(tmp_path / "new") == below(HERE)
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == sorted(PARTS)


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    init(tmp_path)
    assert below(tmp_path) == below(HERE)


@pytest.mark.parametrize("name", [p.name for p in sorted((HERE / "recipes").glob("*.toml"))])
def test_every_recipe_of_the_folder_can_be_planned(tmp_path: Path, name: str) -> None:
    init(tmp_path)
    recipe, _ = read_recipe(tmp_path / "recipes" / name)
    found = make_plan(recipe, tmp_path / "recipes", build_tasks(recipe))
    assert {s.split for s in found.slots} >= {"test", "train"}


@pytest.mark.parametrize("name", ["claude.toml", "openai.toml", "vllm.toml", "local.toml"])
def test_the_recipes_that_the_readme_names_work_with_documents_of_ones_own(
    tmp_path: Path, name: str
) -> None:
    init(tmp_path)
    rmtree(tmp_path / "documents")
    write_documents(tmp_path / "documents")
    recipe, _ = read_recipe(tmp_path / "recipes" / name)
    found = make_plan(recipe, tmp_path / "recipes", build_tasks(recipe))
    assert {s.split for s in found.slots} >= {"test", "train"}


def test_a_folder_that_holds_something_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Ada", encoding="utf-8")
    assert (
        mistake(lambda: init(tmp_path))
        == f"{tmp_path}: is not empty; choose a new or an empty folder"
    )
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("Dear Ada", encoding="utf-8")
    assert (
        mistake(lambda: init(tmp_path / "file"))
        == f"{tmp_path}/file: is not empty; choose a new or an empty folder"
    )


def test_a_folder_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("Dear Ada", encoding="utf-8")
    told = f"{tmp_path}/file/new can't be written (Not a directory); name a folder that you may write to"
    assert mistake(lambda: init(tmp_path / "file" / "new")) == told
