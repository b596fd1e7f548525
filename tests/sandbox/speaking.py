"""A bot of the tests' own that speaks to the emulated Telegram through python-telegram-bot, and reads what comes by itself."""

from dataclasses import dataclass
from typing import Any

import pytest
import telegram

from sandbox.telegram import TelegramEmulator


@dataclass
class Speaking:
    """`api` is python-telegram-bot's; `emulator` what is behind it."""

    api: telegram.Bot
    emulator: TelegramEmulator

    async def heard(self) -> telegram.Update:
        """The oldest update not read yet."""
        one = (await self.api.get_updates(limit=1, timeout=20))[0]
        await self.api.get_updates(offset=one.update_id + 1, timeout=0)
        return one

    async def message(self) -> telegram.Message:
        found = (await self.heard()).message
        assert found is not None
        return found

    async def refused(self, call: Any, words: str, kind: type[Exception] = telegram.error.BadRequest) -> None:
        with pytest.raises(kind, match=f"(?i){words}"):
            await call
