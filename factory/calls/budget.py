"""The purse: a hard cap on money. What may be spent at worst is set aside before it can be; what is left of it comes back."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from factory.core.errors import NotAsked
from factory.core.records import dollars


@dataclass
class Share:
    """What is set aside for one attempt, in nanodollars: its writing and its draws at their worst case."""

    left: int = 0
    open: bool = False  # something was set aside


@dataclass(frozen=True)
class Wish:
    """Nanodollars that are waited for: of the whole attempt, and of its next send."""

    whole: int
    send: int
    granted: asyncio.Future[int] = field(default_factory=lambda: asyncio.get_running_loop().create_future())  # how much was set aside


@dataclass
class Budget:
    """`budget`: nanodollars, None without a cap; `spent`: by earlier runs of the folder, what is uncertain at its worst case.

    First come, first served: where the first in line does not fit, those behind it wait too, so what is asked is a prefix.
    Where nothing is under way and the whole attempt does not fit, it goes on send by send: so the last of the money is used.
    """

    budget: int | None = None
    spent: int = 0
    reserved: int = 0
    _first: deque[Wish] = field(default_factory=deque)  # those under way that need more than was set aside
    _line: deque[Wish] = field(default_factory=deque)
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
            share.left = await self._set_aside(Wish(max(attempt, send), send), self._line)
            share.open = True
        elif share.left < send:
            more = send - share.left
            share.left += await self._set_aside(Wish(more, more), self._first)

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

    async def _set_aside(self, wish: Wish, line: deque[Wish]) -> int:
        if self._closed:
            raise self.empty()
        line.append(wish)
        self._serve()
        return await wish.granted

    def _serve(self) -> None:
        """Whoever is first in line and fits; nobody more where none under way can give back."""
        for line in (self._first, self._line):
            while line and (line[0].granted.done() or self.fits(line[0].whole)):
                self._grant(line, line[0].whole)
            if line:
                break
        if self._open > len(self._first) + self._idle or not (self._first or self._line):
            return
        if not self._first and self.fits(self._line[0].send):
            self._grant(self._line, self._line[0].send)
        else:
            self._refuse()

    def _grant(self, line: deque[Wish], nanousd: int) -> None:
        wish = line.popleft()
        if not wish.granted.done():  # its attempt was cancelled
            self.reserved += nanousd
            self._open += line is self._line
            wish.granted.set_result(nanousd)

    def _refuse(self) -> None:
        self._closed = True
        for line in (self._line, self._first):
            while line:
                granted = line.popleft().granted
                if not granted.done():
                    granted.set_exception(self.empty())

    def fits(self, nanousd: int) -> bool:
        """Whether the budget covers so much beside what is spent and set aside."""
        return self.budget is not None and self.spent + self.reserved + nanousd <= self.budget

    def empty(self) -> NotAsked:
        """What is said where it does not."""
        budget = dollars(self.budget or 0)
        return NotAsked(f"the budget of {budget} does not cover the next call at its worst case; raise --budget to go on", "budget")
