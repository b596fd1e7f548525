"""Telegram's JSON as python-telegram-bot's Update, without what nobody reads."""

import json
from typing import Any

from telegram import Update

from bot.botapi.pen import Pen

# Of the message under a tapped button only its place is read; its text, entities and keyboard take longer to parse
# than the whole turn takes to store.
_PLACE = ("message_id", "date", "chat")


def read_update(raw: bytes | str, bot: Pen) -> Update:
    """Raises whatever python-telegram-bot raises where this is no update."""
    data: dict[str, Any] = json.loads(raw)
    query: Any = data.get("callback_query")
    if isinstance(query, dict) and isinstance(tapped := query.get("message"), dict):  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        query["message"] = {name: tapped[name] for name in _PLACE if name in tapped}
    return Update.de_json(data, bot)
