"""The methods that bring a new message into a chat: text, files, albums, copies."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from sandbox.telegram.contract import Refused
from sandbox.telegram.markup import Entity
from sandbox.telegram.messages import File, Message, now
from sandbox.telegram.reading import Params, caption_of, file_of, find, keyboard_of, place, reach, text_of
from sandbox.telegram.shapes import message_shape

if TYPE_CHECKING:
    from sandbox.telegram.emulator import TelegramEmulator

_MEDIA = ("photo", "video", "animation", "voice", "audio", "document")
_ALBUMS = ({"photo", "video", "live_photo"}, {"document"}, {"audio"})


class Body(Struct, frozen=True):
    """What one message holds."""

    text: str = ""
    entities: list[Entity] = field(default_factory=list[Entity])
    file: File | None = None
    group: str = ""
    contact: int | None = None


def post(emulator: "TelegramEmulator", params: Params, *bodies: Body) -> list[dict[str, Any]]:
    """One message for each body, all or none. The messages as they stand on the wire."""
    chat = reach(emulator, params["chat_id"])
    thread, reply_to = place(chat, params)
    emulator.traffic.admit(chat, len(bodies), is_paid=params.get("allow_paid_broadcast", False))
    markup = params.get("reply_markup")
    sent: list[Message] = []
    for body in bodies:
        message = Message(chat.next_id(), "bot", body.text, body.entities, now(), keyboard_of(markup), markup)
        message.file, message.group, message.contact = body.file, body.group, body.contact
        message.thread, message.reply_to = thread, reply_to
        chat.messages[message.id] = message
        emulator.traffic.record(chat, message.id)
        sent.append(message)
    chat.typing_until = 0
    emulator.tell(chat)
    return [message_shape(emulator, chat, message) for message in sent]


def _send_text(emulator: "TelegramEmulator", params: Params) -> dict[str, Any]:
    return post(emulator, params, Body(*text_of(params)))[0]


def _send_file(media: str, emulator: "TelegramEmulator", params: Params) -> dict[str, Any]:
    text, entities = caption_of(params)
    reach(emulator, params["chat_id"])
    return post(emulator, params, Body(text, entities, file_of(emulator, params[media], media)))[0]


def _send_album(emulator: "TelegramEmulator", params: Params) -> list[dict[str, Any]]:
    parts: list[Params] = params["media"]
    kinds = {part["type"] for part in parts}
    if not 2 <= len(parts) <= 10:
        raise Refused("Bad Request: number of media in a group must be between 2 and 10")
    if not any(kinds <= album for album in _ALBUMS):
        raise Refused("Bad Request: can't mix these types of media in one group")
    group = emulator.next_group()
    bodies = [
        Body(*caption_of(part), file_of(emulator, part["media"], part["type"]), group) for part in parts
    ]
    return post(emulator, params, *bodies)


def _body_of(source: Message, group: str = "") -> Body:
    if source.service:
        raise Refused("Bad Request: message can't be copied")
    return Body(source.text, source.entities, source.file, group, source.contact)


def _copy(emulator: "TelegramEmulator", params: Params) -> dict[str, Any]:
    chat = reach(emulator, params["from_chat_id"])
    body = _body_of(find(chat, params["message_id"], "message to copy not found"))
    if body.file and "caption" in params:
        body = Body(*caption_of(params), body.file)
    return {"message_id": post(emulator, params, body)[0]["message_id"]}


def _copy_many(emulator: "TelegramEmulator", params: Params) -> list[dict[str, Any]]:
    """What is not there is left out; albums stay albums."""
    chat, numbers = reach(emulator, params["from_chat_id"]), params["message_ids"]
    if not 1 <= len(numbers) <= 100 or sorted(set(numbers)) != numbers:
        raise Refused("Bad Request: message identifiers must be in a strictly increasing order")
    found = [chat.messages[one] for one in numbers if one in chat.messages]
    if not found:
        raise Refused("Bad Request: there are no messages to copy")
    groups = {one.group: emulator.next_group() for one in found if one.group}
    bodies = [_body_of(one, groups.get(one.group, "")) for one in found]
    if params.get("remove_caption"):
        bodies = [Body(file=one.file, group=one.group) if one.file else one for one in bodies]
    return [{"message_id": one["message_id"]} for one in post(emulator, params, *bodies)]


def _forward(emulator: "TelegramEmulator", params: Params) -> dict[str, Any]:
    chat = reach(emulator, params["from_chat_id"])
    source = find(chat, params["message_id"], "message to forward not found")
    return post(emulator, params, _body_of(source))[0]


POSTING: dict[str, Callable[["TelegramEmulator", Params], Any]] = {
    "sendMessage": _send_text,
    **{f"send{media.title()}": partial(_send_file, media) for media in _MEDIA},
    "sendMediaGroup": _send_album,
    "copyMessage": _copy,
    "copyMessages": _copy_many,
    "forwardMessage": _forward,
}
