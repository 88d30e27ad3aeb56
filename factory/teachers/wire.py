"""The wire: bytes to a provider and back over shared connections, with a deadline for each step."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from factory.errors import TeacherDown

CONNECT = 10.0  # seconds
TOTAL = 2.0  # times the patience with the first byte: a reply that has begun and then drips is dropped too


@dataclass(frozen=True)
class Answered:
    """What came back: the status, the headers by lower-case names, and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """One address, one set of headers, as many connections as calls under way. Use it from one event loop."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._url = url
        self._headers = {"content-type": "application/json", **headers}
        self._session: aiohttp.ClientSession | None = None

    async def post(self, body: bytes, key: str, patience: float) -> Answered:
        """`patience`: seconds to the first byte. Raises TeacherDown, which says whether the work may have been done all the same."""
        session = self._session or self._open()
        timeout = aiohttp.ClientTimeout(total=TOTAL * patience, sock_connect=CONNECT, sock_read=patience)
        sent = {**self._headers, "Idempotency-Key": key}
        try:
            async with session.post(self._url, data=body, headers=sent, timeout=timeout) as reply:
                return Answered(reply.status, {k.lower(): v for k, v in reply.headers.items()}, await reply.read())
        except aiohttp.ConnectionTimeoutError:
            raise TeacherDown(f"{self._url} could not be reached within {CONNECT:.0f} seconds") from None
        except aiohttp.ClientConnectorError as error:
            raise TeacherDown(f"{self._url} can't be reached ({_plain(error)}); is it right, and is the server running?") from None
        except TimeoutError:
            raise TeacherDown(f"{self._url} did not answer within {patience:.0f} seconds", "hung") from None
        except (aiohttp.ClientError, OSError) as error:  # after the request was sent: nobody knows what the server did
            raise TeacherDown(f"{self._url} broke off its reply ({type(error).__name__})", "broken off") from None

    def _open(self) -> aiohttp.ClientSession:
        # The gate on concurrency is elsewhere; the environment's proxies hold here as they do for the SDKs.
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
        self._session = aiohttp.ClientSession(connector=connector, trust_env=True, auto_decompress=True)
        return self._session

    async def close(self) -> None:
        if self._session:
            await self._session.close()
            self._session = None
            await asyncio.sleep(0)  # lets transports end before their loop does


def _plain(error: aiohttp.ClientConnectorError) -> str:
    number = error.os_error.errno
    return os.strerror(number) if number and number > 0 else type(error.os_error).__name__  # asyncio's own words name the address again
