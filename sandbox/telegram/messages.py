"""What is in a chat: bubbles, their buttons and files. Nothing here acts."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from sandbox.telegram.markup import Entity, to_html


class Button(Struct, frozen=True):
    """A button as the bot sent it; exactly one of data, url, copy is set."""

    text: str
    data: str | None = None
    url: str | None = None
    copy: str | None = None
    style: str | None = None

    @property
    def kind(self) -> str:
        return (
            "callback"
            if self.data is not None
            else "url"
            if self.url
            else "copy"
            if self.copy
            else "disabled"
        )


@dataclass(slots=True)
class File:
    """`media` is what it was first sent as (photo, video, animation, voice, audio, document): Telegram keeps to that."""

    name: str
    content: bytes
    kind: str
    file_id: str
    media: str = ""


@dataclass(slots=True)
class Message:
    """A bubble. `sender` is "bot" or the id of a person; `group` an album's id; `thread` a forum topic's.

    `contact` is the id of the person whose contact it is; `service` what Telegram itself says, as it stands on the wire.
    """

    id: int
    sender: int | str
    text: str
    entities: list[Entity]
    at: int
    keyboard: tuple[tuple[Button, ...], ...] = ()
    markup: dict[str, Any] | None = None
    file: File | None = None
    edited: bool = False
    group: str = ""
    thread: int | None = None
    reply_to: int | None = None
    contact: int | None = None
    service: dict[str, Any] | None = None

    @property
    def media(self) -> str:
        return self.file.media if self.file else ""

    @property
    def document(self) -> File | None:
        return self.file if self.media == "document" else None

    @property
    def photo(self) -> File | None:
        return self.file if self.media == "photo" else None

    @property
    def buttons(self) -> list[Button]:
        return [button for row in self.keyboard for button in row]

    @property
    def html(self) -> str:
        return to_html(self.text, self.entities)


@dataclass(slots=True)
class Topic:
    """A forum's thread; its id is that of the message that tells of its beginning."""

    id: int
    name: str
    is_closed: bool = False


@dataclass(slots=True)
class Chat:
    """A private chat (its id is the person's) or a group (a negative id). `floods` is how many sends are yet to meet a 429.

    Nobody looks at the chat of a simulated donor: its news are told together with all the others'.
    """

    id: int
    title: str
    messages: dict[int, Message] = field(default_factory=dict)
    last_id: int = 0
    changes: int = 0
    blocked: bool = False
    deactivated: bool = False
    floods: int = 0
    is_simulated: bool = False
    is_forum: bool = False
    topics: dict[int, Topic] = field(default_factory=dict)
    typing_until: float = 0.0
    alerts: list[tuple[str, bool]] = field(default_factory=list)
    _watched: asyncio.Condition | None = None

    @property
    def is_group(self) -> bool:
        return self.id < 0

    @property
    def changed(self) -> asyncio.Condition:
        """Notified at each change. Made for the first who waits: ten thousand of them would weigh more than the chats."""
        if self._watched is None:
            self._watched = asyncio.Condition()
        return self._watched

    @property
    def is_watched(self) -> bool:
        return self._watched is not None

    def next_id(self) -> int:
        self.last_id += 1
        return self.last_id


def now() -> int:
    return int(time.time())
