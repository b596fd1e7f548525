"""A database whose writes, made under leases, happen only while all of these still hold: checked in the same transaction."""

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

    async def write(self, work: Work[T]) -> T:
        """As `Database.write`. Raises LeaseLost where another process took over meanwhile, and writes nothing."""
        held = HELD.get()
        return await super().write((lambda tx: _checked(tx, held, work)) if held else work)

    async def write_bare(self, work: Work[T]) -> T:
        """Whatever is held: for the leases themselves."""
        return await super().write(work)


def _checked(tx: Tx, held: tuple[Lease, ...], work: Work[T]) -> T:
    for lease in held:
        if not leases.holds(tx, lease):
            raise LeaseLost(lease.name)
    return work(tx)
