"""Sends one broadcast that runs to those whom it is owed, until nothing is to be done now.

A send is taken only once Telegram's pace lets it go, so that a kill leaves in doubt only what may really have been sent.
What is in doubt is never sent again; what surely did not happen is.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta
from functools import partial

from msgspec import Struct

from bot import helpdesk, meters, nights
from bot.botapi.draw import attempt
from bot.botapi.pace import Priority
from bot.botapi.pen import Pen
from bot.botapi.post import Prepared, cost, holds_name, post, post_prepared, prepared
from bot.broadcasts import Broadcast, BroadcastState, SendState
from bot.errors import ChatGone, ChatMoved, StoreDown, TelegramBusy, TelegramDown, TelegramRefused
from bot.model import DonorState
from bot.screens import broadcasts as screens
from bot.screens.base import Rows
from bot.services import Services
from bot.store import broadcasts, campaigns, donors, sends
from bot.store.sends import Outcome, Recipient
from bot.store.sql import Tx

log = logging.getLogger(__name__)
_PAGE = 512
# How many are on their way at once: at Telegram's own pace, and where that is lifted by agreement with Telegram.
_TRUE_RATE = 100
_TRUE_PACE, _LIFTED = 8, 128
# How many are taken at once where it is lifted: one wave is taken while the one before it is on its way.
_LEAST, _MOST = 32, 64
# Where there are very many a second, those within so many seconds are written down together.
_TOGETHER = 0.01


class Below(Struct, frozen=True):
    """What stands below a part in one language; `album` is the message that carries the rows of an album; `ready` is the
    whole message where it is the same for all of them."""

    rows: Rows
    album: str
    ready: Prepared | None


class Found(Struct, frozen=True):
    """The next whom it is owed in one zone, in order; never nobody."""

    zone: str
    people: list[Recipient]


class Sending:
    """One broadcast on its way. `run` returns when it was paused, canceled or is through, or everybody left is asleep."""

    def __init__(self, services: Services, bot: Pen, broadcast: Broadcast, planned: asyncio.Event) -> None:
        """`planned` is set once the fan-out is through."""
        self._services, self._bot, self._broadcast = services, bot, broadcast
        self._planned = planned
        self._is_lifted = services.settings.telegram_rate > _TRUE_RATE or broadcast.is_paid
        self._senders = _LIFTED if self._is_lifted else _TRUE_PACE
        self._cost = max(cost(one) for one in broadcast.parts.values())
        self._waiting: deque[Recipient] = deque()
        self._reached: dict[str, int] = {}
        self._busy = 0
        self._outcomes: list[Outcome] = []
        self._told, self._freed = asyncio.Event(), asyncio.Event()
        self._is_over = False
        self._below: dict[tuple[str, str], Below] = {}

    async def run(self) -> None:
        self._campaigns = await self._services.db.read(campaigns.all_of_them)
        ending = asyncio.Event()
        async with asyncio.TaskGroup() as booking:
            booking.create_task(self._books(ending))
            async with asyncio.TaskGroup() as sending:
                await self._waves(sending)
            ending.set()
            self._told.set()

    async def _waves(self, group: asyncio.TaskGroup) -> None:
        """As many as the pace and the free senders let go are taken in one transaction, and sent side by side."""
        enough = _LEAST if self._is_lifted else 1
        while not self._is_over:
            if self._senders - self._busy < enough:
                self._freed.clear()
                await self._freed.wait()
            elif not await self._is_anybody_near():
                return
            else:
                for one in await self._taken(await self._wave(min(self._senders - self._busy, _MOST))):
                    self._busy += 1
                    group.create_task(self._send(one))

    async def _wave(self, most: int) -> list[Recipient]:
        """Wait until somebody may be written to; those who may, with their tokens spent."""
        near = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
        chats, is_paid = [one.chat_id for one in near], self._broadcast.is_paid
        granted = set(await self._bot.room(chats, self._cost, is_paid=is_paid))
        # Who must wait is asked about last of all, so that nobody stands behind a chat that is paused.
        self._waiting.extend(one for one in near if one.chat_id not in granted)
        return [one for one in near if one.chat_id in granted]

    async def _is_anybody_near(self) -> bool:
        """Read ahead; wait for the fan-out where it is not through."""
        while len(self._waiting) < self._senders:
            is_planned = self._planned.is_set()
            try:
                found = await self._services.db.read(partial(self._read_on, now=self._services.clock()))
            except StoreDown:
                # An end here would cut off those on their way.
                log.exception("nobody can be looked for now")
                await asyncio.sleep(1)
                continue
            self._found(found)
            if self._waiting:
                return True
            if is_planned:
                return False
            await self._planned_more()
        return True

    async def _planned_more(self) -> None:
        """A moment for the fan-out."""
        try:
            async with asyncio.timeout(0.02):
                await self._planned.wait()
        except TimeoutError:
            return

    def _found(self, found: Found | None) -> None:
        if found is not None:
            self._reached[found.zone] = found.people[-1].donor_id
            self._waiting.extend(found.people)

    def _read_on(self, tx: Tx, now: datetime) -> Found | None:
        """The next ones of the first zone that is awake and has any; from the beginning again for those put off."""
        known = {one.donor_id for one in self._waiting}
        quiet = quiet_hours(self._services, self._broadcast)
        for zone in nights.PLACES:
            if not nights.is_awake(zone, now, quiet):
                continue
            for after in dict.fromkeys((self._reached.get(zone, 0), 0)):
                page = sends.candidates(tx, self._broadcast.id, zone, after, now, _PAGE)
                if people := [one for one in page if one.donor_id not in known]:
                    return Found(zone, people)
        return None

    async def _taken(self, wave: Sequence[Recipient]) -> list[Recipient]:
        try:
            taken, found = await self._services.db.write(
                partial(self._take, wave=wave, now=self._services.clock())
            )
        except StoreDown:
            # They stay owed, and are found again; those on their way end as they would have.
            log.exception("nobody can be taken now")
            await asyncio.sleep(1)
            return []
        self._found(found)
        return taken

    def _take(self, tx: Tx, wave: Sequence[Recipient], now: datetime) -> tuple[list[Recipient], Found | None]:
        if broadcasts.progress(tx, self._broadcast.id).state is not BroadcastState.RUNNING:
            self._is_over = True
            return [], None
        cap = 0 if self._broadcast.audience.is_staff else self._services.settings.broadcasts_per_week
        taken = sends.take(tx, self._broadcast.id, wave, cap, now)
        # Read ahead in the same hop, while the wave before this one is on its way.
        is_low = self._is_lifted and len(self._waiting) < 2 * self._senders
        return taken, self._read_on(tx, now) if is_low else None

    async def _send(self, to: Recipient) -> None:
        try:
            outcome = await self._sent(to, to.chat_id)
        except Exception:
            # Whatever broke, nobody knows whether it was sent.
            log.exception("a send failed", extra={"broadcast": self._broadcast.id, "donor": to.donor_id})
            outcome = Outcome(to.donor_id, SendState.DOUBT, error="failed")
        meters.SENDS.add(outcome.state.value)
        self._busy -= 1
        self._freed.set()
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
            pause = timedelta(seconds=error.retry_after)
            return Outcome(to.donor_id, SendState.OWED, error="busy", pause=pause)
        except TelegramDown as error:
            if error.in_doubt:
                return Outcome(to.donor_id, SendState.DOUBT, error="no answer")
            return Outcome(to.donor_id, SendState.OWED, error="not sent", pause=None)
        except TelegramRefused as error:
            log.error("a broadcast was refused", extra={"donor": to.donor_id, "error": str(error)})
            return Outcome(to.donor_id, SendState.FAILED, error=str(error))
        return Outcome(to.donor_id, SendState.SENT, message_id)

    def _posted(self, to: Recipient, chat_id: int) -> Awaitable[int]:
        below = self._below_in(to.language, to.speaks)
        if below.ready is not None:
            return post_prepared(self._bot, below.ready, chat_id, Priority.GRANTED)
        return self._made_up(to, chat_id, below)

    async def _made_up(self, to: Recipient, chat_id: int, below: Below) -> int:
        content = self._broadcast.parts[to.language]
        return await post(
            self._bot,
            chat_id,
            content,
            below.rows,
            Priority.GRANTED,
            is_paid=self._broadcast.is_paid,
            first_name=await self._first_name(to, chat_id) if holds_name(content) else None,
            below=below.album,
        )

    def _below_in(self, part: str, language: str) -> Below:
        if (part, language) not in self._below:
            words, known = self._services.catalogues.words(language), {one.id: one for one in self._campaigns}
            rows = screens.rows_for(words, self._broadcast, known, self._services.username)
            ready = prepared(self._broadcast.parts[part], rows, is_paid=self._broadcast.is_paid)
            self._below[part, language] = Below(rows, screens.below_album(words), ready)
        return self._below[part, language]

    async def _first_name(self, to: Recipient, chat_id: int) -> str:
        """Asked for and forgotten: names are not stored."""
        friend = screens.friend(self._services.catalogues.words(to.speaks))
        try:
            chat = await attempt(lambda: self._bot.ask("getChat", {"chat_id": chat_id}, Priority.GRANTED), 1)
        except TelegramDown as error:
            # Nothing was sent yet, so it may be tried again.
            raise TelegramDown(str(error), in_doubt=False) from error
        except TelegramRefused:
            return friend
        return chat.get("first_name") or friend

    async def _books(self, ending: asyncio.Event) -> None:
        """Write outcomes down as they come; those that come together share a transaction."""
        while not (ending.is_set() and not self._outcomes):
            await self._told.wait()
            self._told.clear()
            if self._is_lifted:
                await asyncio.sleep(_TOGETHER)
            outcomes, self._outcomes = self._outcomes, []
            if outcomes:
                await self._booked(outcomes)

    async def _booked(self, outcomes: list[Outcome]) -> None:
        """What is known must not be lost where the database cannot write for a moment."""
        try:
            await self._services.db.write(partial(self._book, outcomes=outcomes, now=self._services.clock()))
        except StoreDown:
            log.exception("what was sent cannot be written down yet")
            self._outcomes = outcomes + self._outcomes
            await asyncio.sleep(1)
            self._told.set()

    def _book(self, tx: Tx, outcomes: list[Outcome], now: datetime) -> None:
        sends.book(tx, self._broadcast.id, outcomes, now)
        for one in outcomes:
            if one.state is SendState.BLOCKED:
                donors.move(tx, one.donor_id, state=DonorState.BLOCKED)
                helpdesk.park(tx, self._services.settings, one.donor_id, now)


def quiet_hours(services: Services, broadcast: Broadcast) -> nights.Quiet | None:
    """The staff are on duty at any hour."""
    return None if broadcast.audience.is_staff else services.settings.quiet_hours
