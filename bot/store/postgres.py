"""PostgreSQL through libpq: one task writes, and writes that wait together share one commit; a few connections read.

Work runs in a greenlet, so that it stays a plain function. Every writer of every process takes the same lock first, as
SQLite's writers do: see docs/decisions/0025.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import ClassVar, TypeVar

from sqlalchemy.util.concurrency import greenlet_spawn

from bot.errors import StoreDown
from bot.store.database import TOGETHER, Database, Engine, Job, Work
from bot.store.refusals import Again, Cut, Late
from bot.store.sql import Tx
from bot.store.wire import Wire, connect

T = TypeVar("T")

WRITERS_LOCK = 0x656E747261696465
_READERS = 4
_TRIES = 4
# Read committed: a statement sees what was committed before us, also by whoever held the lock until now.
_BEGIN = (
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
    f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})",
)
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

    async def use(self, work: Callable[[Wire], Awaitable[T]], *begin: str) -> T:
        """`work` on a connection, after `begin`; what is open at the end is undone, also where the caller was cancelled.

        One that had died while nobody used it is replaced unheard, and `work` done on another.
        """
        async with self._places:
            while True:
                wire, is_new = (self._free.pop(), False) if self._free else (await self._made(), True)
                wire.hear = self.hear
                try:
                    wire.begin(*begin)
                    return await work(wire)
                except Cut as error:
                    if is_new or not wire.is_silent or isinstance(error, Late):
                        raise
                finally:
                    self._back(wire)

    def open(self) -> None:
        self._is_closed = False

    async def close(self) -> None:
        """Waits for those who have a line."""
        self._is_closed = True
        for _ in range(self._many):
            await self._places.acquire()
        while self._free:
            self._free.pop().close()
        for _ in range(self._many):
            self._places.release()

    async def _made(self) -> Wire:
        if self._is_closed:
            raise StoreDown("the database is closed")
        return await connect(self._url, only_reads=self._only_reads)

    def _back(self, wire: Wire) -> None:
        try:
            wire.give_back()
        except StoreDown:
            """It is closed below."""
        if wire.is_open:
            self._free.append(wire)
        else:
            wire.close()


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
            # It answers, and stays open for the first who comes.
            await lines.use(Wire.settled, _VIEW)

    async def close(self) -> None:
        if self._writing is not None:
            await asyncio.wait([self._writing])
        for lines in (self._readers, self._writer):
            await lines.close()

    async def read(self, work: Work[T]) -> T:
        return await self._readers.use(partial(_looked, work=work), f"{_VIEW} READ ONLY")

    async def glance(self, work: Work[T]) -> T:
        """Without a transaction: each statement sees its own moment."""
        return await self._readers.use(partial(_looked, work=work))

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
        await self._writer.use(partial(_kept, batch=batch), *_BEGIN)


async def _looked(wire: Wire, work: Work[T]) -> T:
    found = await greenlet_spawn(work, Tx(wire))
    if wire.owes:
        # Whoever writes where nothing may be written must hear of it.
        await wire.settled()
    return found


async def _kept(wire: Wire, batch: list[_Waiting[object]]) -> None:
    """Raises Cut, and StoreDown where no commit came about: all of them must hear of it."""
    if len(batch) == 1:
        await _kept_alone(wire, batch[0])
    elif not await _all_kept(wire, batch):
        await wire.undo("ROLLBACK", *_BEGIN)
        await _each_kept(wire, batch)


async def _kept_alone(wire: Wire, job: Job[object]) -> None:
    for _ in range(_TRIES):
        job.error = await _error_of(_committed(wire, [job]))
        if not isinstance(job.error, Again):
            return
        await wire.undo("ROLLBACK", *_BEGIN)


async def _all_kept(wire: Wire, batch: list[_Waiting[object]]) -> bool:
    """Whether none of them failed; else all of them must be undone and run again, each apart."""
    return await _error_of(_committed(wire, batch)) is None


async def _each_kept(wire: Wire, batch: list[_Waiting[object]]) -> None:
    """One failure undoes one piece of work, not its neighbours in the same commit."""
    for job in batch:
        for _ in range(_TRIES):
            wire.say("SAVEPOINT job")
            job.error = await _error_of(_ran(wire, job))
            if job.error is not None:
                await wire.undo("ROLLBACK TO SAVEPOINT job")
            wire.say("RELEASE SAVEPOINT job")
            if not isinstance(job.error, Again):
                break
    await wire.commit()


async def _committed(wire: Wire, batch: Sequence[Job[object]]) -> None:
    for job in batch:
        await greenlet_spawn(job.run, Tx(wire))
    await wire.commit()


async def _ran(wire: Wire, job: Job[object]) -> None:
    """Waits for all that it asked, so that what is wrong is known to be its own."""
    await greenlet_spawn(job.run, Tx(wire))
    await wire.settled()


async def _error_of(work: Awaitable[None]) -> Exception | None:
    """What belongs to the caller. Raises Cut: where the connection is gone, the whole transaction is."""
    try:
        await work
    except Cut:
        raise
    except Exception as error:  # noqa: BLE001  it is told to whoever waits
        return error
    return None


async def _alone(url: str, work: Work[T], *, keep: bool) -> T:
    # Whoever keeps others from writing must be quick; a long look is in nobody's way.
    wire = await connect(url) if keep else await connect(url, patience=0)
    try:
        wire.begin(*(_BEGIN if keep else (_VIEW,)))
        found = await greenlet_spawn(work, Tx(wire))
        if keep:
            await wire.commit()
        elif wire.owes:
            await wire.settled()
        return found
    finally:
        wire.close()
