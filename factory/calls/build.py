"""Build what a run's requests travel by: the budget that they may spend, and the clients, online or by batch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from factory.calls.accounting import Books, Tally
from factory.calls.budget import Budget
from factory.calls.circuit_breaker import Patience
from factory.calls.client import Asker, Asking
from factory.calls.ledger import Ledger
from factory.calls.prices import price_of
from factory.calls.router import Several
from factory.core.errors import UserMistake
from factory.core.recipe import Recipe
from factory.core.records import nanodollars
from factory.core.settings import BATCHES, TeacherSettings

if TYPE_CHECKING:
    from factory.calls.batch_client import Post
    from factory.teachers.remote import Remote


def budget_of(recipe: Recipe, ledger: Ledger) -> Budget:
    """The money that a run may still spend. Raises UserMistake where there is a budget and no price to count by."""
    usd = recipe.budget.usd
    if usd is None:
        return Budget()
    unknown = next((t for t in recipe.asked if price_of(t) is None), None)
    if unknown:
        raise UserMistake(
            f"budget.usd = {usd:g}: the price of {unknown.model} is not known, must be set as "
            f"teachers.{recipe.teachers.index(unknown)}.price = {{ input = 3.0, output = 15.0 }} in dollars per million tokens"
        )
    before = ledger.spent()
    return Budget(nanodollars(usd), before.known + before.uncertain)


@dataclass(frozen=True)
class Ways:
    """How requests travel: `online`; by `posts` where any may go by batch, or an earlier run's have. `books`: by teacher."""

    books: Mapping[str, Books]
    online: Asking
    posts: "tuple[Post, ...]" = ()
    askers: tuple[Asker, ...] = ()

    @property
    def trouble(self) -> str:
        """Why no answer comes at the moment; empty where answers come."""
        return next((one.trouble for one in self.askers if one.trouble), "")

    @property
    def tally(self) -> Tally:
        """Of all teachers together."""
        return sum((one.tally for one in self.books.values()), Tally())

    async def close(self) -> None:
        for one in self.books.values():
            await one.teacher.close()
        for post in self.posts:
            await post.close()


def ways_of(recipe: Recipe, books: Mapping[str, Books], purse: Budget, say: Callable[[str], None]) -> Ways:
    """A batch is of one teacher; several are asked online, but for what earlier batches of theirs bring."""
    posts = {t.name: post for t in recipe.asked if (post := _post(t, books[t.name], purse, say))}
    patience = Patience(60 * recipe.budget.wait_minutes, say)
    askers = {name: Asker(one, purse, posts[name].fetch if name in posts else None, patience) for name, one in books.items()}
    online = Several(askers, purse) if len(askers) > 1 else next(iter(askers.values()))
    return Ways(books, online, tuple(posts.values()), tuple(askers.values()))


def _post(teacher: TeacherSettings, own: Books, purse: Budget, say: Callable[[str], None]) -> "Post | None":
    """Where the teacher is asked by batch, or was."""
    if teacher.provider not in BATCHES or (teacher.mode == "online" and not own.ledger.holds_letters):
        return None
    from factory.calls.batch_client import Post  # here and not above: it needs both providers' packages, which take seconds to import
    from factory.calls.batch_queue import Spool
    from factory.teachers.batch_api import batches_of

    remote = cast("Remote", own.teacher)
    interface = partial(batches_of, teacher.provider, teacher.base_url)
    return Post(own, Spool(own.ledger, remote.dialect.url), purse, interface, say)
