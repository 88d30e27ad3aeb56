"""The ledger: every answer that was paid for, in SQLite by the digest of its request. What stands here is never bought again."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import TextIO

from pydantic import BaseModel, ValidationError

from factory.errors import StoppedEarly, TeacherFailed, Unusable, UserMistake
from factory.records import Cost
from factory.teachers import Reply, Request
from factory.writer import Writer

GIVE_UP = 3  # runs in a row in which a request's own fault brought no answer
ASK_AGAIN = 2  # how often a run asks again after an unusable reply
PATIENCE = 60  # seconds to wait for another process that holds the file
POLL = 0.2  # seconds between looks for an answer that another process is buying

RESTORE = "put back a copy of it, or move it away and run again, which buys its answers anew"
VERSION = 3  # of these tables
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL,
    nanousd INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS failures (
    key TEXT NOT NULL, run INTEGER NOT NULL, reason TEXT NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL,
    nanousd INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS runs (run INTEGER PRIMARY KEY AUTOINCREMENT, folder TEXT NOT NULL DEFAULT '.');
CREATE TABLE IF NOT EXISTS sends (
    send INTEGER PRIMARY KEY, key TEXT NOT NULL, run INTEGER NOT NULL, nanousd INTEGER NOT NULL, state TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS batches (
    batch INTEGER PRIMARY KEY, provider TEXT NOT NULL, nonce TEXT NOT NULL, made REAL NOT NULL, run INTEGER NOT NULL,
    lines INTEGER NOT NULL, id TEXT, state TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS letters (
    key TEXT PRIMARY KEY, run INTEGER NOT NULL, nanousd INTEGER NOT NULL, body TEXT NOT NULL, batch INTEGER, send INTEGER,
    status INTEGER, fault TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS letters_by_send ON letters (send);
CREATE INDEX IF NOT EXISTS letters_by_batch ON letters (batch);
CREATE INDEX IF NOT EXISTS failures_by_key ON failures (key);
CREATE INDEX IF NOT EXISTS sends_open ON sends (key) WHERE state = 'open';
"""
_OLDER = (  # version 1 knew neither money nor who else asks
    "ALTER TABLE answers ADD COLUMN nanousd INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE failures ADD COLUMN nanousd INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE runs ADD COLUMN folder TEXT NOT NULL DEFAULT '.'",
)


@dataclass(frozen=True)
class Bought:
    """An answer of the ledger and its recorded price, whoever paid it; what came before a usable reply stands in the report alone."""

    value: BaseModel
    cost: Cost
    along: Cost = Cost()  # of answers that a batch brought along, before this one could show that they are not needed


@dataclass(frozen=True)
class Spending:
    """Nanodollars that a run folder has spent: for replies that came, and at worst for sends whose outcome is unknown."""

    known: int
    uncertain: int


class Ledger:
    """One SQLite file. A send is on record before it leaves; its answer is used only when it is committed."""

    def __init__(self, path: Path, folder: Path | None = None) -> None:
        """`folder`: of the run that spends, as money is counted by run; default the ledger's own. Raises UserMistake."""
        self.path = path
        self._folder = os.path.relpath(folder or path.parent, path.parent)
        try:
            self.db = _opened(path)
        except sqlite3.DatabaseError as error:
            raise UserMistake(f"{path}: can't be used as a ledger ({error}), must be a docstill ledger or a new file") from error
        self.writer = Writer(path)
        self.flying = InFlight()  # of all teachers: two names of one ask the same call
        self._alive: TextIO | None = None
        self._run: int | None = None

    @property
    def run(self) -> int:
        """This run's number; a run counts from its first call on. A lock on a file beside the ledger says that it is alive."""
        if self._run is None:
            with self.db:
                self._run = self.db.execute("INSERT INTO runs (folder) VALUES (?)", (self._folder,)).lastrowid or 0
            self._alive = self._sign(self._run).open("w")
            flock(self._alive, LOCK_EX | LOCK_NB)
        return self._run

    def answer(self, key: str, request: Request) -> Bought | None:
        """The answer bought for this request, if any."""
        sql = "SELECT value, tokens_in, tokens_out, nanousd FROM answers WHERE key = ?"
        found = self.db.execute(sql, (key,)).fetchone()
        if not found:
            return None
        try:
            cost = Cost(calls=1, tokens_in=found[1], tokens_out=found[2], nanousd=found[3])
            # An earlier docstill wrote the fields of an extraction by their own names.
            return Bought(request.shape.model_validate_json(found[0], by_alias=True, by_name=True), cost)
        except ValidationError as error:
            raise UserMistake(f"{self.path}: the answer {key} in it is damaged; {RESTORE}") from error

    def has(self, key: str) -> bool:
        return self.db.execute("SELECT 1 FROM answers WHERE key = ?", (key,)).fetchone() is not None

    @property
    def holds_letters(self) -> bool:
        """Whether requests of a batch are spooled, out or yet to be read."""
        return self.db.execute("SELECT 1 FROM letters LIMIT 1").fetchone() is not None

    def given_up(self, key: str) -> str | None:
        """The last reason of a request that failed by its own fault in three runs, if it did."""
        found = self.db.execute("SELECT run, reason FROM failures WHERE key = ? ORDER BY rowid", (key,)).fetchall()
        return found[-1][1] if len({run for run, _ in found}) >= GIVE_UP else None

    def failed_before(self, key: str) -> bool:
        """Whether a request failed by its own fault in an earlier run: that it does so again says nothing of the teacher."""
        return self.db.execute("SELECT 1 FROM failures WHERE key = ? AND run != ?", (key, self.run)).fetchone() is not None

    def spent(self) -> Spending:
        """Of all runs in this run's folder so far; what a dead process left open is spent at its worst case."""
        sql = """SELECT COALESCE(SUM(s.nanousd) FILTER (WHERE s.state = 'paid'), 0),
                        COALESCE(SUM(s.nanousd) FILTER (WHERE s.state != 'paid'), 0)
                 FROM sends s JOIN runs r ON s.run = r.run WHERE r.folder = ?"""
        return Spending(*self.db.execute(sql, (self._folder,)).fetchone())

    async def reserve(self, key: str, nanousd: int) -> int | None:
        """Puts a send on record at its worst case before it leaves. None: another process has its answer by now."""
        run = self.run
        while True:
            send, holder = await self.writer.write(lambda db: self._reserved(db, key, run, nanousd))
            if holder is None:
                return send
            await asyncio.sleep(POLL)

    def _reserved(self, db: sqlite3.Connection, key: str, run: int, nanousd: int) -> tuple[int | None, int | None]:
        """The send and the run that holds the key open; neither where it is answered."""
        if db.execute("SELECT 1 FROM answers WHERE key = ?", (key,)).fetchone():
            return None, None
        for send, holder in db.execute("SELECT send, run FROM sends WHERE key = ? AND state = 'open'", (key,)).fetchall():
            if holder != run and self.lives(holder):
                return None, holder
            db.execute("UPDATE sends SET state = 'unknown' WHERE send = ?", (send,))
        sql = "INSERT INTO sends (key, run, nanousd, state) VALUES (?, ?, ?, 'open')"
        return db.execute(sql, (key, run, nanousd)).lastrowid, None

    def bought(self, key: str, request: Request) -> Bought:
        """The answer that another process has committed."""
        found = self.answer(key, request)
        if found is None:
            raise AssertionError(f"{self.path}: the answer {key} was committed and is not there")
        return found

    async def keep(self, send: int, key: str, reply: Reply, nanousd: int) -> Bought:
        """Commits the reply and its price."""
        values = (key, reply.value.model_dump_json(by_alias=True), reply.tokens_in, reply.tokens_out, nanousd)

        def job(db: sqlite3.Connection) -> None:
            if _settled(db, send, nanousd):
                db.execute("INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?)", values)

        await self.writer.write(job)
        return Bought(reply.value, Cost(calls=1, tokens_in=reply.tokens_in, tokens_out=reply.tokens_out, nanousd=nanousd))

    async def fail(self, send: int, key: str, error: Unusable, nanousd: int) -> None:
        """Records an unusable reply: spent, but no answer."""
        values = (key, self.run, str(error), error.tokens_in, error.tokens_out, nanousd)

        def job(db: sqlite3.Connection) -> None:
            if _settled(db, send, nanousd):
                db.execute("INSERT INTO failures VALUES (?, ?, ?, ?, ?, ?)", values)

        await self.writer.write(job)

    async def lose(self, send: int, billed: bool) -> None:
        """The outcome of a send that brought no reply: free, or unknown and spent at its worst case."""
        sql = "UPDATE sends SET state = 'unknown' WHERE send = ?" if billed else "DELETE FROM sends WHERE send = ?"

        def job(db: sqlite3.Connection) -> None:
            db.execute(sql, (send,))
            db.execute("DELETE FROM letters WHERE send = ?", (send,))

        await self.writer.write(job)

    def _sign(self, run: int) -> Path:
        return self.path.with_name(f"{self.path.name}-run{run}")

    def lives(self, run: int) -> bool:
        """Whether the process of that run still holds its lock."""
        sign = self._sign(run)
        try:
            with sign.open("r+") as file:
                flock(file, LOCK_EX | LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        sign.unlink(missing_ok=True)
        return False

    def close(self) -> None:
        self.writer.close()
        self.db.close()
        if self._alive and self._run is not None:
            self._sign(self._run).unlink(missing_ok=True)
            self._alive.close()


def _settled(db: sqlite3.Connection, send: int, nanousd: int) -> bool:
    """Whether this send was still to be settled: what a batch brings may be read by two processes."""
    db.execute("DELETE FROM letters WHERE send = ?", (send,))
    return db.execute("UPDATE sends SET state = 'paid', nanousd = ? WHERE send = ? AND state != 'paid'", (nanousd, send)).rowcount == 1


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=PATIENCE)
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and "answers" not in tables:
        db.close()
        raise UserMistake(f"{path}: is the database of another program, must be a docstill ledger or a new file")
    _keep_journal(db)
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        db.close()
        raise UserMistake(f"{path}: was written by a newer docstill (ledger version {version}, this one reads {VERSION}); update docstill")
    if version < VERSION:
        _upgrade(db)
    return db


def _keep_journal(db: sqlite3.Connection) -> None:
    """Readers and the writer need not wait for each other then. For a new file's lock SQLite itself does not wait here."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(POLL / 10)
        else:
            return


def _upgrade(db: sqlite3.Connection) -> None:
    with closing(db.cursor()) as cursor:
        cursor.execute("BEGIN IMMEDIATE")
        version = cursor.execute("PRAGMA user_version").fetchone()[0]
        if version < VERSION:  # another process may have been first
            old = version < 2 and cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'answers'").fetchone()
            for sql in _OLDER if old else ():
                cursor.execute(sql)
            for sql in filter(str.strip, _SCHEMA.split(";")):
                cursor.execute(sql)
            cursor.execute(f"PRAGMA user_version = {VERSION}")
        cursor.execute("COMMIT")


@contextmanager
def open_ledger(path: Path, folder: Path | None = None) -> Iterator[Ledger]:
    ledger = Ledger(path, folder)
    try:
        yield ledger
    except sqlite3.OperationalError as error:  # full or read-only disk, or another process that does not let go
        raise StoppedEarly(f"{path}: can't be used ({error}); make room or wait for its other user, then run again") from error
    except sqlite3.DatabaseError as error:
        raise UserMistake(f"{path}: is damaged ({error}); {RESTORE}") from error
    finally:
        ledger.close()


class InFlight:
    """Requests of this process that are under way: the second asker of the same one waits for the first's answer."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[Bought]] = {}

    def of(self, key: str) -> "asyncio.Future[Bought] | None":
        return self._waiting.get(key)

    @contextmanager
    def started(self, key: str) -> Iterator["asyncio.Future[Bought]"]:
        future: asyncio.Future[Bought] = asyncio.get_running_loop().create_future()
        self._waiting[key] = future
        try:
            yield future
        except TeacherFailed as error:
            future.set_exception(error)
            future.exception()  # nobody may be waiting; that is no fault
            raise
        finally:
            del self._waiting[key]
            if not future.done():
                future.cancel()
