"""python-telegram-bot's bot, which can also be asked in plain fields: its types cost more than the rest of a step, and
of most answers nobody reads more than the message's id. Pace, transport and errors are the same on both ways.

Its framework, `telegram.ext`, is left out: all that we would take of it is a place for the pace, which is here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from telegram import Bot

from bot.botapi.pace import Pace, Priority
from bot.botapi.transport import Ready

# Travels among the fields as far as `_do_post`; no method of Telegram's has a field of this name.
_PRIORITY = "_priority"
_PLAIN = (str, int, float, list, dict, tuple)


class Pen(Bot):
    """The bot's hand at Telegram."""

    def __init__(self, token: str, *, pace: Pace | None = None, **rest: Any) -> None:
        """`rest`: what telegram.Bot takes."""
        super().__init__(token, **rest)
        with self._unfrozen():
            self._pace = pace

    @property
    def id(self) -> int:
        """Also before Telegram was asked: the token begins with it."""
        return int(self.token.partition(":")[0])

    async def ask(self, method: str, fields: dict[str, Any], priority: Priority = Priority.REPLY) -> Any:
        """The result of a Bot API method as plain data; `fields` as Telegram names them. Raises telegram.error's errors."""
        body = _written(fields)
        if body is None:
            return await self._post(method, fields, api_kwargs=at(priority))
        return await self.send_ready(method, fields.get("chat_id"), body, priority)

    async def send_ready(self, method: str, chat_id: int | None, body: bytes, priority: Priority) -> Any:
        """As `ask`, for a request that is made up already: of a broadcast only the chat differs."""
        ready: Any = Ready(body)
        call = (f"{self.base_url}/{method}", ready)
        if self._pace is None:
            return await self.request.post(*call)
        return await self._pace.process(self.request.post, call, {}, method, {"chat_id": chat_id}, priority)

    async def room(self, chats: Sequence[int], cost: int = 1, *, is_paid: bool = False) -> list[int]:
        """As `Pace.room`; without a pace everything may go."""
        return list(chats) if self._pace is None else await self._pace.room(chats, cost, is_paid=is_paid)

    async def _do_post(self, endpoint: str, data: dict[str, Any], **timeouts: Any) -> Any:
        """Where python-telegram-bot's own ExtBot has its limiter: every method passes here."""
        priority, call = data.pop(_PRIORITY, None), super()._do_post
        if self._pace is None or endpoint == "getUpdates":
            return await call(endpoint, data, **timeouts)
        return await self._pace.process(call, (endpoint, data), timeouts, endpoint, data, priority)


def at(priority: Priority) -> dict[str, Any]:
    """`api_kwargs` of python-telegram-bot's methods, for a request that goes at this priority."""
    return {_PRIORITY: priority}


def _written(fields: Mapping[str, Any]) -> bytes | None:
    """The fields as one piece of JSON, without those that are None. None where one is a file or a type of python-telegram-bot's."""
    given = {name: one for name, one in fields.items() if one is not None}
    # The encoder knows more types than Telegram, and would write bytes as a text. Nobody puts any into a list.
    if not all(isinstance(one, _PLAIN) for one in given.values()):
        return None
    try:
        return msgspec.json.encode(given)
    except (TypeError, ValueError):
        return None
