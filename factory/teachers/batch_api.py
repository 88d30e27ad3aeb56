"""Batch interfaces of OpenAI and Anthropic as one more way for requests to travel: half the price, an answer within a day."""

import codecs
import json
import os
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from typing import Literal, Protocol, cast

import anthropic
import httpx2  # the transport under both SDKs: what breaks off in the middle of a stream reaches us as its error, not as theirs
import openai
from anthropic.types.messages import MessageBatchIndividualResponse
from anthropic.types.messages.batch_create_params import Request as AnthropicRequest
from pydantic import BaseModel, JsonValue

from factory.core.errors import DocstillError, TeacherDown, UserMistake
from factory.core.redaction import keys_in_use, scrub_error, scrub_json
from factory.teachers.credentials import usable
from factory.teachers.token_usage import count

ENDPOINT: Literal["/v1/chat/completions"] = "/v1/chat/completions"
ENVELOPE = 192  # bytes of a line around its body: custom_id (64 at most), method, url and the JSON between them
TIMEOUT = httpx2.Timeout(600, connect=10)  # seconds; 200 MB go up before the first byte of a reply
LONGEST_LINE = 64 * 2**20  # bytes; one reply with its envelope
SAFE_ID = re.compile(r"[\w.:-]{1,200}")  # a provider's name of a batch; it becomes part of an address and of messages
LINES_TIMES = 4  # result lines for each request that a batch can hold; after more, the file has no end
ANTHROPIC = "https://api.anthropic.com"  # where results lie, also of those who ask through a gateway that hands everything on
CLOCKS = 600  # seconds that this machine's clock and the provider's may differ
STRANGE = (ValueError, AttributeError, TypeError, RecursionError, httpx2.InvalidURL)  # what replies that are none of this interface raise
_CUSTOM_ID = re.compile(rb'"custom_id"\s*:\s*"([\w-]+)"')
Fault = Literal["", "errored", "expired", "canceled"]
NEVER_RAN = 503  # online, such a request would have been turned away unread
ENDED_BY: dict[str, tuple[int, Fault]] = {  # the codes of OpenAI's error file that stand for a request without a response
    "batch_expired": (NEVER_RAN, "expired"),
    "batch_cancelled": (NEVER_RAN, "canceled"),
    "request_timeout": (504, "errored"),
}
# Anthropic names the error alone; these are the statuses of its error page, platform.claude.com/docs/en/api/errors, where it is not 500
STATUS = {"invalid_request_error": 400, "authentication_error": 401, "billing_error": 402, "permission_error": 403, "not_found_error": 404}
STATUS |= {"request_too_large": 413, "rate_limit_error": 429, "timeout_error": 504, "overloaded_error": 529}


async def _refuse_page(response: httpx2.Response) -> None:
    """A login page, or what else stands at a wrong base_url, answers 200 too, and the SDKs hand on its text as if it were a batch."""
    if response.is_success and "html" in response.headers.get("content-type", ""):
        raise httpx2.DecodingError("a page, no reply")


NO_PAGES = {"response": [_refuse_page]}


def _no_strangers(*addresses: str | None) -> dict[str, list[Callable[..., Awaitable[None]]]]:
    """Hooks of a client that sends nothing, and so no key, to a server other than these: a batch may name any address for its results."""
    known = {_origin(httpx2.URL(address)) for address in addresses if address}

    async def refuse_stranger(request: httpx2.Request) -> None:
        if _origin(request.url) not in known:
            raise TeacherDown(f"the batch's results are said to lie at {request.url.host}, another server; no key is sent there")

    return {"request": [refuse_stranger], "response": [_refuse_page]}


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


@dataclass(frozen=True)
class Letter:
    """One request of a batch: the ledger's key and the body as it would be sent online (a JSON object)."""

    key: str
    body: dict[str, object]


@dataclass(frozen=True)
class Returned:
    """What a batch says of one key. A key of which it says nothing was never run."""

    key: str
    status: int  # the HTTP status that the request would have had online: 200, 400, 429, 500...
    body: bytes  # the reply's JSON as online (chat completion / message), or the error's JSON
    fault: Fault = ""  # "" = a reply came


@dataclass(frozen=True)
class Standing:
    """Where a batch stands.

    "ended": outcomes can be fetched, also where it expired or was cancelled with part of them.
    "failed": refused as a whole, so nothing was done and nothing is billed; `reason` holds the provider's words.
    """

    state: Literal["running", "ended", "failed"]
    done: int  # Anthropic counts none as done before all are
    total: int
    reason: str = ""


class BatchInterface(Protocol):
    """A provider's batches. Every call raises TeacherDown where it did not get through, and UserMistake where the user can put it right."""

    most_lines: int  # of one batch
    most_bytes: int  # of one batch

    async def submit(self, nonce: str, letters: Sequence[Letter]) -> str:
        """The provider's id. After a TeacherDown the batch may exist all the same: ask `find`."""
        ...

    async def find(self, nonce: str, since: float, known: frozenset[str]) -> str | None:
        """The batch that was submitted with this nonce, if there is one. `since`: when the nonce was made, unix seconds.

        `known`: ids of batches that are known to be others. Raises TeacherDown while one that may be it can't be told apart.
        """
        ...

    async def standing(self, id: str) -> Standing: ...

    def returned(self, id: str) -> AsyncGenerator[Returned, None]:
        """Of a batch that has ended, in any order; one line is held at a time."""
        ...

    async def close(self) -> None: ...


def parcels(letters: Iterable[Letter], most_lines: int, most_bytes: int) -> Iterator[list[Letter]]:
    """As few batches as the limits allow, in the given order. Raises UserMistake for a letter that is over the limit alone."""
    parcel: list[Letter] = []
    weight = 0
    for letter in letters:
        more = ENVELOPE + len(_json(letter.body))
        if more > most_bytes:
            raise UserMistake(f"request {letter.key} is {more:,} bytes, a batch holds {most_bytes:,}; make the recipe's chunks smaller")
        if parcel and (len(parcel) == most_lines or weight + more > most_bytes):
            yield parcel
            parcel, weight = [], 0
        parcel.append(letter)
        weight += more
    if parcel:
        yield parcel


class OpenAIBatches:
    """OpenAI's Batch API. The nonce is in a batch's metadata."""

    most_lines = 50_000  # openai.types.BatchCreateParams, input_file_id: "up to 50,000 requests, … up to 200 MB in size"
    most_bytes = 200_000_000

    def __init__(self, api_key: str, base_url: str | None) -> None:
        key = usable(api_key, "OPENAI_API_KEY")
        # Where a redirect leads nobody has sent the documents, and a POST would become a GET.
        client = openai.DefaultAsyncHttpxClient(event_hooks=NO_PAGES, follow_redirects=False)
        self._sdk = openai.AsyncOpenAI(api_key=key, base_url=base_url, max_retries=0, timeout=TIMEOUT, http_client=client)
        self._caller = _Caller("OpenAI", "OPENAI_API_KEY", self._sdk.base_url.netloc.decode(), key)

    async def submit(self, nonce: str, letters: Sequence[Letter]) -> str:
        lines = b"".join(_line(letter, nonce) for letter in letters)
        with self._caller.typed():
            file = await self._sdk.files.create(file=(f"docstill-{nonce}.jsonl", lines, "application/jsonl"), purpose="batch")
            batch = await self._sdk.batches.create(
                input_file_id=file.id, endpoint=ENDPOINT, completion_window="24h", metadata={"docstill": nonce}
            )
            return _id(batch.id)

    async def find(self, nonce: str, since: float, known: frozenset[str]) -> str | None:
        """`since` is not needed: OpenAI promises no order of its list, and the metadata tells every batch apart."""
        with self._caller.typed():
            async for batch in self._sdk.batches.list(limit=100):
                if batch.id not in known and (batch.metadata or {}).get("docstill") == nonce:
                    return batch.id
        return None

    async def standing(self, id: str) -> Standing:
        with self._caller.typed():
            batch = await self._sdk.batches.retrieve(id)
            counts = batch.request_counts
            done, total = (_sum(counts.completed, counts.failed), _sum(counts.total)) if counts else (0, 0)
            if batch.status == "failed":
                return Standing("failed", done, total, self._caller.clean(_reason(batch)) or "no reason was given")
            return Standing("ended" if batch.status in ("completed", "expired", "cancelled") else "running", done, total)

    async def returned(self, id: str) -> AsyncGenerator[Returned, None]:
        with self._caller.typed():
            batch = await self._sdk.batches.retrieve(id)
            if batch.request_counts and batch.request_counts.completed and not batch.output_file_id:  # taken as "none", they are paid twice
                raise TeacherDown(f"OpenAI counts {batch.request_counts.completed} replies in batch {id} but names no file of them yet")
            for file in (batch.output_file_id, batch.error_file_id):
                if not file:
                    continue
                async with self._sdk.files.with_streaming_response.content(_id(file)) as content:
                    async for line in _lines(content.iter_bytes(), LINES_TIMES * self.most_lines):
                        yield _openai_line(line)

    async def close(self) -> None:
        await self._sdk.close()


class AnthropicBatches:
    """Anthropic's Message Batches. They have no metadata: the nonce is in each custom_id alone, which only results show."""

    most_lines = 100_000  # platform.claude.com/docs/en/build-with-claude/batch-processing: "100,000 Message requests or 256 MB"
    most_bytes = 256_000_000

    def __init__(self, api_key: str, base_url: str | None) -> None:
        key = usable(api_key, "ANTHROPIC_API_KEY")
        hooks = _no_strangers(base_url, ANTHROPIC)
        client = anthropic.DefaultAsyncHttpxClient(event_hooks=hooks, follow_redirects=False)
        self._sdk = anthropic.AsyncAnthropic(api_key=key, base_url=base_url, max_retries=0, timeout=TIMEOUT, http_client=client)
        self._caller = _Caller("Anthropic", "ANTHROPIC_API_KEY", self._sdk.base_url.netloc.decode(), key)

    async def submit(self, nonce: str, letters: Sequence[Letter]) -> str:
        requests = [{"custom_id": f"{letter.key}-{nonce}", "params": letter.body} for letter in letters]
        with self._caller.typed():
            batch = await self._sdk.messages.batches.create(requests=cast("list[AnthropicRequest]", requests))
            return _id(batch.id)

    async def find(self, nonce: str, since: float, known: frozenset[str]) -> str | None:
        """Reads one result of each batch that is younger than the nonce. Raises TeacherDown while one of them has none yet."""
        running = ""
        with self._caller.typed():
            async for batch in self._sdk.messages.batches.list(limit=100):  # the newest first, says the SDK
                if batch.created_at.timestamp() < since - CLOCKS:
                    break
                if batch.id in known:
                    continue
                if batch.processing_status != "ended":
                    running = batch.id
                elif batch.results_url and await self._carries(batch.id, nonce):
                    return batch.id
        if running:
            raise TeacherDown(f"at Anthropic a batch of unknown origin is still in progress (id {running}); run again when it has ended")
        return None

    async def _carries(self, id: str, nonce: str) -> bool:
        async with aclosing(self._outcomes(id)) as outcomes:
            first = await anext(outcomes, None)
        return first is not None and first.custom_id.endswith(f"-{nonce}")

    async def standing(self, id: str) -> Standing:
        with self._caller.typed():
            batch = await self._sdk.messages.batches.retrieve(id)
            counts = batch.request_counts
            done = _sum(counts.succeeded, counts.errored, counts.expired, counts.canceled)
            return Standing("ended" if batch.processing_status == "ended" else "running", done, done + _sum(counts.processing))

    async def returned(self, id: str) -> AsyncGenerator[Returned, None]:
        with self._caller.typed():
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
    """The provider's, with the key of the environment. Raises UserMistake where that is missing and the provider's own address is used."""
    unkeyed = "none" if base_url else ""  # a gateway may want no key
    if provider == "openai":
        return OpenAIBatches(os.environ.get("OPENAI_API_KEY", "") or unkeyed, base_url)
    address = base_url.rstrip("/").removesuffix("/v1") if base_url else None
    return AnthropicBatches(os.environ.get("ANTHROPIC_API_KEY", "") or unkeyed, address)


class _OpenAIReply(BaseModel):
    status_code: int
    body: JsonValue = None


class _OpenAILine(BaseModel):
    """A line of an output or error file, of which the SDK has no type: `response` where the request was run, else `error`."""

    custom_id: str
    response: _OpenAIReply | None = None
    error: dict[str, JsonValue] | None = None

    def returned(self) -> Returned:
        key = _key(self.custom_id)
        if self.response:
            status = self.response.status_code
            return Returned(key, status, _clean_json(self.response.body), "" if status == 200 else "errored")
        code = (self.error or {}).get("code")
        status, fault = ENDED_BY.get(str(code), (500, "errored"))
        return Returned(key, status, _clean_json({"error": self.error}), fault)


def _openai_line(line: bytes) -> Returned:
    """A line that tells whose it is but nothing else that can be read is a reply that was paid for and can't be used.

    Raises ValueError where it does not tell that: taken as silence, its request would be paid twice.
    """
    try:
        return _OpenAILine.model_validate_json(line.removeprefix(codecs.BOM_UTF8)).returned()
    except (ValueError, RecursionError):
        if named := _CUSTOM_ID.search(line):
            return Returned(_key(named.group(1).decode(errors="replace")), 200, _json(None))
        raise


def _returned(line: MessageBatchIndividualResponse) -> Returned:
    """A line of Anthropic's results; its error is the whole body that it would have been online."""
    key, outcome = _key(line.custom_id), line.result
    kind = getattr(outcome, "type", None)
    try:
        if outcome.type == "succeeded":
            return Returned(key, 200, _body(outcome.message))
        if outcome.type == "errored":
            return Returned(key, STATUS.get(outcome.error.error.type, 500), _body(outcome.error), "errored")
        if outcome.type in ("expired", "canceled"):
            return Returned(key, NEVER_RAN, _json({"type": "error", "error": {"type": outcome.type}}), outcome.type)
    except AttributeError:  # the SDK hands on whatever stands there
        pass
    if kind == "errored":
        return Returned(key, 500, _json({"error": {"message": "an error without words"}}), "errored")
    return Returned(key, 200, _json(None))  # whose it is can be read, but no reply: spent and not usable


def _reason(batch: openai.types.Batch) -> str:
    """The provider's words on a batch that it refused."""
    errors = (batch.errors.data if batch.errors else None) or []
    return "; ".join(f"{e.message} ({e.code}{f', line {e.line}' if e.line else ''})" for e in errors[:3])


def _id(given: object) -> str:
    """Raises ValueError unless it can stand in an address and in a message."""
    if not isinstance(given, str) or not SAFE_ID.fullmatch(given):
        raise ValueError("no name of a batch or a file")
    return given


def _sum(*counts: object) -> int:
    """Raises ValueError for what is no count; providers leave some out."""
    return sum(count(one) for one in counts if one is not None)


def _body(part: anthropic.BaseModel) -> bytes:
    return _clean_json(part.to_dict(mode="json", warnings=False))  # what the SDK has no type for goes through as it came


@dataclass(frozen=True)
class _Caller:
    """Whom we call, and with which key: it must stand in no message."""

    name: str
    variable: str
    host: str
    key: str = field(repr=False)

    @contextmanager
    def typed(self) -> Iterator[None]:
        """What the SDK raises leaves as docstill's, `from None`: the SDK's own words may hold part of the key.

        ValueError: a reply that is no JSON (json's) or not of this interface (pydantic's). The SDKs check nothing that they read:
        a list in place of an object is seen where a field of it is used, a nesting too deep as a RecursionError.
        """
        try:
            yield
        except (openai.OpenAIError, anthropic.AnthropicError, httpx2.HTTPError) as error:
            raise self._meaning(error) from None
        except STRANGE as error:
            raise self._meaning(error) from None

    def _meaning(self, error: Exception) -> DocstillError:
        where = f"{self.name} at {self.host}"
        if isinstance(error.__cause__, TeacherDown):  # a hook's
            return error.__cause__
        if isinstance(error, (openai.APIStatusError, anthropic.APIStatusError)):
            return self._by_status(error, where)
        if isinstance(error, (openai.APITimeoutError, anthropic.APITimeoutError, httpx2.TimeoutException)):
            return TeacherDown(f"{where} did not answer in time")
        if isinstance(error, (openai.APIConnectionError, anthropic.APIConnectionError, httpx2.HTTPError)):
            return TeacherDown(f"{where} can't be reached, or sends no proper reply")
        if isinstance(error, (openai.APIError, anthropic.APIError, *STRANGE)):
            return TeacherDown(f"{where} sent a reply that is not of its batch interface ({type(error).__name__})")
        return UserMistake(f"{where}: {self.clean(str(error))}")  # the SDK's own refusal to call, such as results that are gone

    def _by_status(self, error: openai.APIStatusError | anthropic.APIStatusError, where: str) -> DocstillError:
        status, words = error.status_code, self.clean(_words(error))
        if status == 401:
            return UserMistake(f"{where} does not accept the key in {self.variable} (401); set {self.variable} to a valid one")
        if status == 403:
            return UserMistake(f"{where} does not let the key in {self.variable} use batches (403: {words})")
        if 300 <= status < 400:
            return UserMistake(f"{where} answered {status}: the address has moved; set base_url to the new one")
        if status in (408, 409, 429) or status >= 500:
            return TeacherDown(f"{where} answered {status}: {words}")
        return UserMistake(f"{where} refused the call ({status}: {words})")

    def clean(self, words: str) -> str:
        printable = "".join(c if c.isprintable() else " " for c in words[:10_000])
        return " ".join(scrub_error(printable, (self.key, *keys_in_use())).split())[:300]


def _words(error: openai.APIStatusError | anthropic.APIStatusError) -> str:
    """The provider's sentence; the openai SDK has unwrapped the body's `error`, the anthropic SDK has not."""
    body = error.body
    inner = body.get("error", body) if isinstance(body, dict) else None
    return str(inner.get("message") or error.message) if isinstance(inner, dict) else error.message


def _line(letter: Letter, nonce: str) -> bytes:
    return _json({"custom_id": f"{letter.key}-{nonce}", "method": "POST", "url": ENDPOINT, "body": letter.body}) + b"\n"


def _key(custom_id: str) -> str:
    return custom_id.rpartition("-")[0]


def _clean_json(value: object) -> bytes:
    """What came from outside, without any key: the ledger holds it until it is read."""
    return _json(scrub_json(value))


def _json(value: object) -> bytes:
    """In ASCII: no reader can take a character of a document for the end of a line."""
    return json.dumps(value, separators=(",", ":")).encode()


async def _lines(chunks: AsyncIterator[bytes], most: int) -> AsyncGenerator[bytes, None]:
    """Split at line feeds alone: httpx's own lines end at U+2028 too, which a JSON string may hold as it is."""
    rest, seen = b"", 0
    async for chunk in chunks:
        seen += chunk.count(b"\n")
        if seen > most:
            raise httpx2.DecodingError("a file without end")
        if len(rest) > LONGEST_LINE:
            raise httpx2.DecodingError("a line without end")
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            if line.strip():
                yield line
    if rest.strip():
        yield rest
