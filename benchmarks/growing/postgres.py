"""The same book on PostgreSQL: the pages that its server touched instead of steps, once each statement is planned for good."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any, ClassVar, TypeVar

import psycopg
from sqlalchemy.util.concurrency import greenlet_spawn

from benchmarks.growing.rehearsal import ENOUGH, REPEATS, Cost, Rehearsal
from bot.store.database import Engine, Work
from bot.store.sql import Tx
from bot.store.wire import connect
from tests import postgres

T = TypeVar("T")
# A statement is planned anew five times, and then for good.
_PLANNED_ANEW = 6
_OPTIONS = "-c fsync=off -c synchronous_commit=off -c max_wal_size=8GB -c shared_preload_libraries=pg_stat_statements"
_TOUCHED = (
    "SELECT coalesce(sum(shared_blks_hit + shared_blks_read), 0) FROM pg_stat_statements "
    "WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def copied(path: Path) -> str:
    """The address of a copy of this book, made as an operator makes it, on a server that ends with this process."""
    if postgres.SERVER not in os.environ:
        postgres.start(options=_OPTIONS)
    url = postgres.create(path.stem, "template0")
    command = [sys.executable, "-m", "bot", "copy", "--from", f"sqlite:///{path}", "--to", url]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with psycopg.connect(url, autocommit=True) as connection:
        # As its own housekeeping does within the day.
        connection.execute("VACUUM ANALYZE")
        connection.execute("CREATE EXTENSION pg_stat_statements")
    return url


class OnPostgres(Rehearsal):
    """One connection, whose one transaction is undone after each trial. `ms` is waited for, the server's work within it."""

    engine: ClassVar[Engine] = "postgresql"

    def __new__(cls, path: Path, url: str) -> "OnPostgres":
        del path, url
        return object.__new__(cls)

    def __init__(self, path: Path, url: str) -> None:
        super().__init__(path)
        self._url = url
        self._alone = asyncio.Lock()

    async def open(self) -> None:
        self._wire, self._watch = await connect(self._url, 0), psycopg.connect(self._url, autocommit=True)

    async def close(self) -> None:
        self._wire.close()
        self._watch.close()
        await super().close()

    async def read(self, work: Work[T]) -> T:
        async with self._alone:
            return await self._ran(work)

    study = read
    glance = read

    async def write(self, work: Work[T]) -> T:
        async with self._alone:
            self._wire.say("SAVEPOINT job")
            try:
                return await self._ran(work)
            except BaseException:
                await self._wire.undo("ROLLBACK TO SAVEPOINT job")
                raise

    async def _ran(self, work: Work[T]) -> T:
        found = await greenlet_spawn(work, Tx(self._wire))
        await self._wire.settled()
        return found

    async def measure(
        self, trial: Callable[[], Awaitable[object]], before: Work[object] | None = None
    ) -> Cost:
        for _ in range(_PLANNED_ANEW):
            touched, took = await self._tried(trial, before)
            if took > ENOUGH:
                return Cost(touched, took * 1000)
        taken, touched = list[float](), 0
        while len(taken) < REPEATS and sum(taken) < ENOUGH:
            touched, took = await self._tried(trial, before)
            taken.append(took)
        return Cost(touched, median(taken) * 1000)

    async def _tried(
        self, trial: Callable[[], Awaitable[object]], before: Work[object] | None
    ) -> tuple[int, float]:
        self._wire.begin("BEGIN")
        try:
            if before:
                await self._ran(before)
            self._asked("SELECT pg_stat_statements_reset()")
            began = time.perf_counter()
            await trial()
            took = time.perf_counter() - began
        finally:
            await self._wire.undo("ROLLBACK")
            self._wire.is_in_transaction = False
        # The last statement is over, and counted, once another came.
        return self._asked(_TOUCHED), took

    def _asked(self, sql: str) -> Any:
        row = self._watch.execute(sql.encode()).fetchone()
        return int(row[0]) if row and row[0] else 0
