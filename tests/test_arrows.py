"""Imports go one way: each room knows only the rooms that stand before it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.rooms import circles, imports, modules, rooms

ROOT = Path(__file__).parents[1]
FACTORY = (  # each may import itself and what stands before it
    "core",
    "models",
    "documents",
    "teachers",
    "calls",
    "tasks",
    "planning",
    "generation",
    "dataset",
    "evaluation",
    "costs",
    "students",
    "audit",
    "review",
    "reports",
    "export",
    "pipeline",
    "rehearsal",
    "standalone",
    "commands",
    "cli",
)
# Likewise; those that stand together in brackets do not know each other.
FILTERS = (("chain",), ("text",), ("english",), ("schema", "grounding", "consistency", "duplicates"), ("answers",))
OLD_PATHS = {"factory.records", "factory.tasks.own"}  # kept for one release
FILES = {name: found for name, found in imports(ROOT).items() if name not in OLD_PATHS}


def room(module: str) -> str:
    """The room in its package; empty for the package itself."""
    return (*module.split("."), "", "")[1]


def floor(module: str) -> int:
    if module.startswith("factory"):
        return FACTORY.index(room(module)) if room(module) else -1
    return next((n for n, names in enumerate(FILTERS) if room(module) in names), -1)


def allowed(importer: str, imported: str) -> bool:
    package, other = importer.split(".")[0], imported.split(".")[0]
    if room(importer) == room(imported) and package == other:
        return True
    if package == other == "trainer":
        return True
    if package == other:
        return floor(imported) < floor(importer)
    if package == "factory" and other == "trainer":
        return room(importer) == "commands"
    if package == "factory":
        return room(importer) != "core"
    return imported.startswith("factory.core.")


@pytest.mark.parametrize("module", sorted(FILES))
def test_a_module_imports_only_what_stands_before_it(module: str) -> None:
    assert [other for other in sorted(FILES[module]) if not allowed(module, other)] == []


def test_no_imports_go_round_in_a_circle() -> None:
    assert (circles(FILES), circles(rooms(FILES))) == ([], [])


def test_every_room_has_its_place_in_the_order() -> None:
    inside = {room(module) for module in FILES if module.startswith("factory")} - {""}
    assert inside == set(FACTORY)


PLANTER = {f"factory.audit.{p.stem}" for p in (ROOT / "factory" / "audit").glob("*.py")} - {
    f"factory.audit.{name}" for name in ("__init__", "audit", "results", "llm_audit", "subjects")
}


@pytest.mark.parametrize("module", sorted(PLANTER))
def test_the_planter_of_faults_imports_nothing_but_records_and_itself(module: str) -> None:
    assert FILES[module] <= {"factory.core.records"} | PLANTER


@pytest.mark.parametrize("package", ["factory", "filters", "prompts", "data"])
def test_nothing_but_the_trainer_imports_torch_and_nothing_that_is_shipped_imports_tests(package: str) -> None:
    found = {name for path in sorted((ROOT / package).rglob("*.py")) for name in _imported(path)}
    assert {name.split(".")[0] for name in found} & {"torch", "tests", "benchmarks"} == set()


def _imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    named = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return named | {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}


def test_the_command_starts_without_torch() -> None:
    script = "import sys, factory.cli; print(sorted({'torch', 'transformers'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("[]\n", 0)


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {path.parent for path in modules(ROOT).values()}
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []
