"""The spool: requests that travel by batch, in the ledger's file: spooled, sealed into a batch, returned, gone once settled."""

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from factory.calls.ledger import Ledger
from factory.teachers.batch_api import NEVER_RAN, Fault, Letter, Returned

UNSAID: Fault = "expired"  # a batch has ended without a word of the request: it was never run


@dataclass(frozen=True)
class Batch:
    """One batch of this ledger that has not ended. `id` is the provider's: None where nobody knows whether it was submitted."""

    number: int
    nonce: str
    made: float  # unix seconds
    run: int
    lines: int
    id: str | None


@dataclass(frozen=True)
class Spooled:
    """Where a request stands. `send`: of the ledger; `nanousd`: set aside for it at worst; `reply`: once its batch has come back."""

    where: Literal["spooled", "out", "returned"]
    send: int
    nanousd: int
    reply: Returned | None


class Spool:
    """Written by the ledger's own writer: a batch is on record, with all its sends at their worst case, before it is submitted."""

    def __init__(self, ledger: Ledger, provider: str) -> None:
        """`provider`: the address that batches go to; those of another one are left to whoever asks there."""
        self._ledger = ledger
        self._provider = provider

    @property
    def brought(self) -> bool:
        """Whether outcomes wait to be read."""
        return self._ledger.db.execute("SELECT 1 FROM letters WHERE status IS NOT NULL LIMIT 1").fetchone() is not None

    def letter(self, key: str) -> Spooled | None:
        """None too where it was spooled by a process that has died before it made a batch of it."""
        sql = "SELECT run, send, nanousd, body, batch, status, fault FROM letters WHERE key = ?"
        found = self._ledger.db.execute(sql, (key,)).fetchone()
        if not found:
            return None
        run, send, nanousd, body, batch, status, fault = found
        if batch is None:
            return Spooled("spooled", 0, nanousd, None) if self._ledger.lives(run) else None
        if status is None:
            return Spooled("out", send, nanousd, None)
        return Spooled("returned", send, nanousd, Returned(key, status, body.encode(), cast("Fault", fault)))

    async def put(self, letters: Mapping[str, tuple[str, int]]) -> None:
        """Spools requests: by key, the body and what it takes at worst."""
        sql = """INSERT INTO letters (key, run, nanousd, body) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE
                 SET run = excluded.run, nanousd = excluded.nanousd, body = excluded.body WHERE batch IS NULL"""
        values = [(key, self._ledger.run, nanousd, body) for key, (body, nanousd) in letters.items()]
        await self._ledger.writer.write(lambda db: db.executemany(sql, values) and None)

    def unsent(self) -> Iterator[Letter]:
        """What this run has spooled, in that order."""
        sql = "SELECT key, body FROM letters WHERE batch IS NULL AND run = ? ORDER BY rowid"
        return (Letter(key, json.loads(body)) for key, body in self._ledger.db.execute(sql, (self._ledger.run,)))

    async def seal(self, nonce: str, letters: Sequence[Letter]) -> tuple[Batch, int]:
        """A batch on record, and the nanodollars that it takes at worst."""
        run, made = self._ledger.run, time.time()
        keys = [(letter.key,) for letter in letters]

        def job(db: sqlite3.Connection) -> tuple[int, int]:
            sql = "INSERT INTO batches (provider, nonce, made, run, lines, state) VALUES (?, ?, ?, ?, ?, 'open')"
            number = db.execute(sql, (self._provider, nonce, made, run, len(keys))).lastrowid or 0
            db.executemany(f"UPDATE letters SET batch = {number} WHERE key = ? AND batch IS NULL AND run = {run}", keys)
            mine = db.execute("SELECT key, nanousd FROM letters WHERE batch = ?", (number,)).fetchall()
            for key, nanousd in mine:
                sql = "INSERT INTO sends (key, run, nanousd, state) VALUES (?, ?, ?, 'open')"
                send = db.execute(sql, (key, run, nanousd)).lastrowid
                db.execute("UPDATE letters SET send = ? WHERE key = ?", (send, key))
            return number, sum(nanousd for _, nanousd in mine)

        number, worst = await self._ledger.writer.write(job)
        return Batch(number, nonce, made, run, len(keys), None), worst

    def batches(self) -> list[Batch]:
        """Those that have not ended, the oldest first."""
        sql = "SELECT batch, nonce, made, run, lines, id FROM batches WHERE provider = ? AND state = 'open' ORDER BY batch"
        return [Batch(*found) for found in self._ledger.db.execute(sql, (self._provider,))]

    def ids(self) -> frozenset[str]:
        """Of all batches that this ledger knows."""
        return frozenset(id for (id,) in self._ledger.db.execute("SELECT id FROM batches WHERE id IS NOT NULL"))

    def letters(self, batch: Batch) -> list[Letter]:
        """What a batch consists of, to submit it once more."""
        sql = "SELECT key, body FROM letters WHERE batch = ? AND status IS NULL ORDER BY rowid"
        return [Letter(key, json.loads(body)) for key, body in self._ledger.db.execute(sql, (batch.number,))]

    async def adopted(self, batch: Batch) -> bool:
        """Whether a batch without an id is this run's to see to: its own, or a dead process's."""
        run = self._ledger.run
        if batch.run != run and self._ledger.lives(batch.run):
            return False
        sql = "UPDATE batches SET run = ? WHERE batch = ? AND run = ? AND id IS NULL"
        return await self._ledger.writer.write(lambda db: db.execute(sql, (run, batch.number, batch.run)).rowcount == 1)

    async def named(self, batch: Batch, id: str) -> None:
        """The provider has it, under this id."""
        sql = "UPDATE batches SET id = ? WHERE batch = ?"
        await self._ledger.writer.write(lambda db: db.execute(sql, (id, batch.number)) and None)

    async def returned(self, batch: Batch, replies: Sequence[Returned]) -> None:
        """Commits what came back, as it came."""
        sql = "UPDATE letters SET status = ?, body = ?, fault = ? WHERE key = ? AND batch = ? AND status IS NULL"
        values = [(r.status, r.body.decode(), r.fault, r.key, batch.number) for r in replies]
        await self._ledger.writer.write(lambda db: db.executemany(sql, values) and None)

    async def ended(self, batch: Batch) -> None:
        """Everything that it brought is committed; what it says nothing of was never run."""
        sql = "UPDATE letters SET status = ?, body = '{}', fault = ? WHERE batch = ? AND status IS NULL"

        def job(db: sqlite3.Connection) -> None:
            db.execute(sql, (NEVER_RAN, UNSAID, batch.number))
            db.execute("UPDATE batches SET state = 'ended' WHERE batch = ?", (batch.number,))

        await self._ledger.writer.write(job)

    async def refused(self, batch: Batch) -> int:
        """The provider did not take it, so nothing was run: its letters are spooled again. Nanodollars that were set aside for them."""
        run = self._ledger.run

        def job(db: sqlite3.Connection) -> int:
            (worst,) = db.execute("SELECT COALESCE(SUM(nanousd), 0) FROM letters WHERE batch = ?", (batch.number,)).fetchone()
            db.execute("DELETE FROM sends WHERE send IN (SELECT send FROM letters WHERE batch = ?)", (batch.number,))
            db.execute("UPDATE letters SET batch = NULL, send = NULL, run = ? WHERE batch = ?", (run, batch.number))
            db.execute("UPDATE batches SET state = 'refused' WHERE batch = ?", (batch.number,))
            return int(worst)

        return await self._ledger.writer.write(job)
