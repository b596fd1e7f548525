"""Half requests, slow ones, huge ones and those that no client library would send: each is answered or closed, none is kept."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.wire import Bounds
from sandbox.app import Sandbox
from tests.knocking import Wire, post, secret_of, until_closed, wire
from tests.stage import QUICK, Stage, bot_beside, settings_for

UPDATE = json.dumps({"update_id": 1}).encode()
GET = b"GET /healthz HTTP/1.1\r\nHost: bot\r\n\r\n"


@pytest.fixture
async def hurried(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Stage]:
    """A bot that gives a head 0.3 seconds and a body 0.6."""
    tempo = replace(QUICK, head=0.3, body=0.6)
    async with bot_beside(sandbox, settings_for(sandbox, tmp_path, webhook=True), tempo) as one:
        yield one


@pytest.mark.parametrize("said", [b"", b"\r\n\r\n", b"P", b"POST /telegram HT", GET[:-2]])
async def test_a_head_that_never_ends_is_closed(hurried: Stage, said: bytes) -> None:
    async with wire(hurried) as one:
        await one.say(said)
        assert (await one.rest()).startswith(b"HTTP/1.1 408 ")


async def test_a_byte_now_and_then_buys_no_time(hurried: Stage) -> None:
    async with wire(hurried) as one:
        closed = asyncio.create_task(one.rest())
        await one.say(b"GET /")
        while not closed.done():
            await one.say(b"x")
            await asyncio.wait((closed,), timeout=0.02)
        assert closed.result().startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("length", ["999", ""])
async def test_a_body_that_never_ends_is_closed_and_leaves_no_error(
    hurried: Stage, length: str, caplog: pytest.LogCaptureFixture
) -> None:
    more = () if length else ("Transfer-Encoding: chunked",)
    async with wire(hurried) as one:
        await one.say(post(hurried, b"5\r\n{....\r\n", *more, length=length))
        assert (await one.rest()).startswith(b"HTTP/1.1 408 ")
    await until_closed(hurried.app.server.server_state.tasks, 0)
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []


async def test_who_hangs_up_in_the_middle_of_a_body_leaves_no_error(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    async with wire(stage) as one:
        await one.say(post(stage, b"{", length="999"))
        async with asyncio.timeout(20):
            while not stage.app.server.server_state.tasks:
                await asyncio.sleep(0.01)
    await until_closed(stage.app.server.server_state.tasks, 0)
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []


async def test_half_a_second_request_is_closed_too(hurried: Stage) -> None:
    async with wire(hurried) as one:
        await one.say(GET + GET[:20])
        assert (await one.answer())[0] in (200, 503)
        assert (await one.rest()).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("name", ["one line", "many lines", "unfinished", "in pieces", "path"])
async def test_a_huge_head_is_refused(stage: Stage, name: str) -> None:
    lines = {
        "one line": f"X: {'x' * 20_000}\r\n\r\n",
        "many lines": "X-Y: z\r\n" * 3000 + "\r\n",
        "unfinished": "X: " + "x" * 40_000,
        "in pieces": "X: " + "x" * 40_000,
        "path": "",
    }[name]
    path = "/" + "x" * 20_000 if name == "path" else "/healthz"
    raw = f"GET {path} HTTP/1.1\r\nHost: bot\r\n{lines}\r\n".encode()
    async with wire(stage) as one:
        for at in range(0, len(raw), 1000 if name == "in pieces" else len(raw)):
            await one.say(raw[at : at + (1000 if name == "in pieces" else len(raw))])
        # Who still writes when the line is cut may not get to read why.
        assert (await one.rest())[:13] in (b"HTTP/1.1 431 ", b"")
    await until_closed(stage.app.server.server_state.tasks, 0)


async def test_chunks_beyond_the_cap_are_refused_before_they_end(stage: Stage) -> None:
    async with wire(stage) as one:
        await one.say(post(stage, b"", "Transfer-Encoding: chunked", length=""))
        for _ in range(5):
            await one.say(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        assert (await one.answer())[0] == 413


async def test_who_goes_on_sending_after_the_refusal_is_cut_off(stage: Stage) -> None:
    async with wire(stage) as one:
        await one.say(post(stage, b"", "Transfer-Encoding: chunked", length=""))
        for _ in range(64):
            await one.say(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        assert (await one.rest()).count(b"HTTP/1.1 ") == 1


async def test_chunks_of_one_byte_and_endless_extensions_are_counted_as_they_come(stage: Stage) -> None:
    async with wire(stage) as one:
        await one.say(post(stage, b"", "Transfer-Encoding: chunked", length=""))
        for _ in range(64):
            await one.say(b"1;" + b"x" * 65_536 + b"\r\n{\r\n")
        assert len(await one.rest()) < 1000


@pytest.mark.parametrize(
    "length",
    ["-1", "+5", "0x10", "1e3", "99999999999999999999999", "9" * 5000, "5, 5", "5\r\nContent-Length: 6"],
)
async def test_a_length_that_is_none_is_refused(stage: Stage, length: str) -> None:
    async with wire(stage) as one:
        await one.say(post(stage, b"", length=length))
        assert (await one.answer())[0] == 400


async def test_a_length_beyond_the_cap_is_refused_before_the_body_comes(stage: Stage) -> None:
    async with wire(stage) as one:
        await one.say(post(stage, b"", length=str(1 << 30)))
        assert (await one.answer())[0] == 413


async def test_a_length_and_chunks_together_are_refused(stage: Stage) -> None:
    async with wire(stage) as one:
        await one.say(post(stage, b"0\r\n\r\n", "Transfer-Encoding: chunked"))
        assert (await one.answer())[0] == 400


STRANGE = {
    "null bytes": b"GET /\0 HTTP/1.1\r\nHost: bot\r\n\r\n",
    "null byte in a header": b"GET /healthz HTTP/1.1\r\nHost: b\0t\r\n\r\n",
    "binary": bytes(range(256)) * 4,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 200,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "a space before the colon": b"GET /healthz HTTP/1.1\r\nHost : bot\r\n\r\n",
    "a folded line": b"GET /healthz HTTP/1.1\r\nHost: bot\r\n folded\r\n\r\n",
    "bare line feeds": b"GET /healthz HTTP/1.1\nHost: bot\n\n",
    "bare carriage returns": b"GET /healthz HTTP/1.1\rHost: bot\r\r",
    "CONNECT": b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n",
    "options of all": b"OPTIONS * HTTP/1.1\r\nHost: bot\r\n\r\n",
    "a whole address": b"GET http://example.org/ HTTP/1.1\r\nHost: bot\r\n\r\n",
    "not ASCII": "GET /é HTTP/1.1\r\nHost: bot\r\n\r\n".encode(),
    "broken escapes": b"GET /%ff%zz%00 HTTP/1.1\r\nHost: bot\r\n\r\n",
    "dots": b"GET /../../etc/passwd HTTP/1.1\r\nHost: bot\r\n\r\n",
    "websocket": b"GET /healthz/ws HTTP/1.1\r\nHost: bot\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    "h2c": b"GET /x HTTP/1.1\r\nHost: bot\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: \r\n\r\n",
}


@pytest.mark.parametrize("name", list(STRANGE))
async def test_what_no_client_would_send_is_refused_without_a_word(
    hurried: Stage, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with wire(hurried) as one:
        await one.say(STRANGE[name])
        status, headers, body = await one.answer()
    assert 400 <= status < 500
    assert body == b""
    assert "server" not in headers
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []
    # And whoever comes next is served.
    async with wire(hurried) as one:
        await one.say(post(hurried, UPDATE))
        assert (await one.answer())[0] == 200


async def test_http_1_0_is_served_and_closed(stage: Stage) -> None:
    await stage.until_health("ok")
    async with wire(stage) as one:
        await one.say(b"GET /healthz HTTP/1.0\r\n\r\n")
        whole = await one.rest()
    assert whole.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in whole


async def test_pipelined_requests_are_answered_in_order_and_none_is_cut_off(hurried: Stage) -> None:
    async with wire(hurried) as one:
        await one.say(post(hurried, UPDATE) * 50 + b"GET /nowhere HTTP/1.1\r\nHost: bot\r\n\r\n")
        assert [(await one.answer())[0] for _ in range(51)] == [200] * 50 + [404]


async def test_a_body_that_waits_to_be_asked_for_is_asked_for(stage: Stage) -> None:
    async with wire(stage) as one:
        await one.say(post(stage, b"", "Expect: 100-continue", length=str(len(UPDATE))))
        assert (await one.answer())[0] == 100
        await one.say(UPDATE)
        assert (await one.answer())[0] == 200


async def test_a_flood_of_open_connections_locks_nobody_out(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage.app.server.config.http_protocol_class, "bounds", Bounds(connections=5))
    silent = [await Wire(stage.settings.port).__aenter__() for _ in range(20)]
    async with wire(stage) as one:
        await one.say(post(stage, UPDATE))
        assert (await one.answer())[0] == 200
    await until_closed(stage.app.server.server_state.connections, 5)
    for each in silent:
        await each.__aexit__(None, None, None)


async def test_the_secret_is_told_to_nobody(stage: Stage) -> None:
    async with wire(stage) as one:
        await one.say(post(stage, UPDATE).replace(secret_of(stage).encode(), b"x"))
        status, _, body = await one.answer()
    assert (status, body) == (401, b"")
