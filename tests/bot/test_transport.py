"""The transport tells of every failure whether Telegram may have done it, and never shows the token."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from telegram import Bot
from telegram.error import NetworkError, TelegramError, TimedOut

from bot.botapi.transport import AiohttpRequest, InDoubt, NotSent, is_in_doubt
from sandbox.app import Sandbox
from sandbox.faults import Fault
from tests.stage import free_port


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    request = AiohttpRequest(read=0.3, connect=0.3)
    one = Bot(
        sandbox.telegram.token,
        base_url=f"{sandbox.base}/telegram/bot",
        request=request,
        get_updates_request=AiohttpRequest(),
    )
    await one.initialize()
    yield one
    await one.shutdown()


async def test_a_message_goes_out_and_its_answer_is_read(bot: Bot, sandbox: Sandbox) -> None:
    message = await bot.send_message(1003, "<b>Hello</b>", parse_mode="HTML")
    assert sandbox.telegram.phones[1003].last.text == message.text == "Hello"


async def test_a_file_goes_out_whole(bot: Bot, sandbox: Sandbox) -> None:
    await bot.send_document(1003, b"\x00\xff" * 1000, filename="x.bin", caption="A file")
    document = sandbox.telegram.phones[1003].last.document
    assert document is not None
    assert (document.name, document.content) == ("x.bin", b"\x00\xff" * 1000)


@pytest.mark.parametrize(
    ("kind", "raised"),
    [("timeout", TimedOut), ("timeout_after", TimedOut), ("cut", InDoubt), ("cut_after", InDoubt)],
)
async def test_no_answer_is_in_doubt(bot: Bot, sandbox: Sandbox, kind: str, raised: type[Exception]) -> None:
    sandbox.telegram.faults.add(Fault(kind, "sendMessage", times=5))
    with pytest.raises(raised) as caught:
        await bot.send_message(1003, "Hello")
    assert is_in_doubt(caught.value)
    assert sandbox.telegram.token not in repr(caught.value)


async def test_an_answer_that_is_no_json_is_an_error_and_is_quoted_nowhere(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def half_an_answer(*_: object, **__: object) -> tuple[int, bytes]:
        return 502, b'{"ok":true,"result":{"text":"what somebody wrote'

    request = AiohttpRequest()
    monkeypatch.setattr(request, "do_request", half_an_answer)
    with pytest.raises(NetworkError):
        await request.post("https://api.telegram.org/bot1:secret/getMe")
    assert caplog.text == ""


async def test_a_refused_connection_sent_nothing_and_shows_no_token() -> None:
    request = AiohttpRequest(connect=0.3)
    await request.initialize()
    with pytest.raises(NotSent) as caught:
        await request.post(f"http://127.0.0.1:{free_port()}/bot1:secret/getMe")
    await request.shutdown()
    assert not is_in_doubt(caught.value)
    assert "secret" not in repr(caught.value)


async def test_a_full_pool_sent_nothing(sandbox: Sandbox) -> None:
    request = AiohttpRequest(read=2, connect=0.1, connections=1)
    await request.initialize()
    sandbox.telegram.faults.add(Fault("slow", "getMe", seconds=0.5))
    url = f"{sandbox.base}/telegram/bot{sandbox.telegram.token}/getMe"
    slow = asyncio.ensure_future(request.post(url))
    await asyncio.sleep(0)
    with pytest.raises(NotSent):
        await request.post(url)
    await slow
    await request.shutdown()


async def test_a_gateway_that_gave_up_waiting_leaves_it_in_doubt() -> None:
    async def give_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    request, port = AiohttpRequest(), free_port()
    await request.initialize()
    async with await asyncio.start_server(give_up, "127.0.0.1", port):
        with pytest.raises(NetworkError) as caught:
            await request.post(f"http://127.0.0.1:{port}/bot1:secret/sendMessage")
    await request.shutdown()
    assert is_in_doubt(caught.value)


async def test_it_opens_and_closes_as_often_as_asked() -> None:
    request = AiohttpRequest()
    with pytest.raises(NetworkError):
        await request.post("http://127.0.0.1:1/")
    for _ in range(2):
        await request.initialize()
    for _ in range(2):
        await request.shutdown()
    assert request.read_timeout == 10


def test_an_answer_that_is_no_utf8_is_read_as_python_telegram_bot_reads_it() -> None:
    assert AiohttpRequest.parse_json_payload(b'{"ok": true, "result": "\xff"}') == {
        "ok": True,
        "result": "\ufffd",
    }
    with pytest.raises(TelegramError):
        AiohttpRequest.parse_json_payload(b"<html>")
