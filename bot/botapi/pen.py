"""python-telegram-bot's bot, which can also be asked in plain fields: its types cost more than the rest of a step, and
of most answers nobody reads more than the message's id. Pace, transport and errors are the same on both ways."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from telegram.ext import ExtBot

from bot.botapi.pace import Pace, Priority
from bot.botapi.transport import Ready


class Pen(ExtBot[Any]):
    """The bot's hand at Telegram."""

    async def ask(self, method: str, fields: dict[str, Any], priority: Priority = Priority.REPLY) -> Any:
        """The result of a Bot API method as plain data; `fields` as Telegram names them. Raises telegram.error's errors."""
        body = _written(fields)
        if body is None:
            return await self._post(method, fields, api_kwargs=self._merge_api_rl_kwargs(None, priority))
        return await self.send_ready(method, fields.get("chat_id"), body, priority)

    async def send_ready(self, method: str, chat_id: int | None, body: bytes, priority: Priority) -> Any:
        """As `ask`, for a request that is made up already: of a broadcast only the chat differs."""
        ready: Any = Ready(body)
        call = (f"{self.base_url}/{method}", ready)
        pace = self.rate_limiter
        if pace is None:
            return await self.request.post(*call)
        return await pace.process_request(self.request.post, call, {}, method, {"chat_id": chat_id}, priority)

    async def room(self, chats: Sequence[int], cost: int = 1, *, is_paid: bool = False) -> list[int]:
        """As `Pace.room`; without a pace everything may go."""
        pace = self.rate_limiter
        return await pace.room(chats, cost, is_paid=is_paid) if isinstance(pace, Pace) else list(chats)


def _written(fields: Mapping[str, Any]) -> bytes | None:
    """The fields as one piece of JSON, without those that are None. None where one is a file or a type of python-telegram-bot's."""
    given = {name: one for name, one in fields.items() if one is not None}
    try:
        return json.dumps(given).encode()
    except TypeError:
        return None
