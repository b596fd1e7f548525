"""A tap, or what somebody wrote, straight from Telegram's JSON into its places: in a microsecond, where it takes some ninety to look
at each of the parts that may come and to make python-telegram-bot's objects of those that did.

Whatever has a part of another kind here is None, and for `handlers.reading` to read or to refuse. The names are
python-telegram-bot's, so that a turn asks the same of both.
"""

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta, Struct, field
from telegram import Chat, Update

MOST = 1 << 52  # Telegram: ids have at most 52 significant bits.
_Whole = Annotated[int, Meta(gt=-MOST, lt=MOST)]
# Seconds, to the end of Python's years.
_Date = Annotated[int, Meta(ge=0, lt=253_402_300_800)]


class Person(Struct, frozen=True):
    id: _Whole
    is_bot: bool
    first_name: str
    language_code: str | None = None


class Place(Struct, frozen=True):
    id: _Whole
    type: str


class Under(Struct, frozen=True):
    """The message under a tapped button."""

    message_id: _Whole
    date: _Date
    chat: Place


class Tap(Struct, frozen=True):
    id: str
    from_user: Person = field(name="from")
    chat_instance: str
    message: Under | None = None
    data: str | None = None


class Mark(Struct, frozen=True, forbid_unknown_fields=True):
    """A command, a link or a format in a text."""

    type: str
    offset: _Whole
    length: _Whole


class Said(Struct, frozen=True, forbid_unknown_fields=True):
    """A text in a private chat."""

    message_id: _Whole
    date: _Date
    chat: Place
    from_user: Person = field(name="from")
    text: str
    entities: tuple[Mark, ...] = ()
    caption: ClassVar[None] = None


class Light(Struct, frozen=True, forbid_unknown_fields=True):
    update_id: Annotated[int, Meta(ge=0, lt=MOST)]
    callback_query: Tap | None = None
    message: Said | None = None
    edited_message: ClassVar[None] = None
    my_chat_member: ClassVar[None] = None


Came = Light | Update
_decode = msgspec.json.Decoder(Light).decode


def read_light(raw: bytes | str) -> Light | None:
    # No database keeps a null in a text, and whether it stands where it matters is not asked here.
    if b"\\u0000" in raw if isinstance(raw, bytes) else "\\u0000" in raw:
        return None
    try:
        light = _decode(raw)
    except (ValueError, RecursionError):
        return None
    message = light.message
    if message is None:
        return light if light.callback_query else None
    return None if light.callback_query or message.chat.type != Chat.PRIVATE else light
