"""The ledger: every answer that was paid for, in SQLite, by the digest of its request."""

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

from factory.calls.sqlite_writer import SQLiteWriter
from factory.core.errors import StoppedEarly, TeacherFailed, Unusable, UserMistake
from factory.core.records import Cost
from factory.teachers import Reply, Request

GIVE_UP = 3  # runs in which the request itself caused a failure
ASK_AGAIN = 2  # times that a run asks again after an unusable reply
PATIENCE = 60  # seconds to wait for another process that holds the file
POLL = 0.2  # seconds between checks for an answer that another process is paying for

RESTORE = "put back a copy of it, or move it away and run again, which pays for its answers again"
VERSION = 3  # of these tables
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, tokens_in INTEGER NOT NULL,
    tokens_out INTEGER NOT NULL, nanousd INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS failures (
    key TEXT NOT NULL, run INTEGER NOT NULL, reason TEXT NOT NULL, tokens_in INTEGER NOT NULL,
    tokens_out INTEGER NOT NULL, nanousd INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS runs (
    run INTEGER PRIMARY KEY AUTOINCREMENT, folder TEXT NOT NULL DEFAULT '.'
);
CREATE TABLE IF NOT EXISTS sends (
    send INTEGER PRIMARY KEY, key TEXT NOT NULL, run INTEGER NOT NULL,
    nanousd INTEGER NOT NULL, state TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS batches (
    batch INTEGER PRIMARY KEY, provider TEXT NOT NULL, nonce TEXT NOT NULL, made REAL NOT NULL,
    run INTEGER NOT NULL, lines INTEGER NOT NULL, id TEXT, state TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS letters (
    key TEXT PRIMARY KEY, run INTEGER NOT NULL, nanousd INTEGER NOT NULL, body TEXT NOT NULL,
    batch INTEGER, send INTEGER, status INTEGER, fault TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS letters_by_send ON letters (send);
CREATE INDEX IF NOT EXISTS letters_by_batch ON letters (batch);
CREATE INDEX IF NOT EXISTS failures_by_key ON failures (key);
CREATE INDEX IF NOT EXISTS sends_open ON sends (key) WHERE state = 'open';
"""
_OLDER = (  # version 1 had neither money nor run folders
    "ALTER TABLE answers ADD COLUMN nanousd INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE failures ADD COLUMN nanousd INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE runs ADD COLUMN folder TEXT NOT NULL DEFAULT '.'",
)


@dataclass(frozen=True)
class PaidAnswer:
    """An answer in the ledger with its recorded price, whoever paid it.

    The cost of unusable replies before it is in the report only. `prefetched` is the cost of
    answers that a batch asked ahead, before this one could show that they are not needed.
    """

    value: BaseModel
    cost: Cost
    prefetched: Cost = Cost()


@dataclass(frozen=True)
class Spending:
    """Nanodollars that a run folder has spent.

    `known` is for replies that came, `uncertain` the worst case of sends with unknown outcome.
    """

    known: int
    uncertain: int


class Ledger:
    """Answers, failures and sends in one SQLite file.

    A send is recorded before it leaves, and its answer is used only once it is committed.
    """

    def __init__(self, path: Path, folder: Path | None = None) -> None:
        """`folder` is the run that spends, by default the ledger's own folder.

        Raises UserMistake if the file is not a ledger that this version can use.
        """
        self.path = path
        self._folder = os.path.relpath(folder or path.parent, path.parent)
        try:
            self.db = _opened(path)
        except sqlite3.DatabaseError as error:
            raise UserMistake(
                f"{path} can't be used as a ledger ({error}); name a docstill ledger or a new file"
            ) from error
        self.writer = SQLiteWriter(path)
        self.in_flight = InFlight()  # shared by all teachers: two names may mean the same one
        self._alive: TextIO | None = None
        self._run: int | None = None

    @property
    def run(self) -> int:
        """This run's number, given at its first call.

        A lock on a file next to the ledger shows that its process is alive.
        """
        if self._run is None:
            with self.db:
                self._run = (
                    self.db.execute(
                        "INSERT INTO runs (folder) VALUES (?)", (self._folder,)
                    ).lastrowid
                    or 0
                )
            self._alive = self._lock_file(self._run).open("w")
            flock(self._alive, LOCK_EX | LOCK_NB)
        return self._run

    def answer(self, key: str, request: Request) -> PaidAnswer | None:
        """Return the answer to this request, if it was paid for."""
        sql = "SELECT value, tokens_in, tokens_out, nanousd FROM answers WHERE key = ?"
        found = self.db.execute(sql, (key,)).fetchone()
        if not found:
            return None
        try:
            cost = Cost(calls=1, tokens_in=found[1], tokens_out=found[2], nanousd=found[3])
            # Earlier versions wrote the fields of an extraction by their own names.
            return PaidAnswer(
                request.shape.model_validate_json(found[0], by_alias=True, by_name=True), cost
            )
        except ValidationError as error:
            raise UserMistake(f"{self.path}: the answer {key} is damaged; {RESTORE}") from error

    def has(self, key: str) -> bool:
        return self.db.execute("SELECT 1 FROM answers WHERE key = ?", (key,)).fetchone() is not None

    @property
    def has_batch_requests(self) -> bool:
        """True if batch requests are queued, running or waiting to be read."""
        return self.db.execute("SELECT 1 FROM letters LIMIT 1").fetchone() is not None

    def given_up(self, key: str) -> str | None:
        """Return the last reason if the request itself caused failures in three runs."""
        found = self.db.execute(
            "SELECT run, reason FROM failures WHERE key = ? ORDER BY rowid", (key,)
        ).fetchall()
        return found[-1][1] if len({run for run, _ in found}) >= GIVE_UP else None

    def failed_before(self, key: str) -> bool:
        """Return whether the request itself caused a failure in an earlier run, so the teacher is
        fine.
        """
        return (
            self.db.execute(
                "SELECT 1 FROM failures WHERE key = ? AND run != ?", (key, self.run)
            ).fetchone()
            is not None
        )

    def spent(self) -> Spending:
        """Sum what all runs in this folder spent; open sends count at their worst case."""
        sql = """SELECT COALESCE(SUM(s.nanousd) FILTER (WHERE s.state = 'paid'), 0),
                        COALESCE(SUM(s.nanousd) FILTER (WHERE s.state != 'paid'), 0)
                 FROM sends s JOIN runs r ON s.run = r.run WHERE r.folder = ?"""
        return Spending(*self.db.execute(sql, (self._folder,)).fetchone())

    async def reserve(self, key: str, nanousd: int) -> int | None:
        """Record a send at its worst case before it leaves, and return its number.

        Returns None if another process has the answer by now.
        """
        run = self.run
        while True:
            send, holder = await self.writer.write(lambda db: self._reserved(db, key, run, nanousd))
            if holder is None:
                return send
            await asyncio.sleep(POLL)

    def _reserved(
        self, db: sqlite3.Connection, key: str, run: int, nanousd: int
    ) -> tuple[int | None, int | None]:
        """Return the send, or else the run that has the key in flight; (None, None) if answered."""
        if db.execute("SELECT 1 FROM answers WHERE key = ?", (key,)).fetchone():
            return None, None
        for send, holder in db.execute(
            "SELECT send, run FROM sends WHERE key = ? AND state = 'open'", (key,)
        ).fetchall():
            if holder != run and self.is_alive(holder):
                return None, holder
            db.execute("UPDATE sends SET state = 'unknown' WHERE send = ?", (send,))
        sql = "INSERT INTO sends (key, run, nanousd, state) VALUES (?, ?, ?, 'open')"
        return db.execute(sql, (key, run, nanousd)).lastrowid, None

    def committed_answer(self, key: str, request: Request) -> PaidAnswer:
        """Return the answer that another process has committed."""
        found = self.answer(key, request)
        if found is None:
            raise AssertionError(f"{self.path}: the answer {key} was committed and is not there")
        return found

    async def keep(self, send: int, key: str, reply: Reply, nanousd: int) -> PaidAnswer:
        """Commit the reply and its price."""
        values = (
            key,
            reply.value.model_dump_json(by_alias=True),
            reply.tokens_in,
            reply.tokens_out,
            nanousd,
        )

        def job(db: sqlite3.Connection) -> None:
            if _settled(db, send, nanousd):
                db.execute("INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?)", values)

        await self.writer.write(job)
        return PaidAnswer(
            reply.value,
            Cost(calls=1, tokens_in=reply.tokens_in, tokens_out=reply.tokens_out, nanousd=nanousd),
        )

    async def fail(self, send: int, key: str, error: Unusable, nanousd: int) -> None:
        """Record an unusable reply: money was spent, but there is no answer."""
        values = (key, self.run, str(error), error.tokens_in, error.tokens_out, nanousd)

        def job(db: sqlite3.Connection) -> None:
            if _settled(db, send, nanousd):
                db.execute("INSERT INTO failures VALUES (?, ?, ?, ?, ?, ?)", values)

        await self.writer.write(job)

    async def lose(self, send: int, billed: bool) -> None:
        """Settle a send without a reply: free, or spent at its worst case if it may be billed."""
        sql = (
            "UPDATE sends SET state = 'unknown' WHERE send = ?"
            if billed
            else "DELETE FROM sends WHERE send = ?"
        )

        def job(db: sqlite3.Connection) -> None:
            db.execute(sql, (send,))
            db.execute("DELETE FROM letters WHERE send = ?", (send,))

        await self.writer.write(job)

    def _lock_file(self, run: int) -> Path:
        return self.path.with_name(f"{self.path.name}-run{run}")

    def is_alive(self, run: int) -> bool:
        """Return whether the process of that run still holds its lock."""
        lock_file = self._lock_file(run)
        try:
            with lock_file.open("r+") as file:
                flock(file, LOCK_EX | LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        lock_file.unlink(missing_ok=True)
        return False

    def close(self) -> None:
        self.writer.close()
        self.db.close()
        if self._alive and self._run is not None:
            self._lock_file(self._run).unlink(missing_ok=True)
            self._alive.close()


def _settled(db: sqlite3.Connection, send: int, nanousd: int) -> bool:
    """Settle a send; False if another process that read the same batch has settled it."""
    db.execute("DELETE FROM letters WHERE send = ?", (send,))
    return (
        db.execute(
            "UPDATE sends SET state = 'paid', nanousd = ? WHERE send = ? AND state != 'paid'",
            (nanousd, send),
        ).rowcount
        == 1
    )


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=PATIENCE)
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and "answers" not in tables:
        db.close()
        raise UserMistake(
            f"{path} is the database of another program; name a docstill ledger or a new file"
        )
    _keep_journal(db)
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        db.close()
        raise UserMistake(
            f"{path} was written by a newer docstill (ledger version {version}, this one reads "
            f"{VERSION}); update docstill"
        )
    if version < VERSION:
        _upgrade(db)
    return db


def _keep_journal(db: sqlite3.Connection) -> None:
    """Switch to WAL, so that readers and the writer need not wait for each other.

    SQLite's own timeout does not cover the lock that a new file needs here.
    """
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
            old = (
                version < 2
                and cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'answers'").fetchone()
            )
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
    except sqlite3.OperationalError as error:  # disk full or read-only, or the file stays locked
        raise StoppedEarly(
            f"{path}: can't be used ({error}); free some disk space, or wait until no other "
            "process uses the file, then run the same command again"
        ) from error
    except sqlite3.DatabaseError as error:
        raise UserMistake(f"{path}: is damaged ({error}); {RESTORE}") from error
    finally:
        ledger.close()


class InFlight:
    """Requests of this process in flight; a second caller waits for the answer of the first."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[PaidAnswer]] = {}

    def of(self, key: str) -> "asyncio.Future[PaidAnswer] | None":
        return self._waiting.get(key)

    @contextmanager
    def started(self, key: str) -> Iterator["asyncio.Future[PaidAnswer]"]:
        future: asyncio.Future[PaidAnswer] = asyncio.get_running_loop().create_future()
        self._waiting[key] = future
        try:
            yield future
        except TeacherFailed as error:
            future.set_exception(error)
            future.exception()  # marks it as seen: nobody may be waiting
            raise
        finally:
            del self._waiting[key]
            if not future.done():
                future.cancel()
