"""Telegram's message to ours: what was sent, as fields that can be sent again."""

from collections.abc import Sequence

from msgspec.structs import asdict
from telegram import Message, MessageEntity

from bot.contents import Content, ContentKind, Incoming
from handlers.light import Said

_FILES = (
    ContentKind.ANIMATION,
    ContentKind.VIDEO,
    ContentKind.VOICE,
    ContentKind.AUDIO,
    ContentKind.DOCUMENT,
)


def incoming(message: Message | Said) -> Incoming:
    if isinstance(message, Said):
        return Incoming(message.message_id, _written(message), None)
    contact = message.contact
    return Incoming(message.message_id, _content(message), (contact.user_id or 0) if contact else None)


def _written(said: Said) -> Content | None:
    marks = tuple(asdict(one) for one in said.entities)
    return Content(ContentKind.TEXT, said.text, marks) if said.text else None


def _content(message: Message) -> Content | None:
    if message.text:
        return Content(ContentKind.TEXT, message.text, _entities(message.entities))
    text, entities = message.caption or "", _entities(message.caption_entities)
    group = message.media_group_id or ""
    if message.photo:
        files = ((ContentKind.PHOTO, message.photo[-1].file_id),)
        return Content(ContentKind.PHOTO, text, entities, files, group)
    for kind in _FILES:  # An animation is a document too, so it is looked for first.
        file = getattr(message, kind.value)
        if file is not None:
            return Content(kind, text, entities, ((kind, file.file_id),), group)
    return None


def _entities(found: Sequence[MessageEntity]) -> tuple[dict[str, object], ...]:
    """Commands, links and mentions are found again by Telegram; formatting is not."""
    return tuple(one.to_dict() for one in found)
