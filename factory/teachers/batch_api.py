"""Use the batch interfaces of OpenAI and Anthropic: half the price, answers within a day."""

import codecs
import json
import os
import re
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Sequence,
)
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from typing import Literal, Protocol, cast

import anthropic

# The transport under both SDKs; a stream that breaks off raises its errors, not theirs.
import httpx2
import openai
from anthropic.types.messages import MessageBatchIndividualResponse
from anthropic.types.messages.batch_create_params import Request as AnthropicRequest
from pydantic import BaseModel, JsonValue

from factory.core.errors import DocstillError, TeacherDown, UserMistake
from factory.core.redaction import keys_in_use, scrub_error, scrub_json
from factory.teachers.credentials import checked_key
from factory.teachers.token_usage import checked_count

ENDPOINT: Literal["/v1/chat/completions"] = "/v1/chat/completions"
ENVELOPE = 192  # bytes around a body: custom_id (at most 64), method, url and JSON syntax
TIMEOUT = httpx2.Timeout(600, connect=10)  # seconds; 200 MB go up before the first byte of a reply
MAX_LINE_BYTES = 64 * 2**20  # bytes; one reply with its envelope
SAFE_ID = re.compile(r"[\w.:-]{1,200}")  # a batch id; it becomes part of addresses and messages
MAX_LINES_PER_REQUEST = 4  # result lines per request of a batch; a longer file is endless
ANTHROPIC = "https://api.anthropic.com"  # where results are, also through a gateway
CLOCK_SKEW_S = 600  # between this machine's clock and the provider's
# Raised by replies that are not of this interface.
MALFORMED_REPLY = (ValueError, AttributeError, TypeError, RecursionError, httpx2.InvalidURL)
_CUSTOM_ID = re.compile(rb'"custom_id"\s*:\s*"([\w-]+)"')
BatchFault = Literal["", "errored", "expired", "canceled"]
NEVER_RAN = 503  # online, such a request would have been refused unread
# Codes of OpenAI's error file for a request without a response.
OPENAI_OUTCOMES: dict[str, tuple[int, BatchFault]] = {
    "batch_expired": (NEVER_RAN, "expired"),
    "batch_cancelled": (NEVER_RAN, "canceled"),
    "request_timeout": (504, "errored"),
}
# Anthropic sends the error type only. The statuses are those of its error page,
# platform.claude.com/docs/en/api/errors; all others are 500.
ANTHROPIC_STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
}
ANTHROPIC_STATUS |= {
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}


async def _refuse_page(response: httpx2.Response) -> None:
    """Refuse an HTML page.

    A login page at a wrong base_url answers 200 too, and the SDKs take its text for a batch.
    """
    if response.is_success and "html" in response.headers.get("content-type", ""):
        raise httpx2.DecodingError("a page, no reply")


REFUSE_PAGES = {"response": [_refuse_page]}


def _no_strangers(*addresses: str | None) -> dict[str, list[Callable[..., Awaitable[None]]]]:
    """Return client hooks that send nothing, and so no key, to any server but these.

    A batch may name any address for its results.
    """
    known = {_origin(httpx2.URL(address)) for address in addresses if address}

    async def refuse_stranger(request: httpx2.Request) -> None:
        if _origin(request.url) not in known:
            raise TeacherDown(
                f"the batch's results are said to lie at {request.url.host}, another server; "
                "no key is sent there"
            )

    return {"request": [refuse_stranger], "response": [_refuse_page]}


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


@dataclass(frozen=True)
class BatchRequest:
    """A request of a batch: its key in the ledger and the body as it would be sent online."""

    key: str
    body: dict[str, object]


@dataclass(frozen=True)
class BatchResult:
    """A batch's result for one key. A request without a result was never run."""

    key: str
    status: int  # the HTTP status it would have had online: 200, 400, 429, 500...
    body: bytes  # JSON of the reply as online (chat completion, message), or of the error
    fault: BatchFault = ""  # "": a reply came


@dataclass(frozen=True)
class BatchStatus:
    """The status of a batch.

    "ended": results can be fetched, also if it expired or was cancelled with part of them.
    "failed": refused as a whole, so that nothing ran and nothing is billed; `reason` is the
    provider's.
    """

    state: Literal["running", "ended", "failed"]
    done: int  # Anthropic reports 0 until all are done
    total: int
    reason: str = ""


class BatchInterface(Protocol):
    """A provider's batch interface.

    Every call raises TeacherDown if it did not get through, and UserMistake if the user can fix it.
    """

    most_lines: int  # of one batch
    most_bytes: int  # of one batch

    async def submit(self, nonce: str, requests: Sequence[BatchRequest]) -> str:
        """Submit a batch and return its id. After a TeacherDown it may still exist: call `find`."""
        ...

    async def find(self, nonce: str, since: float, known: frozenset[str]) -> str | None:
        """Return the id of the batch that was submitted with this nonce, None if there is none.

        `since` is when the nonce was made, in unix seconds; `known` are ids of other batches.
        Raises TeacherDown as long as it can't tell whether a batch is the one.
        """
        ...

    async def status(self, id: str) -> BatchStatus: ...

    def results(self, id: str) -> AsyncGenerator[BatchResult, None]:
        """Yield the results of an ended batch, in any order; one line is in memory at a time."""
        ...

    async def close(self) -> None: ...


def split_into_batches(
    requests: Iterable[BatchRequest], most_lines: int, most_bytes: int
) -> Iterator[list[BatchRequest]]:
    """Split requests into as few batches as the limits allow, in the given order.

    Raises UserMistake for a single request that is over the limit.
    """
    part: list[BatchRequest] = []
    weight = 0
    for request in requests:
        more = ENVELOPE + len(_json(request.body))
        if more > most_bytes:
            raise UserMistake(
                f"request {request.key} has {more:,} bytes, but a batch holds {most_bytes:,}; "
                "set the recipe's chunks.tokens to less"
            )
        if part and (len(part) == most_lines or weight + more > most_bytes):
            yield part
            part, weight = [], 0
        part.append(request)
        weight += more
    if part:
        yield part


class OpenAIBatches:
    """OpenAI's Batch API; the nonce is in a batch's metadata."""

    # openai.types.BatchCreateParams, input_file_id: "up to 50,000 requests, … up to 200 MB in size"
    most_lines = 50_000
    most_bytes = 200_000_000

    def __init__(self, api_key: str, base_url: str | None) -> None:
        key = checked_key(api_key, "OPENAI_API_KEY")
        # A redirect could lead the documents anywhere, and would turn the POST into a GET.
        client = openai.DefaultAsyncHttpxClient(event_hooks=REFUSE_PAGES, follow_redirects=False)
        self._sdk = openai.AsyncOpenAI(
            api_key=key, base_url=base_url, max_retries=0, timeout=TIMEOUT, http_client=client
        )
        self._caller = _Caller("OpenAI", "OPENAI_API_KEY", self._sdk.base_url.netloc.decode(), key)

    async def submit(self, nonce: str, requests: Sequence[BatchRequest]) -> str:
        lines = b"".join(_line(request, nonce) for request in requests)
        with self._caller.translated():
            file = await self._sdk.files.create(
                file=(f"docstill-{nonce}.jsonl", lines, "application/jsonl"), purpose="batch"
            )
            batch = await self._sdk.batches.create(
                input_file_id=file.id,
                endpoint=ENDPOINT,
                completion_window="24h",
                metadata={"docstill": nonce},
            )
            return _id(batch.id)

    async def find(self, nonce: str, since: float, known: frozenset[str]) -> str | None:
        """Find a batch by its metadata;

        OpenAI promises no order of its list, so `since` is unused.
        """
        with self._caller.translated():
            async for batch in self._sdk.batches.list(limit=100):
                if batch.id not in known and (batch.metadata or {}).get("docstill") == nonce:
                    return batch.id
        return None

    async def status(self, id: str) -> BatchStatus:
        with self._caller.translated():
            batch = await self._sdk.batches.retrieve(id)
            counts = batch.request_counts
            done, total = (
                (_sum(counts.completed, counts.failed), _sum(counts.total)) if counts else (0, 0)
            )
            if batch.status == "failed":
                return BatchStatus(
                    "failed",
                    done,
                    total,
                    self._caller.clean(_reason(batch)) or "no reason was given",
                )
            return BatchStatus(
                "ended" if batch.status in ("completed", "expired", "cancelled") else "running",
                done,
                total,
            )

    async def results(self, id: str) -> AsyncGenerator[BatchResult, None]:
        with self._caller.translated():
            batch = await self._sdk.batches.retrieve(id)
            # Taken as "no replies", they would be paid for twice.
            if batch.request_counts and batch.request_counts.completed and not batch.output_file_id:
                raise TeacherDown(
                    f"OpenAI counts {batch.request_counts.completed} replies in batch {id} "
                    "but names no file of them yet"
                )
            for file in (batch.output_file_id, batch.error_file_id):
                if not file:
                    continue
                async with self._sdk.files.with_streaming_response.content(_id(file)) as content:
                    async for line in _lines(
                        content.iter_bytes(), MAX_LINES_PER_REQUEST * self.most_lines
                    ):
                        yield _openai_line(line)

    async def close(self) -> None:
        await self._sdk.close()


class AnthropicBatches:
    """Anthropic's Message Batches.

    They have no metadata: the nonce is in each custom_id, which only the results show.
    """

    # platform.claude.com/docs/en/build-with-claude/batch-processing: "100,000 Message requests or
    # 256 MB"
    most_lines = 100_000
    most_bytes = 256_000_000

    def __init__(self, api_key: str, base_url: str | None) -> None:
        key = checked_key(api_key, "ANTHROPIC_API_KEY")
        hooks = _no_strangers(base_url, ANTHROPIC)
        client = anthropic.DefaultAsyncHttpxClient(event_hooks=hooks, follow_redirects=False)
        self._sdk = anthropic.AsyncAnthropic(
            api_key=key, base_url=base_url, max_retries=0, timeout=TIMEOUT, http_client=client
        )
        self._caller = _Caller(
            "Anthropic", "ANTHROPIC_API_KEY", self._sdk.base_url.netloc.decode(), key
        )

    async def submit(self, nonce: str, requests: Sequence[BatchRequest]) -> str:
        sent = [
            {"custom_id": f"{request.key}-{nonce}", "params": request.body} for request in requests
        ]
        with self._caller.translated():
            batch = await self._sdk.messages.batches.create(
                requests=cast("list[AnthropicRequest]", sent)
            )
            return _id(batch.id)

    async def find(self, nonce: str, since: float, known: frozenset[str]) -> str | None:
        """Read one result of each batch that is younger than the nonce.

        Raises TeacherDown while one of them has no results yet.
        """
        running = ""
        with self._caller.translated():
            # The newest comes first, according to the SDK.
            async for batch in self._sdk.messages.batches.list(limit=100):
                if batch.created_at.timestamp() < since - CLOCK_SKEW_S:
                    break
                if batch.id in known:
                    continue
                if batch.processing_status != "ended":
                    running = batch.id
                elif batch.results_url and await self._carries(batch.id, nonce):
                    return batch.id
        if running:
            raise TeacherDown(
                f"at Anthropic a batch of unknown origin is still in progress (id {running}); "
                "run again when it has ended"
            )
        return None

    async def _carries(self, id: str, nonce: str) -> bool:
        async with aclosing(self._outcomes(id)) as outcomes:
            first = await anext(outcomes, None)
        return first is not None and first.custom_id.endswith(f"-{nonce}")

    async def status(self, id: str) -> BatchStatus:
        with self._caller.translated():
            batch = await self._sdk.messages.batches.retrieve(id)
            counts = batch.request_counts
            done = _sum(counts.succeeded, counts.errored, counts.expired, counts.canceled)
            return BatchStatus(
                "ended" if batch.processing_status == "ended" else "running",
                done,
                done + _sum(counts.processing),
            )

    async def results(self, id: str) -> AsyncGenerator[BatchResult, None]:
        with self._caller.translated():
            async with aclosing(self._outcomes(id)) as outcomes:
                async for outcome in outcomes:
                    yield _returned(outcome)

    async def _outcomes(self, id: str) -> AsyncGenerator[MessageBatchIndividualResponse, None]:
        results = await self._sdk.messages.batches.results(id)
        try:
            async for line in results:
                yield line
        finally:
            await results.close()

    async def close(self) -> None:
        await self._sdk.close()


def batches_of(provider: str, base_url: str | None) -> BatchInterface:
    """Return the provider's batch interface, with the key from the environment.

    Raises UserMistake if the key is missing and no gateway is used.
    """
    unkeyed = "none" if base_url else ""  # a gateway may want no key
    if provider == "openai":
        return OpenAIBatches(os.environ.get("OPENAI_API_KEY", "") or unkeyed, base_url)
    address = base_url.rstrip("/").removesuffix("/v1") if base_url else None
    return AnthropicBatches(os.environ.get("ANTHROPIC_API_KEY", "") or unkeyed, address)


class _OpenAIReply(BaseModel):
    status_code: int
    body: JsonValue = None


class _OpenAILine(BaseModel):
    """A line of an output or error file, for which the SDK has no type; either field is set."""

    custom_id: str
    response: _OpenAIReply | None = None
    error: dict[str, JsonValue] | None = None

    def returned(self) -> BatchResult:
        key = _key(self.custom_id)
        if self.response:
            status = self.response.status_code
            return BatchResult(
                key, status, _clean_json(self.response.body), "" if status == 200 else "errored"
            )
        code = (self.error or {}).get("code")
        status, fault = OPENAI_OUTCOMES.get(str(code), (500, "errored"))
        return BatchResult(key, status, _clean_json({"error": self.error}), fault)


def _openai_line(line: bytes) -> BatchResult:
    """Read a line of a result file.

    A line that is broken but names its request counts as a reply that was paid for and can't be
    used. Raises ValueError if it names none: ignored, its request would be paid for twice.
    """
    try:
        return _OpenAILine.model_validate_json(line.removeprefix(codecs.BOM_UTF8)).returned()
    except (ValueError, RecursionError):
        if named := _CUSTOM_ID.search(line):
            return BatchResult(_key(named.group(1).decode(errors="replace")), 200, _json(None))
        raise


def _returned(line: MessageBatchIndividualResponse) -> BatchResult:
    """Read a line of Anthropic's results; its error is the whole body that it would be online."""
    key, outcome = _key(line.custom_id), line.result
    kind = getattr(outcome, "type", None)
    try:
        if outcome.type == "succeeded":
            return BatchResult(key, 200, _body(outcome.message))
        if outcome.type == "errored":
            return BatchResult(
                key,
                ANTHROPIC_STATUS.get(outcome.error.error.type, 500),
                _body(outcome.error),
                "errored",
            )
        if outcome.type in ("expired", "canceled"):
            return BatchResult(
                key,
                NEVER_RAN,
                _json({"type": "error", "error": {"type": outcome.type}}),
                outcome.type,
            )
    except AttributeError:  # the SDK passes on whatever it got
        pass
    if kind == "errored":
        return BatchResult(
            key, 500, _json({"error": {"message": "an error without words"}}), "errored"
        )
    # The request is known but its reply unreadable: paid for, not usable.
    return BatchResult(key, 200, _json(None))


def _reason(batch: openai.types.Batch) -> str:
    """The provider's words on a batch that it refused."""
    errors = (batch.errors.data if batch.errors else None) or []
    return "; ".join(
        f"{e.message} ({e.code}{f', line {e.line}' if e.line else ''})" for e in errors[:3]
    )


def _id(given: object) -> str:
    """Return an id that is safe in addresses and messages. Raises ValueError."""
    if not isinstance(given, str) or not SAFE_ID.fullmatch(given):
        raise ValueError("no name of a batch or a file")
    return given


def _sum(*counts: object) -> int:
    """Raises ValueError for what is no count; providers leave some out."""
    return sum(checked_count(one) for one in counts if one is not None)


def _body(part: anthropic.BaseModel) -> bytes:
    # Fields without an SDK type pass unchanged.
    return _clean_json(part.to_dict(mode="json", warnings=False))


@dataclass(frozen=True)
class _Caller:
    """The provider and the key of our calls; the key must not be in any message."""

    name: str
    variable: str
    host: str
    key: str = field(repr=False)

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn the SDKs' errors into docstill's, `from None`: their text may hold part of the key.

        A ValueError is a reply that is not JSON (from json) or not of this interface (from
        pydantic). The SDKs check nothing that they read: a list in place of an object fails when
        one of its fields is used, and too deep a nesting raises RecursionError.
        """
        try:
            yield
        except (openai.OpenAIError, anthropic.AnthropicError, httpx2.HTTPError) as error:
            raise self._meaning(error) from None
        except MALFORMED_REPLY as error:
            raise self._meaning(error) from None

    def _meaning(self, error: Exception) -> DocstillError:
        where = f"{self.name} at {self.host}"
        if isinstance(error.__cause__, TeacherDown):  # a hook's
            return error.__cause__
        if isinstance(error, (openai.APIStatusError, anthropic.APIStatusError)):
            return self._by_status(error, where)
        if isinstance(
            error, (openai.APITimeoutError, anthropic.APITimeoutError, httpx2.TimeoutException)
        ):
            return TeacherDown(f"{where} did not answer in time")
        if isinstance(
            error, (openai.APIConnectionError, anthropic.APIConnectionError, httpx2.HTTPError)
        ):
            return TeacherDown(f"{where} can't be reached, or sends no proper reply")
        if isinstance(error, (openai.APIError, anthropic.APIError, *MALFORMED_REPLY)):
            return TeacherDown(
                f"{where} sent a reply that is not of its batch interface ({type(error).__name__})"
            )
        # The SDK refuses the call: results are gone.
        return UserMistake(f"{where}: {self.clean(str(error))}")

    def _by_status(
        self, error: openai.APIStatusError | anthropic.APIStatusError, where: str
    ) -> DocstillError:
        status, words = error.status_code, self.clean(_words(error))
        if status == 401:
            return UserMistake(
                f"{where} does not accept the key in {self.variable} (401); "
                f"set {self.variable} to a valid one"
            )
        if status == 403:
            return UserMistake(
                f"{where} does not let the key in {self.variable} use batches (403: {words})"
            )
        if 300 <= status < 400:
            return UserMistake(
                f"{where} answered {status}: the address has moved; set base_url to the new address"
            )
        if status in (408, 409, 429) or status >= 500:
            return TeacherDown(f"{where} answered {status}: {words}")
        return UserMistake(f"{where} refused the call ({status}: {words})")

    def clean(self, words: str) -> str:
        printable = "".join(c if c.isprintable() else " " for c in words[:10_000])
        return " ".join(scrub_error(printable, (self.key, *keys_in_use())).split())[:300]


def _words(error: openai.APIStatusError | anthropic.APIStatusError) -> str:
    """Return the provider's message; only the openai SDK has unwrapped the body's `error`."""
    body = error.body
    inner = body.get("error", body) if isinstance(body, dict) else None
    return str(inner.get("message") or error.message) if isinstance(inner, dict) else error.message


def _line(request: BatchRequest, nonce: str) -> bytes:
    return (
        _json(
            {
                "custom_id": f"{request.key}-{nonce}",
                "method": "POST",
                "url": ENDPOINT,
                "body": request.body,
            }
        )
        + b"\n"
    )


def _key(custom_id: str) -> str:
    return custom_id.rpartition("-")[0]


def _clean_json(value: object) -> bytes:
    """Remove keys from outside text: the ledger holds it until it is read."""
    return _json(scrub_json(value))


def _json(value: object) -> bytes:
    """Write ASCII, so that no reader takes a document's character for a line end."""
    return json.dumps(value, separators=(",", ":")).encode()


async def _lines(chunks: AsyncIterator[bytes], most: int) -> AsyncGenerator[bytes, None]:
    """Split at line feeds only: httpx also splits at U+2028, which a JSON string may hold."""
    rest, seen = b"", 0
    async for chunk in chunks:
        seen += chunk.count(b"\n")
        if seen > most:
            raise httpx2.DecodingError("a file without end")
        if len(rest) > MAX_LINE_BYTES:
            raise httpx2.DecodingError("a line without end")
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            if line.strip():
                yield line
    if rest.strip():
        yield rest
