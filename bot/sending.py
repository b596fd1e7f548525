"""Sends one broadcast that runs to those whom it is owed, until nothing is to be done now.

A send is taken only once Telegram's pace lets it go, so that a kill leaves in doubt only what may really have been sent.
What is in doubt is never sent again; what surely did not happen is.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from bot import nights
from bot.botapi.draw import attempt
from bot.botapi.pace import Priority
from bot.botapi.pen import Pen
from bot.botapi.post import cost, holds_name, post
from bot.broadcasts import Broadcast, BroadcastState, SendState
from bot.errors import ChatGone, ChatMoved, TelegramBusy, TelegramDown, TelegramRefused
from bot.model import DonorState
from bot.screens import broadcasts as screens
from bot.screens.base import Rows
from bot.services import Services
from bot.store import broadcasts, campaigns, deliveries, donors, sends
from bot.store.sends import Outcome, Recipient
from bot.store.sql import Tx

log = logging.getLogger(__name__)
_PAGE = 512
_TRUE_PACE, _LIFTED = 8, 64
_TRIES = 12


class Sending:
    """One broadcast on its way. `run` returns when it was paused, canceled or is through, or everybody left is asleep."""

    def __init__(self, services: Services, bot: Pen, broadcast: Broadcast, planning: asyncio.Event) -> None:
        """`planning` is set once the fan-out is through."""
        self._services, self._bot, self._broadcast = services, bot, broadcast
        self._is_planned = planning
        self._senders = _LIFTED if services.settings.telegram_rate > 100 else _TRUE_PACE
        self._cost = max(cost(one) for one in broadcast.parts.values())
        self._waiting: deque[Recipient] = deque()
        self._reached: dict[str, int] = {}
        self._busy: set[int] = set()
        self._outcomes: list[Outcome] = []
        self._told, self._freed = asyncio.Event(), asyncio.Event()
        self._is_over = False
        self._rows: dict[str, Rows] = {}

    async def run(self) -> None:
        self._campaigns = await self._services.db.read(campaigns.all_of_them)
        booking = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._books(booking))
            async with asyncio.TaskGroup() as sending:
                await self._waves(sending)
            booking.set()
            self._told.set()

    async def _waves(self, group: asyncio.TaskGroup) -> None:
        while not self._is_over:
            if not await self._is_anybody_near():
                return
            free = self._senders - len(self._busy)
            if free <= 0:
                self._freed.clear()
                await self._freed.wait()
                continue
            near = list(self._waiting)[: free * 2]
            granted = set((await self._bot.room([one.chat_id for one in near], self._cost))[:free])
            wave = [one for one in near if one.chat_id in granted]
            self._waiting = deque(one for one in self._waiting if one.chat_id not in granted)
            for one in await self._taken(wave):
                self._busy.add(one.donor_id)
                group.create_task(self._send(one))

    async def _is_anybody_near(self) -> bool:
        """Read ahead; wait for the fan-out where it is not through."""
        while len(self._waiting) < self._senders:
            is_planned = self._is_planned.is_set()
            found = await self._services.db.read(partial(self._read_on, now=self._services.clock()))
            self._waiting.extend(found)
            if found or self._waiting:
                return True
            if is_planned:
                return False
            await self._planned_more()
        return True

    async def _planned_more(self) -> None:
        """A moment for the fan-out."""
        try:
            async with asyncio.timeout(0.02):
                await self._is_planned.wait()
        except TimeoutError:
            return

    def _read_on(self, tx: Tx, now: datetime) -> list[Recipient]:
        """The next ones of the first zone that is awake and has any; from the beginning again for those put off."""
        known = {one.donor_id for one in self._waiting} | self._busy
        quiet = quiet_hours(self._services, self._broadcast)
        for zone in nights.PLACES:
            if not nights.is_awake(zone, now, quiet):
                continue
            for after in dict.fromkeys((self._reached.get(zone, 0), 0)):
                page = sends.candidates(tx, self._broadcast.id, zone, after, now, _PAGE)
                if found := [one for one in page if one.donor_id not in known]:
                    self._reached[zone] = page[-1].donor_id
                    return found
        return []

    async def _taken(self, wave: Sequence[Recipient]) -> list[Recipient]:
        return await self._services.db.write(partial(self._take, wave=wave, now=self._services.clock()))

    def _take(self, tx: Tx, wave: Sequence[Recipient], now: datetime) -> list[Recipient]:
        if broadcasts.progress(tx, self._broadcast.id).state is not BroadcastState.RUNNING:
            self._is_over = True
            return []
        cap = 0 if self._broadcast.audience.is_staff else self._services.settings.broadcasts_per_week
        return sends.take(tx, self._broadcast.id, wave, cap, now)

    async def _send(self, to: Recipient) -> None:
        try:
            outcome = await self._sent(to, to.chat_id)
        except Exception:
            # Whatever broke, nobody knows whether it was sent.
            log.exception("a send failed", extra={"broadcast": self._broadcast.id, "donor": to.donor_id})
            outcome = Outcome(to.donor_id, SendState.DOUBT, error="failed")
        self._outcomes.append(outcome)
        self._told.set()

    async def _sent(self, to: Recipient, chat_id: int) -> Outcome:
        try:
            message_id = await self._posted(to, chat_id)
        except ChatGone as error:
            return Outcome(to.donor_id, SendState.BLOCKED, error=str(error))
        except ChatMoved as error:
            return await self._sent(to, error.new_chat_id)
        except TelegramBusy as error:
            return _again(to, error.retry_after, "busy")
        except TelegramDown as error:
            if error.in_doubt:
                return Outcome(to.donor_id, SendState.DOUBT, error="no answer")
            return _again(to, 2, "not sent")
        except TelegramRefused as error:
            log.error("a broadcast was refused", extra={"donor": to.donor_id, "error": str(error)})
            return Outcome(to.donor_id, SendState.FAILED, error=str(error))
        return Outcome(to.donor_id, SendState.SENT, message_id)

    async def _posted(self, to: Recipient, chat_id: int) -> int:
        content = self._broadcast.parts[to.language]
        name = await self._first_name(to, chat_id) if holds_name(content) else None
        words = self._services.catalogues.words(to.speaks)
        return await post(
            self._bot,
            chat_id,
            content,
            self._rows_for(to),
            Priority.GRANTED,
            is_paid=self._broadcast.is_paid,
            first_name=name,
            below=screens.below_album(words),
        )

    def _rows_for(self, to: Recipient) -> Rows:
        if to.speaks not in self._rows:
            words = self._services.catalogues.words(to.speaks)
            known = {one.id: one for one in self._campaigns}
            self._rows[to.speaks] = screens.rows_for(words, self._broadcast, known, self._services.username)
        return self._rows[to.speaks]

    async def _first_name(self, to: Recipient, chat_id: int) -> str:
        """Asked for and forgotten: names are not stored."""
        chat = await attempt(lambda: self._bot.ask("getChat", {"chat_id": chat_id}, Priority.GRANTED), 1)
        return chat.get("first_name") or screens.friend(self._services.catalogues.words(to.speaks))

    async def _books(self, ending: asyncio.Event) -> None:
        """Write outcomes down as they come; those that come together share a commit."""
        while not (ending.is_set() and not self._outcomes):
            await self._told.wait()
            self._told.clear()
            outcomes, self._outcomes = self._outcomes, []
            if outcomes:
                await self._booked(outcomes)

    async def _booked(self, outcomes: list[Outcome]) -> None:
        await self._services.db.write(partial(self._book, outcomes=outcomes, now=self._services.clock()))
        self._busy.difference_update(one.donor_id for one in outcomes)
        self._freed.set()

    def _book(self, tx: Tx, outcomes: list[Outcome], now: datetime) -> None:
        sends.book(tx, self._broadcast.id, outcomes, now)
        for one in outcomes:
            if one.state is SendState.BLOCKED:
                donors.move(tx, one.donor_id, state=DonorState.BLOCKED)
                deliveries.park(tx, one.donor_id)


def _again(to: Recipient, seconds: float, why: str) -> Outcome:
    return Outcome(to.donor_id, SendState.OWED, error=why, pause=timedelta(seconds=seconds))


def quiet_hours(services: Services, broadcast: Broadcast) -> nights.Quiet | None:
    """The staff are on duty at any hour."""
    return None if broadcast.audience.is_staff else services.settings.quiet_hours
