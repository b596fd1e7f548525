"""People, chats and messages as they stand on the wire."""

from typing import TYPE_CHECKING, Any

from sandbox.telegram.messages import Chat, File, Message, now
from sandbox.telegram.samples import picture_size

if TYPE_CHECKING:
    from sandbox.telegram.emulator import TelegramEmulator

Shape = dict[str, Any]


def me(emulator: "TelegramEmulator") -> Shape:
    return {
        "id": int(emulator.token.partition(":")[0]),
        "is_bot": True,
        "first_name": emulator.name,
        "username": emulator.username,
    }


def chat_shape(chat: Chat) -> Shape:
    if chat.is_group:
        forum = {"is_forum": True} if chat.is_forum else {}
        return {"id": chat.id, "type": "supergroup", "title": chat.title} | forum
    return {"id": chat.id, "type": "private", "first_name": chat.title}


def message_shape(emulator: "TelegramEmulator", chat: Chat, message: Message) -> Shape:
    """With the message that it answers; in a topic that is the topic's beginning where nothing else is answered."""
    sent = _alone(emulator, chat, message)
    answered = chat.messages.get(message.reply_to or message.thread or 0)
    if answered and answered is not message:
        sent["reply_to_message"] = _alone(emulator, chat, answered)
    return sent


def _alone(emulator: "TelegramEmulator", chat: Chat, message: Message) -> Shape:
    sender = me(emulator) if message.sender == "bot" else emulator.people[int(message.sender)]
    sent: Shape = {"message_id": message.id, "from": sender, "chat": chat_shape(chat), "date": message.at}
    if message.thread:
        sent |= {"message_thread_id": message.thread, "is_topic_message": True}
    if message.text:
        body, marks = ("caption", "caption_entities") if message.file else ("text", "entities")
        sent |= {body: message.text} | ({marks: message.entities} if message.entities else {})
    if message.file:
        sent |= _media(message.file)
    if message.group:
        sent["media_group_id"] = message.group
    if message.contact is not None:
        sent["contact"] = contact_shape(emulator, message.contact)
    return (
        sent
        | (message.service or {})
        | ({"reply_markup": message.markup} if message.markup else {})
        | ({"edit_date": now()} if message.edited else {})
    )


def contact_shape(emulator: "TelegramEmulator", person_id: int) -> Shape:
    """Of somebody who uses no Telegram where the id is unknown: then there is no `user_id`."""
    person = emulator.people.get(person_id)
    contact: Shape = {
        "phone_number": "+212600000000",
        "first_name": person["first_name"] if person else "Nadia",
    }
    return contact | ({"user_id": person_id} if person else {})


_SCREEN = {"width": 640, "height": 480}
_EXTRAS: dict[str, Shape] = {
    "video": _SCREEN | {"duration": 12},
    "animation": _SCREEN | {"duration": 3},
    "voice": {"duration": 4},
    "audio": {"duration": 30},
}


def _media(file: File) -> Shape:
    shape: Shape = {
        "file_id": file.file_id,
        "file_unique_id": f"u-{file.file_id}",
        "file_size": len(file.content),
    }
    if file.media == "photo":
        width, height = picture_size(file.content) or (_SCREEN["width"], _SCREEN["height"])
        return {"photo": [shape | {"width": width, "height": height}]}
    shape |= {"mime_type": file.kind} | _EXTRAS.get(file.media, {})
    shape |= {} if file.media == "voice" else {"file_name": file.name}
    whole = {file.media: shape}
    if file.media == "animation":
        names = ("file_id", "file_unique_id", "file_size", "mime_type", "file_name")
        whole["document"] = {name: shape[name] for name in names}
    return whole
