"""stripe-python's requests over aiohttp, by its own extension point: every failure of the wire is one that it repeats.

The SDK's own aiohttp client lets a cut body escape as aiohttp's error, and its httpx client is three times slower.
"""

import asyncio
import logging
import ssl
import time
from collections.abc import Awaitable, Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import stripe

from bot import meters, tracing
from bot.calls import Address, call

log = logging.getLogger(__name__)
# What may stand in a label: an id never does.
_WORDS = frozenset(
    [
        "v1",
        "account",
        "events",
        "checkout",
        "sessions",
        "expire",
        "payment_intents",
        "charges",
        "refunds",
        "disputes",
        "balance_transactions",
        "customers",
        "subscriptions",
        "invoices",
        "invoice_payments",
        "billing_portal",
        "subscription_items",
        "products",
        "prices",
    ]
)


class NotTrusted(stripe.APIConnectionError):
    """Whoever answered there could not prove to be Stripe."""


class AiohttpClient(stripe.HTTPClient):
    """Asynchronous only. `read` and `connect` are seconds."""

    name = "aiohttp"

    def __init__(self, *, read: float, connect: float = 5) -> None:
        super().__init__()  # pyright: ignore[reportUnknownMemberType]
        self._timeout = aiohttp.ClientTimeout(connect=connect, sock_connect=connect, sock_read=read)
        self._pool: aiohttp.TCPConnector | None = None

    def sleep_async(self, secs: float) -> Awaitable[None]:
        return asyncio.sleep(secs)

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        pool = self._pool = self._pool or _pool(url)
        began, status = time.perf_counter(), None
        try:
            body = post_data.encode() if isinstance(post_data, str) else b""
            answer = await call(pool, Address(method.upper(), url, headers), body, self._timeout)
            status = answer.status
            return answer.body, status, answer.headers
        except aiohttp.ClientConnectorCertificateError as error:
            raise NotTrusted("the certificate is not trusted", should_retry=False) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise stripe.APIConnectionError(
                f"no answer: {type(error).__name__}", should_retry=True
            ) from error
        finally:
            _note(_call(method, url), status, time.perf_counter() - began)

    async def close_async(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()


def _call(method: str, url: str) -> str:
    """`POST checkout/sessions`: what is asked, without whom it is about."""
    parts = (one for one in urlsplit(url).path.split("/") if one in _WORDS and one != "v1")
    return f"{method.upper()} {'/'.join(parts)}"


def _note(call: str, status: int | None, took: float) -> None:
    meters.STRIPE.add(call, meters.outcome(status))
    meters.STRIPE_TIMES.add(took)
    # The looks that nobody waits for would be most of the log.
    level = logging.INFO if tracing.current() else logging.DEBUG
    log.log(level, "stripe", extra={"call": call, "status": status, "ms": round(took * 1000, 1)})


def _pool(url: str) -> aiohttp.TCPConnector:
    """The SDK's own certificates are trusted, as by its other clients, so that a slim container needs none."""
    trusted = ssl.create_default_context(cafile=stripe.ca_bundle_path) if url.startswith("https") else True
    return aiohttp.TCPConnector(ssl=trusted, keepalive_timeout=50)
