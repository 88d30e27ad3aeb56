"""The batch interfaces of OpenAI and Anthropic as a small local server, each request answered by a chat server behind it.

Start   python tests/batch_server.py --port 8910 --upstream http://127.0.0.1:8900/v1        Listens on 127.0.0.1 only.
OpenAI      base_url http://127.0.0.1:8910/v1: files (create, get, content), batches (create, list, get, cancel)
Anthropic   base_url http://127.0.0.1:8910: messages/batches (create, list, get, results, cancel)
Any key is accepted but "wrong". Each line goes to UPSTREAM/chat/completions or UPSTREAM/messages, sent once, with the header
Idempotency-Key = its custom_id up to the first "-". Outcomes come in another order than the lines.
POST /config {json}   hold_s      seconds that a batch stays in progress before its first line is run
                      expire, error, bad   shares of lines that expire, end in a server error, are refused as invalid; decided by the
                                  key and how often it was seen, so the same for every run and another at the next try
                      lose_create the next create does its work, then the connection is closed without a reply
                      break_results   the next file of outcomes breaks off half-way
                      most_lines  of one OpenAI batch (50000)
GET  /stats           batches, lines, billed_lines (those that succeeded), keys {key: times succeeded}, billed_prompt_tokens,
                      billed_completion_tokens, online (replies to requests of their own, which stand in none of the other counts)
ANY  /page/…          an HTML page with status 200
POST /reset           forgets batches, files, counts and config
"""

import argparse
import asyncio
import itertools
import json
import random
import re
import secrets
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import aiohttp
from aiohttp import web

Json = dict[str, Any]
Kind = Literal["openai", "anthropic"]
HERE = "127.0.0.1"
IN_FLIGHT = 16
ENDPOINT = "/v1/chat/completions"
MOST_LINES = {"openai": 50_000, "anthropic": 100_000}
DAY = 24 * 3600
SPLIT = "\u2028"  # stands in the words of every error: JSON allows it inside a string, and a careless reader ends its line there
NEEDED = {"openai": ("model", "messages"), "anthropic": ("model", "messages", "max_tokens")}
PATHS = {"openai": "chat/completions", "anthropic": "messages"}
PIECE = 1000  # bytes of a result file that are written at once; lines cross the borders


@dataclass
class Config:
    hold_s: float = 0
    expire: float = 0
    error: float = 0
    bad: float = 0
    lose_create: bool = False
    break_results: bool = False
    most_lines: int = MOST_LINES["openai"]


@dataclass
class Stats:
    batches: int = 0
    lines: int = 0
    billed_lines: int = 0
    billed_prompt_tokens: int = 0
    billed_completion_tokens: int = 0
    online: int = 0
    keys: dict[str, int] = field(default_factory=dict)  # a Counter does not outlive asdict


@dataclass
class Line:
    custom_id: str
    body: Json

    @property
    def key(self) -> str:
        return self.custom_id.partition("-")[0]


@dataclass
class Outcome:
    """status 0: it expired or was cancelled, and never ran."""

    custom_id: str
    how: Literal["succeeded", "errored", "expired", "canceled"]
    status: int = 0
    body: Json = field(default_factory=dict)


@dataclass
class Batch:
    kind: Kind
    id: str
    asked: Json  # the body of its create
    status: str
    lines: list[Line] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    times: dict[str, float] = field(default_factory=dict)
    errors: list[Json] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    cancelled: bool = False

    def turn(self, status: str) -> None:
        self.status = status
        self.times[status] = time.time()

    def count(self, *hows: str) -> int:
        return sum(o.how in hows for o in self.outcomes)


def refusal(kind: Kind, status: int, words: str, code: str | None = None) -> Json:
    """An error's body as the provider words it."""
    names = {400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error", 500: "api_error"}
    if kind == "anthropic":
        return {"type": "error", "error": {"type": names[status], "message": words}, "request_id": f"req_{secrets.token_hex(8)}"}
    return {"error": {"message": words, "type": "server_error" if status == 500 else "invalid_request_error", "param": None, "code": code}}


class Refused(Exception):  # noqa: N818
    def __init__(self, kind: Kind, status: int, words: str, code: str | None = None) -> None:
        super().__init__(words)
        self.reply = web.json_response(refusal(kind, status, words, code), status=status)


def dumps(line: Json) -> bytes:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def kind_of(path: str) -> Kind:
    return "anthropic" if path.startswith("/v1/messages") else "openai"


class Server:
    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.running: set[asyncio.Task[None]] = set()
        self.forget()

    def forget(self) -> None:
        for task in self.running:
            task.cancel()
        self.config, self.stats = Config(), Stats()
        self.batches: dict[str, Batch] = {}
        self.files: dict[str, tuple[Json, bytes]] = {}
        self.seen: Counter[str] = Counter()
        self.at_once = asyncio.Semaphore(IN_FLIGHT)

    # A batch runs.

    def begin(self, batch: Batch) -> None:
        self.batches[batch.id] = batch
        self.stats.batches += 1
        task = asyncio.create_task(self.run_openai(batch) if batch.kind == "openai" else self.run(batch, "ended"))
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def run_openai(self, batch: Batch) -> None:
        await asyncio.sleep(0.02)
        batch.lines, batch.errors = read_lines(self.files[batch.asked["input_file_id"]][1], self.config.most_lines)
        if batch.errors:
            return batch.turn("failed")
        batch.turn("in_progress")
        await self.run(batch, "finalizing")
        await asyncio.sleep(0.02)
        replies = [o for o in batch.outcomes if o.how == "succeeded"]
        for name, outcomes in (("output", replies), ("error", [o for o in batch.outcomes if o.how != "succeeded"])):
            if outcomes:
                written = b"".join(dumps(openai_line(o)) for o in outcomes)
                batch.files[name] = self.keep(f"{batch.id}_{name}.jsonl", "batch_output", written)["id"]
        return batch.turn("cancelled" if batch.cancelled else "expired" if batch.count("expired") else "completed")

    async def run(self, batch: Batch, then: str) -> None:
        self.stats.lines += len(batch.lines)
        held_until = time.monotonic() + self.config.hold_s
        while time.monotonic() < held_until and not batch.cancelled:
            await asyncio.sleep(0.02)
        async with aiohttp.ClientSession() as session:
            await asyncio.gather(*(self.answer(session, batch, line) for line in batch.lines))
        random.Random(batch.id).shuffle(batch.outcomes)
        batch.turn(then)

    async def answer(self, session: aiohttp.ClientSession, batch: Batch, line: Line) -> None:
        async with self.at_once:
            batch.outcomes.append(Outcome(line.custom_id, "canceled") if batch.cancelled else await self.outcome(session, batch.kind, line))

    async def outcome(self, session: aiohttp.ClientSession, kind: Kind, line: Line) -> Outcome:
        self.seen[line.key] += 1
        lot = random.Random(f"{line.key} {self.seen[line.key]}").random()
        expire, error, bad = itertools.accumulate((self.config.expire, self.config.error, self.config.bad))
        missing = [name for name in NEEDED[kind] if name not in line.body]
        if lot < expire:
            return Outcome(line.custom_id, "expired")
        if lot < error:
            return Outcome(line.custom_id, "errored", 500, refusal(kind, 500, f"The server had an error{SPLIT}while it ran your request."))
        if lot < bad or missing:
            words = f"{missing[0] if missing else 'messages'}: field required{SPLIT}or not valid"
            return Outcome(line.custom_id, "errored", 400, refusal(kind, 400, words))
        return await self.forward(session, kind, line)

    async def forward(self, session: aiohttp.ClientSession, kind: Kind, line: Line) -> Outcome:
        try:
            async with session.post(
                f"{self.upstream}/{PATHS[kind]}", json=line.body, headers={"Idempotency-Key": line.key, "x-api-key": "none"}
            ) as reply:
                status, body = reply.status, json.loads(await reply.read())
        except (aiohttp.ClientError, ValueError, TimeoutError):
            status, body = 500, refusal(kind, 500, "the chat server broke off its reply")
        if status != 200:
            return Outcome(line.custom_id, "errored", status, body)
        usage = body["usage"]
        self.stats.billed_lines += 1
        self.stats.keys[line.key] = self.stats.keys.get(line.key, 0) + 1
        self.stats.billed_prompt_tokens += usage["prompt_tokens" if kind == "openai" else "input_tokens"]
        self.stats.billed_completion_tokens += usage["completion_tokens" if kind == "openai" else "output_tokens"]
        return Outcome(line.custom_id, "succeeded", 200, body)

    # What is asked of it.

    async def online(self, request: web.Request) -> web.Response:
        """A request of its own, at the full price."""
        headers = {"Idempotency-Key": request.headers.get("Idempotency-Key", ""), "x-api-key": "none"}
        async with aiohttp.ClientSession() as session:
            url = f"{self.upstream}/{PATHS[kind_of(request.path)]}"
            async with session.post(url, data=await request.read(), headers=headers) as reply:
                self.stats.online += reply.status == 200
                return web.Response(body=await reply.read(), status=reply.status, content_type="application/json")

    @web.middleware
    async def door(self, request: web.Request, handler: Any) -> web.StreamResponse:  # noqa: ANN401
        kind = kind_of(request.path)
        try:
            if request.path.startswith("/v1/"):
                admit(request, kind)
            answered: web.StreamResponse = await handler(request)
        except Refused as refused:
            return refused.reply
        if self.config.lose_create and request.method == "POST" and request.path.endswith("/batches"):
            self.config.lose_create = False
            if request.transport:
                request.transport.abort()
        return answered

    async def configure(self, request: web.Request) -> web.Response:
        for name, value in (await request.json()).items():
            if name not in asdict(self.config):
                return web.json_response({"unknown": name}, status=400)
            setattr(self.config, name, value)
        return web.json_response(asdict(self.config))

    async def tell(self, request: web.Request) -> web.Response:
        return web.json_response(asdict(self.stats))

    async def reset(self, request: web.Request) -> web.Response:
        self.forget()
        return web.json_response({})

    def keep(self, name: str, purpose: str, content: bytes) -> Json:
        told = {
            "id": f"file-{secrets.token_hex(12)}",
            "object": "file",
            "bytes": len(content),
            "created_at": int(time.time()),
            "filename": name,
            "purpose": purpose,
            "status": "processed",
            "status_details": None,
        }
        self.files[str(told["id"])] = (told, content)
        return told

    async def upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        file, purpose = form.get("file"), form.get("purpose")
        if not isinstance(file, web.FileField) or purpose != "batch":
            raise Refused("openai", 400, "'file' and 'purpose' are required properties, and purpose is one of: batch")
        return web.json_response(self.keep(file.filename, "batch", file.file.read()))

    async def told_file(self, request: web.Request) -> web.Response:
        return web.json_response(self.file(request)[0])

    async def content(self, request: web.Request) -> web.StreamResponse:
        return await self.streamed(request, self.file(request)[1])

    def file(self, request: web.Request) -> tuple[Json, bytes]:
        id = request.match_info["id"]
        if id not in self.files:
            raise Refused("openai", 404, f"No such File object: {id}")
        return self.files[id]

    async def create_openai(self, request: web.Request) -> web.Response:
        asked = await body_of(request)
        if asked.get("endpoint") != ENDPOINT or asked.get("completion_window") != "24h":
            raise Refused("openai", 400, f"Invalid value: 'endpoint' must be '{ENDPOINT}' and 'completion_window' must be '24h'.")
        told, _ = self.files.get(str(asked.get("input_file_id")), ({}, b""))
        if told.get("purpose") != "batch":
            raise Refused("openai", 400, f"Invalid input file ID: {asked.get('input_file_id')}; its purpose must be 'batch'.")
        metadata = asked.get("metadata") or {}
        if len(metadata) > 16 or any(len(k) > 64 or not isinstance(v, str) or len(v) > 512 for k, v in metadata.items()):
            raise Refused("openai", 400, "Invalid 'metadata': at most 16 pairs of strings of at most 64 and 512 characters.")
        batch = Batch("openai", f"batch_{secrets.token_hex(12)}", asked, "validating", times={"created": time.time()})
        self.begin(batch)
        return web.json_response(told_openai(batch))

    async def create_anthropic(self, request: web.Request) -> web.Response:
        asked = await body_of(request)
        requests = asked.get("requests")
        if not isinstance(requests, list) or not 0 < len(requests) <= MOST_LINES["anthropic"]:
            raise Refused("anthropic", 400, f"requests: List should have 1 to {MOST_LINES['anthropic']} items")
        for at, one in enumerate(requests):
            if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", str(one.get("custom_id"))) or not isinstance(one.get("params"), dict):
                raise Refused("anthropic", 400, f"requests.{at}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{{1,64}}$'")
        twice = [id for id, times in Counter(one["custom_id"] for one in requests).items() if times > 1]
        if twice:
            raise Refused("anthropic", 400, f"requests: custom_id must be unique within a batch: {twice[0]}")
        batch = Batch("anthropic", f"msgbatch_{secrets.token_hex(12)}", {}, "in_progress", times={"created": time.time()})
        batch.lines = [Line(one["custom_id"], one["params"]) for one in requests]
        self.begin(batch)
        return web.json_response(told_anthropic(batch, request))

    async def told(self, request: web.Request) -> web.Response:
        batch = self.batch(request)
        return web.json_response(told_openai(batch) if batch.kind == "openai" else told_anthropic(batch, request))

    def batch(self, request: web.Request) -> Batch:
        kind, id = kind_of(request.path), request.match_info["id"]
        found = self.batches.get(id)
        if not found or found.kind != kind:
            raise Refused(kind, 404, f"No batch found with id '{id}'.")
        return found

    async def cancel(self, request: web.Request) -> web.Response:
        batch = self.batch(request)
        if batch.status not in ("validating", "in_progress"):
            raise Refused(batch.kind, 400, f"Cannot cancel a batch with status '{batch.status}'.")
        batch.cancelled = True
        batch.turn("cancelling" if batch.kind == "openai" else "canceling")
        return await self.told(request)

    async def listed(self, request: web.Request) -> web.Response:
        """One page, the newest first: OpenAI's cursor is `after`, Anthropic's `after_id` and `before_id`."""
        kind = kind_of(request.path)
        found = [b for b in reversed(self.batches.values()) if b.kind == kind]
        limit = int(request.query.get("limit", 20))
        if not 1 <= limit <= (100 if kind == "openai" else 1000):
            raise Refused(kind, 400, f"limit: {limit} is out of range")
        places = {b.id: place for place, b in enumerate(found)}
        after = request.query.get("after" if kind == "openai" else "after_id")
        before = request.query.get("before_id")
        start = places[after] + 1 if after else max(0, places[before] - limit) if before else 0
        page = found[start : places[before] if before else start + limit][:limit]
        told = [told_openai(b) if kind == "openai" else told_anthropic(b, request) for b in page]
        more = start > 0 if before else start + limit < len(found)
        ids = {"first_id": page[0].id if page else None, "last_id": page[-1].id if page else None}
        return web.json_response({"data": told, "has_more": more, **ids} | ({"object": "list"} if kind == "openai" else {}))

    async def results(self, request: web.Request) -> web.StreamResponse:
        batch = self.batch(request)
        if batch.status != "ended":
            raise Refused("anthropic", 404, f"Batch {batch.id} has no available results.")
        return await self.streamed(request, b"".join(dumps(anthropic_line(o)) for o in batch.outcomes))

    async def streamed(self, request: web.Request, content: bytes) -> web.StreamResponse:
        breaks, self.config.break_results = self.config.break_results, False
        response = web.StreamResponse(headers={"Content-Type": "application/binary"})
        await response.prepare(request)
        for start in range(0, len(content) // 2 if breaks else len(content), PIECE):
            await response.write(content[start : start + PIECE])
        if breaks and request.transport:
            await asyncio.sleep(0.05)  # what is written gets through
            request.transport.abort()
        else:
            await response.write_eof()
        return response

    def app(self) -> web.Application:
        app = web.Application(client_max_size=300 * 2**20, middlewares=[self.door])
        app.add_routes([web.post("/config", self.configure), web.get("/stats", self.tell), web.post("/reset", self.reset)])
        app.add_routes([web.route("*", "/page/{rest:.*}", page)])
        app.add_routes([web.post("/v1/files", self.upload), web.get("/v1/files/{id}", self.told_file)])
        app.add_routes([web.get("/v1/files/{id}/content", self.content)])
        for path, create in (("/v1/batches", self.create_openai), ("/v1/messages/batches", self.create_anthropic)):
            app.add_routes([web.post(path, create), web.get(path, self.listed), web.get(path + "/{id}", self.told)])
            app.add_routes([web.post(path + "/{id}/cancel", self.cancel)])
        app.add_routes([web.get("/v1/messages/batches/{id}/results", self.results)])
        app.add_routes([web.post("/v1/chat/completions", self.online), web.post("/v1/messages", self.online)])
        return app


def admit(request: web.Request, kind: Kind) -> None:
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if kind == "anthropic":
        if request.headers.get("x-api-key", bearer) in ("", "wrong"):  # its SDK sends the key as a bearer since 2.x
            raise Refused(kind, 401, "invalid x-api-key")
        if "anthropic-version" not in request.headers:
            raise Refused(kind, 400, "anthropic-version: header is required")
        return
    if bearer in ("", "wrong"):
        words = f"Incorrect API key provided: {bearer}. You can find your API key at https://platform.openai.com/account/api-keys."
        raise Refused(kind, 401, words, "invalid_api_key")


async def page(request: web.Request) -> web.Response:
    return web.Response(text="<html>Please log in.</html>", content_type="text/html")


async def body_of(request: web.Request) -> Json:
    try:
        body = json.loads(await request.read())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refused(kind_of(request.path), 400, "We could not parse the JSON body of your request.")
    return body


def read_lines(content: bytes, most_lines: int) -> tuple[list[Line], list[Json]]:
    """The lines of an input file, and what OpenAI's validation finds wrong with them."""
    lines: dict[str, Line] = {}
    errors: list[Json] = []
    raw = [line for line in content.split(b"\n") if line.strip()]
    if not raw:
        errors.append(flaw("empty_file", "The input file is empty. Please ensure that the batch contains at least one request."))
    if len(raw) > most_lines:
        errors.append(flaw("too_many_tasks", f"The batch input file holds {len(raw)} requests, at most {most_lines} are allowed."))
    for at, text in enumerate(raw[:most_lines], 1):
        try:
            line = json.loads(text)
            id, url, body = line["custom_id"], line["url"], line["body"]
        except (ValueError, KeyError, TypeError):
            errors.append(flaw("invalid_json_line", "This line is not parseable as valid JSON, or lacks a required field.", at))
            continue
        if url != ENDPOINT or line.get("method") != "POST":
            errors.append(flaw("mismatched_url", f"The URL {url} of this request does not match the batch endpoint {ENDPOINT}.", at))
        if id in lines:
            errors.append(flaw("duplicate_custom_id", f"The custom_id '{id}' for this request is a duplicate of another request.", at))
        lines[id] = Line(id, body)
    return list(lines.values()), errors


def flaw(code: str, message: str, line: int | None = None) -> Json:
    return {"code": code, "message": message, "param": None, "line": line}


def told_openai(batch: Batch) -> Json:
    def at(status: str) -> int | None:
        return int(batch.times[status]) if status in batch.times else None

    return {
        "id": batch.id,
        "object": "batch",
        "endpoint": batch.asked["endpoint"],
        "errors": {"object": "list", "data": batch.errors} if batch.errors else None,
        "input_file_id": batch.asked["input_file_id"],
        "completion_window": "24h",
        "status": batch.status,
        "output_file_id": batch.files.get("output"),
        "error_file_id": batch.files.get("error"),
        "created_at": at("created"),
        "expires_at": int(batch.times["created"]) + DAY,
        **{f"{s}_at": at(s) for s in ("in_progress", "finalizing", "completed", "failed", "expired", "cancelling", "cancelled")},
        "request_counts": {
            "total": 0 if batch.errors else len(batch.lines),
            "completed": batch.count("succeeded"),
            "failed": batch.count("errored", "expired", "canceled"),
        },
        "metadata": batch.asked.get("metadata"),
    }


def told_anthropic(batch: Batch, request: web.Request) -> Json:
    def at(status: str) -> str | None:
        return datetime.fromtimestamp(batch.times[status], UTC).isoformat() if status in batch.times else None

    ended = batch.status == "ended"
    counts = {how: batch.count(how) if ended else 0 for how in ("succeeded", "errored", "canceled", "expired")}
    return {
        "id": batch.id,
        "type": "message_batch",
        "processing_status": batch.status,
        "request_counts": {"processing": 0 if ended else len(batch.lines), **counts},
        "created_at": at("created"),
        "expires_at": datetime.fromtimestamp(batch.times["created"] + DAY, UTC).isoformat(),
        "ended_at": at("ended"),
        "archived_at": None,
        "cancel_initiated_at": at("canceling"),
        "results_url": f"http://{request.host}/v1/messages/batches/{batch.id}/results" if ended else None,
    }


def openai_line(outcome: Outcome) -> Json:
    line: Json = {"id": f"batch_req_{secrets.token_hex(12)}", "custom_id": outcome.custom_id, "response": None, "error": None}
    if outcome.how == "expired":
        line["error"] = {"code": "batch_expired", "message": "This request could not be executed before the completion window expired."}
    elif outcome.how == "canceled":
        line["error"] = {"code": "batch_cancelled", "message": "The batch was cancelled before this request was executed."}
    else:
        line["response"] = {"status_code": outcome.status, "request_id": f"req_{secrets.token_hex(8)}", "body": outcome.body}
    return line


def anthropic_line(outcome: Outcome) -> Json:
    content = {"succeeded": {"message": outcome.body}, "errored": {"error": outcome.body}}.get(outcome.how, {})
    return {"custom_id": outcome.custom_id, "result": {"type": outcome.how, **content}}


@dataclass
class BatchServer:
    """This server as a process of its own."""

    port: int
    upstream: str
    at: str = ""

    @property
    def url(self) -> str:
        return f"http://{HERE}:{self.port}{self.at}"

    def config(self, **options: float | bool) -> None:
        self._post("config", options)

    def reset(self) -> None:
        self._post("reset", {})

    def stats(self) -> Json:
        with urllib.request.urlopen(f"{self.url}/stats") as reply:
            found: Json = json.load(reply)
        return found

    def _post(self, path: str, body: Json) -> None:
        with urllib.request.urlopen(f"{self.url}/{path}", data=json.dumps(body).encode()) as reply:
            reply.read()


@contextmanager
def serving_batches(port: int, upstream: str) -> Iterator[BatchServer]:
    command = [sys.executable, __file__, "--port", str(port), "--upstream", upstream]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        if not (process.stdout and process.stdout.readline()):
            raise RuntimeError("the batch server does not start")
        yield BatchServer(port, upstream)
    finally:
        process.kill()
        process.communicate()


async def serve(port: int, upstream: str) -> None:
    runner = web.AppRunner(Server(upstream.rstrip("/")).app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HERE, port).start()
    sys.stdout.write(f"batch server on http://{HERE}:{port}, lines go to {upstream}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8910)
    parser.add_argument("--upstream", required=True)
    options = parser.parse_args(arguments)
    asyncio.run(serve(options.port, options.upstream))


if __name__ == "__main__":
    main()
