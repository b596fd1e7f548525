"""The only place that knows `Update`: builds a Turn, has it answered, commits it, draws the answer.

The update is acknowledged only after `take` returns; one that comes again changes nothing and redraws the current screen.
"""

import hashlib
import logging
import time
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace
from telegram import CallbackQuery, Chat, ChatMember, Message, User

from bot import meters, tracing, walking
from bot.actions import Action, Help, pack, parse
from bot.botapi import draw
from bot.botapi.pace import Priority
from bot.botapi.pen import Pen
from bot.botapi.post import post
from bot.contents import Incoming
from bot.errors import ChatGone, EntraideError, StoreDown, TelegramError, TelegramRefused
from bot.figures import Step
from bot.helpdesk import park
from bot.i18n import ZONE, guess
from bot.loops import beside
from bot.model import Donor, DonorState
from bot.references import gift_of
from bot.screens import mine, trouble
from bot.screens.base import Screen
from bot.screens.home import languages
from bot.services import Services
from bot.store import deliveries, donors, entrance, steps, updates
from bot.store.entrance import Entrance
from bot.store.moments import seconds
from bot.store.sql import Tx, Value
from handlers import helpdesk
from handlers.incoming import incoming
from handlers.light import Came, Person, Said, Tap
from handlers.routes import Turn, current, route
from handlers.typing import read

log = logging.getLogger("entraide.turn")


class Asked(Struct, frozen=True):
    """One update, understood: who asks what, and under which message they tapped."""

    update_id: int
    person: User | Person
    action: Action
    source: str | None = None
    tapped: int | None = None
    incoming: Incoming | None = None


class Desk:
    """Takes updates one by one; `take` raises only where Telegram should bring the update again."""

    def __init__(self, services: Services, bot: Pen) -> None:
        self._services, self._bot = services, bot
        token = services.settings.telegram_bot_token.get_secret_value()
        self._secret = hashlib.sha256(f"entraide gifts {token}".encode()).digest()

    async def take(self, update: Came) -> None:
        """Handle one update; the updates of one person must come here in order, or together.

        What breaks in a way that nobody foresaw would break again: it is logged and over, or it would come for ever.
        """
        meters.UPDATES.add(_kind(update))
        try:
            with tracing.on(gift_of(self._secret, update.update_id)):
                await self._take(update)
        except EntraideError:
            raise
        except Exception:
            log.exception("an update broke its turn")

    async def _take(self, update: Came) -> None:
        if update.my_chat_member is not None:
            await self._membership(update.my_chat_member.chat, update.my_chat_member.new_chat_member)
        elif update.callback_query is not None:
            await self._tap(update.update_id, update.callback_query)
        elif update.edited_message is not None:
            if update.edited_message.chat.type != Chat.PRIVATE:
                await helpdesk.heard_edit(self._services, update.edited_message)
        elif update.message is not None and update.message.from_user is not None:
            await self._message(update.update_id, update.message, update.message.from_user)

    async def _tap(self, update_id: int, query: CallbackQuery | Tap) -> None:
        tapped = query.message.message_id if query.message else None
        if query.message is not None and query.message.chat.type != Chat.PRIVATE:
            await draw.answer_tap(self._bot, query.id)
            return
        asked = Asked(update_id, query.from_user, parse(query.data or ""), tapped=tapped)
        async with self._in_order(query.from_user):
            # The spinner stops while the answer is worked out; where that takes no time the screen goes first.
            await beside(self._answer(asked), draw.answer_tap(self._bot, query.id))

    async def _message(self, update_id: int, message: Message | Said, person: User | Person) -> None:
        text = message.text or message.caption or ""
        if isinstance(message, Message) and message.chat.type != Chat.PRIVATE:
            await self._in_group(message, text)
            return
        said = read(text)
        async with self._in_order(person):
            await self._answer(Asked(update_id, person, said.action, said.source, incoming=incoming(message)))

    def _in_order(self, person: User | Person):
        # Between processes it is the chat's lease that keeps the order: see handlers/line.py.
        return self._services.locks.here(f"person-{person.id}")

    async def _in_group(self, message: Message, text: str) -> None:
        if await helpdesk.heard(self._services, self._bot, message) or not text.startswith("/"):
            return
        words = self._services.catalogues.words(
            guess(message.from_user.language_code if message.from_user else None)
        )
        screen = trouble.group(words, f"{self._services.chat_url}?start=home")
        try:
            await draw.send(self._bot, message.chat.id, screen)
        except TelegramError as error:
            # Strangers put bots into groups where nobody may write: such an update must not come for ever.
            log.info("a group was not answered", extra={"error": type(error).__name__})

    async def _membership(self, chat: Chat, member: ChatMember) -> None:
        if chat.type != Chat.PRIVATE:
            return
        is_blocked = member.status in (ChatMember.BANNED, ChatMember.LEFT)

        def write(tx: Tx) -> None:
            donor = donors.find(tx, chat.id)
            if donor is not None:
                donors.park(tx, chat.id, DonorState.BLOCKED if is_blocked else DonorState.ACTIVE)
                if is_blocked:
                    park(tx, self._services.settings, donor.id, self._services.clock())
                else:
                    deliveries.unpark(tx, donor.id, self._services.clock())

        await self._services.db.write(write)
        self._services.bells.courier.set()

    async def _answer(self, asked: Asked) -> None:
        began = time.perf_counter()
        admins = self._services.settings.admin_ids
        entry = await self._services.db.glance(
            lambda tx: entrance.read(tx, admins, asked.person.id, asked.update_id)
        )
        if entry.donor is None and entry.is_done:
            await self._farewell(asked.person)
            return
        donor = entry.donor or await self._newcomer(asked, entry)
        if entry.donor is None and entry.role is not None:
            # Named before they came: their chat's menu can be set only now.
            self._services.bells.menus.set()
        turn = Turn(
            self._services,
            donor,
            self._services.catalogues.words(donor.language),
            entry.campaigns,
            is_first=entry.donor is None,
            role=entry.role,
            incoming=asked.incoming,
        )
        if asked.source:
            turn = replace(turn, donor=replace(donor, source=asked.source))
        screen = await self._screen(turn, asked, is_done=entry.is_done)
        if entry.is_done:
            await self._draw(donor, asked.tapped, screen)
        else:
            donor = await self._conclude(turn, donor, asked, screen)
        took = time.perf_counter() - began
        meters.TURNS.add(took)
        log.info("turn", extra=_line(asked, donor, took))

    async def _conclude(self, turn: Turn, donor: Donor, asked: Asked, screen: Screen) -> Donor:
        """Commit the turn, then draw its screen; side by side where the donor only looked at something.

        Where only one of the two came about the update comes again, and is answered again: which for somebody new would be
        another message each time.
        """
        now = self._services.clock()
        taken = _steps(turn, asked, screen, now)

        async def commit() -> Donor:
            return await self._services.db.write(lambda tx: _commit(tx, asked, donor, screen, taken, now))

        if donor.is_known and _only_looks(asked) and donor.state is not DonorState.BLOCKED:
            await beside(self._draw(donor, asked.tapped, screen), commit())
            return donor
        known = await commit()
        if donor.state is DonorState.BLOCKED:
            # They are back, and owed what waited for them.
            self._services.bells.courier.set()
        await self._draw(known, asked.tapped, screen)
        return known

    async def _farewell(self, person: User | Person) -> None:
        """Who is unknown though their turn is done has erased everything: a tap that comes again must not make them known."""
        services = self._services
        words = services.catalogues.words(guess(person.language_code) or services.settings.default_language)
        try:
            await draw.send(self._bot, person.id, mine.erased(words))
        except (ChatGone, TelegramRefused) as error:
            log.info("a farewell was not heard", extra={"error": type(error).__name__})

    async def _newcomer(self, asked: Asked, entry: Entrance) -> Donor:
        """Who only looks is written down with the turn: no screen of theirs needs to know which donor they will be."""
        services, person = self._services, asked.person
        language = guess(person.language_code) or services.settings.default_language
        donor = Donor(0, person.id, language, services.settings.home_currency)
        if asked.action.only_looks and entry.role is None:
            return donor
        now = services.clock()
        return await services.db.write(lambda tx: _made(tx, donor, now))

    async def _screen(self, turn: Turn, asked: Asked, *, is_done: bool) -> Screen:
        """The error door: whatever happens, the donor gets a screen."""
        try:
            if is_done:
                return await current(turn)
            if turn.is_first and guess(asked.person.language_code) is None:
                return replace(languages(turn.words), awaiting=(await self._routed(turn, asked)).awaiting)
            return await self._routed(turn, asked)
        except StoreDown:
            raise
        except EntraideError as error:
            meters.FAILURES.add("turn", type(error).__name__)
            return trouble.of(turn.words, error, turn.open_campaigns)
        except Exception:
            meters.FAILURES.add("turn", "fault")
            log.exception("a handler failed", extra={"action": type(asked.action).__name__})
            return trouble.oops(turn.words)

    async def _routed(self, turn: Turn, asked: Asked) -> Screen:
        # A command of the staff is to a stranger one that nobody knows.
        return await route(turn, asked.action, Help() if asked.tapped is None else None)

    async def _draw(self, donor: Donor, tapped: int | None, screen: Screen) -> None:
        try:
            await self._show(donor, tapped, screen)
        except ChatGone:
            await self._services.db.write(lambda tx: donors.park(tx, donor.telegram_id, DonorState.BLOCKED))
        except TelegramRefused as error:
            # Sending it again would be refused again: this is a fault of ours to mend.
            log.error("a screen was refused", extra={"error": str(error), "donor": donor.id})

    async def _show(self, donor: Donor, tapped: int | None, screen: Screen) -> None:
        """Redraw the walk's one message where the donor tapped it; else the answer goes below what they wrote."""
        if screen.is_silent:
            return
        if screen.posts:
            await self._post(donor, screen)
            tapped = None
        is_walk = tapped is not None and donor.message_id == tapped
        if (
            tapped is not None
            and is_walk
            and not screen.stays
            and await draw.redraw(self._bot, donor.telegram_id, tapped, screen)
        ):
            return
        message_id = await draw.send(self._bot, donor.telegram_id, screen)
        if not screen.stays:
            await self._keep(donor, message_id)
            if donor.message_id is not None:
                await draw.remove(self._bot, donor.telegram_id, donor.message_id)

    async def _post(self, donor: Donor, screen: Screen) -> None:
        """As its readers will see it: whoever has no first name is a friend."""
        for one in screen.posts:
            await post(
                self._bot,
                donor.telegram_id,
                one.content,
                one.rows,
                Priority.REPLY,
                first_name=one.first_name,
                below=one.below,
            )

    async def _keep(self, donor: Donor, message_id: int) -> None:
        await self._services.db.write(lambda tx: donors.move(tx, donor.id, message_id=message_id))


def _steps(turn: Turn, asked: Asked, screen: Screen, now: datetime) -> tuple[Step, ...]:
    """What this turn adds to the count of steps; staff try things out, and are not counted."""
    if turn.is_staff:
        return ()
    step = walking.step(asked.action, screen.awaiting)
    return walking.fresh(turn.donor.reached, now.astimezone(ZONE).date(), step)


def _only_looks(asked: Asked) -> bool:
    return asked.action.only_looks and not asked.source


def _made(tx: Tx, donor: Donor, now: datetime, **changes: Value) -> Donor:
    """Somebody new, with a row of their own."""
    return donors.add(tx, donor.telegram_id, donor.language, donor.currency, seconds(now), **changes)


def _commit(
    tx: Tx, asked: Asked, donor: Donor, screen: Screen, taken: tuple[Step, ...], now: datetime
) -> Donor:
    """The end of the turn: the update is done, and what is in front of the donor is remembered."""
    updates.done(tx, asked.update_id, now)
    steps.count(tx, now.astimezone(ZONE).date(), asked.source or donor.source, taken)
    changes = _changes(asked, donor, screen, taken, now)
    if not donor.is_known:
        return _made(tx, donor, now, **changes)
    if donor.state is DonorState.BLOCKED:
        changes["state"] = DonorState.ACTIVE
        deliveries.unpark(tx, donor.id, now)
    if changes:
        donors.move(tx, donor.id, **changes)
    return donor


def _changes(
    asked: Asked, donor: Donor, screen: Screen, taken: tuple[Step, ...], now: datetime
) -> dict[str, Value]:
    """What is kept of the donor from now on, by column."""
    changes: dict[str, Value] = {}
    if taken:
        changes["reached"] = walking.packed(now.astimezone(ZONE).date(), taken[-1])
    if screen.awaiting is not None and (place := pack(screen.awaiting)) != donor.awaiting:
        changes["awaiting"] = place
    if asked.source and asked.source != donor.source:
        changes["source"] = asked.source
    return changes


def _line(asked: Asked, donor: Donor, took: float) -> dict[str, object]:
    action = asked.action.word or type(asked.action).__name__
    return {"action": action, "donor": donor.id, "update": asked.update_id, "ms": round(took * 1000, 1)}


def _kind(update: Came) -> str:
    if update.callback_query is not None:
        return "tap"
    if update.message is not None:
        return "message"
    if update.edited_message is not None:
        return "edit"
    return "membership" if update.my_chat_member is not None else "other"
