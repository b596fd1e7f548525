"""Ask Telegram for updates: each is on disk before it is acknowledged, so a kill loses none and nobody waits for another's turn."""

import asyncio
import json
import logging
from functools import partial
from typing import Any, cast
from urllib.parse import urlencode

from telegram import error as api
from telegram.request import BaseRequest

from bot import meters
from bot.botapi.pen import Pen
from bot.errors import EntraideError, NotAnUpdate, StoreDown
from bot.services import Services
from bot.store import updates
from bot.store.sql import Tx
from bot.store.updates import Kept
from handlers.line import Line, kept_of
from handlers.reading import read_update, update_id
from handlers.turn import Desk

log = logging.getLogger(__name__)
ALLOWED = ["message", "edited_message", "callback_query", "my_chat_member"]
_LONGEST_PAUSE = 60.0


class Poller:
    """The loop. `hold` is how long Telegram may keep a question open, in seconds; `line` is there beside other processes."""

    def __init__(
        self,
        services: Services,
        bot: Pen,
        desk: Desk,
        request: BaseRequest,
        hold: int = 25,
        line: Line | None = None,
    ) -> None:
        self._services, self._bot, self._desk = services, bot, desk
        self._request, self._hold, self._line = request, hold, line

    async def run(self) -> None:
        """Poll for ever, beginning with what a kill left unfinished."""
        async with asyncio.TaskGroup() as group:
            if self._line is None:
                await self.finish_all(group)
            offset, pause = 0, 1.0
            while True:
                try:
                    batch = await self._ask(offset)
                    news = await self._keep(batch)
                except (api.TelegramError, StoreDown) as error:
                    # What could not be kept is not acknowledged: it comes again.
                    log.warning("polling failed", extra={"error": type(error).__name__})
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)
                    continue
                pause = 1.0
                for kept in news:
                    group.create_task(self._line.tidied(kept.chat) if self._line else self.finish(kept))
                offset = max((kept.update_id + 1 for kept in batch), default=offset)

    async def finish_all(self, group: asyncio.TaskGroup) -> None:
        """What a kill left unfinished."""
        for kept in await self._services.db.read(updates.unfinished):
            group.create_task(self.finish(kept))

    async def _ask(self, offset: int) -> list[Kept]:
        """Raw, since python-telegram-bot reads a whole batch or none of it: one odd update would block all others."""
        asked = urlencode({"offset": offset, "timeout": self._hold, "allowed_updates": json.dumps(ALLOWED)})
        raw: Any = await self._request.post(
            f"{self._bot.base_url}/getUpdates?{asked}", read_timeout=self._hold + 10
        )
        found: list[Any] = cast("list[Any]", raw) if isinstance(raw, list) else []
        return [kept_of(one, json.dumps(one)) for one in found if update_id(one) is not None]

    async def _keep(self, batch: list[Kept]) -> list[Kept]:
        """On disk, and only those that are news."""

        def write(tx: Tx) -> list[Kept]:
            return [kept for kept in batch if updates.keep(tx, kept, self._services.clock())]

        return await self._services.db.write(write) if batch else []

    async def finish(self, kept: Kept) -> None:
        """Take the update until its answer is drawn, then forget what it said."""
        pause = 0.5
        while not await self._is_finished(kept):
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _is_finished(self, kept: Kept) -> bool:
        try:
            await self._take(kept)
            await self._services.db.write(partial(updates.forget, update_id=kept.update_id))
        except EntraideError as error:
            meters.FAILURES.add("update", type(error).__name__)
            log.warning("a turn is taken again", extra={"error": type(error).__name__})
            return False
        return True

    async def _take(self, kept: Kept) -> None:
        """One update that cannot be read must not block the ones after it, now and at each start."""
        try:
            update = read_update(kept.raw, self._bot)
        except NotAnUpdate as error:
            log.error("an update cannot be read", extra={"update": kept.update_id, "error": str(error)})
            return
        await self._desk.take(update)
