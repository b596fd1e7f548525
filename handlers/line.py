"""Updates where several processes share the work: each is on disk before it is acknowledged, and those of one chat are worked
one after the other, oldest first, by whoever holds the chat's lease at that moment."""

import asyncio
import json
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from bot.botapi.pen import Pen
from bot.errors import EntraideError, LeaseLost, StoreDown
from bot.services import Services
from bot.sharing import Hold, Leases
from bot.store import leases, updates
from bot.store.leases import CHAT, Lease
from bot.store.sql import Tx
from bot.store.updates import Kept
from handlers.reading import read_update, update_id
from handlers.turn import Desk

log = logging.getLogger(__name__)
_LONGEST_PAUSE = 60.0
_MANY = 32
_KINDS = ("message", "edited_message", "my_chat_member")


class Line:
    """`take` is for updates as they come, `work` for those on disk, `tidy` for those left behind by a process that died."""

    def __init__(self, services: Services, bot: Pen, desk: Desk, held: Leases) -> None:
        self._services, self._bot, self._desk, self._leases = services, bot, desk, held

    async def take(self, body: bytes) -> None:
        """An update from a webhook's body. Raises StoreDown: then it is not kept, and Telegram must bring it again.

        Returns when its turn was taken; or at once where somebody else is at work for this chat, who takes it next.
        """
        try:
            kept = kept_of(json.loads(body), body.decode())
        except ValueError:
            # It would come for ever.
            log.exception("an update cannot be read")
            return
        await self._work(kept.chat, kept)

    async def work(self, chat: int) -> None:
        """What waits in this chat, unless somebody is at it. Raises StoreDown."""
        await self._work(chat, None)

    async def _work(self, chat: int, news: Kept | None) -> None:
        lease = self._leases.fresh(f"{CHAT}{chat}")
        begin = partial(self._begin, lease=lease, chat=chat, news=news)
        try:
            first = await self._services.db.write(begin)
        except BaseException:
            self._leases.drop(lease)
            raise
        if first is not None:
            async with self._services.locks.here(lease.name), self._leases.holding(lease) as hold:
                await self._in_order(first, hold)

    def _begin(self, tx: Tx, lease: Lease, chat: int, news: Kept | None) -> Kept | None:
        """Keep what came, and take the chat where it is free: the one whose turn it is then."""
        if news is not None:
            updates.keep(tx, news, self._services.clock())
        first = updates.oldest(tx, chat)
        return first if first and leases.take(tx, lease, self._leases.term) else None

    async def _in_order(self, kept: Kept | None, hold: Hold) -> None:
        while kept is not None:
            try:
                kept = await self._finished(kept, hold)
            except LeaseLost:
                # We were silent for too long: whoever took over has begun this turn again.
                log.warning("a chat was taken over", extra={"update": kept.update_id})
                return

    async def _finished(self, kept: Kept, hold: Hold) -> Kept | None:
        """Take the update until its answer is drawn and forgotten; the next one of the chat."""
        pause = 0.5
        while True:
            try:
                await self._turn(kept)
                following = await self._services.db.write(partial(_go_on, done=kept, lease=hold.lease))
                hold.is_free = following is None
            except LeaseLost:
                raise
            except EntraideError as error:
                log.warning("a turn is taken again", extra={"error": type(error).__name__})
            except Exception:
                log.exception("a turn is taken again")
            else:
                return following
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _turn(self, kept: Kept) -> None:
        try:
            update = read_update(kept.raw, self._bot)
        except Exception:
            # One update that cannot be read must not block the ones after it.
            log.exception("an update cannot be read", extra={"update": kept.update_id})
            return
        await self._desk.take(update)

    async def tidy(self, pause: float) -> None:
        """For ever: go on where a process died; its chats are free once its leases have run out. `pause` in seconds."""
        free = asyncio.Semaphore(_MANY)
        async with asyncio.TaskGroup() as group:
            while True:
                for chat in await self._left():
                    await free.acquire()
                    group.create_task(self.tidied(chat)).add_done_callback(lambda _: free.release())
                await asyncio.sleep(pause)

    async def _left(self) -> list[int]:
        try:
            return await self._services.db.read(partial(leases.left, most=_MANY))
        except StoreDown:
            log.warning("what was left behind cannot be read")
            return []

    async def tidied(self, chat: int) -> None:
        """As `work`; what cannot be done now is done later."""
        try:
            await self.work(chat)
        except EntraideError as error:
            # It is still there, and is found again.
            log.warning("a chat cannot be worked", extra={"error": type(error).__name__})


def _go_on(tx: Tx, done: Kept, lease: Lease) -> Kept | None:
    """In one transaction, so that whoever keeps an update meanwhile finds the chat either held or free."""
    updates.forget(tx, done.update_id)
    following = updates.oldest(tx, done.chat)
    if following is None:
        leases.release(tx, lease)
    return following


def kept_of(update: Mapping[str, Any], raw: str) -> Kept:
    """Raises ValueError where this is no update at all."""
    number = update_id(update)
    if number is None:
        raise ValueError("an update without its number")
    return Kept(number, raw, chat_of(update))


def chat_of(update: Mapping[str, Any]) -> int:
    """Whose order it stands in: a person's messages and taps, or a group's; 0 for whatever belongs to nobody."""
    try:
        if tap := update.get("callback_query"):
            return int(tap["from"]["id"])
        found = next((update[kind] for kind in _KINDS if kind in update), None)
        return int(found["chat"]["id"]) if found else 0
    except (KeyError, TypeError, ValueError):
        # It cannot be read, which its turn will find out.
        return 0
