"""What goes round in the background for ever, each at its own pace: nothing is decided here, and nothing ends it but a stop."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from telegram import error as api

from bot import accounting, audience, digesting, looking, meters, mirroring, refunding
from bot.botapi.pen import Pen
from bot.botapi.transport import AiohttpRequest
from bot.cards import Cards
from bot.errors import EntraideError, PaymentsLocked, PaymentsUntrusted, StoreDown
from bot.loops import either, survives
from bot.services import Services
from bot.store import inbox as hints
from bot.tempo import Tempo
from bot.watching import Seen, Watch
from bot.web import SILENT, UNTRUSTED, Health
from handlers.menu import publish, publish_for_staff

log = logging.getLogger("entraide")


@dataclass
class Rounds:
    """Each public coroutine but `sweep` goes on until it is cancelled."""

    services: Services
    bot: Pen
    tempo: Tempo
    seen: Seen
    health: Health
    request: AiohttpRequest
    _silence: str = SILENT

    async def announce(self) -> None:
        """Things that may take their time once donors are answered."""
        await self._until_done(lambda: publish(self.services, self.bot))
        while True:
            self.services.bells.menus.clear()
            await self._until_done(lambda: publish_for_staff(self.services, self.bot))
            # Another process cannot always ring.
            await either(
                self.services.bells.menus.wait(), self.tempo.look * 5 if self.services.owner else None
            )

    async def _until_done(self, work: Callable[[], Awaitable[object]]) -> None:
        pause = self.tempo.retry
        while True:
            try:
                await work()
            except (api.TelegramError, EntraideError) as error:
                log.warning("will try again", extra={"error": type(error).__name__})
                await asyncio.sleep(pause)
                pause = min(pause * 2, 300)
            else:
                return

    async def inbox(self) -> None:
        """Work hints as they come, many at once; those that failed are tried again a little later."""
        while True:
            self.services.bells.inbox.clear()
            try:
                found = await self._hints()
            except StoreDown:
                meters.FAILURES.add("inbox", "StoreDown")
                log.exception("the inbox cannot be read")
                await asyncio.sleep(self.tempo.retry)
                continue
            done = await asyncio.gather(*(self._is_worked(hint) for hint in found))
            if not found:
                await either(self.services.bells.inbox.wait(), 30)
            elif not all(done):
                await asyncio.sleep(self.tempo.retry)

    async def _hints(self) -> list[hints.Hint]:
        if self.services.owner is None:
            return await self.services.db.glance(partial(hints.waiting, limit=32))
        return await self.services.db.write(partial(hints.claim, limit=32, now=self.services.clock()))

    async def _is_worked(self, hint: hints.Hint) -> bool:
        is_worked = await survives("inbox", looking.work_inbox, self.services, hint)
        if not is_worked and self.services.owner is not None:
            put_back = partial(hints.put_back, event_id=hint.event_id, due=self.services.clock())
            await survives("inbox", self.services.db.write, put_back)
        return is_worked

    async def looks(self) -> None:
        while True:
            self.services.bells.looks.clear()
            found: list[bool] = []
            # Also where the database cannot be read for a moment, the next look comes.
            await survives("looks", self._look, found)
            if not any(found):
                await either(self.services.bells.looks.wait(), self.tempo.look)

    async def _look(self, found: list[bool]) -> None:
        """Everything whose turn it is to be asked about; `found` says whether there was anything."""
        gifts, orders = await looking.due(self.services), await refunding.due(self.services)
        plans, payments = await mirroring.due(self.services), await accounting.due(self.services)
        found.append(bool(gifts or orders or plans or payments))
        await asyncio.gather(
            *(survives("look", looking.visit, self.services, donation) for donation in gifts),
            *(survives("refund", refunding.make, self.services, order, again=True) for order in orders),
            *(survives("monthly", mirroring.mirror, self.services, plan.id) for plan in plans),
            *(survives("accounts", accounting.learn, self.services, intent) for intent in payments),
        )

    async def sweeps(self) -> None:
        pause = (
            self.tempo.sweep if self.services.settings.mode == "polling" else self.tempo.sweep_beside_webhooks
        )
        while True:
            is_heard = await survives("sweep", self.sweep)
            self.health.stripe = "ok" if is_heard else self._silence
            await asyncio.sleep(pause)

    async def sweep(self) -> None:
        self._silence = SILENT
        try:
            await looking.sweep(self.services)
        except PaymentsLocked:
            self.seen.is_locked = True
            raise
        except PaymentsUntrusted:
            self._silence = UNTRUSTED
            raise
        self.seen.is_locked = False

    async def watches(self) -> None:
        watch = Watch(self.services, self.seen)
        while True:
            self.seen.date = self.request.date
            await survives("watch", watch.look)
            await asyncio.sleep(self.tempo.watch)

    async def chores(self) -> None:
        while True:
            await survives("reconcile", self._reconcile_if_due)
            await survives("pull back", looking.pull_back, self.services)
            await survives("prune", looking.prune, self.services)
            await asyncio.sleep(self.tempo.chore)

    async def digests(self) -> None:
        """Looked at often rather than slept for: clocks are set, and the hour changes with Ramadan."""
        while self.services.settings.digest_at is not None:
            await survives("digest", digesting.owe_digest, self.services)
            await asyncio.sleep(self.tempo.digest)

    async def cards(self) -> None:
        cards = Cards(self.services, self.bot)
        while True:
            await survives("cards", cards.draw)
            await asyncio.sleep(self.tempo.card)

    async def counts(self) -> None:
        while True:
            self.services.bells.counts.clear()
            await survives("counts", audience.count_asked, self.services)
            await either(self.services.bells.counts.wait(), self.tempo.sweep)

    async def _reconcile_if_due(self) -> None:
        if await looking.is_reconciling_due(self.services):
            await self._reconcile()

    async def _reconcile(self) -> None:
        for donation_id in await looking.reconcile(self.services):
            log.warning("a gift was repaired by the reconciliation", extra={"donation": donation_id})
