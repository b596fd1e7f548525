"""The methods that change what is in a chat already."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandbox.telegram.contract import Refused
from sandbox.telegram.markup import Entity
from sandbox.telegram.messages import Chat, Message
from sandbox.telegram.reading import Params, caption_of, file_of, find, keyboard_of, reach, text_of
from sandbox.telegram.shapes import message_shape

if TYPE_CHECKING:
    from sandbox.telegram.emulator import TelegramEmulator


def _own(emulator: "TelegramEmulator", params: Params) -> tuple[Chat, Message]:
    chat = reach(emulator, params.get("chat_id"))
    message = find(chat, params.get("message_id", 0), "message to edit not found")
    if message.sender != "bot" or message.service:
        raise Refused("Bad Request: message can't be edited")
    return chat, message


def _write(
    emulator: "TelegramEmulator",
    params: Params,
    chat: Chat,
    message: Message,
    text: str,
    entities: list[Entity],
) -> dict[str, Any]:
    markup = params.get("reply_markup")
    if (text, entities, markup) == (message.text, message.entities, message.markup):
        raise Refused(
            "Bad Request: message is not modified: specified new message content and reply markup are exactly the "
            "same as a current content and reply markup of the message"
        )
    message.text, message.entities, message.edited = text, entities, True
    message.markup, message.keyboard = markup, keyboard_of(markup)
    emulator.tell(chat)
    return message_shape(emulator, chat, message)


def _text(emulator: "TelegramEmulator", params: Params) -> dict[str, Any]:
    chat, message = _own(emulator, params)
    if message.file:
        raise Refused("Bad Request: there is no text in the message to edit")
    text, entities = text_of(params)
    return _write(emulator, params, chat, message, text, entities)


def _caption(emulator: "TelegramEmulator", params: Params) -> dict[str, Any]:
    chat, message = _own(emulator, params)
    if not message.file:
        raise Refused("Bad Request: there is no caption in the message to edit")
    text, entities = caption_of(params)
    return _write(emulator, params, chat, message, text, entities)


def _media(emulator: "TelegramEmulator", params: Params) -> dict[str, Any]:
    chat, message = _own(emulator, params)
    given = params["media"]
    text, entities = caption_of(given)
    message.file = file_of(emulator, given["media"], given["type"])
    message.text, message.entities, message.edited = text, entities, True
    message.markup = params.get("reply_markup")
    message.keyboard = keyboard_of(message.markup)
    emulator.tell(chat)
    return message_shape(emulator, chat, message)


def _buttons(emulator: "TelegramEmulator", params: Params) -> dict[str, Any]:
    chat = reach(emulator, params.get("chat_id"))
    message = find(chat, params.get("message_id", 0), "message to edit not found")
    message.markup = params.get("reply_markup")
    message.keyboard = keyboard_of(message.markup)
    emulator.tell(chat)
    return message_shape(emulator, chat, message)


def _delete(emulator: "TelegramEmulator", params: Params) -> bool:
    chat = reach(emulator, params["chat_id"])
    del chat.messages[find(chat, params["message_id"], "message to delete not found").id]
    emulator.tell(chat)
    return True


def _delete_many(emulator: "TelegramEmulator", params: Params) -> bool:
    chat = reach(emulator, params["chat_id"])
    for message_id in params["message_ids"]:
        chat.messages.pop(message_id, None)
    emulator.tell(chat)
    return True


EDITING: dict[str, Callable[["TelegramEmulator", Params], Any]] = {
    "editMessageText": _text,
    "editMessageCaption": _caption,
    "editMessageMedia": _media,
    "editMessageReplyMarkup": _buttons,
    "deleteMessage": _delete,
    "deleteMessages": _delete_many,
}
