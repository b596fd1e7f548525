"""Ask Telegram for updates: each is on disk before it is acknowledged, so a kill loses none and nobody waits for another's turn."""

import asyncio
import json
import logging
from functools import partial
from typing import Any
from urllib.parse import urlencode

from telegram import error as api
from telegram.request import BaseRequest

from bot.botapi.pen import Pen
from bot.errors import EntraideError, StoreDown
from bot.services import Services
from bot.store import updates
from bot.store.sql import Tx
from bot.store.updates import Kept
from handlers.reading import read_update
from handlers.turn import Desk

log = logging.getLogger(__name__)
ALLOWED = ["message", "edited_message", "callback_query", "my_chat_member"]
_LONGEST_PAUSE = 60.0


class Poller:
    """The loop. `hold` is how long Telegram may keep a question open, in seconds."""

    def __init__(
        self, services: Services, bot: Pen, desk: Desk, request: BaseRequest, hold: int = 25
    ) -> None:
        self._services, self._bot, self._desk = services, bot, desk
        self._request, self._hold = request, hold

    async def run(self) -> None:
        """Poll for ever, beginning with what a kill left unfinished."""
        async with asyncio.TaskGroup() as group:
            for kept in await self._services.db.read(updates.unfinished):
                group.create_task(self.finish(kept))
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
                    group.create_task(self.finish(kept))
                offset = max((kept.update_id + 1 for kept in batch), default=offset)

    async def _ask(self, offset: int) -> list[Kept]:
        """Raw, since python-telegram-bot reads a whole batch or none of it: one odd update would block all others."""
        asked = urlencode({"offset": offset, "timeout": self._hold, "allowed_updates": json.dumps(ALLOWED)})
        raw: Any = await self._request.post(
            f"{self._bot.base_url}/getUpdates?{asked}", read_timeout=self._hold + 10
        )
        return [Kept(one["update_id"], json.dumps(one)) for one in raw]

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
            log.warning("a turn is taken again", extra={"error": type(error).__name__})
            return False
        return True

    async def _take(self, kept: Kept) -> None:
        """One update that cannot be read, or that trips over a fault of ours, must not end the process, now and at each start."""
        try:
            await self._desk.take(read_update(kept.raw, self._bot))
        except EntraideError:
            raise
        except Exception:
            log.exception("an update cannot be taken", extra={"update": kept.update_id})
