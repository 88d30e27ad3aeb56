"""The books: the ledger with the teacher's prices at hand; every send is settled here, whichever way it travelled."""

from collections import Counter
from dataclasses import dataclass, field, fields, replace

from factory.calls.ledger import Bought, Ledger
from factory.calls.prices import FREE, Price
from factory.core.errors import TeacherDown, TeacherFailed, Unusable
from factory.teachers import Reply, Request, Teacher


class GaveUp(Unusable):
    """A request that failed by its own fault in three runs is not asked a fourth time."""


@dataclass
class Tally:
    """What this run sent and got. `outcomes`: sends by kind, `answered` among them; money in nanodollars."""

    calls: int = 0
    cached: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    nanousd: int = 0
    uncertain: int = 0  # at worst, of sends whose outcome is unknown
    outcomes: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Tally)))


class Books:
    """`batch`: of a send that travels by the provider's batch interface, which asks another price."""

    def __init__(self, teacher: Teacher, ledger: Ledger, price: Price | None = FREE) -> None:
        self.teacher = teacher
        self.ledger = ledger
        self.tally = Tally()
        self._price = price or FREE
        self._dearest = replace(self._price, input=max(self._price.input, self._price.cache_write))
        self._own: set[str] | None = None  # keys that this process has bought, where it goes through the slots more than once

    def known(self, key: str, request: Request) -> Bought | None:
        """The answer in the ledger. Raises GaveUp."""
        if known := self.ledger.answer(key, request):
            self.tally.cached += self._own is None or key not in self._own
            return known
        if reason := self.ledger.given_up(key):
            raise GaveUp(f"the teacher never answered: {reason}", kind="given up")
        return None

    def count_anew(self) -> None:
        """The same slots are gone through once more: what the ledger answers is not counted twice."""
        self.tally.cached = 0
        self._own = self._own or set()

    def worst(self, request: Request, batch: bool = False) -> int:
        """Nanodollars of one send, at most."""
        if self._price is FREE:
            return 0
        into, out = self.teacher.size(request)
        return self._dearest.nanousd(into, out, batch=batch)

    async def keep(self, send: int, key: str, reply: Reply, batch: bool = False) -> Bought:
        """Commits the reply and its price."""
        price = self._price if reply.counted else self._dearest
        nanousd = price.nanousd(reply.tokens_in, reply.tokens_out, reply.cache_read, reply.cache_write, batch)
        bought = await self.ledger.keep(send, key, reply, nanousd)
        if self._own is not None:
            self._own.add(key)
        self._took("answered", reply.tokens_in, reply.tokens_out, nanousd)
        return bought

    async def fail(self, send: int, key: str, error: TeacherFailed, worst: int, batch: bool = False) -> int:
        """Records a send that brought no answer; the nanodollars that it took, `worst` where that is unknown."""
        if isinstance(error, Unusable):
            price = self._price if error.counted else self._dearest
            nanousd = price.nanousd(error.tokens_in, error.tokens_out, batch=batch)
            await self.ledger.fail(send, key, error, nanousd)
            self._took(error.kind, error.tokens_in, error.tokens_out, nanousd)
            return nanousd
        billed = isinstance(error, TeacherDown) and error.billed
        await self.ledger.lose(send, billed)
        self._took(error.kind, 0, 0, 0)
        self.tally.uncertain += worst if billed else 0
        return worst if billed else 0

    def _took(self, kind: str, tokens_in: int, tokens_out: int, nanousd: int) -> None:
        self.tally.outcomes[kind] += 1
        self.tally.tokens_in += tokens_in
        self.tally.tokens_out += tokens_out
        self.tally.nanousd += nanousd
