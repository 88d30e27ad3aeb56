"""Every mistake of a user is one sentence (what, where, what would be right) and an exit code; never a traceback."""

import json
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from factory.cli import main
from tests.factory.test_pipeline import RECIPE, written
from tests.mock import HERE, free_port

Docstill = Callable[..., tuple[int, str]]


@pytest.fixture
def docstill(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Docstill:
    """Exit code and stderr of a command in this process; what is not a sentence of docstill's own surfaces as itself."""

    def run(*arguments: str | Path) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["docstill", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        return int(str(ended.value.code)), capsys.readouterr().err

    return run


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """A recipe whose teacher is not there."""
    return written(tmp_path / "home", f"http://{HERE}:{free_port()}/v1")


def made(docstill: Docstill, recipe: Path, *more: str) -> tuple[int, str]:
    """What `make` says, without the newline."""
    code, said = docstill("make", recipe, "--out", recipe.parent / "run", *more)
    return code, said.strip()


def with_line(recipe: Path, line: str) -> Path:
    recipe.write_text(f"{line}\n{recipe.read_text(encoding='utf-8')}", encoding="utf-8")
    return recipe


def test_an_unknown_key_of_a_recipe(docstill: Docstill, recipe: Path) -> None:
    told = f"{recipe}: colour is not a key of a recipe; remove it or correct its spelling"
    assert made(docstill, with_line(recipe, 'colour = "red"')) == (2, told)


def test_a_recipe_that_is_not_there(docstill: Docstill, recipe: Path) -> None:
    missing = recipe.with_name("none.toml")
    assert made(docstill, missing) == (2, f"{missing}: is missing; expected a recipe in TOML")


def test_a_recipe_that_is_a_folder(docstill: Docstill, recipe: Path) -> None:
    assert made(docstill, recipe.parent / "documents")[0] == 2


def test_a_recipe_that_is_no_toml(docstill: Docstill, recipe: Path) -> None:
    code, said = made(docstill, with_line(recipe, "seed: 7"))
    assert (code, said.startswith(f"{recipe}: "), said.endswith(", must be TOML")) == (2, True, True)


def test_a_documents_folder_that_is_not_there(docstill: Docstill, recipe: Path) -> None:
    told = f"documents.paths: papers does not exist (looked in {recipe.parent}), must be a folder or a file"
    assert made(docstill, recipe, "--set", 'documents.paths=["papers"]') == (2, told)


def test_an_empty_documents_folder(docstill: Docstill, recipe: Path) -> None:
    (recipe.parent / "papers").mkdir()
    told = "documents.paths = ['papers']: no usable document (no file matches documents.include); add files of one of these types: "
    told += ".md, .markdown, .txt, .pdf, .docx, .html, .htm, .pptx, .xlsx, .csv, .tsv, .jsonl"
    assert made(docstill, recipe, "--set", 'documents.paths=["papers"]') == (2, told)


def test_documents_without_a_fact(docstill: Docstill, recipe: Path) -> None:
    (recipe.parent / "papers").mkdir()
    (recipe.parent / "papers" / "note.md").write_text("# Note\n\nHello Ada.\n", encoding="utf-8")
    told = (
        "no chunk of the documents holds a fact to ask about (most often: It holds next to no words); "
        "add documents with full sentences, numbers or dates"
    )
    assert made(docstill, recipe, "--set", 'documents.paths=["papers"]') == (2, told)


def test_a_teacher_that_is_not_there_leaves_everything_unfinished_and_is_named(docstill: Docstill, recipe: Path) -> None:
    code, said = made(docstill, recipe)
    address = address_of(recipe)
    last = f"{address}/chat/completions can't be reached (Connection refused); is it right, and is the server running?"
    told = f"18 of 18 slots are unfinished ({last}); nothing is lost; run the same command again to continue"
    report = json.loads((recipe.parent / "run" / "report.json").read_text(encoding="utf-8"))
    assert (code, said) == (3, told)
    assert {name: report[name] for name in ("asked", "kept", "rejected", "unfinished")} == {
        "asked": 18,
        "kept": 0,
        "rejected": 0,
        "unfinished": 18,
    }


def address_of(recipe: Path) -> str:
    return recipe.read_text(encoding="utf-8").partition('base_url = "')[2].partition('"')[0]


def test_a_chunk_that_does_not_fit_the_teachers_context(docstill: Docstill, recipe: Path) -> None:
    code, said = made(docstill, recipe, "--set", "teachers.0.context=512")
    assert (code, said.startswith("chunks.tokens = 512: a request takes about ")) == (2, True)
    assert said.endswith(" and the context of teacher mock is 512; chunks.tokens must be smaller or teachers.0.context larger")


def test_a_file_where_the_run_should_be(docstill: Docstill, recipe: Path) -> None:
    (recipe.parent / "run").write_text("a letter", encoding="utf-8")
    told = f"{recipe.parent}/run can't be written (Not a directory); name a folder that you may write to"
    assert made(docstill, recipe) == (2, told)


def test_a_file_above_the_run(docstill: Docstill, recipe: Path) -> None:
    (recipe.parent / "file").write_text("a letter", encoding="utf-8")
    code, said = docstill("make", recipe, "--out", recipe.parent / "file" / "run")
    told = f"{recipe.parent}/file/run can't be written (Not a directory); name a folder that you may write to\n"
    assert (code, said) == (2, told)


def test_a_ledger_that_is_none(docstill: Docstill, recipe: Path) -> None:
    told = f"{recipe} can't be used as a ledger (file is not a database); name a docstill ledger or a new file"
    assert made(docstill, recipe, "--ledger", str(recipe)) == (2, told)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("nonsense", "--set nonsense: must be key=value, such as train.epochs=2"),
        ("=3", "--set =3: must be key=value, such as train.epochs=2"),
        ("teachers.5.name=x", "--set teachers.5.name=x: there is no 5 in the recipe"),
        ("seed.x=1", "--set seed.x=1: there is no x in the recipe"),
    ],
)
def test_a_set_that_is_nonsense(docstill: Docstill, recipe: Path, change: str, told: str) -> None:
    assert made(docstill, recipe, "--set", change) == (2, told)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("colour=red", "colour is not a key of a recipe; remove it or correct its spelling"),
        ("seed=red", "seed = 'red': input should be a valid integer, unable to parse string as an integer"),
        ("documents=3", "documents = 3: input should be a valid dictionary or instance of DocumentSettings"),
        ("filters.consistency.draws=2", "filters.consistency.draws = 2: input should be 1 or 3"),
    ],
)
def test_a_set_that_the_recipe_refuses(docstill: Docstill, recipe: Path, change: str, told: str) -> None:
    assert made(docstill, recipe, "--set", change) == (2, f"{recipe}: {told}")


NO_RUN = "holds no run; name a folder that `docstill make --out` has written\n"
ON_A_RUN: tuple[tuple[str, ...], ...] = (
    ("report", "RUN"),
    ("why", "RUN", "0123456789abcdef"),
    ("train", "RUN"),
    ("answer", "RUN", "--model", "base"),
    ("evaluate", "RUN"),
    ("review", "export", "RUN"),
    ("review", "import", "RUN", "sheet.csv"),
)


@pytest.mark.parametrize("command", ON_A_RUN, ids=" ".join)
@pytest.mark.parametrize("there", [True, False], ids=["empty", "missing"])
def test_a_folder_that_is_no_run(docstill: Docstill, tmp_path: Path, command: tuple[str, ...], there: bool) -> None:
    folder = tmp_path / "folder"
    if there:
        folder.mkdir()
    assert docstill(*(str(folder) if c == "RUN" else c for c in command)) == (2, f"{folder} {NO_RUN}")


@pytest.mark.parametrize("command", [c for c in ON_A_RUN if c[0] != "train"], ids=" ".join)  # train imports torch first
def test_a_run_that_was_killed_before_its_first_file(docstill: Docstill, tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "recipe.toml").write_text(RECIPE.format(url="http://127.0.0.1:9/v1"), encoding="utf-8")
    code, said = docstill(*(str(tmp_path) if c == "RUN" else c for c in command))
    assert (code, said.count("\n"), str(tmp_path) in said) == (2, 1, True), said


@pytest.mark.parametrize("command", [c for c in ON_A_RUN if c[0] != "train"], ids=" ".join)
def test_a_run_that_a_newer_docstill_has_made(docstill: Docstill, recipe: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "recipe.toml").write_text(RECIPE.format(url="http://127.0.0.1:9/v1"), encoding="utf-8")
    (tmp_path / "report.json").write_text('{"version": "99.0.1"}', encoding="utf-8")
    told = f"{tmp_path}: was made by docstill 99.0.1, which is newer than this one ({version('docstill')}); update docstill"
    again = ("make", str(recipe), "--out", str(tmp_path))
    for arguments in (tuple(str(tmp_path) if c == "RUN" else c for c in command), again):
        assert docstill(*arguments) == (2, f"{told}, or name another folder\n")
    assert not (tmp_path / "ledger.db").exists()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "{",
            ":2: is not JSON (Expecting property name enclosed in double quotes); "
            "evaluate.gold must name a JSONL file of one gold row a line",
        ),
        ('{"id": "g2", "instruction": "Who?", "response": "Ada"}', ':2: has neither "document" nor "chunk", must have one of them'),
        ('{"id": "g2", "instruction": "Who?", "document": "depots.md"}', ":2: response is missing, must be set"),
    ],
)
def test_a_broken_line_of_gold(docstill: Docstill, recipe: Path, line: str, told: str) -> None:
    gold = recipe.parent / "gold.jsonl"
    good = {"id": "g1", "instruction": "Who is the depot chief?", "response": "Ada Finch", "document": "depots.md"}
    gold.write_text(f"{json.dumps(good)}\n{line}\n", encoding="utf-8")
    assert made(docstill, recipe, "--set", "evaluate.gold=gold.jsonl") == (2, f"{gold}{told}")


def test_gold_that_names_no_document(docstill: Docstill, recipe: Path) -> None:
    row = {"id": "g1", "instruction": "Who is the depot chief?", "response": "Ada Finch", "document": "none.md"}
    (recipe.parent / "gold.jsonl").write_text(json.dumps(row), encoding="utf-8")
    told = "gold row g1: document none.md is not among the documents, must be a name below documents.paths"
    assert made(docstill, recipe, "--set", "evaluate.gold=gold.jsonl") == (2, told)


def test_init_into_a_folder_that_holds_something(docstill: Docstill, recipe: Path) -> None:
    assert docstill("init", recipe.parent) == (2, f"{recipe.parent}: is not empty; choose a new or an empty folder\n")


def test_the_command_itself_ends_so_too() -> None:
    start = [sys.executable, "-c", "from factory.cli import main; main()", "report", "/nowhere"]
    done = subprocess.run(start, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"/nowhere {NO_RUN}")
