"""SQLite through aiosqlite: a whole transaction is one hop to its thread, and writes that wait together share one commit.

Work is a plain function of a SQLAlchemy connection; it must not touch the network. See docs/decisions/0002.
"""

import sqlite3
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import aiosqlite
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import StaticPool

from bot.errors import StoreDown

T = TypeVar("T")
Work = Callable[[Connection], T]

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=5000",
    "foreign_keys=ON",
    "temp_store=MEMORY",
)
_TOGETHER = 64


class _Hop(aiosqlite.Connection):
    """aiosqlite's connection, whose thread also runs whole functions on a SQLAlchemy connection."""

    def __init__(self, path: Path) -> None:
        super().__init__(lambda: _connect(path), 64)
        self.sql: Connection

    async def open(self) -> None:
        await self
        engine = create_engine("sqlite://", creator=lambda: self._conn, poolclass=StaticPool)
        self.sql = await self.hop(engine.connect)

    async def hop(self, work: Callable[[], T]) -> T:
        return await self._execute(work)  # pyright: ignore[reportUnknownMemberType]


class _Job(Generic[T]):
    """One piece of work waiting for a commit, and afterwards what became of it."""

    def __init__(self, work: Work[T]) -> None:
        self._work = work
        self._result: T
        self.error: BaseException | None = None

    def run(self, tx: Connection) -> None:
        self._result = self._work(tx)

    def outcome(self) -> T:
        if isinstance(self.error, OperationalError):
            raise StoreDown(str(self.error.orig)) from self.error
        if self.error is not None:
            raise self.error
        return self._result


class Database:
    """One writer and one reader; both see only committed work of the other."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self._jobs: deque[_Job[object]] = deque()
        self._writer: _Hop
        self._reader: _Hop

    async def open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch(mode=0o600)
        self._writer, self._reader = _Hop(self.path), _Hop(self.path)
        await self._writer.open()
        await self._reader.open()

    async def close(self) -> None:
        await self._reader.close()
        await self._writer.close()

    async def read(self, work: Work[T]) -> T:
        """Run `work` on one consistent view of the database."""
        try:
            return await self._reader.hop(lambda: _view(self._reader.sql, work))
        except OperationalError as error:
            raise StoreDown(str(error.orig)) from error

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction and return once it is on disk; an exception undoes `work` alone."""
        job: _Job[T] = _Job(work)
        self._jobs.append(job)  # pyright: ignore[reportArgumentType]
        await self._writer.hop(self._drain)
        return job.outcome()

    def _drain(self) -> None:
        """On the writer's thread: everything that waits goes into one commit. A job's hop may find its work already done."""
        batch = [self._jobs.popleft() for _ in range(min(len(self._jobs), _TOGETHER))]
        if batch:
            _commit_together(self._writer.sql, batch)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=256)
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _view(sql: Connection, work: Work[T]) -> T:
    sql.exec_driver_sql("BEGIN")
    try:
        return work(sql)
    finally:
        sql.rollback()


def _commit_together(sql: Connection, batch: list[_Job[object]]) -> None:
    try:
        sql.exec_driver_sql("BEGIN IMMEDIATE")
        for job in batch:
            _run_apart(sql, job)
        sql.commit()
    except BaseException as error:  # noqa: BLE001  every waiting caller must hear that nothing was kept
        sql.rollback()
        for job in batch:
            job.error = error


def _run_apart(sql: Connection, job: _Job[object]) -> None:
    point = sql.begin_nested()
    try:
        job.run(sql)
    except Exception as error:  # noqa: BLE001  handed to the caller who gave the work
        point.rollback()
        job.error = error
    else:
        point.commit()
