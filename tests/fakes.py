"""A teacher that is none: scripted, in this process, counting what it is sent."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from pydantic import BaseModel

from factory.calls.accounting import Accounting
from factory.calls.budget import Budget
from factory.calls.client import OnlineClient, TeacherClient
from factory.calls.ledger import Ledger, PaidAnswer
from factory.calls.prices import FREE, Price
from factory.core.errors import TeacherDown, TeacherFailed, Unusable
from factory.core.records import digest
from factory.tasks.qa import Quoted, Several, Written
from factory.teachers import Reply, Request
from factory.teachers.rate_limiter import RateLimiter

Said = BaseModel | Exception
OPEN: list[tuple[Ledger, Path | None]] = []  # closed after each test, see conftest.py
TOKENS_IN, TOKENS_OUT = 101, 11


@dataclass
class FakeTeacher:
    """Answers by `script`, a function of the request; an exception that it returns is raised."""

    script: Callable[[Request], Said]
    identity: str = "fake-teacher"
    temperature: float | None = None
    in_flight: int = 4
    tokens: tuple[int, int] = (500, 100)  # what one send takes at most
    beginning: Callable[[Request], str] = lambda _: ""  # what the provider caches of a prompt
    pause: Callable[[], float] = lambda: 0.0  # seconds before each answer
    sends: Counter[str] = field(default_factory=Counter)  # by key
    closed: bool = False

    def __post_init__(self) -> None:
        self.rate = RateLimiter(self.in_flight)

    @property
    def sampling(self) -> dict[str, object]:
        return {"temperature": self.temperature}

    def size(self, request: Request) -> tuple[int, int]:
        return self.tokens

    def cached(self, request: Request) -> str:
        return self.beginning(request)

    async def send(self, request: Request, key: str) -> Reply:
        self.sends[key] += 1
        await asyncio.sleep(self.pause())
        said = self.script(request)
        if isinstance(said, Exception):
            raise said
        return Reply(said, TOKENS_IN, TOKENS_OUT)

    async def close(self) -> None:
        self.closed = True


def in_turn(*said: Said) -> Callable[[Request], Said]:
    """A script that goes through the answers in order, and stays at the last."""
    waiting = list(said)
    return lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]


def opened(path: Path | None = None) -> Ledger:
    """A ledger that the test need not close; one of its own where no path is given."""
    own = None if path else Path(mkdtemp(prefix="docstill-ledger-"))
    ledger = Ledger(path or (own or Path()) / "ledger.db")
    OPEN.append((ledger, own))
    return ledger


def close_all() -> None:
    while OPEN:
        ledger, own = OPEN.pop()
        ledger.close()
        if own:
            rmtree(own, ignore_errors=True)


def asker(teacher: FakeTeacher, ledger: Path | None = None, price: Price = FREE, budget: Budget | None = None) -> OnlineClient:
    return OnlineClient(Accounting(teacher, opened(ledger), price), budget)


async def ask(asking: TeacherClient, request: Request) -> PaidAnswer:
    """One request as an attempt of its own."""
    async with asking.attempt(lambda: [request]) as once:
        return await once(request)


def answered(path: Path) -> int:
    """How many answers stand in a ledger file, by a reader of its own."""
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("SELECT COUNT(*) FROM answers").fetchone()[0])


DEPOTS = ("Marrow", "Quay", "Hollow", "Bell", "Garrick", "Osier", "Tanner", "Juniper", "Larch", "Wexford", "Pell", "Dunmore")


@dataclass(frozen=True)
class Fact:
    """One sentence of the world about one depot, and what a right teacher makes of it."""

    depot: str
    trams: int

    @property
    def sentence(self) -> str:
        return f"Crews of the {self.depot} depot wash {self.trams} trams every night before the first departure."

    @property
    def question(self) -> str:
        return f"How many trams do crews of the {self.depot} depot wash every night before the first departure?"

    def written(self, more: int = 0) -> Written:
        """With `more` trams than is true, the answer is wrong and its quote still right."""
        return Written(question=self.question, answer=f"{self.trams + more} trams", quotes=[self.sentence])

    def quoted(self, more: int = 0) -> Quoted:
        return Quoted(answer=f"{self.trams + more} trams", quotes=[self.sentence])


FACTS = tuple(Fact(depot, 11 + 9 * i) for i, depot in enumerate(DEPOTS))


def kind(request: Request) -> str:
    """write, draw or repair."""
    if issubclass(request.shape, Several):
        return "write"
    return "draw" if request.shape is Quoted else "repair"


def about(request: Request) -> list[Fact]:
    """The facts that a request shows; of a question, the one it asks for."""
    shown, _, asked = request.user.partition("uestion: ")
    return [f for f in FACTS if f.depot in (asked.split("\n")[0] or shown)]


def right(request: Request) -> Said:
    """A teacher without fault."""
    facts = about(request)
    if kind(request) == "write":
        return request.shape.model_validate({"examples": [f.written() for f in facts[: wanted(request)]]})
    return facts[0].quoted() if kind(request) == "draw" else facts[0].written()


def wanted(request: Request) -> int:
    return int(request.user.rpartition("Number of examples: ")[2])


def erring(seed: int) -> Callable[[Request], Said]:
    """A teacher that is right, wrong, short, generous or silent, by the request and the seed alone."""

    def script(request: Request) -> Said:
        dice = int(digest(seed, request.user, request.draw, kind(request)), 16)
        if dice % 19 == 0:
            return Unusable("the reply was cut off at its token limit", 7, 3)
        if dice % 23 == 0:
            return TeacherDown("the fake server is away")
        facts, more = about(request), dice // 11 % 3
        if kind(request) == "draw":
            return facts[0].quoted(more)
        if kind(request) == "repair":
            return facts[0].written(more)
        count = max(0, wanted(request) + (0, 0, -1, 1)[dice // 33 % 4])
        examples = [f.written((dice // (7 + i)) % 3) for i, f in enumerate((*facts, *facts)[:count])]
        return request.shape.model_validate({"examples": examples})

    return script


def failing(on: Callable[[Request], bool], error: TeacherFailed, otherwise: Callable[[Request], Said] = right) -> Callable[[Request], Said]:
    """A script that fails on chosen requests."""
    return lambda request: error if on(request) else otherwise(request)


def noting(asked: list[Request], script: Callable[[Request], Said]) -> Callable[[Request], Said]:
    """The same script, which leaves every request in the list."""

    def noted(request: Request) -> Said:
        asked.append(request)
        return script(request)

    return noted
