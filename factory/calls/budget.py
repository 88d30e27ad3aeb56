"""A hard cap on spending.

The worst case of a request is reserved before it is sent, and what it did not cost is released.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from factory.core.errors import NotAsked
from factory.core.records import dollars


@dataclass
class Reservation:
    """Nanodollars reserved for one attempt: the worst case of writing it and of its draws."""

    left: int = 0
    open: bool = False  # something was reserved


@dataclass(frozen=True)
class PendingReservation:
    """A reservation that waits for money: nanodollars of the whole attempt and of its next send."""

    whole: int
    send: int
    # How much was reserved.
    granted: asyncio.Future[int] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


@dataclass
class Budget:
    """The money that a run may spend, in nanodollars; `limit` None means no cap.

    `spent` starts with what earlier runs of the folder spent, unknown outcomes at their worst case.
    Reservations are served first come, first served: if the first in line does not fit, those
    behind it wait too, so a prefix of the slots is asked. If nothing is in flight and the whole
    attempt does not fit, it goes on send by send, so that the last of the money is used.
    """

    limit: int | None = None
    spent: int = 0
    reserved: int = 0
    # Those in flight that need more than was reserved, and those that have not begun.
    _in_flight: deque[PendingReservation] = field(default_factory=deque)
    _not_begun: deque[PendingReservation] = field(default_factory=deque)
    _open: int = 0  # reservations that may still release something
    _idle: int = 0  # of those, the ones that wait for an answer another attempt pays for
    _closed: bool = False

    async def reserve(self, reservation: Reservation, attempt: int, send: int) -> None:
        """Make the reservation cover the worst case of this send.

        The first call reserves the whole attempt, later calls what exceeds it. Raises NotAsked if
        too little money is left and nothing in flight can release any.
        """
        if self.limit is None:
            return
        if not reservation.open:
            reservation.left = await self._wait(
                PendingReservation(max(attempt, send), send), self._not_begun
            )
            reservation.open = True
        elif reservation.left < send:
            more = send - reservation.left
            reservation.left += await self._wait(PendingReservation(more, more), self._in_flight)

    def settle(self, reservation: Reservation, worst: int, nanousd: int) -> None:
        """Book one finished send: `nanousd` of its reserved worst case was spent."""
        self.spent += nanousd
        if reservation.open:
            reservation.left -= worst
            self.reserved -= worst
            self._serve()

    @contextmanager
    def idle(self, reservation: Reservation) -> Iterator[None]:
        """Mark a reservation that waits for another attempt and so releases nothing.

        Without it two attempts could wait for each other.
        """
        waits = reservation.open
        self._idle += waits
        self._serve()
        try:
            yield
        finally:
            self._idle -= waits

    def release(self, reservation: Reservation) -> None:
        """Release what is left of the reservation once the attempt is over."""
        if reservation.open:
            self.reserved -= reservation.left
            self._open -= 1
            reservation.open, reservation.left = False, 0
            self._serve()

    async def _wait(self, pending: PendingReservation, queue: deque[PendingReservation]) -> int:
        if self._closed:
            raise self.exhausted()
        queue.append(pending)
        self._serve()
        return await pending.granted

    def _serve(self) -> None:
        """Grant what fits, in order; refuse the rest once nothing in flight can release money."""
        for queue in (self._in_flight, self._not_begun):
            while queue and (queue[0].granted.done() or self.fits(queue[0].whole)):
                self._grant(queue, queue[0].whole)
            if queue:
                break
        if self._open > len(self._in_flight) + self._idle or not (
            self._in_flight or self._not_begun
        ):
            return
        if not self._in_flight and self.fits(self._not_begun[0].send):
            self._grant(self._not_begun, self._not_begun[0].send)
        else:
            self._refuse()

    def _grant(self, queue: deque[PendingReservation], nanousd: int) -> None:
        pending = queue.popleft()
        if not pending.granted.done():  # its attempt was cancelled
            self.reserved += nanousd
            self._open += queue is self._not_begun
            pending.granted.set_result(nanousd)

    def _refuse(self) -> None:
        self._closed = True
        for queue in (self._not_begun, self._in_flight):
            while queue:
                granted = queue.popleft().granted
                if not granted.done():
                    granted.set_exception(self.exhausted())

    def fits(self, nanousd: int) -> bool:
        """Return whether the budget covers this on top of what is spent and reserved."""
        return self.limit is not None and self.spent + self.reserved + nanousd <= self.limit

    def exhausted(self) -> NotAsked:
        """Return the error for a request that the budget does not cover."""
        budget = dollars(self.limit or 0)
        return NotAsked(
            f"the budget of {budget} does not cover the next call at its worst case; "
            "raise --budget to go on",
            "budget",
        )
