"""Who may serve from a database: one process that does everything, or several that share it; never both.

Proven by a lock of the operating system or of the server, which ends with the process that held it, however it ended.
"""

import asyncio
import contextlib
import sys
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import IO

from bot.errors import DatabaseTaken
from bot.store.database import engine_of
from bot.store.sqlite import path_of

if sys.platform != "win32":
    import fcntl

_PAUSE = 0.1
_IN_THE_WAY = {
    True: "another process serves from this database: stop it first, since `entraide run` does everything alone",
    False: "an `entraide run` serves from this database, and does everything alone: stop it first",
}


class Presence(ABC):
    """A process at a database, among others or alone."""

    can_ring = False

    @abstractmethod
    async def is_taken(self, *, alone: bool) -> bool:
        """Try to take our place."""

    @abstractmethod
    async def leave(self) -> None: ...

    async def stays(self, *, alone: bool) -> None:
        """As long as the place is ours. Raises DatabaseTaken where somebody else got it."""
        await asyncio.Event().wait()

    @abstractmethod
    def tell(self, word: str) -> None:
        """Say a word to all who listen at this database, where the server carries it."""

    @abstractmethod
    def listen(self, hear: Callable[[str], None]) -> None:
        """Let `hear` be told the words of others."""


@contextlib.asynccontextmanager
async def present(url: str, *, alone: bool, patience: float) -> AsyncGenerator[Presence]:
    """Whoever was here before may take `patience` seconds to end, as at a deployment. Raises DatabaseTaken, StoreDown."""
    presence = _presence(url)
    try:
        try:
            async with asyncio.timeout(patience):
                while not await presence.is_taken(alone=alone):
                    await asyncio.sleep(_PAUSE)
        except TimeoutError:
            raise taken(alone=alone) from None
        yield presence
    finally:
        await presence.leave()


def taken(*, alone: bool) -> DatabaseTaken:
    return DatabaseTaken(_IN_THE_WAY[alone])


def _presence(url: str) -> Presence:
    if engine_of(url) == "postgresql":
        from bot.store.herald import Herald

        return Herald(url)
    return _AtFile(path_of(url))


class _AtFile(Presence):
    """Beside the database's file: SQLite's own locks end where any handle of that file is closed in this process."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        place = path.with_name(f"{path.name}.lock")
        place.touch(mode=0o600)
        self._file = place.open("ab")

    async def is_taken(self, *, alone: bool) -> bool:
        return _is_locked(self._file, alone=alone)

    async def leave(self) -> None:
        self._file.close()

    def tell(self, word: str) -> None:
        """A file tells nobody."""

    def listen(self, hear: Callable[[str], None]) -> None:
        """Nor is there anything to hear."""


def _is_locked(file: IO[bytes], *, alone: bool) -> bool:
    if sys.platform == "win32":
        # No such locks: there, one process does everything, and nobody looks whether it is one.
        return alone
    try:
        fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
