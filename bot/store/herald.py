"""A connection to PostgreSQL of its own, for as long as the process lives: it says that we are here, and carries words between us."""

import asyncio
import logging
from collections.abc import Callable

import psycopg

from bot.errors import StoreDown
from bot.store.presence import Presence, taken
from bot.store.wire import Wire, connect

_FAULTS = (StoreDown, psycopg.Error)
_PLACE, _CHANNEL = 0x656E747261696466, "entraide"
# How often we look whether the server still knows us, and how long we then wait for it, in seconds.
_PULSE, _PATIENCE = 5.0, 10
_BURY = (
    "SELECT pg_terminate_backend(pid) FROM pg_locks"
    " WHERE locktype = 'advisory' AND classid = {} AND objid = {} AND pid = {}"
)
log = logging.getLogger(__name__)


class Herald(Presence):
    """Everybody shares one lock of the server, or one has it alone; it is held by the connection, not by a transaction."""

    can_ring = True

    def __init__(self, url: str) -> None:
        self._url = url
        self._wire: Wire | None = None
        # The server's numbers of the connection that we had before, and of this one.
        self._was = self._is = 0
        self._hear: Callable[[str], None] = lambda _: None
        self._words: dict[str, None] = {}
        self._has_word = asyncio.Event()

    async def is_taken(self, *, alone: bool) -> bool:
        """Raises StoreDown."""
        try:
            return await self._is_taken(alone=alone)
        except _FAULTS as error:
            self._drop()
            raise StoreDown(f"the server cannot be reached: {error}") from None

    async def _is_taken(self, *, alone: bool) -> bool:
        wire = await self._connected()
        how = "pg_try_advisory_lock" if alone else "pg_try_advisory_lock_shared"
        return (await wire.ask(f"SELECT {how}({_PLACE})"))[0][0]

    async def _connected(self) -> Wire:
        if self._wire is None:
            self._wire = await connect(self._url, _PATIENCE)
            self._wire.listen(self._heard)
            await self._wire.ask(f"LISTEN {_CHANNEL}")
            self._was, self._is = self._is, self._wire.backend_pid
        return self._wire

    def _heard(self, sender: int, word: str) -> None:
        if sender != self._is:
            self._hear(word)

    def listen(self, hear: Callable[[str], None]) -> None:
        self._hear = hear

    def tell(self, word: str) -> None:
        self._words[word] = None
        self._has_word.set()

    async def stays(self, *, alone: bool) -> None:
        """Carries words too; where the connection ends, our place is taken again before anybody else has it, or never."""
        while True:
            try:
                await self._carry(await self._connected())
            except _FAULTS as error:
                log.warning("the server is lost", extra={"error": type(error).__name__})
                self._drop()
            if self._wire is None and not await self._is_back(alone=alone):
                raise taken(alone=alone)

    async def _carry(self, wire: Wire) -> None:
        """What several rang for meanwhile is one word."""
        try:
            async with asyncio.timeout(_PULSE):
                await self._has_word.wait()
        except TimeoutError:
            await wire.ask("SELECT 1")
            return
        self._has_word.clear()
        words, self._words = list(self._words), {}
        for one in words:
            wire.execute(f"SELECT pg_notify('{_CHANNEL}', ?)", (one,))
        await wire.settled()

    async def _is_back(self, *, alone: bool) -> bool:
        """Our old connection may still have the place, where the server has not noticed that it is dead."""
        tries = 20
        while tries:
            try:
                if await self._is_taken(alone=alone):
                    return True
                wire = await self._connected()
                await wire.ask(_BURY.format(_PLACE >> 32, _PLACE & 0xFFFFFFFF, self._was))
                tries -= 1
                await asyncio.sleep(0.1)
            except _FAULTS:
                self._drop()
                await asyncio.sleep(1)
        return False

    async def leave(self) -> None:
        self._drop()

    def _drop(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None
