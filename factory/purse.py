"""The purse: a hard cap on money. What may be spent at worst is set aside before it can be; what is left of it comes back."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from factory.errors import NotAsked
from factory.records import dollars


@dataclass
class Share:
    """What is set aside for one attempt, in nanodollars: its writing and its draws at their worst case."""

    left: int = 0
    open: bool = False  # something was set aside


@dataclass
class Purse:
    """`budget`: nanodollars, None without a cap; `spent`: by earlier runs of the folder, what is uncertain at its worst case.

    First come, first served: where the first in line does not fit, those behind it wait too, so what is asked is a prefix.
    """

    budget: int | None = None
    spent: int = 0
    reserved: int = 0
    _first: deque[tuple[int, asyncio.Future[None]]] = field(default_factory=deque)  # those under way that need more than was foreseen
    _line: deque[tuple[int, asyncio.Future[None]]] = field(default_factory=deque)
    _open: int = 0  # shares that may still give something back
    _idle: int = 0  # of those, the ones that wait for an answer which another attempt buys
    _closed: bool = False

    async def take(self, share: Share, attempt: int, send: int) -> None:
        """Makes sure that the share covers this send at its worst case: first the whole attempt, later what exceeds it.

        Raises NotAsked where that is more than is left and nothing under way can give any back.
        """
        if self.budget is None:
            return
        if not share.open:
            await self._set_aside(max(attempt, send), self._line)
            share.open, share.left = True, max(attempt, send)
            self._open += 1
        elif share.left < send:
            more = send - share.left
            await self._set_aside(more, self._first)
            share.left += more

    def settle(self, share: Share, worst: int, nanousd: int) -> None:
        """One send of the share has ended: it took so much of its worst case."""
        self.spent += nanousd
        if share.open:
            share.left -= worst
            self.reserved -= worst
            self._serve()

    @contextmanager
    def idle(self, share: Share) -> Iterator[None]:
        """While its attempt waits for another one, the share gives nothing back: else two could wait for each other."""
        waits = share.open
        self._idle += waits
        self._serve()
        try:
            yield
        finally:
            self._idle -= waits

    def give_back(self, share: Share) -> None:
        """The attempt is over."""
        if share.open:
            self.reserved -= share.left
            self._open -= 1
            share.open, share.left = False, 0
            self._serve()

    async def _set_aside(self, nanousd: int, line: deque[tuple[int, asyncio.Future[None]]]) -> None:
        if self._closed:
            raise self.empty()
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.append((nanousd, place))
        self._serve()
        await place

    def _serve(self) -> None:
        """Whoever is first in line and fits; nobody more where none under way can give back."""
        for line in (self._first, self._line):
            while line and (line[0][1].done() or self.fits(line[0][0])):
                nanousd, place = line.popleft()
                if not place.done():
                    self.reserved += nanousd
                    place.set_result(None)
            if line:
                break
        if self._open <= len(self._first) + self._idle and (self._first or self._line):
            self._refuse()

    def _refuse(self) -> None:
        self._closed = True
        for line in (self._line, self._first):
            while line:
                _, place = line.popleft()
                if not place.done():
                    place.set_exception(self.empty())

    def fits(self, nanousd: int) -> bool:
        """Whether the budget covers so much beside what is spent and set aside."""
        return self.budget is not None and self.spent + self.reserved + nanousd <= self.budget

    def empty(self) -> NotAsked:
        """What is said where it does not."""
        budget = dollars(self.budget or 0)
        return NotAsked(f"the budget of {budget} does not cover the next call at its worst case; raise --budget to go on", "budget")
