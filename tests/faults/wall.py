"""What stands between the bot and PostgreSQL: it carries every byte, and tears a connection at the commit it is told to."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass, field
from enum import Enum

# It is said in words each time, with a nul after them.
_COMMIT = b"COMMIT\0"


class Torn(Enum):
    """Before it is sent, nothing was kept; before its answer comes, everything was, and nobody here knows."""

    BEFORE_IT_IS_SENT = "before it is sent"
    BEFORE_ITS_ANSWER = "before its answer"


@dataclass
class Wall:
    """Leads from `port` to `behind`, which may change; every `every`-th commit is torn, none as long as that is 0."""

    behind: int
    how: Torn = Torn.BEFORE_IT_IS_SENT
    every: int = 0
    port: int = 0
    commits: int = 0
    torn: int = 0
    ends: set[asyncio.StreamWriter] = field(default_factory=set)

    @contextlib.contextmanager
    def holding(self) -> Generator[None]:
        """For a moment nothing is torn."""
        every, self.every = self.every, 0
        yield
        self.every = every

    async def lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.behind)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, back}
        self.ends |= ends
        torn = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._asked(reader, back, torn))
                group.create_task(_answered(there, writer, torn))
        except* (ConnectionError, EOFError):
            """One end is gone, and with it the other."""
        finally:
            self.ends -= ends
            for one in ends:
                one.transport.abort()

    async def _asked(
        self, reader: asyncio.StreamReader, back: asyncio.StreamWriter, torn: asyncio.Event
    ) -> None:
        while said := await reader.read(65536):
            if _COMMIT in said and self._is_to_tear():
                if self.how is Torn.BEFORE_IT_IS_SENT:
                    raise ConnectionResetError
                torn.set()
            back.write(said)
            await back.drain()
        raise EOFError

    def _is_to_tear(self) -> bool:
        self.commits += 1
        is_to_tear = self.every > 0 and self.commits % self.every == 0
        self.torn += is_to_tear
        return is_to_tear


async def _answered(there: asyncio.StreamReader, writer: asyncio.StreamWriter, torn: asyncio.Event) -> None:
    while said := await there.read(65536):
        if torn.is_set():
            # The server has answered, so it is done; whoever asked never hears so.
            raise ConnectionResetError
        writer.write(said)
        await writer.drain()
    raise EOFError


@contextlib.asynccontextmanager
async def wall(behind: int) -> AsyncGenerator[Wall]:
    one = Wall(behind)
    listening = await asyncio.start_server(one.lead, "127.0.0.1", 0)
    one.port = listening.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        listening.close()
        for end in one.ends:
            end.transport.abort()
