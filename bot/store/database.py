"""SQLite through aiosqlite: a whole transaction is one hop to its thread, and writes that wait together share one commit.

Work is a plain function of an open transaction; it must not touch the network. See docs/decisions/0002 and 0007.
"""

import asyncio
import contextlib
import sqlite3
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import aiosqlite

from bot.errors import StoreDown
from bot.store.sql import Tx

T = TypeVar("T")
Work = Callable[[Tx], T]

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=5000",
    "foreign_keys=ON",
    "temp_store=MEMORY",
    # What a donor has erased must not stay readable in the file; not every build of SQLite does so by itself.
    "secure_delete=ON",
)
_TOGETHER = 64


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


class _Job(Generic[T]):
    """One piece of work waiting for a commit, and afterwards what became of it."""

    def __init__(self, work: Work[T]) -> None:
        self._work = work
        self._result: T
        self.error: BaseException | None = None

    def run(self, tx: Tx) -> None:
        self._result = self._work(tx)

    def outcome(self) -> T:
        if isinstance(self.error, (sqlite3.OperationalError, sqlite3.ProgrammingError)):
            raise StoreDown(str(self.error)) from self.error
        if self.error is not None:
            raise self.error
        return self._result


class Database:
    """One writer, one reader for what donors wait for, and others for long reads; each sees only committed work of the others."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self._jobs: deque[_Job[object]] = deque()
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
        """Run `work` on one consistent view of the database."""
        return await _looked(self._reader, work)

    async def study(self, work: Work[T]) -> T:
        """As `read`, on a connection and a thread of its own: for what takes long, so that no donor's read waits behind it."""
        try:
            return await asyncio.to_thread(lambda: _alone(self.path, work))
        except sqlite3.OperationalError as error:
            raise StoreDown(str(error)) from error

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
            _commit_together(self._writer.raw, batch)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=512)
    connection.row_factory = sqlite3.Row
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


async def _looked(connection: _Hop, work: Work[T]) -> T:
    try:
        return await connection.hop(lambda: _view(connection.raw, work))
    except (sqlite3.OperationalError, sqlite3.ProgrammingError) as error:
        raise StoreDown(str(error)) from error


def _view(raw: sqlite3.Connection, work: Work[T]) -> T:
    raw.execute("BEGIN")
    try:
        return work(Tx(raw))
    finally:
        raw.execute("ROLLBACK")


def _alone(path: Path, work: Work[T]) -> T:
    with contextlib.closing(_connect(path)) as raw:
        return _view(raw, work)


def _commit_together(raw: sqlite3.Connection, batch: list[_Job[object]]) -> None:
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


def _run_apart(raw: sqlite3.Connection, job: _Job[object]) -> None:
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
