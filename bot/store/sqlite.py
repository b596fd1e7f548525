"""SQLite through aiosqlite: a whole transaction is one hop to its thread, and writes that wait together share one commit.

What is read in passing does not hop at all: see docs/decisions/0030.
"""

import asyncio
import contextlib
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, TypeVar

import aiosqlite

from bot.errors import StoreDown
from bot.store.database import TOGETHER, Database, Engine, Job, Work
from bot.store.near import DOWN, Busy, Near, view
from bot.store.sql import Tx

T = TypeVar("T")
_CLOSED = "the database is closed"
# How often the loop turns before what waits is committed, so that what comes in the meantime shares the commit, and whoever handed
# it over is not interrupted by it. Where there is nothing else to do a turn takes microseconds: see docs/decisions/0037.
_TURNS = 16

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=5000",
    "foreign_keys=ON",
    "temp_store=MEMORY",
    # What a donor has erased must not stay readable in the file; not every build of SQLite does so by itself.
    "secure_delete=ON",
)


class _Hop(aiosqlite.Connection):
    """aiosqlite's connection, whose thread also runs whole functions."""

    def __init__(self, path: Path) -> None:
        super().__init__(lambda: _connect(path), 64)
        self.raw: sqlite3.Connection

    async def open(self) -> None:
        await self
        self.raw = self._conn

    async def hop(self, work: Callable[[], T]) -> T:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.hand(work, future)
        return await future

    @property
    def is_open(self) -> bool:
        return self._running and self._connection is not None

    def hand(self, work: Callable[[], T], future: "asyncio.Future[T] | None" = None) -> None:
        """Let the thread do it in its turn; the result, where somebody waits for it, goes to `future`."""
        if not self.is_open:
            raise StoreDown(_CLOSED)
        self._tx.put_nowait((future, work))  # pyright: ignore[reportUnknownMemberType]


class _Written(Job[T]):
    """A job on the loop's side: `done` is a future that is over once the job's commit is."""

    def __init__(self, work: Work[T], loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(work)
        self.done: asyncio.Future[None] = loop.create_future()

    def tell(self) -> None:
        # A caller who was cancelled waits no more.
        if not self.done.done():
            self.done.set_result(None)


class Sqlite(Database):
    """One writer, one reader, one for glances, and others for long reads; each sees only committed work of the others."""

    engine: ClassVar[Engine] = "sqlite"

    def __init__(self, url: str) -> None:
        self.path = path_of(url)
        self._jobs: deque[_Written[object]] = deque()
        self._is_called = False
        self._writer: _Hop
        self._reader: _Hop
        self._near: Near

    async def open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch(mode=0o600)
        self._writer, self._reader = _Hop(self.path), _Hop(self.path)
        for one in (self._writer, self._reader):
            await one.open()
        self._near = Near(_connect(self.path))

    async def close(self) -> None:
        self._near.close()
        if self._jobs:
            self._call(asyncio.get_running_loop())
        for one in (self._reader, self._writer):
            await one.close()

    async def glance(self, work: Work[T]) -> T:
        try:
            return self._near.view(work)
        except Busy:
            return await self.read(work)

    async def read(self, work: Work[T]) -> T:
        connection = self._reader
        try:
            return await connection.hop(lambda: view(connection.raw, work))
        except DOWN as error:
            raise StoreDown(str(error)) from error

    async def study(self, work: Work[T]) -> T:
        return await asyncio.to_thread(lambda: self.alone(str(self.path), work, keep=False))

    async def write(self, work: Work[T]) -> T:
        if not self._writer.is_open:
            raise StoreDown(_CLOSED)
        loop = asyncio.get_running_loop()
        job: _Written[T] = _Written(work, loop)
        self._jobs.append(job)  # pyright: ignore[reportArgumentType]
        if not self._is_called:
            self._is_called = True
            self._call_after(_TURNS, loop)
        await job.done
        try:
            return job.outcome()
        except DOWN as error:
            raise StoreDown(str(error)) from error

    async def trace(self, hear: Callable[[str], object] | None) -> None:
        self._near.hear(hear)
        for one in (self._writer, self._reader):
            await one.hop(lambda raw=one.raw: raw.set_trace_callback(hear))

    @staticmethod
    def alone(url: str, work: Work[T], *, keep: bool) -> T:
        try:
            with contextlib.closing(_connect(path_of(url))) as raw:
                return _kept(raw, work) if keep else view(raw, work)
        except DOWN as error:
            raise StoreDown(str(error)) from error

    def _call_after(self, turns: int, loop: asyncio.AbstractEventLoop) -> None:
        if turns:
            loop.call_soon(self._call_after, turns - 1, loop)
        else:
            self._call(loop)

    def _call(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            self._writer.hand(lambda: self._drain(loop))
        except StoreDown as error:
            # It was closed meanwhile, which finished what had come by then.
            self._is_called = False
            while self._jobs:
                job = self._jobs.popleft()
                job.error = error
                job.tell()

    def _drain(self, loop: asyncio.AbstractEventLoop) -> None:
        """On the writer's thread: everything that waits, and a commit and a word to the loop for so many at a time."""
        # Before a look at what waits: whoever comes after that look calls again, and is at worst called for nothing.
        self._is_called = False
        while batch := [self._jobs.popleft() for _ in range(min(len(self._jobs), TOGETHER))]:
            _commit_together(self._writer.raw, batch)
            loop.call_soon_threadsafe(_tell, batch)


def _tell(batch: Sequence[_Written[object]]) -> None:
    for job in batch:
        job.tell()


def path_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=512)
    connection.row_factory = sqlite3.Row
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _kept(raw: sqlite3.Connection, work: Work[T]) -> T:
    job = Job(work)
    _commit_together(raw, [job])  # pyright: ignore[reportArgumentType]
    return job.outcome()


def _commit_together(raw: sqlite3.Connection, batch: Sequence[Job[object]]) -> None:
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
