"""The wire breaks below HTTP: names that do not resolve, certificates that prove nothing, connections that are half open."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest
import stripe as stripe_sdk
from telegram.error import TimedOut

from bot.botapi.transport import AiohttpRequest, InDoubt, NotSent
from bot.errors import PaymentsError, PaymentsUnreachable
from bot.payments.stripe_api import Payments

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def server(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncGenerator[int]:
    """A server that does what `serve` does with each connection; its port."""
    held: list[asyncio.StreamWriter] = []

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        await serve(reader, writer)

    listening = await asyncio.start_server(one, "127.0.0.1", 0, ssl=tls)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        for writer in held:
            writer.transport.abort()
        listening.close()


async def accepts(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hears the request and never says a word."""
    del writer
    await reader.readuntil(b"\r\n\r\n")


async def half_a_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Says half of what it promised, and stays there."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"id": ')
    await writer.drain()


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hears the request and answers with RST."""
    await reader.readuntil(b"\r\n\r\n")
    one = writer.get_extra_info("socket")
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
    await writer.drain()
    writer.close()


HALF_OPEN: tuple[Serve, ...] = (accepts, half_a_body, resets, garbage)


@contextlib.asynccontextmanager
async def telegram(read: float = 0.3) -> AsyncGenerator[AiohttpRequest]:
    request = AiohttpRequest(read=read, connect=0.5)
    await request.initialize()
    try:
        yield request
    finally:
        await request.shutdown()


@contextlib.asynccontextmanager
async def stripe(url: str, read: float = 0.3) -> AsyncGenerator[Payments]:
    payments = Payments("sk_test_sandbox", url, read=read, pause=0.01)
    try:
        yield payments
    finally:
        await payments.close()


@pytest.mark.parametrize("serve", HALF_OPEN, ids=lambda one: one.__name__)
async def test_a_half_open_connection_to_telegram_is_in_doubt_and_never_waited_for_longer_than_said(
    serve: Serve,
) -> None:
    async with server(serve) as port, telegram() as request, asyncio.timeout(40):
        with pytest.raises((InDoubt, TimedOut)):
            await request.do_request(f"http://127.0.0.1:{port}/sendMessage", "POST")


@pytest.mark.parametrize("serve", HALF_OPEN, ids=lambda one: one.__name__)
async def test_a_half_open_connection_to_stripe_is_repeated_and_then_unreachable(serve: Serve) -> None:
    heard = 0

    async def counted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        heard += 1
        await serve(reader, writer)

    async with server(counted) as port, stripe(f"http://127.0.0.1:{port}") as payments, asyncio.timeout(30):
        with pytest.raises(PaymentsUnreachable):
            await payments.open_checkout("{}", "one-key")
    assert heard == 3, "once, and twice again under the same key"


async def test_a_port_where_nobody_listens_is_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with telegram() as request:
        with pytest.raises(NotSent):
            await request.do_request(f"http://127.0.0.1:{port}/sendMessage", "POST")
    async with stripe(f"http://127.0.0.1:{port}") as payments:
        with pytest.raises(PaymentsUnreachable):
            await payments.fetch("cs_test_1")


async def test_a_name_that_does_not_resolve_is_not_sent() -> None:
    """`.invalid` never resolves; no server outside is asked for more than that."""
    async with telegram() as request:
        with pytest.raises(NotSent):
            await request.do_request("http://telegram.invalid/sendMessage", "POST")
    async with stripe("http://stripe.invalid") as payments:
        with pytest.raises(PaymentsUnreachable):
            await payments.fetch("cs_test_1")


# Certificates.

_AUTHORITY = """
[ca]
default_ca = us
[us]
database = index
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
[any]
commonName = supplied
[ext]
subjectAltName = DNS:{host}
"""


async def openssl(folder: Path, *said: str) -> None:
    made = await asyncio.create_subprocess_exec(
        "openssl", *said, cwd=folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, error = await made.communicate()
    assert made.returncode == 0, error


async def certified(folder: Path, host: str, *, is_over: bool = False) -> ssl.SSLContext:
    """A server whose certificate stands in `cert.pem`, signed by itself."""
    (folder / "ca.cnf").write_text(_AUTHORITY.format(host=host))
    (folder / "index").write_text("")
    (folder / "serial").write_text("01")
    new = (
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-keyout",
        "key.pem",
        "-out",
        "csr.pem",
    )
    await openssl(folder, "req", *new, "-subj", f"/CN={host}")
    until = "20200201000000Z" if is_over else "20480101000000Z"
    dates = ("-startdate", "20200101000000Z", "-enddate", until)
    signed = ("-selfsign", "-keyfile", "key.pem", "-in", "csr.pem", "-out", "cert.pem", "-extensions", "ext")
    await openssl(folder, "ca", "-batch", "-config", "ca.cnf", *signed, *dates, "-notext")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


@contextlib.asynccontextmanager
async def listening(tls: ssl.SSLContext | None) -> AsyncGenerator[tuple[int, bytearray]]:
    """Its port, and all that it was told."""
    heard = bytearray()

    async def hears(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.read(4000))
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    async with server(hears, tls) as port:
        yield port, heard


async def test_a_certificate_that_nobody_signed_is_told_neither_the_token_nor_the_key(tmp_path: Path) -> None:
    async with listening(await certified(tmp_path, "localhost")) as (port, heard):
        async with telegram() as request:
            with pytest.raises(NotSent):
                await request.do_request(f"https://localhost:{port}/bot1:token/getMe", "POST")
        async with stripe(f"https://localhost:{port}") as payments:
            with pytest.raises(PaymentsUnreachable):
                await payments.fetch("cs_test_1")
        assert not heard


@pytest.mark.parametrize(
    ("host", "is_over", "is_told"),
    [("localhost", False, True), ("localhost", True, False), ("elsewhere.example", False, False)],
    ids=["good", "expired", "another host's"],
)
async def test_stripes_key_is_told_only_to_a_certificate_that_is_trusted_valid_and_for_its_host(
    host: str, is_over: bool, is_told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with listening(await certified(tmp_path, host, is_over=is_over)) as (port, heard):
        monkeypatch.setattr(stripe_sdk, "ca_bundle_path", str(tmp_path / "cert.pem"))
        async with stripe(f"https://localhost:{port}") as payments:
            with pytest.raises(PaymentsError):
                await payments.fetch("cs_test_1")
        assert (b"sk_test_sandbox" in heard) is is_told


async def test_a_server_that_speaks_no_tls_is_told_nothing() -> None:
    async with listening(None) as (port, heard), telegram() as request:
        with pytest.raises(NotSent):
            await request.do_request(f"https://localhost:{port}/bot1:token/getMe", "POST")
        assert b"token" not in heard


@pytest.mark.parametrize(("seconds", "is_heard"), [(0.1, True), (5, False)])
async def test_an_answer_just_within_the_time_out_counts_and_one_beyond_does_not(
    seconds: float, is_heard: bool
) -> None:
    late = asyncio.Event()

    async def slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await late.wait()
        with contextlib.suppress(ConnectionError):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            await writer.drain()

    async with server(slowly) as port, telegram(read=2) as request:
        if is_heard:
            assert await request.do_request(f"http://127.0.0.1:{port}/getMe", "POST") == (200, b"{}")
        else:
            with pytest.raises(TimedOut):
                await request.do_request(f"http://127.0.0.1:{port}/getMe", "POST")
        late.set()
