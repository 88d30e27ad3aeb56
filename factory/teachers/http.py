"""Send bytes to a provider over shared connections, with a deadline for each step."""

import asyncio
import math
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from factory.core.base_url import without_query
from factory.core.errors import TeacherDown

CONNECT = 10.0  # seconds
MAX_REPLY_BYTES = 16 * 2**20  # by default
# Times the patience for the first byte: the rest of a reply that only drips is dropped too.
TOTAL = 2.0


@dataclass(frozen=True)
class HTTPReply:
    """An HTTP reply: the status, the headers by lower-case name, and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HTTPClient:
    """A client of one address, with a connection per call in flight. Use it in one event loop."""

    def __init__(self, url: str, headers: Mapping[str, str], patience: Callable[[], float]) -> None:
        """`patience` returns the seconds that a first byte may take, as learnt so far."""
        self._url = url
        self._shown = without_query(url)
        self._headers = {"content-type": "application/json", **headers}
        self._patience = patience
        self._shortest = math.inf  # the latest patience given to the waiting calls
        # When each began to wait for its first byte.
        self._waiting: dict[asyncio.Timeout, float] = {}
        self._session: aiohttp.ClientSession | None = None

    async def post(self, body: bytes, key: str, largest: int = MAX_REPLY_BYTES) -> HTTPReply:
        """Post a body and return the reply, `largest` bytes at most after unpacking.

        Raises TeacherDown, which says whether the work may have been done nevertheless.
        """
        started = asyncio.get_running_loop().time()
        try:
            return await self._answered(body, key, largest)
        except aiohttp.ConnectionTimeoutError:
            raise TeacherDown(
                f"{self._shown} could not be reached within {CONNECT:.0f} seconds"
            ) from None
        except aiohttp.ClientProxyConnectionError as error:
            remedy = "set http_proxy, https_proxy and no_proxy right, or unset them"
            why = f"the proxy in the environment can't be reached ({_plain(error)})"
            raise TeacherDown(f"{self._shown} was not asked, as {why}; {remedy}") from None
        except aiohttp.ClientConnectorError as error:
            raise TeacherDown(
                f"{self._shown} can't be reached ({_plain(error)}); "
                "is it right, and is the server running?"
            ) from None
        except TimeoutError:
            waited = asyncio.get_running_loop().time() - started
            raise TeacherDown(
                f"{self._shown} did not answer within {waited:.0f} seconds", "hung"
            ) from None
        except (UnicodeError, aiohttp.InvalidURL):
            # A part of the host name is empty or too long.
            raise TeacherDown(
                f"{self._shown} names no host that can be looked up; set base_url right",
                "not found",
            ) from None
        except (
            aiohttp.ClientError,
            OSError,
        ) as error:  # after the request was sent: nobody knows what the server did
            raise TeacherDown(
                f"{self._shown} broke off its reply ({type(error).__name__})", "broken off"
            ) from None
        except ValueError:  # aiohttp's for a proxy that is not HTTP; it may show its password
            remedy = "set http_proxy and https_proxy to the address of an HTTP proxy, or unset them"
            raise TeacherDown(
                f"{self._shown} can't be asked through the proxy in the environment; {remedy}",
                "not found",
            ) from None

    async def _answered(self, body: bytes, key: str, largest: int) -> HTTPReply:
        session = self._session or self._open()
        started, patience = asyncio.get_running_loop().time(), self._patience()
        headers = {**self._headers, "Idempotency-Key": key}
        async with asyncio.timeout_at(started + patience) as deadline:
            with self._waits(deadline, started):
                # A redirect could lead the key anywhere, and would turn the POST into a GET.
                reply = await session.post(
                    self._url, data=body, headers=headers, allow_redirects=False
                )
            async with reply:
                deadline.reschedule(asyncio.get_running_loop().time() + TOTAL * patience)
                whole = await self._whole(reply, largest)
        self._hurry()
        return HTTPReply(reply.status, {k.lower(): v for k, v in reply.headers.items()}, whole)

    async def _whole(self, reply: aiohttp.ClientResponse, largest: int) -> bytes:
        """Read the body in pieces, so that a compression bomb can't fill the memory."""
        found = bytearray()
        async for piece in reply.content.iter_any():
            found += piece
            if len(found) > largest:
                reply.close()
                raise TeacherDown(
                    f"{self._shown} sent more than {largest:,} bytes for one reply, "
                    "which is no answer",
                    "too large",
                )
        return bytes(found)

    @contextmanager
    def _waits(self, deadline: asyncio.Timeout, since: float) -> Iterator[None]:
        self._waiting[deadline] = since
        try:
            yield
        finally:
            del self._waiting[deadline]

    def _hurry(self) -> None:
        """Shorten the deadlines of calls that were sent before the server's speed was known."""
        patience = self._patience()
        if patience < 0.9 * self._shortest:
            self._shortest = patience
            for deadline, started in self._waiting.items():
                deadline.reschedule(started + patience)

    def _open(self) -> aiohttp.ClientSession:
        # The rate limiter bounds concurrency. Proxies of the environment are used, as the SDKs do.
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
        self._session = aiohttp.ClientSession(
            connector=connector,
            proxy=proxy_of(self._url),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT),
        )
        return self._session

    async def close(self) -> None:
        if self._session:
            await self._session.close()
            self._session = None
            await asyncio.sleep(0)  # lets the transports close before the loop does


def proxy_of(url: str) -> str | None:
    """Return the environment's proxy for this address.

    aiohttp itself would look it up for each request, in a thread, and read ~/.netrc.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    return None if _is_this_machine(host) or proxy_bypass(host) else getproxies().get(parts.scheme)


def _is_this_machine(host: str) -> bool:
    """Return whether a host is this machine; "localhost" at a proxy is the proxy itself."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _plain(error: aiohttp.ClientConnectorError) -> str:
    number = error.os_error.errno
    # asyncio's text repeats the address.
    return os.strerror(number) if number and number > 0 else type(error.os_error).__name__
