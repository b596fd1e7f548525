"""One of several processes on a database: it keeps its leases alive, shares Telegram's pace, and leads where that falls to it.

There is one leader among the workers: it alone does what must not be done twice at once, such as broadcasts and the digest.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from bot.botapi.pace import Pace
from bot.errors import StoreDown
from bot.loops import ended, survives
from bot.sharing import Hold, Leases, SharedBells, SharedLocks, share
from bot.store import deliveries, leases
from bot.store.fenced import Fenced
from bot.store.presence import Presence
from bot.store.sql import Tx

log = logging.getLogger("entraide")
LEADER = "leader"
Work = Callable[[], Sequence[Coroutine[Any, Any, None]]]


class Several:
    """`term`: how many seconds the leases of a process that died stand in the way of the others."""

    def __init__(self, db: Fenced, presence: Presence, term: int, pace: Pace, rate: float) -> None:
        self._db, self._pace, self._rate = db, pace, rate
        self._pause = term / 3
        self.leases = Leases(db, term)
        self.locks = SharedLocks(self.leases)
        self.joined = SharedBells(presence.tell)
        presence.listen(self.joined.hear)
        self._can_ring = presence.can_ring
        self._leads = False

    @property
    def leads_now(self) -> bool:
        return self._leads

    async def beats(self) -> None:
        """For ever: what this process holds stays held while it lives."""
        while True:
            await survives("beat", self.leases.beat)
            await asyncio.sleep(self._pause)

    async def works(self, loops: Work) -> None:
        """For ever: do a worker's part, known to the others as one that lives."""
        lease = await self.leases.wait_for(leases.worker(self.leases.owner))
        async with self.leases.holding(lease, fences=False):
            await _side_by_side([*loops(), self._looks_round()], until=asyncio.Event())

    async def hears(self, pause: float) -> None:
        """For ever: whatever another process rang for; where no server carries it, we look every `pause` seconds."""
        if not self._can_ring:
            await self.joined.watch(self._db, pause)

    async def _looks_round(self) -> None:
        while True:
            await survives("workers", self._look_round)
            await asyncio.sleep(self._pause)

    async def _look_round(self) -> None:
        """Who else lives? They share the pace with us; what others were sending when they died is due again."""

        def write(tx: Tx) -> int:
            leases.prune(tx)
            living = leases.workers(tx)
            if deliveries.release_dead(tx, living):
                log.warning("what a worker was sending when it died is due again")
            return len(living)

        self._pace.share(share(self._rate, await self._db.write(write), leads=self._leads))
        self.joined.hear("courier")

    async def leads(self, loops: Work) -> None:
        """For ever: stand by, and do the leader's part for as long as we are it."""
        while True:
            lease = None
            try:
                lease = await self.leases.take(LEADER)
            except StoreDown:
                log.warning("nobody can be made leader now")
            if lease is None:
                await asyncio.sleep(self._pause)
                continue
            log.info("leads")
            async with self.leases.holding(lease) as hold:
                await self._lead(loops, hold)

    async def _lead(self, loops: Work, hold: Hold) -> None:
        self._leads = True
        try:
            await _side_by_side(loops(), until=hold.lost)
            log.warning("leads no more")
        finally:
            self._leads = False


async def _side_by_side(works: Sequence[Coroutine[Any, Any, None]], until: asyncio.Event) -> None:
    """None of them is left running at the end, also where one of them fails."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in works]
        try:
            await until.wait()
        finally:
            await ended(tasks)
