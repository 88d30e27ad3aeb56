"""Route each request to the teacher that it names, within one reservation per attempt."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from factory.calls.budget import Budget, Reservation
from factory.calls.client import Ask, OnlineClient
from factory.calls.ledger import PaidAnswer
from factory.teachers import Request


class TeacherRouter:
    """A client of several teachers.

    `clients` is by the teacher's name, all with this budget; a request that names no teacher goes
    to the first one.
    """

    waiting = False  # a call has ended when it returns

    def __init__(self, clients: Mapping[str, OnlineClient], budget: Budget) -> None:
        self._clients = clients
        self._first = next(iter(clients.values()))
        self._budget = budget

    def workers(self) -> int:
        return max(client.workers() for client in self._clients.values())

    @asynccontextmanager
    async def attempt(self, requests: Callable[[], Sequence[Request]]) -> AsyncIterator[Ask]:
        reservation = Reservation()

        async def ask(request: Request, *prefetch: Request) -> PaidAnswer:
            return await self._client_for(request).ask(
                request, reservation, lambda: sum(self._client_for(r).worst(r) for r in requests())
            )

        try:
            yield ask
        finally:
            self._budget.release(reservation)

    def _client_for(self, request: Request) -> OnlineClient:
        return self._clients[request.teacher] if request.teacher else self._first
