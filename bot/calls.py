"""One request over aiohttp's pool of connections, without its session: whom we ask sets no cookie, leads nowhere else and
stands behind no proxy, and looking after all three costs as much as the request. See docs/decisions/0033.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp
from aiohttp import hdrs
from aiohttp.client_reqrep import ClientRequest
from aiohttp.http import HttpProcessingError, StreamWriter
from msgspec import Struct
from multidict import CIMultiDict
from yarl import URL

_MAY_REPEAT = (hdrs.METH_GET, hdrs.METH_DELETE)


class Answer(Struct, frozen=True):
    """What came back, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Address:
    """Where requests go, and what each of them says of itself. To be made within the loop that they run in."""

    def __init__(self, method: str, url: str, headers: Mapping[str, str]) -> None:
        # It is never sent: the pool wants to be told by it whom to connect to, and its headers are those of every request.
        self.whom = ClientRequest(method, URL(url), headers=headers)
        self.line = f"{method} {self.whom.url.raw_path_qs} HTTP/1.1"

    def headed(self, size: int) -> "CIMultiDict[str]":
        headers = self.whom.headers.copy()
        if size:
            headers[hdrs.CONTENT_LENGTH] = str(size)
        return headers


async def call(
    pool: aiohttp.BaseConnector, address: Address, body: bytes, timeout: aiohttp.ClientTimeout
) -> Answer:
    """Raises as aiohttp's session does: ConnectionTimeoutError and ClientConnectorError where nothing was sent.

    Sent once; again where that changes nothing, and the connection that had been kept for it was closed in that moment.
    """
    try:
        return await _once(pool, address, body, timeout)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
        if address.whom.method not in _MAY_REPEAT:
            raise
        return await _once(pool, address, body, timeout)


async def _once(
    pool: aiohttp.BaseConnector, address: Address, body: bytes, timeout: aiohttp.ClientTimeout
) -> Answer:
    try:
        connection: Any = await pool.connect(address.whom, [], timeout)
    except TimeoutError:
        raise aiohttp.ConnectionTimeoutError("no connection in time") from None
    try:
        answer = await _exchanged(connection.protocol, address, body, timeout)
    except BaseException:
        # What may still come on it is the answer to this request.
        connection.close()
        raise
    connection.release()
    return answer


async def _exchanged(protocol: Any, address: Address, body: bytes, timeout: aiohttp.ClientTimeout) -> Answer:
    protocol.set_response_params(read_timeout=timeout.sock_read, read_until_eof=True)
    writer = StreamWriter(protocol, asyncio.get_running_loop())
    try:
        await writer.write_headers(address.line, address.headed(len(body)))
        await writer.write_eof(body)
        protocol.start_timeout()
        message, content = await protocol.read()
        while message.code < 200:
            # Not the answer yet.
            message, content = await protocol.read()
        return Answer(message.code, message.headers, await content.read())
    except HttpProcessingError as error:
        raise aiohttp.ClientError("an answer that is no HTTP") from error
