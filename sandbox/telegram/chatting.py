"""The methods about a chat as a whole, its topics, and what people tapped in it."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandbox.telegram.contract import Refused
from sandbox.telegram.messages import Chat, Message, Topic, now
from sandbox.telegram.reading import Params, find, reach
from sandbox.telegram.shapes import chat_shape, me

if TYPE_CHECKING:
    from sandbox.telegram.emulator import TelegramEmulator

_CALLBACK_LIFE = 150
_GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
_BLUE = 0x6FB9F0


def _answer(emulator: "TelegramEmulator", params: Params) -> bool:
    chat_id, at = emulator.queries.pop(params["callback_query_id"], (0, 0.0))
    if time.monotonic() - at > _CALLBACK_LIFE:
        raise Refused("Bad Request: query is too old and response timeout expired or query ID is invalid")
    chat = emulator.chats[chat_id]
    chat.alerts.append((params.get("text", ""), params.get("show_alert", False)))
    emulator.tell(chat)
    return True


def _action(emulator: "TelegramEmulator", params: Params) -> bool:
    chat = reach(emulator, params["chat_id"])
    chat.typing_until = time.monotonic() + 5
    emulator.tell(chat)
    return True


def _chat(emulator: "TelegramEmulator", params: Params) -> dict[str, Any]:
    more = {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(_GIFTS, False),
    }
    return chat_shape(reach(emulator, params["chat_id"])) | more


def _member(emulator: "TelegramEmulator", params: Params) -> dict[str, Any]:
    chat, user = reach(emulator, params["chat_id"]), params["user_id"]
    if user == me(emulator)["id"]:
        return {"user": me(emulator), "status": "administrator", "can_manage_topics": chat.is_forum}
    if user not in emulator.people:
        raise Refused("Bad Request: PARTICIPANT_ID_INVALID")
    is_in = user in emulator.members.get(chat.id, [chat.id])
    return {"user": emulator.people[user], "status": "member" if is_in else "left"}


def _file(emulator: "TelegramEmulator", params: Params) -> dict[str, Any]:
    file = emulator.files.get(params["file_id"])
    if file is None:
        raise Refused("Bad Request: invalid file_id")
    return {
        "file_id": file.file_id,
        "file_unique_id": f"u-{file.file_id}",
        "file_size": len(file.content),
        "file_path": file.file_id,
    }


def _pin(emulator: "TelegramEmulator", params: Params) -> bool:
    find(reach(emulator, params["chat_id"]), params["message_id"], "message to pin not found")
    return True


def _forum(emulator: "TelegramEmulator", params: Params) -> Chat:
    chat = reach(emulator, params["chat_id"])
    if not chat.is_forum:
        raise Refused("Bad Request: the chat is not a forum")
    return chat


def _topic(emulator: "TelegramEmulator", params: Params) -> tuple[Chat, Topic]:
    chat = _forum(emulator, params)
    topic = chat.topics.get(params["message_thread_id"])
    if topic is None:
        raise Refused("Bad Request: message thread not found")
    return chat, topic


def _named(params: Params) -> str:
    if not 1 <= len(params["name"]) <= 128:
        raise Refused("Bad Request: topic name is invalid")
    return params["name"]


def _told(emulator: "TelegramEmulator", chat: Chat, thread: int | None, **service: Any) -> Message:
    message = Message(chat.next_id(), "bot", "", [], now(), thread=thread, service=service)
    chat.messages[message.id] = message
    emulator.tell(chat)
    return message


def _create(emulator: "TelegramEmulator", params: Params) -> dict[str, Any]:
    chat, name = _forum(emulator, params), _named(params)
    colour = params.get("icon_color", _BLUE)
    begun = _told(emulator, chat, None, forum_topic_created={"name": name, "icon_color": colour})
    begun.thread = begun.id
    chat.topics[begun.id] = Topic(begun.id, name)
    return {"message_thread_id": begun.id, "name": name, "icon_color": colour}


def _rename(emulator: "TelegramEmulator", params: Params) -> bool:
    chat, topic = _topic(emulator, params)
    if "name" in params:
        topic.name = _named(params)
        _told(emulator, chat, topic.id, forum_topic_edited={"name": topic.name})
    return True


def _shut(emulator: "TelegramEmulator", params: Params, *, is_closed: bool) -> bool:
    chat, topic = _topic(emulator, params)
    if topic.is_closed == is_closed:
        raise Refused("Bad Request: TOPIC_NOT_MODIFIED")
    topic.is_closed = is_closed
    _told(emulator, chat, topic.id, **{f"forum_topic_{'closed' if is_closed else 'reopened'}": {}})
    return True


def _remove(emulator: "TelegramEmulator", params: Params) -> bool:
    chat, topic = _topic(emulator, params)
    del chat.topics[topic.id]
    for message in [one for one in chat.messages.values() if one.thread == topic.id]:
        del chat.messages[message.id]
    emulator.tell(chat)
    return True


CHATTING: dict[str, Callable[["TelegramEmulator", Params], Any]] = {
    "answerCallbackQuery": _answer,
    "sendChatAction": _action,
    "getChat": _chat,
    "getChatMember": _member,
    "getFile": _file,
    "pinChatMessage": _pin,
    "createForumTopic": _create,
    "editForumTopic": _rename,
    "closeForumTopic": lambda emulator, params: _shut(emulator, params, is_closed=True),
    "reopenForumTopic": lambda emulator, params: _shut(emulator, params, is_closed=False),
    "deleteForumTopic": _remove,
}
