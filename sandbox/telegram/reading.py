"""The parameters that many methods share: text with its formatting, a file, buttons, a place in a chat."""

from typing import TYPE_CHECKING, Any

from sandbox.telegram.contract import Refused
from sandbox.telegram.markup import Entity, parse, units
from sandbox.telegram.messages import Button, Chat, File, Message

if TYPE_CHECKING:
    from sandbox.telegram.emulator import TelegramEmulator

Params = dict[str, Any]


def text_of(params: Params) -> tuple[str, list[Entity]]:
    text, entities = parse(params["text"], params.get("parse_mode"))
    if not text.strip():
        raise Refused("Bad Request: message text is empty")
    if units(text) > 4096:
        raise Refused("Bad Request: message is too long")
    return text, _marks(params, "entities", entities)


def caption_of(params: Params) -> tuple[str, list[Entity]]:
    text, entities = parse(params.get("caption", ""), params.get("parse_mode"))
    if units(text) > 1024:
        raise Refused("Bad Request: message caption is too long")
    return text, _marks(params, "caption_entities", entities)


def _marks(params: Params, name: str, parsed: list[Entity]) -> list[Entity]:
    """A parse mode wins over entities, as at Telegram."""
    return parsed if params.get("parse_mode") else params.get(name) or []


def file_of(emulator: "TelegramEmulator", given: Any, media: str) -> File:
    """An upload, or one that Telegram has: that stays what it was first sent as."""
    if not isinstance(given, str):
        return emulator.keep(given.filename, given.content, given.content_type or "", media)
    file = emulator.files.get(given)
    if file is None:
        raise Refused("Bad Request: wrong file identifier/HTTP URL specified")
    file.media = file.media or media
    if file.media != media:
        raise Refused(f"Bad Request: can't use file of type {file.media.title()} as {media.title()}")
    return file


def keyboard_of(markup: dict[str, Any] | None) -> tuple[tuple[Button, ...], ...]:
    rows = (markup or {}).get("inline_keyboard", [])
    return tuple(tuple(_button(button) for button in row) for row in rows)


def _button(button: dict[str, Any]) -> Button:
    copy = button.get("copy_text", {}).get("text")
    return Button(button["text"], button.get("callback_data"), button.get("url"), copy, button.get("style"))


def reach(emulator: "TelegramEmulator", chat_id: Any) -> Chat:
    if chat_id in emulator.moved:
        new = emulator.moved[chat_id]
        raise Refused("Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=new)
    chat = emulator.chats.get(chat_id)
    if chat is None:
        raise Refused("Bad Request: chat not found")
    if chat.deactivated:
        raise Refused("Forbidden: user is deactivated", 403)
    if chat.blocked:
        who = "kicked from the supergroup chat" if chat.is_group else "blocked by the user"
        raise Refused(f"Forbidden: bot was {who}", 403)
    return chat


def find(chat: Chat, message_id: int, otherwise: str) -> Message:
    message = chat.messages.get(message_id)
    if message is None:
        raise Refused(f"Bad Request: {otherwise}")
    return message


def place(chat: Chat, params: Params) -> tuple[int | None, int | None]:
    """The topic, and the message that is answered."""
    thread = params.get("message_thread_id")
    if thread and thread not in chat.topics:
        raise Refused("Bad Request: message thread not found")
    asked = params.get("reply_parameters")
    if not asked:
        return thread, None
    answered = chat.messages.get(asked["message_id"])
    if answered is None and not asked.get("allow_sending_without_reply"):
        raise Refused("Bad Request: message to be replied not found")
    return thread or (answered.thread if answered else None), answered.id if answered else None
