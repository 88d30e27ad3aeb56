"""A run whose files were damaged: every command ends with a sentence and an exit code, and make writes anew what it has written."""

import shutil
from pathlib import Path
from random import Random

import pytest

from factory.core.errors import UserMistake
from factory.core.run_folder import Run
from tests.damage import (
    DAMAGES,
    Damage,
    a_folder,
    a_list,
    commands,
    damaged,
    docstill,
    files_of,
    torn,
    whole_run,
)

APART = ("audit", "train", "make")  # slow; each file of the first two is read by another command too, the last has tests of its own
WRITTEN_BY_MAKE = ("kept.jsonl", "rejected.jsonl", "test.jsonl", ".documents.jsonl", ".writes.json", ".held_out.json")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_run(tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_file_is_a_sentence_for_every_command(run: Path, damage: Damage) -> None:
    readers = [one for one in commands(run.with_name("damaged")) if one[0] not in APART]
    got_past = []
    for number, name in enumerate(files_of(run), DAMAGES.index(damage)):
        damaged(run, name, damage, Random(str(name)))
        command = readers[number % len(readers)]
        ended = docstill(*command)
        if ended.code not in (0, 1, 2, 3) or "Traceback" in ended.said:
            got_past.append((str(name), command[0], ended))
    assert got_past == []


@pytest.mark.parametrize("name", WRITTEN_BY_MAKE)
@pytest.mark.parametrize("damage", [torn, a_list], ids=lambda damage: damage.__name__)
def test_make_writes_a_damaged_file_anew_and_asks_nothing(run: Path, name: str, damage: Damage) -> None:
    copy = damaged(run, Path(name), damage, Random(name))
    ended = docstill("make", run.with_name("recipe.toml"), "--out", copy, "--yes")
    assert ended.code == 0, ended
    for whole in ("kept.jsonl", "rejected.jsonl", "train.jsonl", "val.jsonl", "test.jsonl", name):
        assert (copy / whole).read_bytes() == (run / whole).read_bytes()


def test_a_damaged_line_is_named_with_the_command_that_writes_it_anew(run: Path) -> None:
    copy = damaged(run, Path("answers/student.jsonl"), torn, Random(0))
    ended = docstill("evaluate", copy)
    assert (ended.code, f"{copy}/answers/student.jsonl:" in ended.said) == (2, True)
    copy = damaged(run, Path("kept.jsonl"), torn, Random(0))
    ended = docstill("report", copy)
    assert (ended.code, f"run `docstill make RECIPE --out {copy}`, which writes it again" in " ".join(ended.said.split())) == (2, True)


def test_a_folder_in_place_of_a_file_is_named_and_stays(run: Path) -> None:
    copy = damaged(run, Path("kept.jsonl"), a_folder, Random(0))
    ended = docstill("make", run.with_name("recipe.toml"), "--out", copy, "--yes")
    told = f"{copy / 'kept.jsonl'} is a folder; remove it or name another file"
    assert (ended.code, told in ended.said) == (2, True)
    assert (copy / "kept.jsonl").is_dir()


def test_a_damaged_ledger_is_named_and_stays(run: Path) -> None:
    copy = run.with_name("damaged")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(run, copy)
    raw = bytearray((copy / "ledger.db").read_bytes())
    raw[4096:] = bytes(len(raw) - 4096)
    (copy / "ledger.db").write_bytes(raw)
    ended = docstill("make", run.with_name("recipe.toml"), "--out", copy, "--yes")
    assert (ended.code, f"{copy / 'ledger.db'}: " in ended.said) == (2, True)
    assert (copy / "ledger.db").read_bytes() == bytes(raw)


def test_a_digest_in_the_list_of_documents_leads_to_no_other_file(run: Path) -> None:
    copy = damaged(run, Path(".documents.jsonl"), torn, Random(0))
    (copy / ".documents.jsonl").write_text('{"digest": "../recipe", "name": "a"}\n')
    with pytest.raises(UserMistake, match="string should match pattern"):
        list(Run(copy).documents)
