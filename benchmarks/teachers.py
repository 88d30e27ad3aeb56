"""Structured calls a second, CPU a call and peak memory: docstill beside raw aiohttp, the openai SDK and the SDK with instructor.

    python benchmarks/teachers.py --mock PATH/mock_teacher.py [--calls 2000] [--latency-ms 0 200] [--in-flight 64 256]

Every contender runs in a process of its own, pinned to one core where the system can; the mock runs on the others. docstill's calls go the
whole way: request, rate, ledger (reserved, sent, committed), validation. CPU is of the process without its start; memory its peak.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # before this folder, whose filters.py is another one
CHUNK = "Crews of the Marrow depot on the river wash 14 trams every night before the first departure. " * 20
SYSTEM = "You answer a question of a company's staff from an excerpt of the company's documents."


class Answered(BaseModel):
    answer: str
    quotes: Annotated[list[str], Field(min_length=1)]


Call = Callable[[int], Awaitable[object]]


def user(number: int) -> str:
    return f"Excerpt {number}:\n{CHUNK}\n\nQuestion: how many trams? [[id:k{number}]]"


async def raw(url: str, in_flight: int) -> tuple[Call, Callable[[], Awaitable[None]]]:
    import aiohttp

    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
    schema = {"type": "json_schema", "json_schema": {"name": "Answered", "schema": Answered.model_json_schema()}}

    async def call(number: int) -> object:
        messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": user(number)}]
        body = {"model": "mock", "messages": messages, "response_format": schema}
        async with session.post(f"{url}/chat/completions", json=body) as reply:
            return json.loads(json.loads(await reply.read())["choices"][0]["message"]["content"])

    return call, session.close


async def sdk(url: str, in_flight: int) -> tuple[Call, Callable[[], Awaitable[None]]]:
    import openai

    client = openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0)
    schema = {"type": "json_schema", "json_schema": {"name": "Answered", "schema": Answered.model_json_schema()}}

    async def call(number: int) -> object:
        messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": user(number)}]
        reply = await client.chat.completions.create(model="mock", messages=messages, response_format=schema)  # type: ignore[call-overload]
        return Answered.model_validate_json(reply.choices[0].message.content)

    return call, client.close


async def bare_instructor(url: str, in_flight: int) -> tuple[Call, Callable[[], Awaitable[None]]]:
    import instructor
    import openai

    inner = openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0)
    client = instructor.from_openai(inner, mode=instructor.Mode.JSON_SCHEMA)

    async def call(number: int) -> object:
        messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": user(number)}]
        return await client.chat.completions.create(model="mock", messages=messages, response_model=Answered, max_retries=0)  # type: ignore[type-var,arg-type]

    return call, inner.close


async def docstill(url: str, in_flight: int) -> tuple[Call, Callable[[], Awaitable[None]]]:
    from factory.calls.accounting import Accounting
    from factory.calls.client import OnlineClient
    from factory.calls.ledger import Ledger
    from factory.calls.prices import Price
    from factory.teachers import Request
    from factory.teachers.openai_chat import CompatibleTeacher
    from factory.teachers.rate_limiter import RateLimiter

    folder = Path(tempfile.mkdtemp(prefix="docstill-benchmark-"))
    ledger = Ledger(folder / "ledger.db")
    teacher = CompatibleTeacher("mock", url, rate=RateLimiter(in_flight))
    asker = OnlineClient(Accounting(teacher, ledger, Price(1.0, 5.0, 1.0, 1.0)))

    async def call(number: int) -> object:
        async with asker.attempt(list) as ask:
            return (await ask(Request(SYSTEM, user(number), Answered))).value

    async def close() -> None:
        await teacher.close()
        ledger.close()

    return call, close


CONTENDERS = {"raw aiohttp": raw, "openai": sdk, "openai + instructor": bare_instructor, "docstill": docstill}


async def measure(name: str, url: str, calls: int, in_flight: int) -> dict[str, float]:
    call, close = await CONTENDERS[name](url, in_flight)
    numbers = iter(range(calls))
    await call(-1)
    started, cpu = time.monotonic(), time.process_time()

    async def work() -> None:
        for number in numbers:
            await call(number)

    await asyncio.gather(*(work() for _ in range(in_flight)))
    seconds, spent = time.monotonic() - started, time.process_time() - cpu
    await close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"calls a second": calls / seconds, "CPU ms a call": 1000 * spent / calls, "peak MB": peak}


def one(name: str, url: str, calls: int, in_flight: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", name, "--url", url, "--calls", str(calls), "--in-flight", str(in_flight)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return dict(json.loads(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout))


def serve(mock: str, port: int, latency: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, mock, "--port", str(port), "--latency-ms", str(latency), "--facts"], stdout=subprocess.PIPE)
    if process.stdout:
        process.stdout.readline()
    return process


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mock", default=os.environ.get("MOCK_TEACHER", ""))
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--latency-ms", type=int, nargs="+", default=[0, 200])
    parser.add_argument("--in-flight", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--port", type=int, default=8971)
    parser.add_argument("--one", choices=list(CONTENDERS), help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.one:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        print(json.dumps(asyncio.run(measure(told.one, told.url, told.calls, told.in_flight[0]))))
        return
    print(f"{told.calls} calls each; latency ms, in flight, contender, calls a second, CPU ms a call, peak MB")
    for latency in told.latency_ms:
        server = serve(told.mock, told.port, latency)
        for in_flight in told.in_flight:
            for name in CONTENDERS:
                urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{told.port}/reset", b"")).close()
                found = one(name, f"http://127.0.0.1:{told.port}/v1", told.calls, in_flight)
                print(f"{latency:5d} {in_flight:5d}  {name:20s} " + " ".join(f"{v:9.2f}" for v in found.values()), flush=True)
        server.kill()


if __name__ == "__main__":
    main()
