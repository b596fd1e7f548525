"""What people do in Telegram, each act as the update that the bot hears of."""

import time
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from sandbox.telegram.markup import Entity, links, units
from sandbox.telegram.messages import Button, Chat, File, Message, now
from sandbox.telegram.shapes import chat_shape, me, message_shape

if TYPE_CHECKING:
    from sandbox.telegram.emulator import TelegramEmulator


class Said(Struct, frozen=True):
    """What a person sends: text with its formatting, a file with a caption, or somebody's contact; where, and to what."""

    text: str = ""
    entities: tuple[Entity, ...] = ()
    file: File | None = None
    group: str = ""
    contact: int | None = None
    thread: int | None = None
    reply_to: int | None = None


def write(emulator: "TelegramEmulator", person_id: int, chat_id: int, said: Said) -> int:
    """The update's id. An answer to a message of a topic stands in that topic."""
    chat = emulator.chats[chat_id]
    message = Message(chat.next_id(), person_id, said.text, _marks(said), now(), file=said.file)
    message.group, message.contact, message.reply_to = said.group, said.contact, said.reply_to
    answered = chat.messages.get(said.reply_to or 0)
    message.thread = said.thread or (answered.thread if answered else None)
    chat.messages[message.id] = message
    emulator.tell(chat)
    return emulator.update({"message": message_shape(emulator, chat, message)}, f"chat-{chat_id}")


def write_album(
    emulator: "TelegramEmulator", person_id: int, chat_id: int, files: list[File], said: Said
) -> list[int]:
    """Several updates of one group; what is said stands with the first part."""
    said = replace(said, group=emulator.next_group())
    silent = replace(said, text="", entities=())
    parts = [replace(said if at == 0 else silent, file=file) for at, file in enumerate(files)]
    return [write(emulator, person_id, chat_id, part) for part in parts]


def _marks(said: Said) -> list[Entity]:
    command = (
        [{"type": "bot_command", "offset": 0, "length": units(said.text.split(maxsplit=1)[0])}]
        if said.text.startswith("/")
        else []
    )
    return sorted(
        [*command, *said.entities, *links(said.text)], key=lambda one: (one["offset"], -one["length"])
    )


def tap(emulator: "TelegramEmulator", person_id: int, chat: Chat, message: Message, button: Button) -> int:
    query_id = emulator.next_query()
    emulator.queries[query_id] = (chat.id, time.monotonic())
    query = {
        "id": query_id,
        "from": emulator.people[person_id],
        "message": message_shape(emulator, chat, message),
        "chat_instance": str(chat.id),
        "data": button.data,
    }
    return emulator.update({"callback_query": query}, f"taps-{person_id}")


def shut_topic(
    emulator: "TelegramEmulator", person_id: int, chat_id: int, thread: int, *, is_closed: bool
) -> int:
    """An administrator closes a topic by hand, or opens it again. Raises KeyError for a topic that is not there."""
    chat = emulator.chats[chat_id]
    chat.topics[thread].is_closed = is_closed
    service: dict[str, Any] = {"forum_topic_closed" if is_closed else "forum_topic_reopened": {}}
    message = Message(chat.next_id(), person_id, "", [], now(), thread=thread, service=service)
    chat.messages[message.id] = message
    emulator.tell(chat)
    return emulator.update({"message": message_shape(emulator, chat, message)}, f"chat-{chat_id}")


def block(emulator: "TelegramEmulator", person_id: int, *, is_blocked: bool) -> int:
    chat = emulator.chats[person_id]
    chat.blocked = is_blocked
    emulator.tell(chat)
    old, new = ("member", "kicked") if is_blocked else ("kicked", "member")
    member: dict[str, Any] = {"chat": chat_shape(chat), "from": emulator.people[person_id], "date": now()}
    member |= {"old_chat_member": _me_as(emulator, old), "new_chat_member": _me_as(emulator, new)}
    return emulator.update({"my_chat_member": member}, f"member-{person_id}")


def _me_as(emulator: "TelegramEmulator", status: str) -> dict[str, Any]:
    return {"user": me(emulator), "status": status} | ({"until_date": 0} if status == "kicked" else {})
