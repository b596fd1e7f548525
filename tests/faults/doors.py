"""TLS before the emulators: the same vendor at the same address, with whatever certificate a test lets it show."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Front:
    """Leads from a port to the emulators; `told`: how many have spoken to it since it last changed its certificate."""

    behind: int
    port: int = 0
    told: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set[asyncio.StreamWriter])

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    async def show(self, certificate: ssl.SSLContext) -> None:
        """From now on this one, to everybody anew."""
        self.close()
        self._server = await asyncio.start_server(self._lead, "127.0.0.1", self.port, ssl=certificate)
        self.port, self.told = self._server.sockets[0].getsockname()[1], 0

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for one in self._open:
            one.transport.abort()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.behind)
        ends = {writer, back}
        self._open |= ends
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._asked(reader, back))
                group.create_task(_carried(there, writer))
        except* (OSError, EOFError):
            """One end is gone, and with it the other."""
        finally:
            self._open -= ends
            for one in ends:
                one.transport.abort()

    async def _asked(self, reader: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        first = await reader.read(65536)
        self.told += bool(first)
        back.write(first)
        await _carried(reader, back)


async def _carried(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while said := await reader.read(65536):
        writer.write(said)
        await writer.drain()
    raise EOFError


@contextlib.asynccontextmanager
async def front(base: str, certificate: ssl.SSLContext) -> AsyncGenerator[Front]:
    """Before the emulators at `base`."""
    behind = urlsplit(base).port
    assert behind is not None
    one = Front(behind)
    await one.show(certificate)
    try:
        yield one
    finally:
        one.close()
