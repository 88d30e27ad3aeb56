"""Build the budget of a run and its clients, online and by batch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from factory.calls.accounting import Accounting, Tally
from factory.calls.budget import Budget
from factory.calls.circuit_breaker import BreakerSettings
from factory.calls.client import OnlineClient, TeacherClient
from factory.calls.ledger import Ledger
from factory.calls.prices import price_of
from factory.calls.router import TeacherRouter
from factory.core.errors import UserMistake
from factory.core.recipe import Recipe
from factory.core.records import nanodollars
from factory.core.settings import BATCHES, TeacherSettings

if TYPE_CHECKING:
    from factory.calls.batch_client import BatchClient
    from factory.teachers.remote import RemoteTeacher


def budget_of(recipe: Recipe, ledger: Ledger) -> Budget:
    """Return the money that a run may still spend.

    Raises UserMistake if the recipe has a budget but a teacher's price is unknown.
    """
    usd = recipe.budget.usd
    if usd is None:
        return Budget()
    unknown = next((t for t in recipe.asked if price_of(t) is None), None)
    if unknown:
        raise UserMistake(
            f"budget.usd = {usd:g}: the price of {unknown.model} is not known; set it in "
            f"dollars per million tokens, such as teachers.{recipe.teachers.index(unknown)}.price "
            "= { input = 3.0, output = 15.0 }"
        )
    before = ledger.spent()
    return Budget(nanodollars(usd), before.known + before.uncertain)


@dataclass(frozen=True)
class Clients:
    """The clients of a run.

    `online` asks any of the teachers. `batch_clients` holds a client for each teacher that is asked
    by batch, or was in an earlier run. `accounting` is by teacher.
    """

    accounting: Mapping[str, Accounting]
    online: TeacherClient
    batch_clients: "tuple[BatchClient, ...]" = ()
    online_clients: tuple[OnlineClient, ...] = ()

    @property
    def trouble(self) -> str:
        """The reason why no answers come at the moment; empty if they do."""
        return next((one.trouble for one in self.online_clients if one.trouble), "")

    @property
    def tally(self) -> Tally:
        """The tally of all teachers together."""
        return sum((one.tally for one in self.accounting.values()), Tally())

    async def close(self) -> None:
        for one in self.accounting.values():
            await one.teacher.close()
        for client in self.batch_clients:
            await client.close()


def clients_of(
    recipe: Recipe, accounting: Mapping[str, Accounting], budget: Budget, say: Callable[[str], None]
) -> Clients:
    """Build the clients of a run.

    A batch goes to one teacher. Several teachers are asked online, but results of their earlier
    batches are still used.
    """
    batch_clients = {
        t.name: client
        for t in recipe.asked
        if (client := _batch_client(t, accounting[t.name], budget, say))
    }
    settings = BreakerSettings(60 * recipe.budget.wait_minutes, say)
    online_clients = {
        name: OnlineClient(
            one, budget, batch_clients[name].fetch if name in batch_clients else None, settings
        )
        for name, one in accounting.items()
    }
    online = (
        TeacherRouter(online_clients, budget)
        if len(online_clients) > 1
        else next(iter(online_clients.values()))
    )
    return Clients(
        accounting, online, tuple(batch_clients.values()), tuple(online_clients.values())
    )


def _batch_client(
    teacher: TeacherSettings, own: Accounting, budget: Budget, say: Callable[[str], None]
) -> "BatchClient | None":
    """Return a batch client if the teacher is asked by batch, or was."""
    if teacher.provider not in BATCHES or (
        teacher.mode == "online" and not own.ledger.has_batch_requests
    ):
        return None
    # Imported here: it needs both providers' packages, which take seconds to import.
    from factory.calls.batch_client import (
        BatchClient,
    )
    from factory.calls.batch_queue import BatchQueue
    from factory.teachers.batch_api import batches_of

    remote = cast("RemoteTeacher", own.teacher)
    interface = partial(batches_of, teacher.provider, teacher.base_url)
    return BatchClient(own, BatchQueue(own.ledger, remote.dialect.url), budget, interface, say)
