"""stripe-python's requests over aiohttp, by its own extension point: every failure of the wire is one that it repeats.

The SDK's own aiohttp client lets a cut body escape as aiohttp's error, and its httpx client is three times slower.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Mapping
from typing import Any

import aiohttp
import stripe


class AiohttpClient(stripe.HTTPClient):
    """Asynchronous only. `read` and `connect` are seconds."""

    name = "aiohttp"

    def __init__(self, *, read: float, connect: float = 5) -> None:
        super().__init__()  # pyright: ignore[reportUnknownMemberType]
        self._timeout = aiohttp.ClientTimeout(connect=connect, sock_connect=connect, sock_read=read)
        self._session: aiohttp.ClientSession | None = None

    def sleep_async(self, secs: float) -> Awaitable[None]:
        return asyncio.sleep(secs)

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        session = self._session = self._session or _session(url)
        try:
            async with session.request(
                method, url, headers=headers, data=post_data, timeout=self._timeout
            ) as answer:
                return await answer.read(), answer.status, answer.headers
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise stripe.APIConnectionError(
                f"no answer: {type(error).__name__}", should_retry=True
            ) from error

    async def close_async(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def _session(url: str) -> aiohttp.ClientSession:
    """The SDK's own certificates are trusted, as by its other clients, so that a slim container needs none."""
    trusted = ssl.create_default_context(cafile=stripe.ca_bundle_path) if url.startswith("https") else True
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusted, keepalive_timeout=50))
