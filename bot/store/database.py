"""The database, whichever engine keeps it: work is a plain function of an open transaction and must not touch the network.

SQLite's half is `bot/store/sqlite.py`, PostgreSQL's `bot/store/postgres.py`; see docs/decisions/0002, 0007 and 0025.
"""

from collections.abc import Callable
from typing import ClassVar, Generic, Literal, TypeVar

from bot.store.sql import Tx

T = TypeVar("T")
Work = Callable[[Tx], T]
Engine = Literal["sqlite", "postgresql"]
# How many pieces of work share one commit at most.
TOGETHER = 64


class Database:
    """`Database(url)` is of the engine that the URL names; a bare path is SQLite's.

    Every call raises StoreDown when the database cannot be read or written now.
    """

    engine: ClassVar[Engine]

    def __new__(cls, url: str) -> "Database":
        return object.__new__(_kind(url))

    def __init__(self, url: str) -> None:
        """No connection yet."""
        raise NotImplementedError

    async def open(self) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        """What was handed over is finished first."""
        raise NotImplementedError

    async def read(self, work: Work[T]) -> T:
        """Run `work` on one consistent view of the database."""
        raise NotImplementedError

    async def glance(self, work: Work[T]) -> T:
        """For what is short whatever the book holds: a few rows by their keys. It may be tried twice, and on PostgreSQL each
        statement sees its own moment: what has to agree is read by one, or by `read`.

        Whoever waits for it may be answered without giving way to anybody else.
        """
        return await self.read(work)

    async def study(self, work: Work[T]) -> T:
        """As `read`, on a connection and a thread of its own: for what takes long, so that no donor's read waits behind it."""
        raise NotImplementedError

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction and return once it is on disk; an exception undoes `work` alone.

        A caller who is cancelled takes nothing back: the work is done all the same, in its order.
        """
        raise NotImplementedError

    async def trace(self, hear: Callable[[str], object] | None) -> None:
        """Let `hear` be told each statement, with its transactions; for tests and tools."""
        raise NotImplementedError

    @staticmethod
    def alone(url: str, work: Work[T], *, keep: bool) -> T:
        """See `alone` below."""
        raise NotImplementedError


class Job(Generic[T]):
    """One piece of work waiting for a commit, and afterwards what became of it."""

    def __init__(self, work: Work[T]) -> None:
        self._work = work
        self._result: T
        self.error: BaseException | None = None

    def run(self, tx: Tx) -> None:
        self._result = self._work(tx)

    def outcome(self) -> T:
        error, self.error = self.error, None
        if error is None:
            return self._result
        try:
            raise error
        finally:
            # Else it would hold this frame, which holds it: all that it saw would stay until somebody looks for garbage.
            del error


def engine_of(url: str) -> Engine:
    return "postgresql" if url.startswith(("postgresql:", "postgresql+", "postgres:")) else "sqlite"


def alone(url: str, work: Work[T], *, keep: bool = False) -> T:
    """Run `work` in the calling thread, which must run no event loop, on a connection of its own; undone unless `keep`."""
    return _kind(url).alone(url, work, keep=keep)


def _kind(url: str) -> type[Database]:
    if engine_of(url) == "postgresql":
        # Imported only here: whoever keeps SQLite needs no driver of PostgreSQL's.
        from bot.store.postgres import Postgres

        return Postgres
    from bot.store.sqlite import Sqlite

    return Sqlite
