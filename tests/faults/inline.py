"""SQLite on the loop's own thread: between a commit and the moment its caller hears of it nothing else can move."""

import asyncio
import contextlib
from collections.abc import Callable, Generator
from typing import Any

import aiosqlite
import pytest


@contextlib.contextmanager
def inline(changed: Callable[[], None], point: Callable[[str], None]) -> Generator[None]:
    """`changed` is told of each commit that changed something, `point` of the moment right after each hop."""

    async def connect(self: aiosqlite.Connection) -> aiosqlite.Connection:
        self._connection = self._connector()
        return self

    async def execute(self: aiosqlite.Connection, work: Callable[..., Any], *args: Any, **more: Any) -> Any:
        if not self._running or self._connection is None:
            raise ValueError("Connection closed")
        await asyncio.sleep(0)
        connection = self._connection
        before = connection.total_changes
        result = work(*args, **more)
        if connection.total_changes != before:
            changed()
            point("right after a commit")
        await asyncio.sleep(0)
        return result

    async def close(self: aiosqlite.Connection) -> None:
        connection, self._connection, self._running = self._connection, None, False
        if connection is not None:
            connection.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aiosqlite.Connection, "_connect", connect)
        patch.setattr(aiosqlite.Connection, "__await__", lambda self: self._connect().__await__())
        patch.setattr(aiosqlite.Connection, "_execute", execute)
        patch.setattr(aiosqlite.Connection, "close", close)
        yield
