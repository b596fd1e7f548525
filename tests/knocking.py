"""Bytes over a real socket, as no client library would send them."""

import asyncio
import contextlib
from collections.abc import Sized
from dataclasses import dataclass
from types import TracebackType

from tests.stage import Stage

PATIENCE = 20  # Seconds until a test says that the server did nothing.


@dataclass
class Wire:
    """One connection to the bot's own port."""

    port: int

    async def __aenter__(self) -> "Wire":
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()

    async def say(self, raw: bytes) -> None:
        """A server that has hung up already is no fault of the test."""
        with contextlib.suppress(ConnectionError):
            self.writer.write(raw)
            await self.writer.drain()

    async def rest(self) -> bytes:
        """All that comes until the server closes."""
        whole = bytearray()
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ConnectionError):
                while piece := await self.reader.read(1 << 16):
                    whole += piece
        return bytes(whole)

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The next answer: its status, headers (names in small letters) and body."""
        async with asyncio.timeout(PATIENCE):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            status, *lines = head.strip().split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)
            }
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return int(status.split(" ")[1]), headers, body


def wire(stage: Stage) -> Wire:
    return Wire(stage.settings.port)


def secret_of(stage: Stage) -> str:
    return stage.app.door.telegram_secret


def post(stage: Stage, body: bytes, *more: str, path: str = "/telegram", length: str | None = None) -> bytes:
    """A good request with the secret; `length` in place of the true one, "" for none."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: bot",
        "Content-Type: application/json",
        f"X-Telegram-Bot-Api-Secret-Token: {secret_of(stage)}",
        *more,
    ]
    if length != "":
        lines.append(f"Content-Length: {length or len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def until_closed(connections: Sized, most: int) -> None:
    """Wait until the server has no more connections (or requests) than these."""
    async with asyncio.timeout(PATIENCE):
        while len(connections) > most:
            await asyncio.sleep(0.01)
