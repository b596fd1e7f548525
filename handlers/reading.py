"""Telegram's JSON as python-telegram-bot's Update, without what nobody reads, and only where it is what Telegram would send.

python-telegram-bot takes any type in any place. What was let in here is asked of the database and written into it, so a
place has its type, a number fits, and no text holds what cannot be stored.
"""

import json
import re
from typing import Any, cast

from telegram import Update

from bot.botapi.pen import Pen
from bot.errors import NotAnUpdate
from handlers.light import MOST, Came, read_light

# Of the message under a tapped button only its place is read; its text, entities and keyboard take longer to parse
# than the whole turn takes to store.
_PLACE = ("message_id", "date", "chat")
# Half a surrogate pair is no character, and no database keeps a null in a text.
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
_WHOLE = frozenset(
    (
        "update_id",
        "message_id",
        "date",
        "message_thread_id",
        "migrate_to_chat_id",
        "user_id",
        "offset",
        "length",
    )
)
_WORDS = frozenset(("text", "caption", "first_name", "language_code", "file_id", "status", "media_group_id"))
# Who and where: each has an id that is a number.
_SOMEBODY = frozenset(("from", "user", "chat", "sender_chat"))
_NAMED = _WHOLE | _WORDS | _SOMEBODY
# Without these python-telegram-bot makes an object that lacks what it promises.
_NEEDED = {
    "message": _PLACE,
    "edited_message": _PLACE,
    "callback_query": ("id", "from"),
    "my_chat_member": ("chat", "new_chat_member"),
}


def read_update(raw: bytes | str, bot: Pen) -> Came:
    """Raises NotAnUpdate, whose text can be logged: it holds nothing of what came."""
    return read_light(raw) or read_whole(raw, bot)


def read_whole(raw: bytes | str, bot: Pen) -> Update:
    """As `read_update`, whatever it is."""
    data = _read(raw)
    query: Any = data.get("callback_query")
    if isinstance(query, dict):
        query = cast("dict[str, Any]", query)
        _strip(query)
    try:
        for name, value in data.items():
            _check(name, value)
            if any(_lacks(value, part) for part in _NEEDED.get(name, ())):
                raise NotAnUpdate(f"a {name} that lacks something")
        return Update.de_json(data, bot)
    except NotAnUpdate:
        raise
    except Exception as error:
        # Of a part that is missing or odd python-telegram-bot raises whatever it meets.
        raise NotAnUpdate(type(error).__name__) from error


def _strip(query: dict[str, Any]) -> None:
    """Raises NotAnUpdate for what no button sends."""
    if not _is_tap(query):
        raise NotAnUpdate("an odd tap")
    if isinstance(tapped := query.get("message"), dict):
        tapped = cast("dict[str, Any]", tapped)
        query["message"] = {name: tapped[name] for name in _PLACE if name in tapped}


def update_id(one: object) -> int | None:
    """The number of an update; None where it has none that Telegram would give."""
    match one:
        case {"update_id": int(id)} if not isinstance(id, bool) and 0 <= id < MOST:
            return id
        case _:
            return None


def _read(raw: bytes | str) -> dict[str, Any]:
    try:
        data: Any = json.loads(raw)
    except (ValueError, RecursionError):
        # Not chained: what Python says of it may quote it.
        raise NotAnUpdate("no JSON") from None
    if update_id(data) is None:
        raise NotAnUpdate("no update_id")
    return data


def _check(name: str, value: object) -> None:
    """One part and all in it. Raises NotAnUpdate, which names the part and nothing of what it holds."""
    if isinstance(value, str):
        is_right = name not in _WHOLE | _SOMEBODY and not _NO_TEXT.search(value)
    elif isinstance(value, dict):
        parts = cast("dict[str, Any]", value)
        is_right = name not in _WHOLE | _WORDS and (name not in _SOMEBODY or _is_somebody(name, parts))
        for key, part in parts.items():
            _check(key, part)
    elif isinstance(value, list):
        is_right = name not in _NAMED
        for part in cast("list[Any]", value):
            _check("", part)
    else:
        is_right = name not in _WORDS | _SOMEBODY and (name not in _WHOLE or _is_number(value))
    if not is_right:
        raise NotAnUpdate(f"an odd {name if name in _NAMED else 'text'}")


def _is_tap(query: dict[str, Any]) -> bool:
    is_placed = query.get("message") is None or not any(_lacks(query["message"], part) for part in _PLACE)
    return is_placed and isinstance(query.get("id"), str) and isinstance(query.get("data", ""), str)


def _lacks(value: object, part: str) -> bool:
    return not isinstance(value, dict) or cast("dict[str, Any]", value).get(part) is None


def _is_somebody(name: str, parts: dict[str, Any]) -> bool:
    return _is_number(parts.get("id")) and ("chat" not in name or isinstance(parts.get("type"), str))


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -MOST < value < MOST
