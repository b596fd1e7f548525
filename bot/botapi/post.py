"""Send what staff wrote, as it looked, with buttons below it; the errors are those of `draw`."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from telegram import InputMediaAudio, InputMediaDocument, InputMediaPhoto, InputMediaVideo, MessageEntity

from bot.botapi.draw import attempt, keyboard
from bot.botapi.pace import Priority
from bot.botapi.pen import Pen
from bot.contents import Content, ContentKind, units
from bot.errors import ChatGone, TelegramBusy, TelegramDown, TelegramRefused
from bot.screens.base import Rows

log = logging.getLogger(__name__)
FIRST_NAME = "{first_name}"
_METHODS = {
    ContentKind.PHOTO: "sendPhoto",
    ContentKind.VIDEO: "sendVideo",
    ContentKind.ANIMATION: "sendAnimation",
    ContentKind.VOICE: "sendVoice",
    ContentKind.AUDIO: "sendAudio",
    ContentKind.DOCUMENT: "sendDocument",
}
# python-telegram-bot takes an album in its own types only.
_MEDIA: dict[ContentKind, Callable[..., Any]] = {
    ContentKind.PHOTO: InputMediaPhoto,
    ContentKind.VIDEO: InputMediaVideo,
    ContentKind.AUDIO: InputMediaAudio,
    ContentKind.DOCUMENT: InputMediaDocument,
}


async def post(  # noqa: PLR0913  the names say which is which
    bot: Pen,
    chat_id: int,
    content: Content,
    rows: Rows,
    priority: Priority,
    *,
    is_paid: bool = False,
    first_name: str | None = None,
    below: str = "⬆️",
) -> int:
    """Send it as a new message, once; its message id. `first_name` stands where the text says {first_name}.

    An album takes no buttons: they follow in a short message that says `below`. Where that one fails the album still counts.
    Raises ChatGone, ChatMoved, TelegramBusy, TelegramDown and TelegramRefused.
    """
    said = named(content, first_name) if first_name is not None else content
    base: dict[str, Any] = {"chat_id": chat_id} | ({"allow_paid_broadcast": True} if is_paid else {})
    if said.kind is ContentKind.ALBUM:
        return await _album(bot, base, said, rows, priority, below)
    method, fields = _asked(said)
    if markup := keyboard(rows):
        fields["reply_markup"] = markup
    return (await attempt(lambda: bot.ask(method, base | fields, priority), 1))["message_id"]


class Prepared(Struct, frozen=True):
    """One message for many: everything but the chat, as JSON."""

    method: str
    rest: bytes


def prepared(content: Content, rows: Rows, *, is_paid: bool) -> Prepared | None:
    """None where it is not the same for everybody, or is more than one request: a first name, an album."""
    if content.kind is ContentKind.ALBUM or holds_name(content):
        return None
    method, fields = _asked(content)
    if markup := keyboard(rows):
        fields["reply_markup"] = markup
    if is_paid:
        fields["allow_paid_broadcast"] = True
    # As python-telegram-bot writes them: what is no text is JSON within the JSON.
    written = {name: one if isinstance(one, str) else json.dumps(one) for name, one in fields.items()}
    return Prepared(method, json.dumps(written).encode()[1:])


async def post_prepared(bot: Pen, message: Prepared, chat_id: int, priority: Priority) -> int:
    """As `post`."""
    body = b'{"chat_id": "%d", %s' % (chat_id, message.rest)
    sent = await attempt(lambda: bot.send_ready(message.method, chat_id, body, priority), 1)
    return sent["message_id"]


def cost(content: Content) -> int:
    """How many messages it is to Telegram's limits."""
    return len(content.files) + 1 if content.kind is ContentKind.ALBUM else 1


def _asked(said: Content) -> tuple[str, dict[str, Any]]:
    entities = [dict(one) for one in said.entities]
    if said.kind is ContentKind.TEXT:
        # A link's preview may be half of what was written.
        return "sendMessage", {"text": said.text} | ({"entities": entities} if entities else {})
    fields: dict[str, Any] = {said.kind.value: said.files[0][1]}
    return _METHODS[said.kind], fields | _caption(said)


def _caption(said: Content) -> dict[str, Any]:
    if not said.text:
        return {}
    entities = [dict(one) for one in said.entities]
    return {"caption": said.text} | ({"caption_entities": entities} if entities else {})


async def _album(
    bot: Pen, base: Mapping[str, Any], said: Content, rows: Rows, priority: Priority, below: str
) -> int:
    entities = [MessageEntity.de_json(dict(one), None) for one in said.entities]
    (first, file_id), *others = said.files
    media = [_MEDIA[first](file_id, caption=said.text or None, caption_entities=entities or None)]
    media += [_MEDIA[kind](file_id) for kind, file_id in others]
    sent = await attempt(lambda: bot.ask("sendMediaGroup", {**base, "media": media}, priority), 1)
    if rows:
        fields = {**base, "text": below, "reply_markup": keyboard(rows)}
        try:
            await attempt(lambda: bot.ask("sendMessage", fields, priority), 3)
        except (ChatGone, TelegramBusy, TelegramDown, TelegramRefused) as error:
            log.warning("an album went without its buttons", extra={"error": type(error).__name__})
    return sent[0]["message_id"]


def holds_name(content: Content) -> bool:
    return FIRST_NAME in content.text


def named(content: Content, first_name: str) -> Content:
    """The content with the placeholder replaced; formatting behind it moves along, in UTF-16 units."""
    name, place = first_name.replace(FIRST_NAME, ""), -1
    # On from behind what was put in: a name may hold the placeholder too.
    while (place := content.text.find(FIRST_NAME, place + 1)) >= 0:
        before = content.text[:place]
        text = before + name + content.text[place + len(FIRST_NAME) :]
        grown = units(text) - units(content.text)
        moved = tuple(_moved(one, units(before), grown) for one in content.entities)
        content = replace(content, text=text, entities=tuple(one for one in moved if one["length"] > 0))
        place += len(name) - 1
    return content


def _moved(entity: Mapping[str, Any], at: int, grown: int) -> dict[str, Any]:
    """An entity after the text from `at` on, a placeholder long, has become `grown` units longer."""
    end_of_place = at + len(FIRST_NAME)

    def shifted(edge: int) -> int:
        # An edge within the placeholder goes to its end.
        return edge if edge <= at else max(edge, end_of_place) + grown

    begin, end = shifted(entity["offset"]), shifted(entity["offset"] + entity["length"])
    return {**entity, "offset": begin, "length": end - begin}
