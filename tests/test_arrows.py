"""Import arrows go one way: records, filters, factory; the trainer knows only records and errors."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = ("factory", "filters", "trainer", "prompts", "data", "tests")


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Every module that a file imports, inside its functions too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            found |= {_module(str(node.module), alias.name) for alias in node.names}
    return found


def _module(module: str, name: str) -> str:
    """`module.name` where that is a module of the project, else `module`."""
    place = ROOT.joinpath(*module.split("."), name)
    return f"{module}.{name}" if place.with_suffix(".py").exists() or place.joinpath("__init__.py").exists() else module


def of(names: set[str], *packages: str) -> set[str]:
    return {name for name in names if name.split(".")[0] in packages}


def names(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


COMMANDS = ("factory/cli.py", "factory/commands/student.py", "factory/commands/students.py")  # they start the trainer, when it is asked for
FACTORY = [p for p in modules("factory") if names(p) not in COMMANDS]


def test_the_records_import_nothing_of_the_project() -> None:
    assert of(imported(ROOT / "factory" / "records.py"), *PROJECT) == set()


@pytest.mark.parametrize("path", modules("filters"), ids=names)
def test_a_filter_imports_only_records_json_and_filters(path: Path) -> None:
    assert of(imported(path), *PROJECT) - of(imported(path), "filters") <= {"factory.records", "factory.jsonl"}


CORE = {f"factory.{name}" for name in ("records", "errors", "jsonl", "atomic", "chat_template", "control_tokens")}


@pytest.mark.parametrize("path", modules("trainer"), ids=names)
def test_the_trainer_imports_only_the_core_of_the_factory(path: Path) -> None:
    assert of(imported(path), *PROJECT) - of(imported(path), "trainer") <= CORE


@pytest.mark.parametrize("path", FACTORY, ids=names)
def test_the_factory_imports_only_the_settings_of_the_trainer(path: Path) -> None:
    assert of(imported(path), "trainer") <= {"trainer.settings"}


PLANTER = [p for p in modules("factory/audit") if p.stem not in ("audit", "found", "hearing", "source")]


@pytest.mark.parametrize("path", PLANTER, ids=names)
def test_the_planter_of_faults_imports_nothing_but_records_and_itself(path: Path) -> None:
    planter = {f"factory.audit.{p.stem}" for p in PLANTER}
    assert of(imported(path), *PROJECT) <= {"factory.records"} | planter


def test_nothing_but_the_trainer_imports_torch() -> None:
    outside = [p for package in ("factory", "filters", "prompts", "data") for p in modules(package)]
    assert [names(p) for p in outside if of(imported(p), "torch")] == []


def test_the_factory_imports_no_tests() -> None:
    shipped = [p for package in PROJECT[:-1] for p in modules(package)]
    assert [names(p) for p in shipped if of(imported(p), "tests")] == []


def test_the_command_starts_without_torch() -> None:
    script = "import sys, factory.cli; print(sorted({'torch', 'transformers'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("[]\n", 0)


def test_every_package_is_shipped() -> None:
    built = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    found = {names(p.parent).replace("/", ".") for name in PROJECT[:-1] for p in modules(name) if p.stem == "__init__"}
    assert found <= set(built)
