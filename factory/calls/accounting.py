"""Record what every request to a teacher cost, whether it was sent online or by batch."""

from collections import Counter
from dataclasses import dataclass, field, fields, replace

from factory.calls.ledger import Ledger, PaidAnswer
from factory.calls.prices import FREE, Price
from factory.core.errors import TeacherDown, TeacherFailed, Unusable
from factory.teachers import Reply, Request, Teacher


class GaveUp(Unusable):
    """The request itself caused a failure in three runs, so it is not sent a fourth time."""


@dataclass
class Tally:
    """Counts and costs of this run's requests; money is in nanodollars.

    `outcomes` counts the requests by how they ended, "answered" included.
    """

    calls: int = 0
    cached: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    nanousd: int = 0
    uncertain: int = 0  # worst case of the requests whose outcome is unknown
    outcomes: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Tally)))


class Accounting:
    """The ledger of one teacher together with its prices.

    `batch=True` prices a request at the rate of the provider's batch interface.
    """

    def __init__(self, teacher: Teacher, ledger: Ledger, price: Price | None = FREE) -> None:
        self.teacher = teacher
        self.ledger = ledger
        self.tally = Tally()
        self._price = price or FREE
        self._worst_price = replace(
            self._price, input=max(self._price.input, self._price.cache_write)
        )
        self._paid_here: set[str] | None = (
            # Keys that this process has answer, where it goes through the slots more than once.
            None
        )

    def paid_answer(self, key: str, request: Request) -> PaidAnswer | None:
        """Return the answer in the ledger, None if there is none. Raises GaveUp."""
        if answer := self.ledger.answer(key, request):
            self.tally.cached += self._paid_here is None or key not in self._paid_here
            return answer
        if reason := self.ledger.given_up(key):
            raise GaveUp(f"the teacher never answered: {reason}", kind="given up")
        return None

    def restart_cached_count(self) -> None:
        """Reset the count of cached answers, so that a second pass over the slots counts none
        twice.
        """
        self.tally.cached = 0
        self._paid_here = self._paid_here or set()

    def worst(self, request: Request, batch: bool = False) -> int:
        """Return the most nanodollars that one send can cost."""
        if self._price is FREE:
            return 0
        into, out = self.teacher.size(request)
        return self._worst_price.nanousd(into, out, batch=batch)

    async def keep(self, send: int, key: str, reply: Reply, batch: bool = False) -> PaidAnswer:
        """Commit the reply and its price."""
        price = self._price if reply.counted else self._worst_price
        nanousd = price.nanousd(
            reply.tokens_in, reply.tokens_out, reply.cache_read, reply.cache_write, batch
        )
        answer = await self.ledger.keep(send, key, reply, nanousd)
        if self._paid_here is not None:
            self._paid_here.add(key)
        self._count("answered", reply.tokens_in, reply.tokens_out, nanousd)
        return answer

    async def fail(
        self, send: int, key: str, error: TeacherFailed, worst: int, batch: bool = False
    ) -> int:
        """Record a send that brought no answer, and return its cost in nanodollars.

        The cost is `worst` if nobody knows whether the provider billed it.
        """
        if isinstance(error, Unusable):
            price = self._price if error.counted else self._worst_price
            nanousd = price.nanousd(error.tokens_in, error.tokens_out, batch=batch)
            await self.ledger.fail(send, key, error, nanousd)
            self._count(error.kind, error.tokens_in, error.tokens_out, nanousd)
            return nanousd
        billed = isinstance(error, TeacherDown) and error.billed
        await self.ledger.lose(send, billed)
        self._count(error.kind, 0, 0, 0)
        self.tally.uncertain += worst if billed else 0
        return worst if billed else 0

    def _count(self, kind: str, tokens_in: int, tokens_out: int, nanousd: int) -> None:
        self.tally.outcomes[kind] += 1
        self.tally.tokens_in += tokens_in
        self.tally.tokens_out += tokens_out
        self.tally.nanousd += nanousd
