"""python-telegram-bot's requests over aiohttp, with one question answered of every failure: can it have been done?

httpx's pool is the bottleneck with many chats at once. URLs hold the token, so none is ever shown.
"""

import logging
import ssl
import time
from functools import cache
from typing import Any

import aiohttp
import msgspec
from msgspec import Struct
from telegram._utils.defaultvalue import DefaultValue
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot import meters
from bot.calls import Address, Answer, call

_CONNECTIONS = 256
# Other errors of a server say that it was not done; this one says that nobody waited for the answer.
_GAVE_UP = 504
# It quotes, with its frames, what is no JSON: a proxy's page, or half an answer with somebody's words. Whoever asked hears of it.
logging.getLogger("telegram.request.BaseRequest").setLevel(logging.CRITICAL)


class NotSent(NetworkError):
    """The request never left: it is safe to send again."""


class NotTrusted(NotSent):
    """Whoever answered there could not prove to be Telegram: nothing was told to them."""


class InDoubt(NetworkError):
    """The connection broke after the request had gone: Telegram may have done it."""


def is_in_doubt(error: Exception) -> bool:
    """Whether Telegram may have done what we heard no answer about."""
    return isinstance(error, InDoubt | TimedOut)


class Ready(Struct, frozen=True):
    """Stands for python-telegram-bot's RequestData where the body is JSON already, made once for many chats."""

    json_payload: bytes
    contains_files: bool = False


class AiohttpRequest(BaseRequest):
    """One keep-alive pool. Time-outs in seconds; `read` is the default for answers."""

    def __init__(self, *, read: float = 10.0, connect: float = 5.0, connections: int = _CONNECTIONS) -> None:
        self._read, self._connect, self._connections = read, connect, connections
        self._session: aiohttp.ClientSession | None = None
        # One for each method that was asked.
        self._addresses: dict[str, Address] = {}
        # The newest answer's Date header, and our own clock then: whether the two agree is looked at elsewhere.
        self.date: tuple[str, float] | None = None

    @property
    def _says(self) -> dict[str, str]:
        return {"User-Agent": self.USER_AGENT}

    @property
    def read_timeout(self) -> float | None:
        return self._read

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        """As python-telegram-bot does, in half of the time; what cannot be read so is left to it."""
        try:
            return msgspec.json.decode(payload)
        except (ValueError, RecursionError):
            return BaseRequest.parse_json_payload(payload)

    async def initialize(self) -> None:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=50, ssl=_trusted())
            self._session = aiohttp.ClientSession(connector=connector, headers=self._says)

    async def shutdown(self) -> None:
        session, self._session = self._session, None
        self._addresses.clear()
        if session is not None:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        if self._session is None:
            raise RuntimeError("not initialised")
        read, connect = _chosen(read_timeout, self._read), _chosen(connect_timeout, self._connect)
        # A pool that is full is waited for as long as a connection: neither has sent anything.
        timeout = aiohttp.ClientTimeout(connect=connect, sock_connect=connect, sock_read=read)
        status: int | None = None
        try:
            answer = await self._asked(self._session, method, url, request_data, timeout)
            if date := answer.headers.get("Date"):
                self.date = (date, time.time())
            status = answer.status
            if status == _GAVE_UP:
                raise InDoubt("a gateway gave up waiting for Telegram")
            return status, answer.body
        except aiohttp.ClientConnectorCertificateError:
            raise NotTrusted("not sent: the certificate is not trusted") from None
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as error:
            raise NotSent(f"not sent: {type(error).__name__}") from None
        except TimeoutError:
            raise TimedOut from None
        except aiohttp.ClientError as error:
            raise InDoubt(f"connection lost: {type(error).__name__}") from None
        finally:
            meters.TELEGRAM.add(meters.outcome(status))

    async def _asked(
        self,
        session: aiohttp.ClientSession,
        method: str,
        url: str,
        data: "RequestData | Ready | None",
        timeout: aiohttp.ClientTimeout,
    ) -> Answer:
        """JSON, which costs a tenth of a form, by the short way; a form where a file goes along."""
        if method == "POST" and data is not None and not data.contains_files:
            pool: Any = session.connector
            return await call(pool, self._address(url), data.json_payload, timeout)
        form = _form(data) if data is not None else None
        async with session.request(method, url, data=form, timeout=timeout) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    def _address(self, url: str) -> Address:
        found = self._addresses.get(url)
        if found is None:
            headers = {**self._says, "Content-Type": "application/json"}
            found = self._addresses[url] = Address("POST", url, headers)
        return found


@cache
def _trusted() -> ssl.SSLContext:
    """Whom the system trusts. aiohttp's own, which is made at its import, knows nobody: see bot/lean.py."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _chosen(given: Any, default: float) -> float | None:
    return default if isinstance(given, DefaultValue) else given


def _form(data: RequestData | Ready) -> aiohttp.FormData | None:
    if not isinstance(data, RequestData):
        return None
    form = aiohttp.FormData()
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, kind) in (data.multipart_data or {}).items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form
