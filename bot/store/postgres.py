"""PostgreSQL through asyncpg: one task writes, and writes that wait together share one commit; a few connections read.

Work runs in a greenlet, so that it stays a plain function. Every writer of every process takes the same lock first, as
SQLite's writers do: see docs/decisions/0025.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import ClassVar, TypeVar

from sqlalchemy.util.concurrency import greenlet_spawn

from bot.errors import StoreDown
from bot.store.database import TOGETHER, Database, Engine, Job, Work
from bot.store.sql import Tx
from bot.store.wire import Again, Cut, Wire, connect

T = TypeVar("T")

WRITERS_LOCK = 0x656E747261696465
_READERS = 4
_TRIES = 4
# Read committed: a statement sees what was committed before us, also by whoever held the lock until now.
_BEGIN = f"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_advisory_xact_lock({WRITERS_LOCK})"
_VIEW = "BEGIN ISOLATION LEVEL REPEATABLE READ"


class _Waiting(Job[T]):
    """A job whose caller waits on this loop, or does so no more."""

    def __init__(self, work: Work[T]) -> None:
        super().__init__(work)
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def tell(self) -> None:
        if not self.done.done():
            self.done.set_result(None)


class Lines:
    """At most `many` connections, made when they are needed and kept for the next."""

    def __init__(self, url: str, many: int, *, only_reads: bool = False) -> None:
        self._url, self._many, self._only_reads = url, many, only_reads
        self._places = asyncio.Semaphore(many)
        self._free: list[Wire] = []
        self._is_closed = False
        self.hear: Callable[[str], object] | None = None

    @asynccontextmanager
    async def line(self, begin: str = "") -> AsyncGenerator[Wire]:
        """A connection after `begin`, which also shows that it lives; what is still open at the end is undone, also where the caller was cancelled."""
        async with self._places:
            wire = await self._begun(begin)
            try:
                yield wire
            finally:
                await self._back(wire)

    def open(self) -> None:
        self._is_closed = False

    async def close(self) -> None:
        """Waits for those who have a line."""
        self._is_closed = True
        for _ in range(self._many):
            await self._places.acquire()
        while self._free:
            await self._free.pop().close()
        for _ in range(self._many):
            self._places.release()

    async def _begun(self, begin: str) -> Wire:
        if self._is_closed:
            raise StoreDown("the database is closed")
        while True:
            wire, is_new = (self._free.pop(), False) if self._free else (await self._made(), True)
            wire.hear = self.hear
            try:
                if begin:
                    await wire.say(begin)
            except BaseException as error:
                wire.drop()
                # One that had died while nobody used it: nothing is lost, the next one may live.
                if is_new or not isinstance(error, Cut):
                    raise
            else:
                return wire

    async def _made(self) -> Wire:
        return await connect(self._url, only_reads=self._only_reads)

    async def _back(self, wire: Wire) -> None:
        try:
            await wire.give_back()
        except StoreDown:
            wire.drop()
        except BaseException:
            wire.drop()
            raise
        if wire.is_open:
            self._free.append(wire)


class Postgres(Database):
    """One writer, a few readers, and others for long reads."""

    engine: ClassVar[Engine] = "postgresql"

    def __init__(self, url: str) -> None:
        self.url = url
        self._jobs: deque[_Waiting[object]] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._writer, self._readers = Lines(url, 1), Lines(url, _READERS, only_reads=True)

    async def open(self) -> None:
        for lines in (self._writer, self._readers):
            lines.open()
            async with lines.line(_VIEW):
                """It answers, and stays open for the first who comes."""

    async def close(self) -> None:
        if self._writing is not None:
            await asyncio.wait([self._writing])
        for lines in (self._readers, self._writer):
            await lines.close()

    async def read(self, work: Work[T]) -> T:
        async with self._readers.line(f"{_VIEW} READ ONLY") as wire:
            return await greenlet_spawn(work, Tx(wire))

    async def glance(self, work: Work[T]) -> T:
        """Without a transaction, whose two ends take longer than most statements: each of them sees its own moment."""
        try:
            async with self._readers.line() as wire:
                return await greenlet_spawn(work, Tx(wire))
        except Cut:
            # Nobody had asked whether it lives.
            return await self.read(work)

    async def study(self, work: Work[T]) -> T:
        return await asyncio.to_thread(lambda: self.alone(self.url, work, keep=False))

    async def write(self, work: Work[T]) -> T:
        job = _Waiting(work)
        self._jobs.append(job)  # pyright: ignore[reportArgumentType]
        if self._writing is None or self._writing.done():
            # Not in the caller's task, whose end must not be the end of what others wait for.
            self._writing = asyncio.create_task(self._drain())  # noqa: TID251
        await job.done
        return job.outcome()

    async def trace(self, hear: Callable[[str], object] | None) -> None:
        self._writer.hear = self._readers.hear = hear

    @staticmethod
    def alone(url: str, work: Work[T], *, keep: bool) -> T:
        return asyncio.run(_alone(url, work, keep=keep))

    async def _drain(self) -> None:
        while self._jobs:
            batch = [self._jobs.popleft() for _ in range(min(len(self._jobs), TOGETHER))]
            try:
                await self._commit_together(batch)
            except BaseException as error:  # every waiting caller must hear that nothing was kept
                for job in batch:
                    job.error = error if isinstance(error, Exception) else StoreDown("the writer was stopped")
                if not isinstance(error, Exception):
                    raise
            finally:
                for job in batch:
                    job.tell()

    async def _commit_together(self, batch: list[_Waiting[object]]) -> None:
        """A savepoint for each is a round trip for each: they are asked for only once one of several has failed."""
        async with self._writer.line(_BEGIN) as wire:
            if len(batch) == 1:
                await _run_apart(wire, batch[0], f"ROLLBACK; {_BEGIN}")
            elif not await _all_run(wire, batch):
                await _each_run(wire, batch)
            await _commit(wire)


async def _all_run(wire: Wire, batch: list[_Waiting[object]]) -> bool:
    """Whether none of them failed; else all of them must be undone and run again, each apart. Raises Cut."""
    try:
        for job in batch:
            await greenlet_spawn(job.run, Tx(wire))
    except Cut:
        raise
    except Exception:  # noqa: BLE001  it will be the caller's when it fails alone
        return False
    return True


async def _each_run(wire: Wire, batch: list[_Waiting[object]]) -> None:
    await wire.say(f"ROLLBACK; {_BEGIN}; SAVEPOINT job")
    for before, job in zip([None, *batch], batch, strict=False):
        if before is not None and before.error is None:
            await wire.say("RELEASE SAVEPOINT job; SAVEPOINT job")
        await _run_apart(wire, job, "ROLLBACK TO SAVEPOINT job")


async def _run_apart(wire: Wire, job: Job[object], undo: str) -> None:
    """One failure undoes one piece of work, not its neighbours in the same commit."""
    for _ in range(_TRIES):
        try:
            await greenlet_spawn(job.run, Tx(wire))
        except Exception as error:  # noqa: BLE001  it belongs to the caller
            # Raises where the connection is gone, and with it the whole transaction: all must hear of it.
            await wire.say(undo)
            job.error = error
            if not isinstance(error, Again):
                return
        else:
            job.error = None
            return


async def _commit(wire: Wire) -> None:
    """No answer leaves it in doubt: the caller is told that it failed, and never that it was kept."""
    said = await wire.say("COMMIT")
    if said != "COMMIT":
        raise StoreDown(f"nothing was kept: {said}")


async def _alone(url: str, work: Work[T], *, keep: bool) -> T:
    # Whoever keeps others from writing must be quick; a long look is in nobody's way.
    wire = await connect(url) if keep else await connect(url, patience=0)
    try:
        await wire.say(_BEGIN if keep else _VIEW)
        found = await greenlet_spawn(work, Tx(wire))
        if keep:
            await _commit(wire)
        return found
    finally:
        await wire.close()
