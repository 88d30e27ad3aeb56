"""How near to a provider's unknown limit the calls come, and at what share of 429s, against the mock teacher.

Run: `python benchmarks/rates.py --mock PATH/mock_teacher.py` (or MOCK_TEACHER=PATH in the environment); needs aiohttp, httptools, orjson.
One server and one client at a time, `--seconds` each (90); what counts is what comes after `--learning` (60).
`--change 45:150` sets the limit to 150 a second 45 seconds after the start.
"""

import argparse
import asyncio
import contextlib
import json
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import aiohttp

sys.path.insert(0, str(Path(__file__).parent.parent))
from factory.teachers.rate_limiter import CallOutcome, RateLimiter  # noqa: E402

BODY = json.dumps({"model": "mock", "messages": [{"role": "user", "content": "The harbour of Ansgard has nine lamps. " * 20}]}).encode()
Kind = Literal["answered", "limited", "overloaded", "lost", "dropped"]
HEADERS = {"content-type": "application/json"}


@dataclass
class Seen:
    """Answers and 429s after the learning time, as the client saw them."""

    answered: int = 0
    limited: int = 0
    other: int = 0
    in_flight: int = 0
    cpu_s: float = 0.0
    line: list[str] = field(default_factory=list)  # answers and 429s of each 5 seconds

    def table_row(self, limit: float, headers: bool, seconds: float) -> str:
        calls = max(1, self.answered + self.limited + self.other)
        return (
            f"{limit:7g}  {'yes' if headers else 'no':7}  {self.answered / seconds:10.1f}  {self.answered / seconds / limit:8.1%}"
            f"  {self.limited / calls:6.2%}  {self.in_flight:9}  {self.cpu_s / seconds:10.0%}"
        )


@contextlib.asynccontextmanager
async def mock_teacher(arguments: argparse.Namespace, limit: float, headers: bool) -> AsyncIterator[str]:
    """The mock's address, while it runs."""
    with socket.socket() as free:  # a port that nobody has
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [arguments.mock, "--port", port, "--latency-ms", arguments.latency_ms, "--rps", limit, "--fault-rate", arguments.fault_rate]
    command += ["--faults", "500,429,badschema", "--retry-after", arguments.retry_after]
    command += [] if headers else ["--no-ratelimit-headers"]
    server = await asyncio.create_subprocess_exec(sys.executable, *map(str, command), stdout=asyncio.subprocess.PIPE)
    try:
        assert server.stdout is not None
        await server.stdout.readline()
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        await server.wait()


async def call(session: aiohttp.ClientSession, url: str) -> CallOutcome:
    start = time.monotonic()
    try:
        async with session.post(url, data=BODY, headers=HEADERS) as reply:
            await reply.read()
    except (aiohttp.ClientError, TimeoutError):
        return CallOutcome("lost", time.monotonic() - start)
    heard = {name.lower(): text for name, text in reply.headers.items()}
    kind: Kind = "answered" if reply.status == 200 else "limited" if reply.status == 429 else "overloaded"
    return CallOutcome(kind, time.monotonic() - start, 250, heard)


async def measure(arguments: argparse.Namespace, limit: float, headers: bool) -> Seen:
    """Workers, more than are ever let in, ask until the time is over."""
    rate, seen, kinds = RateLimiter(), Seen(), {"answered": 0, "limited": 0}
    async with mock_teacher(arguments, limit, headers) as address:
        start = time.monotonic()

        async def work(session: aiohttp.ClientSession) -> None:
            while (at := time.monotonic() - start) < arguments.seconds:
                await rate.enter(300)
                heard = await call(session, f"{address}/v1/chat/completions")
                rate.leave(heard)
                kinds[heard.kind] = kinds.get(heard.kind, 0) + 1
                if at >= arguments.learning:
                    seen.answered += heard.kind == "answered"
                    seen.limited += heard.kind == "limited"
                    seen.other += heard.kind not in ("answered", "limited")

        async def watch(session: aiohttp.ClientSession) -> None:
            before = dict(kinds)
            changes = [change.split(":") for change in arguments.change]
            while (at := time.monotonic() - start) < arguments.seconds:
                while changes and at >= float(changes[0][0]):
                    await session.post(f"{address}/config", json={"rps": float(changes.pop(0)[1])})
                if at < arguments.learning:
                    seen.cpu_s = time.process_time()
                await asyncio.sleep(5)
                seen.line.append(f"{(kinds['answered'] - before['answered']) / 5:.0f}/{kinds['limited'] - before['limited']}")
                before = dict(kinds)
            seen.cpu_s = time.process_time() - seen.cpu_s

        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            await asyncio.gather(watch(session), *[work(session) for _ in range(arguments.workers)])
    seen.in_flight = rate.in_flight
    return seen


def per_call(calls: int = 200_000) -> float:
    """Seconds of CPU for one enter and leave that do not wait."""

    async def through() -> float:
        rate, heard = RateLimiter(), CallOutcome("answered", 0.2, 250, {"x-ratelimit-limit-requests": "6e9", "x-ratelimit-limit-tokens": "6e12"})
        start = time.process_time()
        for _ in range(calls):
            await rate.enter(300)
            rate.leave(heard)
        return (time.process_time() - start) / calls

    return asyncio.run(through())


def plans(arguments: argparse.Namespace) -> Iterator[tuple[float, bool]]:
    for limit in arguments.limits:
        for headers in {"both": (True, False), "yes": (True,), "no": (False,)}[arguments.headers]:
            yield limit, headers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mock", default=os.environ.get("MOCK_TEACHER"), required="MOCK_TEACHER" not in os.environ)
    parser.add_argument("--limits", type=float, nargs="+", default=[100, 300, 800])
    parser.add_argument("--headers", choices=["both", "yes", "no"], default="both")
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("--learning", type=float, default=60)
    parser.add_argument("--latency-ms", type=float, default=200)
    parser.add_argument("--fault-rate", type=float, default=0)
    parser.add_argument("--retry-after", type=float, default=1)
    parser.add_argument("--workers", type=int, default=600)
    parser.add_argument("--change", nargs="*", default=[], help="SECONDS:LIMIT, in order")
    arguments = parser.parse_args()
    print(f"enter + leave: {per_call() * 1e6:.1f} us of CPU a call")
    print("  limit  headers  answered/s  of limit    429s  in flight  client CPU", flush=True)
    for limit, headers in plans(arguments):
        seen = asyncio.run(measure(arguments, limit, headers))
        print(seen.table_row(limit, headers, arguments.seconds - arguments.learning))
        print("         answered a second / 429s, every 5 s:", *seen.line, flush=True)


if __name__ == "__main__":
    main()
