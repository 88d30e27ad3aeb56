"""Local server for OpenAI chat completions, in a thread of this process, that answers with a
callable.
"""

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

from aiohttp import web

from filters.text.segment import words

LOCALHOST = "127.0.0.1"
LARGEST_REQUEST = 64 * 2**20  # bytes of a request

# Takes system text, user text and key of a request; returns the reply's JSON, or None if unknown.
AnswerRequest = Callable[[str, str, str], str | None]


@contextmanager
def serve_locally(answer: AnswerRequest) -> Iterator[str]:
    """Yield the base URL of a server on a free port; it stops when the block ends."""
    loop = asyncio.new_event_loop()
    runner = loop.run_until_complete(_started(answer))
    url = f"http://{LOCALHOST}:{runner.addresses[0][1]}/v1"
    thread = Thread(target=loop.run_forever, name="rehearsal", daemon=True)
    thread.start()
    try:
        with _no_proxy():
            yield url
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def _no_proxy() -> Iterator[None]:
    """Bypass a company's proxy, which can't reach this process."""
    before = os.environ.get("no_proxy")
    os.environ["no_proxy"] = ",".join(
        part for part in (before or os.environ.get("NO_PROXY"), LOCALHOST) if part
    )
    try:
        yield
    finally:
        del os.environ["no_proxy"]
        if before is not None:
            os.environ["no_proxy"] = before


async def _started(answer: AnswerRequest) -> web.AppRunner:
    async def completions(request: web.Request) -> web.Response:
        asked = json.loads(await request.read())
        system, user = (m["content"] for m in asked["messages"])
        said = answer(system, user, request.headers.get("Idempotency-Key", ""))
        if said is None:
            return web.json_response(
                {"error": {"message": "the rehearsal has no gold row for this request"}}, status=400
            )
        return web.json_response(_completion(said, len(words(system)) + len(words(user))))

    app = web.Application(client_max_size=LARGEST_REQUEST)
    app.router.add_post("/v1/chat/completions", completions)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, LOCALHOST, 0).start()
    return runner


def _completion(said: str, tokens_in: int) -> dict[str, object]:
    tokens_out = len(words(said))
    return {
        "id": "rehearsal",
        "object": "chat.completion",
        "created": 0,
        "model": "rehearsal",
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": said}}
        ],
        "usage": {
            "prompt_tokens": tokens_in,
            "completion_tokens": tokens_out,
            "total_tokens": tokens_in + tokens_out,
        },
    }
