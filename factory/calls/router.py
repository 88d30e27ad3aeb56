"""Several teachers as one: each request goes to the teacher that it names, and one attempt sets its money aside for all of them."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from factory.calls.budget import Budget, Share
from factory.calls.client import Ask, Asker
from factory.calls.ledger import Bought
from factory.teachers import Request


class Several:
    """`askers`: by the teacher's name, all with this purse; a request that names none is the first one's."""

    waiting = False  # a call has ended when it returns

    def __init__(self, askers: Mapping[str, Asker], purse: Budget) -> None:
        self._askers = askers
        self._first = next(iter(askers.values()))
        self._purse = purse

    def workers(self) -> int:
        return max(asker.workers() for asker in self._askers.values())

    @asynccontextmanager
    async def attempt(self, requests: Callable[[], Sequence[Request]]) -> AsyncIterator[Ask]:
        share = Share()

        async def ask(request: Request, *along: Request) -> Bought:
            return await self._of(request).ask(request, share, lambda: sum(self._of(r).worst(r) for r in requests()))

        try:
            yield ask
        finally:
            self._purse.give_back(share)

    def _of(self, request: Request) -> Asker:
        return self._askers[request.teacher] if request.teacher else self._first
