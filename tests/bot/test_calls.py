"""One request over aiohttp's connections: answered whole, never twice by chance, and never by what was meant for another."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest

from bot.calls import Address, Answer, call

Says = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
_TIMEOUT = aiohttp.ClientTimeout(connect=10, sock_connect=10, sock_read=10)
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Each connection is spoken to by the next of `says`; `heard` are the requests, head and body."""

    def __init__(self) -> None:
        self.says: list[Says] = []
        self.heard: list[tuple[bytes, bytes]] = []
        self.url = ""

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.says.pop(0)(reader, writer)
        writer.close()

    async def hear(self, reader: asyncio.StreamReader) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        self.heard.append((head, await reader.readexactly(size)))


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    one = Server()
    async with await asyncio.start_server(one.meet, "127.0.0.1", 0) as listening:
        one.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield one


@pytest.fixture
async def pool() -> AsyncIterator[aiohttp.BaseConnector]:
    async with aiohttp.TCPConnector(limit=1) as one:
        yield one


def answers(server: Server, *answers: bytes) -> Says:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await server.hear(reader)
            writer.write(answer)
            await writer.drain()

    return say


async def ask(server: Server, pool: aiohttp.BaseConnector, method: str = "POST", body: bytes = b"") -> Answer:
    return await call(pool, Address(method, f"{server.url}/a%20b?c=d", {"X-One": "1"}), body, _TIMEOUT)


async def test_a_request_goes_out_whole_and_the_next_one_takes_the_same_connection(
    server: Server, pool: aiohttp.BaseConnector
) -> None:
    server.says = [answers(server, _OK, b"HTTP/1.1 404 No\r\nDate: today\r\nContent-Length: 0\r\n\r\n")]
    first, second = await ask(server, pool, body=b"{}"), await ask(server, pool)
    assert (first.status, first.body) == (200, b"ok")
    assert (second.status, second.body, second.headers["date"]) == (404, b"", "today")
    head, body = server.heard[0]
    assert head.startswith(b"POST /a%20b?c=d HTTP/1.1\r\nHost: 127.0.0.1")
    assert b"\r\nX-One: 1\r\n" in head
    assert body == b"{}"


async def test_what_comes_before_the_answer_is_not_taken_for_it(
    server: Server, pool: aiohttp.BaseConnector
) -> None:
    server.says = [answers(server, b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + _OK)]
    assert (await ask(server, pool)).body == b"ok"


@pytest.mark.parametrize(("method", "is_repeated"), [("GET", True), ("POST", False), ("DELETE", True)])
async def test_a_connection_that_was_closed_while_it_was_kept_is_no_loss_to_what_may_be_said_twice(
    server: Server, pool: aiohttp.BaseConnector, method: str, is_repeated: bool
) -> None:
    async def hang_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await server.hear(reader)

    server.says = [hang_up, answers(server, _OK)]
    if is_repeated:
        assert (await ask(server, pool, method)).body == b"ok"
    else:
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await ask(server, pool, method)
    assert len(server.heard) == 1 + is_repeated


async def test_an_answer_that_is_no_http_or_that_is_cut_is_an_error_of_the_wire(
    server: Server, pool: aiohttp.BaseConnector
) -> None:
    server.says = [answers(server, b"SSH-2.0\r\n"), answers(server, _OK.replace(b"2\r\n", b"9\r\n"))]
    for _ in range(2):
        with pytest.raises(aiohttp.ClientError):
            await ask(server, pool)


async def test_the_answer_to_a_request_that_was_given_up_is_nobodys(
    server: Server, pool: aiohttp.BaseConnector
) -> None:
    given_up = asyncio.Event()

    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.hear(reader)
        task.cancel()
        await given_up.wait()
        writer.write(_OK.replace(b"ok", b"no"))

    server.says = [late, answers(server, _OK)]
    task = asyncio.ensure_future(ask(server, pool))
    with pytest.raises(asyncio.CancelledError):
        await task
    given_up.set()
    assert (await ask(server, pool)).body == b"ok"


async def test_no_header_can_be_smuggled_into_a_request(server: Server, pool: aiohttp.BaseConnector) -> None:
    server.says = [answers(server, _OK)]
    with pytest.raises(ValueError, match="header"):
        await call(pool, Address("POST", server.url, {"X-One": "1\r\nX-Two: 2"}), b"", _TIMEOUT)
