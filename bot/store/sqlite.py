"""SQLite through aiosqlite: a whole transaction is one hop to its thread, and writes that wait together share one commit."""

import asyncio
import contextlib
import sqlite3
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, TypeVar

import aiosqlite

from bot.errors import StoreDown
from bot.store.database import TOGETHER, Database, Engine, Job, Work
from bot.store.sql import Tx

T = TypeVar("T")

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=5000",
    "foreign_keys=ON",
    "temp_store=MEMORY",
    # What a donor has erased must not stay readable in the file; not every build of SQLite does so by itself.
    "secure_delete=ON",
)
_DOWN = (sqlite3.OperationalError, sqlite3.ProgrammingError)


class _Hop(aiosqlite.Connection):
    """aiosqlite's connection, whose thread also runs whole functions."""

    def __init__(self, path: Path) -> None:
        super().__init__(lambda: _connect(path), 64)
        self.raw: sqlite3.Connection

    async def open(self) -> None:
        await self
        self.raw = self._conn

    async def hop(self, work: Callable[[], T]) -> T:
        try:
            return await self._execute(work)  # pyright: ignore[reportUnknownMemberType]
        except ValueError as error:
            # aiosqlite's word for a connection that was closed.
            if str(error) in ("Connection closed", "no active connection"):
                raise StoreDown(str(error)) from error
            raise


class Sqlite(Database):
    """One writer, one reader for what donors wait for, and others for long reads; each sees only committed work of the others."""

    engine: ClassVar[Engine] = "sqlite"

    def __init__(self, url: str) -> None:
        self.path = path_of(url)
        self._jobs: deque[Job[object]] = deque()
        self._writer: _Hop
        self._reader: _Hop

    async def open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch(mode=0o600)
        self._writer, self._reader = _Hop(self.path), _Hop(self.path)
        for one in (self._writer, self._reader):
            await one.open()

    async def close(self) -> None:
        for one in (self._reader, self._writer):
            await one.close()

    async def read(self, work: Work[T]) -> T:
        connection = self._reader
        try:
            return await connection.hop(lambda: _view(connection.raw, work))
        except _DOWN as error:
            raise StoreDown(str(error)) from error

    async def study(self, work: Work[T]) -> T:
        return await asyncio.to_thread(lambda: self.alone(str(self.path), work, keep=False))

    async def write(self, work: Work[T]) -> T:
        job: Job[T] = Job(work)
        self._jobs.append(job)  # pyright: ignore[reportArgumentType]
        await self._writer.hop(self._drain)
        try:
            return job.outcome()
        except _DOWN as error:
            raise StoreDown(str(error)) from error

    async def trace(self, hear: Callable[[str], object] | None) -> None:
        for one in (self._writer, self._reader):
            await one.hop(lambda raw=one.raw: raw.set_trace_callback(hear))

    @staticmethod
    def alone(url: str, work: Work[T], *, keep: bool) -> T:
        try:
            with contextlib.closing(_connect(path_of(url))) as raw:
                return _kept(raw, work) if keep else _view(raw, work)
        except _DOWN as error:
            raise StoreDown(str(error)) from error

    def _drain(self) -> None:
        """On the writer's thread: everything that waits goes into one commit. A job's hop may find its work already done."""
        batch = [self._jobs.popleft() for _ in range(min(len(self._jobs), TOGETHER))]
        if batch:
            _commit_together(self._writer.raw, batch)


def path_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=512)
    connection.row_factory = sqlite3.Row
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _view(raw: sqlite3.Connection, work: Work[T]) -> T:
    raw.execute("BEGIN")
    try:
        return work(Tx(raw))
    finally:
        raw.execute("ROLLBACK")


def _kept(raw: sqlite3.Connection, work: Work[T]) -> T:
    job = Job(work)
    _commit_together(raw, [job])  # pyright: ignore[reportArgumentType]
    return job.outcome()


def _commit_together(raw: sqlite3.Connection, batch: list[Job[object]]) -> None:
    try:
        raw.execute("BEGIN IMMEDIATE")
        for job in batch:
            _run_apart(raw, job)
        raw.execute("COMMIT")
    except BaseException as error:  # noqa: BLE001  every waiting caller must hear that nothing was kept
        for job in batch:
            job.error = error
        # A connection that was closed has nothing to undo.
        with contextlib.suppress(sqlite3.ProgrammingError):
            if raw.in_transaction:
                raw.execute("ROLLBACK")


def _run_apart(raw: sqlite3.Connection, job: Job[object]) -> None:
    """One failure undoes one piece of work, not its neighbours in the same commit."""
    raw.execute("SAVEPOINT job")
    try:
        job.run(Tx(raw))
    except Exception as error:
        if not raw.in_transaction:
            # A full disk or a broken file has undone the whole transaction already: all must hear of it.
            raise
        raw.execute("ROLLBACK TO job")
        job.error = error
    raw.execute("RELEASE job")
