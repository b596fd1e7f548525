"""A database whose writes, made under leases, happen only while all of these still hold: checked in the same transaction."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar

from bot.errors import LeaseLost
from bot.store import leases
from bot.store.database import Database, Work
from bot.store.leases import Lease
from bot.store.sql import Tx

T = TypeVar("T")
# What the running task holds; whoever it starts meanwhile acts under the same leases.
HELD: ContextVar[tuple[Lease, ...]] = ContextVar("held", default=())


class Fenced(Database):
    """For processes that share a database; a process alone needs none of it."""

    def __new__(cls, url: str) -> "Fenced":
        return object.__new__(cls)

    def __init__(self, url: str) -> None:
        self._inner = Database(url)
        self.engine = self._inner.engine  # pyright: ignore[reportAttributeAccessIssue]

    async def open(self) -> None:
        await self._inner.open()

    async def close(self) -> None:
        await self._inner.close()

    async def read(self, work: Work[T]) -> T:
        return await self._inner.read(work)

    async def glance(self, work: Work[T]) -> T:
        return await self._inner.glance(work)

    async def study(self, work: Work[T]) -> T:
        return await self._inner.study(work)

    async def write(self, work: Work[T]) -> T:
        """As any database's. Raises LeaseLost where another process took over meanwhile, and writes nothing."""
        held = HELD.get()
        return await self._inner.write((lambda tx: _checked(tx, held, work)) if held else work)

    async def write_bare(self, work: Work[T]) -> T:
        """Whatever is held: for the leases themselves."""
        return await self._inner.write(work)

    async def trace(self, hear: Callable[[str], object] | None) -> None:
        await self._inner.trace(hear)

    @staticmethod
    def alone(url: str, work: Work[T], *, keep: bool) -> T:
        raise NotImplementedError("of an engine")


def _checked(tx: Tx, held: tuple[Lease, ...], work: Work[T]) -> T:
    for lease in held:
        if not leases.holds(tx, lease):
            raise LeaseLost(lease.name)
    return work(tx)
