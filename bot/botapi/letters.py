"""Send what a person wrote as it looked, in the bot's own name: a forwarded message would tell who wrote it."""

from typing import Any

from bot.botapi import draw
from bot.botapi.pace import Priority
from bot.botapi.pen import Pen
from bot.contents import Content, ContentKind
from bot.errors import TelegramRefused
from bot.screens.base import Rows

_METHODS = {
    ContentKind.PHOTO: "sendPhoto",
    ContentKind.VIDEO: "sendVideo",
    ContentKind.ANIMATION: "sendAnimation",
    ContentKind.VOICE: "sendVoice",
    ContentKind.AUDIO: "sendAudio",
    ContentKind.DOCUMENT: "sendDocument",
}


async def send(bot: Pen, chat_id: int, content: Content, rows: Rows = (), topic_id: int = 0) -> int:
    """One message with at most one file; its message id. `topic_id` 0 is no topic. Raises as `draw.send` does."""
    fields: dict[str, Any] = {"chat_id": chat_id}
    if topic_id:
        fields["message_thread_id"] = topic_id
    if markup := draw.keyboard(rows):
        fields["reply_markup"] = markup
    entities = [dict(one) for one in content.entities]
    if not content.files:
        fields |= {"text": content.text, "entities": entities}
        return (await draw.ask(bot, "sendMessage", fields, Priority.CONFIRMATION))["message_id"]
    kind, file_id = content.files[0]
    fields |= {kind.value: file_id, "caption": content.text, "caption_entities": entities}
    return (await draw.ask(bot, _METHODS[kind], fields, Priority.CONFIRMATION))["message_id"]


async def note(bot: Pen, chat_id: int, text: str, topic_id: int = 0) -> int:
    """A line of ours in the group, as HTML; its message id."""
    fields: dict[str, Any] = {"chat_id": chat_id, "text": text, "parse_mode": "HTML"}
    if topic_id:
        fields["message_thread_id"] = topic_id
    return (await draw.ask(bot, "sendMessage", fields, Priority.CONFIRMATION))["message_id"]


async def new_topic(bot: Pen, chat_id: int, name: str) -> int:
    """The id of a new forum topic; 0 where the group has none, or the bot may not make one."""
    try:
        made = await draw.ask(bot, "createForumTopic", {"chat_id": chat_id, "name": name})
    except TelegramRefused:
        return 0
    return made["message_thread_id"]


async def turn_topic(bot: Pen, chat_id: int, topic_id: int, *, is_open: bool) -> bool:
    """Open or close a topic. False where it was so already, is gone, or the bot may not."""
    method = "reopenForumTopic" if is_open else "closeForumTopic"
    try:
        return await draw.ask(bot, method, {"chat_id": chat_id, "message_thread_id": topic_id})
    except TelegramRefused:
        return False
