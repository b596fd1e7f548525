"""What several processes on one database need of each other: leases that are kept alive, locks made of them, bells that are heard.

A process alone uses none of this: its locks and bells are in memory.
"""

import asyncio
import contextlib
import itertools
import logging
import os
import random
import secrets
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from bot.botapi.pace import BULK
from bot.errors import StoreDown
from bot.services import Bells, Locks
from bot.store import leases
from bot.store.fenced import HELD, Fenced
from bot.store.leases import Lease
from bot.store.sql import Tx

log = logging.getLogger(__name__)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.25


@dataclass(eq=False)
class Hold:
    """A lease while we have it. `until`: by our own monotonic clock, not known to be ours any more from then on.

    `is_free` is set by who has given it back in a transaction of their own.
    """

    lease: Lease
    until: float
    is_free: bool = False
    lost: asyncio.Event = field(default_factory=asyncio.Event)


class Leases:
    """The leases of this process. `term` is how long one outlives its process, in whole seconds."""

    def __init__(self, db: Fenced, term: int) -> None:
        # The number of the process is for people who look for it.
        self.owner = f"{os.getpid()}-{secrets.token_hex(6)}"
        self._db, self._term = db, term
        self._numbers = itertools.count(1)
        self._holds: set[Hold] = set()
        self._dropped: list[Lease] = []

    def fresh(self, name: str) -> Lease:
        """To be taken with `leases.take`, in a transaction of one's own."""
        return Lease(name, self.owner, next(self._numbers))

    @property
    def term(self) -> int:
        return self._term

    async def take(self, name: str) -> Lease | None:
        """None while another process holds it. Raises StoreDown."""
        lease = self.fresh(name)
        try:
            is_taken = await self._db.write_bare(lambda tx: leases.take(tx, lease, self._term))
        except BaseException:
            self.drop(lease)
            raise
        return lease if is_taken else None

    def drop(self, lease: Lease) -> None:
        """Whoever wanted it has gone, and perhaps it was taken all the same: it must not stand for a whole term."""
        self._dropped.append(lease)

    async def wait_for(self, name: str) -> Lease:
        """Two processes want the same thing at the same time rarely, so they ask again rather than tell each other."""
        pause = _FIRST_PAUSE
        while (lease := await self.take(name)) is None:
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311  two must not ask in step for ever
            pause = min(pause * 2, _LONGEST_PAUSE)
        return lease

    @asynccontextmanager
    async def holding(self, lease: Lease, *, fences: bool = True) -> AsyncGenerator[Hold]:
        """All that is written inside is written only while the lease is still ours; given back at the end."""
        hold = Hold(lease, time.monotonic() + self._term)
        self._holds.add(hold)
        under = HELD.set((*HELD.get(), lease) if fences else HELD.get())
        try:
            yield hold
        finally:
            HELD.reset(under)
            self._holds.discard(hold)
            if not hold.is_free:
                await self._give_back(lease)

    async def _give_back(self, lease: Lease) -> None:
        try:
            await self._db.write_bare(lambda tx: leases.release(tx, lease))
        except StoreDown:
            # What was done under it is done; the next beat gives it back.
            self.drop(lease)
        except BaseException:
            self.drop(lease)
            raise

    async def beat(self) -> None:
        """Renew what is held; to be called a few times in each term."""
        began, holds = time.monotonic(), list(self._holds)
        dropped, self._dropped = self._dropped, []
        try:
            lost = await self._db.write_bare(partial(self._renew, holds=holds, dropped=dropped))
        except StoreDown:
            self._dropped += dropped
            log.warning("the leases cannot be renewed")
            lost = {one for one in holds if one.until <= time.monotonic()}
        else:
            for one in holds:
                one.until = began + self._term
        for one in lost & self._holds:
            log.warning("a lease was lost", extra={"lease": one.lease.name})
            one.lost.set()

    def _renew(self, tx: Tx, holds: list[Hold], dropped: list[Lease]) -> set[Hold]:
        for lease in dropped:
            leases.release(tx, lease)
        return {one for one in holds if not leases.renew(tx, one.lease, self._term)}

    async def leave(self) -> None:
        """At a clean stop: others need not wait for the end of a term."""
        with contextlib.suppress(StoreDown):
            await self._db.write_bare(partial(leases.leave, owner=self.owner))


def share(rate: float, workers: int, *, leads: bool) -> float:
    """How many messages a second one of so many workers may send, so that all of them together send `rate`.

    The leader alone sends broadcasts: it has what these may take of the whole, and the others share the rest.
    """
    if workers < 2:
        return rate
    return rate * BULK if leads else rate * (1 - BULK) / (workers - 1)


class SharedLocks(Locks):
    """Locks that hold in all processes: first here, so that one process asks the database once at a time for a name."""

    def __init__(self, held: Leases) -> None:
        super().__init__()
        self._leases = held

    @asynccontextmanager
    async def of(self, name: str) -> AsyncGenerator[None]:
        async with self.here(name):
            lease = await self._leases.wait_for(name)
            async with self._leases.holding(lease):
                yield


class Bell(asyncio.Event):
    """Rung here it is heard in the other processes too."""

    def __init__(self, name: str, tell: Callable[[str], None]) -> None:
        super().__init__()
        self._name, self._tell = name, tell

    def set(self) -> None:
        super().set()
        self._tell(self._name)

    def hear(self) -> None:
        """Another process rang."""
        super().set()


class SharedBells:
    """The bells of this process, joined to those of the others."""

    def __init__(self, tell: Callable[[str], None] = lambda _: None) -> None:
        self._all = {name: Bell(name, tell) for name in Bells.__struct_fields__}
        self.bells = Bells(**self._all)

    def hear(self, name: str) -> None:
        if name in self._all:
            self._all[name].hear()

    async def watch(self, db: Fenced, pause: float) -> None:
        """For ever, where the database tells nobody: look whether anything was written, and if so ring all that are cheap to answer."""
        seen = 0
        while True:
            with contextlib.suppress(StoreDown):
                version = await db.read(lambda tx: tx.plain("PRAGMA data_version")[0][0])
                if version != seen:
                    seen = version
                    for name in self._all.keys() - {"menus"}:
                        self.hear(name)
            await asyncio.sleep(pause)
