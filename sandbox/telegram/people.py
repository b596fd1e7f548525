"""People, their phones and what is on their screens."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.telegram.markup import Entity, to_html

if TYPE_CHECKING:
    from sandbox.telegram.emulator import TelegramEmulator


@dataclass(frozen=True, slots=True)
class Button:
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
    name: str
    content: bytes
    kind: str
    file_id: str


@dataclass(slots=True)
class Message:
    """A bubble. `sender` is "bot" or the id of a person."""

    id: int
    sender: int | str
    text: str
    entities: list[Entity]
    at: int
    keyboard: tuple[tuple[Button, ...], ...] = ()
    markup: dict[str, Any] | None = None
    document: File | None = None
    photo: File | None = None
    edited: bool = False

    @property
    def buttons(self) -> list[Button]:
        return [button for row in self.keyboard for button in row]

    @property
    def html(self) -> str:
        return to_html(self.text, self.entities)


@dataclass
class Chat:
    """A private chat (its id is the person's) or a group (a negative id)."""

    id: int
    title: str
    messages: dict[int, Message] = field(default_factory=dict)
    last_id: int = 0
    changes: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    blocked: bool = False
    typing_until: float = 0.0
    alerts: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def is_group(self) -> bool:
        return self.id < 0

    def next_id(self) -> int:
        self.last_id += 1
        return self.last_id


class Phone:
    """One person's Telegram: what tests and the phone page act through."""

    def __init__(self, emulator: "TelegramEmulator", person: dict[str, Any], chat: Chat) -> None:
        self._emulator, self.person, self.chat = emulator, person, chat
        self.taps = 0

    @property
    def id(self) -> int:
        return self.person["id"]

    @property
    def messages(self) -> tuple[Message, ...]:
        return tuple(self.chat.messages.values())

    @property
    def last(self) -> Message:
        """The bot's newest message. LookupError when it has said nothing."""
        for message in reversed(self.messages):
            if message.sender == "bot":
                return message
        raise LookupError("the bot has said nothing")

    @property
    def alerts(self) -> list[str]:
        return [text for text, _ in self.chat.alerts if text]

    async def send(self, text: str, chat: int | None = None) -> int:
        """Write; the update's id."""
        return self._emulator.written(self, chat or self.id, text)

    async def start(self, payload: str = "") -> int:
        return await self.send(f"/start {payload}".strip())

    async def tap(self, label: str, message_id: int | None = None) -> int:
        """Press a callback button; the update's id."""
        self.taps += 1
        message, button = self._find(label, message_id)
        if button.data is None:
            raise LookupError(f"{label!r} opens a page: it sends nothing to the bot")
        return self._emulator.tapped(self, self.chat, message, button)

    def button(self, label: str, message_id: int | None = None) -> Button:
        return self._find(label, message_id)[1]

    def _find(self, label: str, message_id: int | None) -> tuple[Message, Button]:
        for message in reversed(self.messages):
            for button in message.buttons:
                if label in _plain(button.text) and message_id in (None, message.id):
                    return message, button
        raise LookupError(f"no button {label!r} on:\n{self.screen()}")

    async def until(self, predicate: Callable[["Phone"], object], timeout: float = 5) -> None:
        """Wait until the chat is so; it is looked at again at each change."""
        try:
            async with asyncio.timeout(timeout), self.chat.changed:
                await self.chat.changed.wait_for(lambda: predicate(self))
        except TimeoutError:
            raise TimeoutError(f"the phone of {self.person['first_name']} shows:\n{self.screen()}") from None

    async def says(self, words: str, timeout: float = 5) -> Message:
        """Wait until the bot's newest message holds these words."""
        await self.until(lambda phone: _has_word(phone, words), timeout)
        return self.last

    def screen(self) -> str:
        """What is on the screen, for people who read a failed test."""
        return "\n".join(
            f"[{one.id}] {one.sender}: {_plain(one.text)} {[_plain(button.text) for button in one.buttons]}"
            for one in self.messages[-4:]
        )

    def block(self) -> int:
        return self._emulator.blocked(self, is_blocked=True)

    def unblock(self) -> int:
        return self._emulator.blocked(self, is_blocked=False)


def _has_word(phone: Phone, words: str) -> bool:
    try:
        return words in _plain(phone.last.text)
    except LookupError:
        return False


def _plain(text: str) -> str:
    """Without direction marks and with plain spaces, as a person reads it."""
    return text.replace("\u2068", "").replace("\u2069", "").replace("\u00a0", " ").replace("\u202f", " ")


def now() -> int:
    return int(time.time())
