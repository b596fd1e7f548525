"""SQLite on the loop's own thread: between a commit and the moment its caller hears of it nothing else can move."""

import asyncio
import contextlib
from collections.abc import Callable, Generator
from typing import Any

import aiosqlite
import pytest

from bot.errors import StoreDown
from bot.store.sqlite import _Hop


@contextlib.contextmanager
def inline(changed: Callable[[], None], point: Callable[[str], None]) -> Generator[None]:
    """`changed` is told of each commit that changed something, `point` of the moment right after each hop."""

    async def connect(self: aiosqlite.Connection) -> aiosqlite.Connection:
        self._connection = self._connector()
        return self

    def hand(self: _Hop, work: Callable[[], Any], future: asyncio.Future[Any] | None = None) -> None:
        if not self._running or self._connection is None:
            raise StoreDown("the database is closed")
        asyncio.get_running_loop().call_soon(hop, self, work, future)

    def hop(self: _Hop, work: Callable[[], Any], future: asyncio.Future[Any] | None) -> None:
        before = self.raw.total_changes
        try:
            result, error = work(), None
        except Exception as one:  # noqa: BLE001  it is the caller's
            result, error = None, one
        if self.raw.total_changes != before:
            changed()
            point("right after a commit")
        if future is None or future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    async def close(self: aiosqlite.Connection) -> None:
        # What was handed over is done first.
        await asyncio.sleep(0)
        connection, self._connection, self._running = self._connection, None, False
        if connection is not None:
            connection.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aiosqlite.Connection, "_connect", connect)
        patch.setattr(aiosqlite.Connection, "__await__", lambda self: self._connect().__await__())
        patch.setattr(_Hop, "hand", hand)
        patch.setattr(aiosqlite.Connection, "close", close)
        yield
