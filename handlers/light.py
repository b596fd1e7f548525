"""A tap, or what somebody wrote, straight from Telegram's JSON into its places: for a third of the work that reading and checking
each of the parts takes that may come, and that these have not.

Whatever has a part of another kind here is None, and for `handlers.reading` to read or to refuse.
"""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field
from telegram import CallbackQuery, Chat, MaybeInaccessibleMessage, Message, MessageEntity, Update, User
from telegram.constants import ZERO_DATE

MOST = 1 << 52  # Telegram: ids have at most 52 significant bits.
_Whole = Annotated[int, Meta(gt=-MOST, lt=MOST)]
# Seconds, to the end of Python's years.
_Date = Annotated[int, Meta(ge=0, lt=253_402_300_800)]


class _Person(Struct):
    id: _Whole
    is_bot: bool
    first_name: str
    language_code: str | UnsetType = UNSET


class _Place(Struct):
    id: _Whole
    type: str


class _Tapped(Struct):
    message_id: _Whole
    date: _Date
    chat: _Place


class _Query(Struct):
    id: str
    person: _Person = field(name="from")
    chat_instance: str
    message: _Tapped | UnsetType = UNSET
    data: str | UnsetType = UNSET


class _Mark(Struct, forbid_unknown_fields=True):
    type: str
    offset: _Whole
    length: _Whole


class _Written(Struct, forbid_unknown_fields=True):
    message_id: _Whole
    date: _Date
    chat: _Place
    person: _Person = field(name="from")
    text: str | UnsetType = UNSET
    entities: tuple[_Mark, ...] = ()


class _Light(Struct, forbid_unknown_fields=True):
    update_id: Annotated[int, Meta(ge=0, lt=MOST)]
    callback_query: _Query | UnsetType = UNSET
    message: _Written | UnsetType = UNSET


_decode = msgspec.json.Decoder(_Light).decode


def read_light(raw: bytes | str) -> Update | None:
    # No database keeps a null in a text, and whether it stands where it matters is not asked here.
    if b"\\u0000" in raw if isinstance(raw, bytes) else "\\u0000" in raw:
        return None
    try:
        light = _decode(raw)
    except (ValueError, RecursionError):
        return None
    query, message = light.callback_query, light.message
    if query and not message:
        return Update(light.update_id, callback_query=_tap(query))
    if message and not query and message.chat.type == Chat.PRIVATE:
        return Update(light.update_id, message=_message(message))
    return None


def _tap(query: _Query) -> CallbackQuery:
    tapped = query.message
    under = MaybeInaccessibleMessage(_chat(tapped.chat), tapped.message_id, ZERO_DATE) if tapped else None
    return CallbackQuery(
        query.id, _person(query.person), query.chat_instance, message=under, data=_given(query.data)
    )


def _message(message: _Written) -> Message:
    return Message(
        message.message_id,
        datetime.fromtimestamp(message.date, UTC),
        _chat(message.chat),
        from_user=_person(message.person),
        text=_given(message.text),
        entities=[MessageEntity(one.type, one.offset, one.length) for one in message.entities],
    )


def _person(person: _Person) -> User:
    return User(person.id, person.first_name, person.is_bot, language_code=_given(person.language_code))


def _chat(chat: _Place) -> Chat:
    return Chat(chat.id, chat.type)


def _given(text: str | UnsetType) -> str | None:
    return None if text is UNSET else text
