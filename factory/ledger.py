"""The ledger: every answer that was paid for, in SQLite by the digest of its request. What stands here is never bought again."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from factory.errors import TeacherDown, Unusable, UserMistake
from factory.teachers import Reply, Request

GIVE_UP = 3  # runs in a row in which a request's own fault brought no answer
ASK_AGAIN = 2  # how often a run asks again after an unusable reply

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS failures (
    key TEXT NOT NULL, run INTEGER NOT NULL, reason TEXT NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS failures_by_key ON failures (key);
CREATE TABLE IF NOT EXISTS runs (run INTEGER PRIMARY KEY AUTOINCREMENT);
"""


class Ledger:
    """One SQLite file; a commit per answer, so a kill loses at most what was in flight."""

    def __init__(self, path: Path) -> None:
        try:
            self._db = sqlite3.connect(path, timeout=30)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")  # paid answers survive a power cut too
            self._db.executescript(_SCHEMA)
            self._db.execute("SELECT key, value, tokens_in, tokens_out FROM answers LIMIT 0")  # another program's table is no ledger
        except sqlite3.DatabaseError as error:
            raise UserMistake(f"{path}: can't be used as a ledger ({error}), must be a docstill ledger or a new file") from error
        self._run: int | None = None

    @property
    def run(self) -> int:
        """This run's number; a run counts from its first call on."""
        if self._run is None:
            with self._db:
                self._run = self._db.execute("INSERT INTO runs DEFAULT VALUES").lastrowid or 0
        return self._run

    def answer(self, key: str, request: Request) -> Reply | None:
        """The answer bought for this request, if any."""
        found = self._db.execute("SELECT value, tokens_in, tokens_out FROM answers WHERE key = ?", (key,)).fetchone()
        return Reply(request.shape.model_validate_json(found[0]), found[1], found[2]) if found else None

    def keep(self, key: str, reply: Reply) -> None:
        """Commits the reply; where another process has answered meanwhile, its answer stands."""
        with self._db:
            values = (key, reply.value.model_dump_json(), reply.tokens_in, reply.tokens_out)
            self._db.execute("INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?)", values)

    def fail(self, key: str, error: Unusable) -> None:
        """Record an unusable reply: spent, but no answer."""
        with self._db:
            values = (key, self.run, str(error), error.tokens_in, error.tokens_out)
            self._db.execute("INSERT INTO failures VALUES (?, ?, ?, ?, ?)", values)

    def given_up(self, key: str) -> str | None:
        """The last reason of a request that failed by its own fault in three runs, if it did."""
        found = self._db.execute("SELECT run, reason FROM failures WHERE key = ? ORDER BY rowid", (key,)).fetchall()
        return found[-1][1] if len({run for run, _ in found}) >= GIVE_UP else None

    def close(self) -> None:
        self._db.close()


@contextmanager
def open_ledger(path: Path) -> Iterator[Ledger]:
    ledger = Ledger(path)
    try:
        yield ledger
    finally:
        ledger.close()


class InFlight:
    """Requests of this process that are under way: the second asker of the same one waits for the first's answer."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[Reply]] = {}

    def of(self, key: str) -> "asyncio.Future[Reply] | None":
        return self._waiting.get(key)

    @contextmanager
    def started(self, key: str) -> Iterator["asyncio.Future[Reply]"]:
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[key] = future
        try:
            yield future
        except (TeacherDown, Unusable) as error:
            future.set_exception(error)
            future.exception()  # nobody may be waiting; that is no fault
            raise
        finally:
            del self._waiting[key]
            if not future.done():
                future.cancel()
