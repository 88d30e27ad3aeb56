"""The wire: bytes to a provider and back over shared connections, with a deadline for each step."""

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

from factory.core.base_url import shown
from factory.core.errors import TeacherDown

CONNECT = 10.0  # seconds
LARGEST = 16 * 2**20  # bytes of a reply where the caller names no bound
TOTAL = 2.0  # times the patience with the first byte for the rest: a reply that has begun and then drips is dropped too


@dataclass(frozen=True)
class Answered:
    """What came back: the status, the headers by lower-case names, and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """One address, one set of headers, as many connections as calls under way. Use it from one event loop."""

    def __init__(self, url: str, headers: Mapping[str, str], patience: Callable[[], float]) -> None:
        """`patience`: seconds that a first byte may take, by what was learnt so far."""
        self._url = url
        self._shown = shown(url)
        self._headers = {"content-type": "application/json", **headers}
        self._patience = patience
        self._shortest = math.inf  # the patience that those who wait were given last
        self._waiting: dict[asyncio.Timeout, float] = {}  # for a first byte, since when
        self._session: aiohttp.ClientSession | None = None

    async def post(self, body: bytes, key: str, largest: int = LARGEST) -> Answered:
        """`largest`: bytes of a reply, unpacked. Raises TeacherDown, which says whether the work may have been done all the same."""
        started = asyncio.get_running_loop().time()
        try:
            return await self._answered(body, key, largest)
        except aiohttp.ConnectionTimeoutError:
            raise TeacherDown(f"{self._shown} could not be reached within {CONNECT:.0f} seconds") from None
        except aiohttp.ClientProxyConnectionError as error:
            remedy = "set http_proxy, https_proxy and no_proxy right, or unset them"
            why = f"the proxy in the environment can't be reached ({_plain(error)})"
            raise TeacherDown(f"{self._shown} was not asked, as {why}; {remedy}") from None
        except aiohttp.ClientConnectorError as error:
            raise TeacherDown(f"{self._shown} can't be reached ({_plain(error)}); is it right, and is the server running?") from None
        except TimeoutError:
            waited = asyncio.get_running_loop().time() - started
            raise TeacherDown(f"{self._shown} did not answer within {waited:.0f} seconds", "hung") from None
        except (UnicodeError, aiohttp.InvalidURL):  # a host name with a part that is empty or too long
            raise TeacherDown(f"{self._shown} names no host that can be looked up; set base_url right", "not found") from None
        except (aiohttp.ClientError, OSError) as error:  # after the request was sent: nobody knows what the server did
            raise TeacherDown(f"{self._shown} broke off its reply ({type(error).__name__})", "broken off") from None
        except ValueError:  # aiohttp's for a proxy of another kind; its words may hold the proxy's password
            remedy = "set http_proxy and https_proxy to the address of an HTTP proxy, or unset them"
            raise TeacherDown(f"{self._shown} can't be asked through the proxy in the environment; {remedy}", "not found") from None

    async def _answered(self, body: bytes, key: str, largest: int) -> Answered:
        session = self._session or self._open()
        started, patience = asyncio.get_running_loop().time(), self._patience()
        headers = {**self._headers, "Idempotency-Key": key}
        async with asyncio.timeout_at(started + patience) as deadline:
            with self._waits(deadline, started):
                # Where a redirect leads nobody has sent the key; and a POST would become a GET.
                reply = await session.post(self._url, data=body, headers=headers, allow_redirects=False)
            async with reply:
                deadline.reschedule(asyncio.get_running_loop().time() + TOTAL * patience)
                whole = await self._whole(reply, largest)
        self._hurry()
        return Answered(reply.status, {k.lower(): v for k, v in reply.headers.items()}, whole)

    async def _whole(self, reply: aiohttp.ClientResponse, largest: int) -> bytes:
        """The body in pieces, each unpacked only as far as the next is wanted, so that no bomb fills the memory."""
        found = bytearray()
        async for piece in reply.content.iter_any():
            found += piece
            if len(found) > largest:
                reply.close()
                raise TeacherDown(f"{self._shown} sent more than {largest:,} bytes for one reply, which is no answer", "too large")
        return bytes(found)

    @contextmanager
    def _waits(self, deadline: asyncio.Timeout, since: float) -> Iterator[None]:
        self._waiting[deadline] = since
        try:
            yield
        finally:
            del self._waiting[deadline]

    def _hurry(self) -> None:
        """Those sent before anything was known of the server wait no longer than those sent now."""
        patience = self._patience()
        if patience < 0.9 * self._shortest:
            self._shortest = patience
            for deadline, started in self._waiting.items():
                deadline.reschedule(started + patience)

    def _open(self) -> aiohttp.ClientSession:
        # The gate on concurrency is elsewhere; the environment's proxies hold here as they do for the SDKs.
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
        self._session = aiohttp.ClientSession(
            connector=connector, proxy=proxy_of(self._url), timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT)
        )
        return self._session

    async def close(self) -> None:
        if self._session:
            await self._session.close()
            self._session = None
            await asyncio.sleep(0)  # lets transports end before their loop does


def proxy_of(url: str) -> str | None:
    """The environment's proxy for this address, asked once: aiohttp by itself asks for each request, in a thread, and reads ~/.netrc."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return None if _is_this_machine(host) or proxy_bypass(host) else getproxies().get(parts.scheme)


def _is_this_machine(host: str) -> bool:
    """Whether a host is this machine, which a proxy can't reach: "localhost" there is the proxy itself."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _plain(error: aiohttp.ClientConnectorError) -> str:
    number = error.os_error.errno
    return os.strerror(number) if number and number > 0 else type(error.os_error).__name__  # asyncio's own words name the address again
