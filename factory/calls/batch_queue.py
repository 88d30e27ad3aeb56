"""Queue batch requests in the ledger's file: queued, sealed into a batch, returned, settled."""

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from factory.calls.ledger import Ledger
from factory.teachers.batch_api import NEVER_RAN, BatchFault, BatchRequest, BatchResult

UNREPORTED: BatchFault = "expired"  # the ended batch holds no result for it: it was never run


@dataclass(frozen=True)
class OpenBatch:
    """A batch of this ledger that has not ended.

    `id` is the provider's; None if nobody knows whether the batch was submitted.
    """

    number: int
    nonce: str
    made: float  # unix seconds
    run: int
    lines: int
    id: str | None


@dataclass(frozen=True)
class QueuedRequest:
    """The state of a batch request.

    `send` is the ledger's number, `nanousd` the reserved worst case, and `reply` is set once the
    batch has returned.
    """

    where: Literal["queued", "running", "returned"]
    send: int
    nanousd: int
    reply: BatchResult | None


class BatchQueue:
    """Batch requests in the ledger, written by the ledger's own writer.

    A batch is recorded, with all its sends at their worst case, before it is submitted.
    """

    def __init__(self, ledger: Ledger, provider: str) -> None:
        """`provider` is the address that batches go to; those of other addresses are left alone."""
        self._ledger = ledger
        self._provider = provider

    @property
    def has_results(self) -> bool:
        """True if results are waiting to be read."""
        return (
            self._ledger.db.execute(
                "SELECT 1 FROM letters WHERE status IS NOT NULL LIMIT 1"
            ).fetchone()
            is not None
        )

    def request(self, key: str) -> QueuedRequest | None:
        """Return the state of a request, None also if its process died before it made a batch."""
        sql = "SELECT run, send, nanousd, body, batch, status, fault FROM letters WHERE key = ?"
        found = self._ledger.db.execute(sql, (key,)).fetchone()
        if not found:
            return None
        run, send, nanousd, body, batch, status, fault = found
        if batch is None:
            return QueuedRequest("queued", 0, nanousd, None) if self._ledger.is_alive(run) else None
        if status is None:
            return QueuedRequest("running", send, nanousd, None)
        return QueuedRequest(
            "returned",
            send,
            nanousd,
            BatchResult(key, status, body.encode(), cast("BatchFault", fault)),
        )

    async def add(self, requests: Mapping[str, tuple[str, int]]) -> None:
        """Queue requests: the body and the worst-case nanodollars by key."""
        sql = """INSERT INTO letters (key, run, nanousd, body) VALUES (?, ?, ?, ?)
                 ON CONFLICT (key) DO UPDATE
                 SET run = excluded.run, nanousd = excluded.nanousd, body = excluded.body
                 WHERE batch IS NULL"""
        values = [
            (key, self._ledger.run, nanousd, body) for key, (body, nanousd) in requests.items()
        ]
        await self._ledger.writer.write(lambda db: db.executemany(sql, values) and None)

    def unsent(self) -> Iterator[BatchRequest]:
        """Yield the requests that this run has queued, in order."""
        sql = "SELECT key, body FROM letters WHERE batch IS NULL AND run = ? ORDER BY rowid"
        return (
            BatchRequest(key, json.loads(body))
            for key, body in self._ledger.db.execute(sql, (self._ledger.run,))
        )

    async def seal(self, nonce: str, requests: Sequence[BatchRequest]) -> tuple[OpenBatch, int]:
        """Record a batch, and return it with its worst case in nanodollars."""
        run, made = self._ledger.run, time.time()
        keys = [(request.key,) for request in requests]

        def job(db: sqlite3.Connection) -> tuple[int, int]:
            sql = """INSERT INTO batches (provider, nonce, made, run, lines, state)
                     VALUES (?, ?, ?, ?, ?, 'open')"""
            number = db.execute(sql, (self._provider, nonce, made, run, len(keys))).lastrowid or 0
            db.executemany(
                f"UPDATE letters SET batch = {number} "
                f"WHERE key = ? AND batch IS NULL AND run = {run}",
                keys,
            )
            mine = db.execute(
                "SELECT key, nanousd FROM letters WHERE batch = ?", (number,)
            ).fetchall()
            for key, nanousd in mine:
                sql = "INSERT INTO sends (key, run, nanousd, state) VALUES (?, ?, ?, 'open')"
                send = db.execute(sql, (key, run, nanousd)).lastrowid
                db.execute("UPDATE letters SET send = ? WHERE key = ?", (send, key))
            return number, sum(nanousd for _, nanousd in mine)

        number, worst = await self._ledger.writer.write(job)
        return OpenBatch(number, nonce, made, run, len(keys), None), worst

    def batches(self) -> list[OpenBatch]:
        """Return the batches that have not ended, oldest first."""
        sql = """SELECT batch, nonce, made, run, lines, id FROM batches
                 WHERE provider = ? AND state = 'open' ORDER BY batch"""
        return [OpenBatch(*found) for found in self._ledger.db.execute(sql, (self._provider,))]

    def ids(self) -> frozenset[str]:
        """Return the provider's ids of all batches in this ledger."""
        return frozenset(
            id for (id,) in self._ledger.db.execute("SELECT id FROM batches WHERE id IS NOT NULL")
        )

    def requests_of(self, batch: OpenBatch) -> list[BatchRequest]:
        """Return the requests of a batch, to submit it once more."""
        sql = "SELECT key, body FROM letters WHERE batch = ? AND status IS NULL ORDER BY rowid"
        return [
            BatchRequest(key, json.loads(body))
            for key, body in self._ledger.db.execute(sql, (batch.number,))
        ]

    async def adopt(self, batch: OpenBatch) -> bool:
        """Take over a batch without an id; False if it belongs to another live process."""
        run = self._ledger.run
        if batch.run != run and self._ledger.is_alive(batch.run):
            return False
        sql = "UPDATE batches SET run = ? WHERE batch = ? AND run = ? AND id IS NULL"
        return await self._ledger.writer.write(
            lambda db: db.execute(sql, (run, batch.number, batch.run)).rowcount == 1
        )

    async def set_id(self, batch: OpenBatch, id: str) -> None:
        """Record the id that the provider gave the batch."""
        sql = "UPDATE batches SET id = ? WHERE batch = ?"
        await self._ledger.writer.write(lambda db: db.execute(sql, (id, batch.number)) and None)

    async def add_results(self, batch: OpenBatch, replies: Sequence[BatchResult]) -> None:
        """Commit the results as they came."""
        sql = """UPDATE letters SET status = ?, body = ?, fault = ?
                 WHERE key = ? AND batch = ? AND status IS NULL"""
        values = [(r.status, r.body.decode(), r.fault, r.key, batch.number) for r in replies]
        await self._ledger.writer.write(lambda db: db.executemany(sql, values) and None)

    async def close_batch(self, batch: OpenBatch) -> None:
        """Close a batch whose results are committed; requests without a result were never run."""
        sql = """UPDATE letters SET status = ?, body = '{}', fault = ?
                 WHERE batch = ? AND status IS NULL"""

        def job(db: sqlite3.Connection) -> None:
            db.execute(sql, (NEVER_RAN, UNREPORTED, batch.number))
            db.execute("UPDATE batches SET state = 'ended' WHERE batch = ?", (batch.number,))

        await self._ledger.writer.write(job)

    async def requeue(self, batch: OpenBatch) -> int:
        """Queue the requests of a batch again that the provider refused, since none of them ran.

        Returns the nanodollars that were reserved for them.
        """
        run = self._ledger.run

        def job(db: sqlite3.Connection) -> int:
            (worst,) = db.execute(
                "SELECT COALESCE(SUM(nanousd), 0) FROM letters WHERE batch = ?", (batch.number,)
            ).fetchone()
            db.execute(
                "DELETE FROM sends WHERE send IN (SELECT send FROM letters WHERE batch = ?)",
                (batch.number,),
            )
            db.execute(
                "UPDATE letters SET batch = NULL, send = NULL, run = ? WHERE batch = ?",
                (run, batch.number),
            )
            db.execute("UPDATE batches SET state = 'refused' WHERE batch = ?", (batch.number,))
            return int(worst)

        return await self._ledger.writer.write(job)
