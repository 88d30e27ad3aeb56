"""What stands in the ledger is never bought again, and nothing else counts as answered."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from factory.errors import Unusable
from factory.ledger import ASK_AGAIN, GIVE_UP, Ledger, open_ledger
from factory.tasks.qa import Short
from factory.teachers import Reply, Request
from tests.fakes import FakeTeacher, answered, asker
from tests.world import mistake

ASKED = Request("system", "user", Short)
REPLY = Reply(Short(answer="14 days"), 30, 5)
CUT = Unusable("the reply was cut off at its token limit", 7, 3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def test_what_was_kept_is_found_by_its_key_alone(path: Path) -> None:
    ledger = Ledger(path)
    ledger.keep("k1", REPLY)
    assert (ledger.answer("k1", ASKED), ledger.answer("k2", ASKED)) == (REPLY, None)


def test_a_second_opening_of_the_file_finds_the_answer(path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.keep("k1", REPLY)
    with open_ledger(path) as again:
        assert again.answer("k1", ASKED) == REPLY


def test_an_answer_is_used_only_when_another_reader_of_the_file_sees_it(path: Path) -> None:
    seen: list[int] = []
    asking = asker(FakeTeacher(lambda _: Short(answer="14 days")), path)

    async def ask() -> None:
        await asking.ask(ASKED)
        seen.append(answered(path))

    asyncio.run(ask())
    assert seen == [1]


def test_the_first_answer_stands_and_its_like_is_dropped(path: Path) -> None:
    ledger = Ledger(path)
    ledger.keep("k1", REPLY)
    ledger.keep("k1", Reply(Short(answer="15 days"), 1, 1))
    assert ledger.answer("k1", ASKED) == REPLY


def test_two_ledgers_on_one_file_lose_nothing(path: Path) -> None:
    one, other = Ledger(path), Ledger(path)
    for number in range(20):
        (one, other)[number % 2].keep(f"k{number}", REPLY)
    assert (answered(path), all(one.answer(f"k{n}", ASKED) and other.answer(f"k{n}", ASKED) for n in range(20))) == (20, True)


def test_who_asks_what_another_process_has_just_answered_gets_that_answer(path: Path) -> None:
    other = Ledger(path)

    def late(_: Request) -> Short:
        other.keep(next(iter(teacher.sends)), REPLY)
        return Short(answer="15 days")

    teacher = FakeTeacher(late)
    assert asyncio.run(asker(teacher, path).ask(ASKED)).value == REPLY.value


def test_a_failure_is_spent_but_no_answer(path: Path) -> None:
    ledger = Ledger(path)
    ledger.fail("k1", CUT)
    assert (ledger.answer("k1", ASKED), answered(path)) == (None, 0)


def test_many_failures_of_one_run_give_nothing_up(path: Path) -> None:
    ledger = Ledger(path)
    for _ in range(GIVE_UP + 1):
        ledger.fail("k1", CUT)
    assert ledger.given_up("k1") is None


@pytest.mark.parametrize(("runs", "reason"), [(GIVE_UP - 1, None), (GIVE_UP, str(CUT))])
def test_a_request_is_given_up_after_three_runs(path: Path, runs: int, reason: str | None) -> None:
    for _ in range(runs):
        with open_ledger(path) as ledger:
            ledger.fail("k1", CUT)
            ledger.fail("k1", CUT)
    assert Ledger(path).given_up("k1") == reason


def test_other_requests_are_not_given_up_with_it(path: Path) -> None:
    for _ in range(GIVE_UP):
        with open_ledger(path) as ledger:
            ledger.fail("k1", CUT)
    assert Ledger(path).given_up("k2") is None


def test_a_given_up_request_is_sent_in_three_runs_and_in_no_fourth(path: Path) -> None:
    sent = []
    for _ in range(GIVE_UP + 1):
        teacher = FakeTeacher(lambda _: CUT)
        with pytest.raises(Unusable):
            asyncio.run(asker(teacher, path).ask(ASKED))
        sent.append(teacher.sends.total())
    assert sent == [1 + ASK_AGAIN] * GIVE_UP + [0]


@pytest.mark.parametrize("content", [b"not a database at all, but a letter to Ada Finch " * 20, b"\x00" * 4096])
def test_a_file_that_is_no_ledger_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    told = "can't be used as a ledger (file is not a database), must be a docstill ledger or a new file"
    assert (mistake(lambda: Ledger(path)), path.read_bytes()) == (f"{path}: {told}", content)


def test_a_ledger_in_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "ledger.db"
    told = "can't be used as a ledger (unable to open database file), must be a docstill ledger or a new file"
    assert mistake(lambda: Ledger(path)) == f"{path}: {told}"


def test_a_database_of_another_program_is_refused(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE answers (question TEXT, answer TEXT)")
    assert mistake(lambda: Ledger(path)).startswith(f"{path}: can't be used as a ledger (")
