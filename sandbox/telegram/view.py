"""A chat as the phone page draws it, for one person who looks."""

import time
from typing import Any

from sandbox.telegram.emulator import TelegramEmulator
from sandbox.telegram.markup import to_html
from sandbox.telegram.messages import Button, Chat, File, Message
from sandbox.telegram.people import Phone
from sandbox.telegram.samples import picture_size
from sandbox.telegram.shapes import contact_shape

Shown = dict[str, Any]


def shown_chat(emulator: TelegramEmulator, chat: Chat, me: Phone) -> Shown:
    alert = chat.alerts[-1] if chat.alerts and chat.alerts[-1][0] else None
    return {
        "id": chat.id,
        "title": chat.title if chat.is_group else emulator.name,
        "blocked": chat.blocked,
        "typing": chat.typing_until > time.monotonic(),
        "commands": emulator.commands(me.person.get("language_code"), me.id, chat),
        "forum": chat.is_forum,
        "topics": [{"id": one.id, "name": one.name, "closed": one.is_closed} for one in chat.topics.values()],
        "messages": [_message(emulator, chat, message, me) for message in chat.messages.values()],
        "alert": {"n": len(chat.alerts), "text": alert[0], "show_alert": alert[1]} if alert else None,
    }


def _message(emulator: TelegramEmulator, chat: Chat, message: Message, me: Phone) -> Shown:
    shown: Shown = {
        "id": message.id,
        "sender": _side(message, me),
        "name": _name(emulator, message),
        "html": message.html,
        "time": message.at,
        "edited": message.edited,
        "keyboard": [[_button(button) for button in row] for row in message.keyboard],
        "thread": message.thread,
        "group": message.group,
    }
    if message.file:
        shown["media"] = _file(message.media, message.file)
    if message.contact is not None:
        shown["contact"] = contact_shape(emulator, message.contact)["first_name"]
    if message.service:
        shown["service"] = _service(message.service)
    answered = chat.messages.get(message.reply_to or 0)
    if answered:
        shown["reply"] = {"id": answered.id, "name": _name(emulator, answered), "html": _quoted(answered)}
    return shown


def _side(message: Message, me: Phone) -> str:
    return "bot" if message.sender == "bot" else "me" if message.sender == me.id else "other"


def _name(emulator: TelegramEmulator, message: Message) -> str:
    return emulator.name if message.sender == "bot" else emulator.people[int(message.sender)]["first_name"]


def _quoted(message: Message) -> str:
    """The first line, short and plain."""
    return to_html(message.text.split("\n")[0][:80], [])


def _file(media: str, file: File) -> Shown:
    """With a picture's width and height: its place is kept before it comes, and no button moves under a finger."""
    size = picture_size(file.content) if media == "photo" else None
    return {
        "width": size and size[0],
        "height": size and size[1],
        "kind": media,
        "name": file.name,
        "size": len(file.content),
        "url": f"/phone/files/{file.file_id}",
    }


def _service(service: Shown) -> Shown:
    kind, told = next(iter(service.items()))
    return {"kind": kind, "name": told.get("name", "")}


def _button(button: Button) -> Shown:
    whole = {
        "text": button.text,
        "kind": button.kind,
        "url": button.url,
        "copy": button.copy,
        "style": button.style,
    }
    return {key: value for key, value in whole.items() if value is not None}
