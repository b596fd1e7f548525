"""The live card of each broadcast on its way: one message with its author, redrawn where something moved. Decides nothing."""

from datetime import datetime, timedelta

from msgspec import Struct

from bot import nights
from bot.botapi import draw
from bot.botapi.pen import Pen
from bot.broadcasts import Broadcast
from bot.errors import ChatGone, TelegramBusy, TelegramDown
from bot.model import Donor
from bot.screens.base import Screen
from bot.screens.steering import Going, card
from bot.sending import quiet_hours
from bot.services import Services
from bot.staff import Right
from bot.store import broadcasts as store
from bot.store import donors, drafts, staff
from bot.store.sql import Tx

# How long the last state is looked after: long enough for a restart.
_AFTER = timedelta(minutes=10)


class _Drawn(Struct, frozen=True):
    screen: Screen
    done: int
    at: datetime


class Cards:
    """`draw` redraws what changed since it was called last; how often that is, the caller decides."""

    def __init__(self, services: Services, bot: Pen) -> None:
        self._services, self._bot = services, bot
        self._drawn: dict[int, _Drawn] = {}

    async def draw(self) -> None:
        since = self._services.clock() - _AFTER
        found = await self._services.db.read(lambda tx: drafts.with_cards(tx, since))
        for id in found:
            await self._draw(id)
        self._drawn = {id: one for id, one in self._drawn.items() if id in found}

    async def _draw(self, broadcast_id: int) -> None:
        broadcast, author = await self._services.db.read(lambda tx: self._found(tx, broadcast_id))
        if broadcast is None or author is None:
            return
        before = self._drawn.get(broadcast_id)
        going_on = await going(self._services, broadcast, self._speed(broadcast, before))
        words = self._services.catalogues.words(author.language)
        screen = card(words, broadcast, going_on, stays=True)
        if before and before.screen == screen:
            return
        try:
            await self._show(broadcast, author.telegram_id, screen)
        except (ChatGone, TelegramBusy, TelegramDown):
            # The next round tries again; nobody's broadcast waits for its card.
            return
        tally = broadcast.tally
        self._drawn[broadcast_id] = _Drawn(screen, tally.total - tally.left, self._services.clock())

    def _found(self, tx: Tx, broadcast_id: int) -> tuple[Broadcast | None, Donor | None]:
        """With its author; None for an author who may not speak any more: the card that they have is left as it is."""
        broadcast, admins = store.get(tx, broadcast_id), self._services.settings.admin_ids
        author = donors.get(tx, broadcast.by) if broadcast else None
        may_see = author is not None and staff.may(tx, admins, author.telegram_id, Right.SPEAK)
        return broadcast, author if may_see else None

    def _speed(self, broadcast: Broadcast, before: _Drawn | None) -> float | None:
        """People a second since the last time; None where nothing moved."""
        if before is None:
            return None
        passed = (self._services.clock() - before.at).total_seconds()
        done = broadcast.tally.total - broadcast.tally.left - before.done
        return done / passed if done > 0 and passed > 0 else None

    async def _show(self, broadcast: Broadcast, chat_id: int, screen: Screen) -> None:
        if broadcast.card_id is not None and await draw.redraw(self._bot, chat_id, broadcast.card_id, screen):
            return
        message_id = await draw.send(self._bot, chat_id, screen)
        await self._services.db.write(lambda tx: store.move(tx, broadcast.id, card_id=message_id))


async def going(services: Services, broadcast: Broadcast, speed: float | None = None) -> Going:
    """What the card says beside the tally. `speed` in people a second, as it was measured last."""
    if broadcast.state.is_over:
        return Going()
    quiet, now = quiet_hours(services, broadcast), services.clock()
    zones = [one for one in set(nights.ZONES.values()) if not nights.is_awake(one, now, quiet)]
    owed = await services.db.study(lambda tx: drafts.owed_by_zone(tx, broadcast.id)) if zones else {}
    asleep = sum(owed.get(one, 0) for one in zones)
    # What the pace leaves for broadcasts, until it was measured.
    usual = services.settings.telegram_rate * 0.7
    return Going((broadcast.tally.left - asleep) / (speed or usual), asleep)
