"""What a person sent to the bot, kept as plain fields, so that it can be sent again as it looked even where the original is gone.

A file is named by Telegram's file_id, which stays valid for the same bot; text keeps its formatting as Telegram's entities.
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace


class ContentKind(StrEnum):
    TEXT = "text"
    PHOTO = "photo"
    VIDEO = "video"
    ANIMATION = "animation"
    VOICE = "voice"
    AUDIO = "audio"
    DOCUMENT = "document"
    ALBUM = "album"

    @property
    def most(self) -> int:
        """How many UTF-16 units of text Telegram takes beside it."""
        return 4096 if self is ContentKind.TEXT else 1024


class Content(Struct, frozen=True):
    """`text` is the caption where there are files; `entities` are Telegram's, in UTF-16 units; `group` is an album's id.

    `files` are pairs of kind and file_id: none for text, one for most, two to ten for an album.
    """

    kind: ContentKind
    text: str = ""
    entities: tuple[Mapping[str, Any], ...] = ()
    files: tuple[tuple[ContentKind, str], ...] = ()
    group: str = ""

    @property
    def length(self) -> int:
        return units(self.text)

    def joined(self, other: "Content") -> "Content":
        """This album with one more of its parts, which Telegram brings one by one; the caption stands with any of them."""
        files = (*self.files, *(one for one in other.files if one not in self.files))
        said = self if self.text or not other.text else other
        kind = ContentKind.ALBUM if len(files) > 1 else self.kind
        return replace(said, kind=kind, files=files, group=self.group)

    def under(self, head: str) -> "Content | None":
        """The same with a bold line above its text; None where Telegram takes no text of this length."""
        text = f"{head}\n\n{self.text}" if self.text else head
        by = units(head) + 2
        moved = ({**one, "offset": one["offset"] + by} for one in self.entities)
        bold = {"type": "bold", "offset": 0, "length": units(head)}
        return None if units(text) > self.kind.most else replace(self, text=text, entities=(bold, *moved))

    @property
    def nameless(self) -> "Content":
        """Without the mentions that carry a person's account."""
        return replace(self, entities=tuple(one for one in self.entities if one["type"] != "text_mention"))

    def dump(self) -> str:
        # In one order, however they were read: what is kept is hashed, and compared.
        marks = [dict(sorted(one.items())) for one in self.entities]
        kept = [self.kind, self.text, marks, self.files, self.group]
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def load(raw: str) -> Content:
    """What `dump` wrote."""
    kind, text, entities, files, group = json.loads(raw)
    pairs = tuple((ContentKind(one), file_id) for one, file_id in files)
    return Content(ContentKind(kind), text, tuple(entities), pairs, group)


def units(text: str) -> int:
    """The length as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


class Incoming(Struct, frozen=True):
    """One message of a private chat. `content` is None for what cannot be sent again (a poll, a place); `contact` is the
    Telegram id of a person whose contact was sent, 0 where the contact uses no Telegram."""

    message_id: int
    content: Content | None = None
    contact: int | None = None
