"""What stands in the ledger is never bought again, and nothing else counts as answered."""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest
from pydantic import BaseModel, Field

from factory.errors import StoppedEarly, Unusable
from factory.ledger import ASK_AGAIN, GIVE_UP, POLL, VERSION, Bought, Ledger, Spending, open_ledger
from factory.records import Cost
from factory.tasks.qa import Short
from factory.teachers import Reply, Request
from tests.fakes import FakeTeacher, answered, ask, asker, opened
from tests.world import mistake

ASKED = Request("system", "user", Short)
REPLY = Reply(Short(answer="14 days"), 30, 5)
CUT = Unusable("the reply was cut off at its token limit", 7, 3)
ROOT = Path(__file__).parents[2]
FIRST = """
CREATE TABLE answers (key TEXT PRIMARY KEY, value TEXT NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL);
CREATE TABLE failures (
    key TEXT NOT NULL, run INTEGER NOT NULL, reason TEXT NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL
);
CREATE TABLE runs (run INTEGER PRIMARY KEY AUTOINCREMENT);
INSERT INTO answers VALUES ('k1', '{"answer": "14 days"}', 30, 5);
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def bought(ledger: Ledger, key: str, reply: Reply = REPLY, nanousd: int = 0) -> Bought:
    """A send on record and its answer committed."""

    async def buying() -> Bought:
        send = await ledger.reserve(key, 2 * nanousd)
        assert send is not None
        return await ledger.keep(send, key, reply, nanousd)

    return asyncio.run(buying())


def failed(ledger: Ledger, key: str, nanousd: int = 0) -> None:
    async def failing() -> None:
        send = await ledger.reserve(key, 2 * nanousd)
        assert send is not None
        await ledger.fail(send, key, CUT, nanousd)

    asyncio.run(failing())


def test_what_was_kept_is_found_by_its_key_alone(path: Path) -> None:
    ledger = opened(path)
    kept = bought(ledger, "k1")
    assert (ledger.answer("k1", ASKED), ledger.answer("k2", ASKED)) == (kept, None)


def test_a_second_opening_of_the_file_finds_the_answer(path: Path) -> None:
    with open_ledger(path) as ledger:
        kept = bought(ledger, "k1", nanousd=70)
    with open_ledger(path) as again:
        assert again.answer("k1", ASKED) == kept


class Fields(BaseModel):
    """As the fields of an extraction: they stand under the client's own names."""

    field_0: str = Field(alias="effective date")


@pytest.mark.parametrize("value", [None, '{"field_0": "2027-12-31"}'])
def test_an_answer_whose_fields_have_names_of_the_client_is_found_again(path: Path, value: str | None) -> None:
    found = Fields.model_validate({"effective date": "2027-12-31"})
    with open_ledger(path) as ledger:
        bought(ledger, "k1", Reply(found, 30, 5))
    if value:  # as an earlier version has written it
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE answers SET value = ?", (value,))
    with open_ledger(path) as again:
        known = again.answer("k1", Request("system", "user", Fields))
    assert known is not None
    assert known.value == found


def test_an_answer_is_used_only_when_another_reader_of_the_file_sees_it(path: Path) -> None:
    seen: list[int] = []
    asking = asker(FakeTeacher(lambda _: Short(answer="14 days")), path)

    async def asked() -> None:
        await ask(asking, ASKED)
        seen.append(answered(path))

    asyncio.run(asked())
    assert seen == [1]


def test_a_send_is_on_record_before_it_leaves(path: Path) -> None:
    seen: list[int] = []

    def looking(_: Request) -> Short:
        with closing(sqlite3.connect(path)) as db:
            seen.append(db.execute("SELECT COUNT(*) FROM sends WHERE state = 'open'").fetchone()[0])
        return Short(answer="14 days")

    asyncio.run(ask(asker(FakeTeacher(looking), path), ASKED))
    assert seen == [1]


def test_what_is_answered_can_not_be_reserved_again(path: Path) -> None:
    bought(opened(path), "k1")
    assert asyncio.run(opened(path).reserve("k1", 0)) is None


def test_two_ledgers_on_one_file_lose_nothing(path: Path) -> None:
    one, other = opened(path), opened(path)
    for number in range(20):
        bought((one, other)[number % 2], f"k{number}")
    assert (answered(path), all(one.has(f"k{n}") and other.has(f"k{n}") for n in range(20))) == (20, True)


def test_the_second_asker_of_a_call_in_flight_waits_for_the_first_ones_answer(path: Path) -> None:
    first, second = opened(path), opened(path)

    async def both() -> int | None:
        send = await first.reserve("k1", 0)
        waiting = asyncio.create_task(second.reserve("k1", 0))
        await asyncio.sleep(POLL / 2)
        assert send is not None
        assert not waiting.done()
        await first.keep(send, "k1", REPLY, 0)
        return await waiting

    assert asyncio.run(both()) is None


def test_a_call_that_its_asker_gave_back_can_be_reserved(path: Path) -> None:
    first, second = opened(path), opened(path)

    async def both() -> bool:
        send = await first.reserve("k1", 5)
        assert send is not None
        await first.lose(send, billed=False)
        return await second.reserve("k1", 5) is not None

    assert (asyncio.run(both()), first.spent()) == (True, Spending(0, 5))


def test_what_a_dead_process_left_open_is_free_to_ask_and_spent_at_its_worst_case(path: Path) -> None:
    script = f"""
import asyncio, os
from pathlib import Path
from threading import Timer
from factory.ledger import Ledger
ledger = Ledger(Path({str(path)!r}))
asyncio.run(ledger.reserve("k1", 70))
os._exit(9)
"""
    subprocess.run([sys.executable, "-c", script], check=False, cwd=ROOT)
    after = opened(path)
    assert (after.spent(), asyncio.run(after.reserve("k1", 30)) is None, after.spent()) == (Spending(0, 70), False, Spending(0, 100))


def test_an_unusable_reply_is_money_of_the_run_and_not_of_the_answer(path: Path) -> None:
    ledger = opened(path)
    failed(ledger, "k1", 40)
    cost = bought(ledger, "k1", nanousd=100).cost
    assert (cost, ledger.spent()) == (Cost(calls=1, tokens_in=30, tokens_out=5, nanousd=100), Spending(140, 0))


def test_money_is_counted_by_the_folder_of_the_run(path: Path) -> None:
    with open_ledger(path, path.parent / "one") as one:
        bought(one, "k1", nanousd=100)
    with open_ledger(path, path.parent / "two") as two:
        bought(two, "k2", nanousd=30)
        assert two.spent() == Spending(30, 0)


def test_a_failure_is_spent_but_no_answer(path: Path) -> None:
    ledger = opened(path)
    failed(ledger, "k1", 40)
    assert (ledger.answer("k1", ASKED), answered(path), ledger.spent()) == (None, 0, Spending(40, 0))


def test_many_failures_of_one_run_give_nothing_up(path: Path) -> None:
    ledger = opened(path)
    for _ in range(GIVE_UP + 1):
        failed(ledger, "k1")
    assert ledger.given_up("k1") is None


@pytest.mark.parametrize(("runs", "reason"), [(GIVE_UP - 1, None), (GIVE_UP, str(CUT))])
def test_a_request_is_given_up_after_three_runs(path: Path, runs: int, reason: str | None) -> None:
    for _ in range(runs):
        with open_ledger(path) as ledger:
            failed(ledger, "k1")
            failed(ledger, "k1")
    assert opened(path).given_up("k1") == reason


def test_other_requests_are_not_given_up_with_it(path: Path) -> None:
    for _ in range(GIVE_UP):
        with open_ledger(path) as ledger:
            failed(ledger, "k1")
    assert opened(path).given_up("k2") is None


def test_a_given_up_request_is_sent_in_three_runs_and_in_no_fourth(path: Path) -> None:
    sent = []
    for _ in range(GIVE_UP + 1):
        teacher = FakeTeacher(lambda _: CUT)
        with pytest.raises(Unusable):
            asyncio.run(ask(asker(teacher, path), ASKED))
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


def test_a_database_of_another_program_is_refused_and_stays_as_it_is(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")
    before = path.read_bytes()
    told = "is the database of another program, must be a docstill ledger or a new file"
    assert (mistake(lambda: Ledger(path)), path.read_bytes()) == (f"{path}: {told}", before)


def test_a_table_of_another_program_is_refused(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE answers (question TEXT, answer TEXT)")
    assert mistake(lambda: Ledger(path)).startswith(f"{path}: can't be used as a ledger (")


def test_a_ledger_of_the_first_version_is_read_on(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(FIRST)
    assert opened(path).answer("k1", ASKED) == Bought(REPLY.value, Cost(calls=1, tokens_in=30, tokens_out=5))


def test_a_ledger_of_a_newer_docstill_is_refused(path: Path) -> None:
    opened(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    told = f"was written by a newer docstill (ledger version {VERSION + 1}, this one reads {VERSION}); update docstill"
    assert mistake(lambda: Ledger(path)) == f"{path}: {told}"


def test_a_ledger_that_can_not_be_written_stops_the_run_with_a_sentence(path: Path) -> None:
    ledger = opened(path)
    bought(ledger, "k1")
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE sends")
    with pytest.raises(StoppedEarly, match="can't be written .no such table: sends.; make room or wait"):
        asyncio.run(ledger.reserve("k2", 0))


def test_a_ledger_that_another_process_begins_at_the_moment_is_waited_for(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("CREATE TABLE begun (it)")
        ends = Timer(0.2, other.execute, ["COMMIT"])
        ends.start()
        with open_ledger(path) as ledger:
            assert not ledger.has("k1")
        ends.join()
