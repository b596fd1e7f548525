"""One person's Telegram: what tests and the phone page act through."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from sandbox.telegram import acts
from sandbox.telegram.acts import Said
from sandbox.telegram.markup import Entity
from sandbox.telegram.messages import Button, Chat, File, Message
from sandbox.telegram.samples import sample

if TYPE_CHECKING:
    from sandbox.telegram.emulator import TelegramEmulator


class Phone:
    """Sends answer with the id of the update that the bot hears of. `chat` is a group's id; without it the bot's own chat."""

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

    async def send(self, text: str, chat: int | None = None, *, entities: Sequence[Entity] = ()) -> int:
        return self.say(Said(text, tuple(entities)), chat)

    async def start(self, payload: str = "") -> int:
        return await self.send(f"/start {payload}".strip())

    async def send_photo(self, caption: str = "", **more: Any) -> int:
        return await self.send_file("photo", caption, **more)

    async def send_video(self, caption: str = "", **more: Any) -> int:
        return await self.send_file("video", caption, **more)

    async def send_voice(self, caption: str = "", **more: Any) -> int:
        return await self.send_file("voice", caption, **more)

    async def send_document(self, caption: str = "", **more: Any) -> int:
        return await self.send_file("document", caption, **more)

    async def send_file(
        self,
        media: str,
        caption: str = "",
        *,
        chat: int | None = None,
        content: bytes | None = None,
        **said: Any,
    ) -> int:
        """A sample of the kind, or `content` of one's own; `said` as in Said."""
        return self.say(Said(caption, file=self._file(media, content), **said), chat)

    async def send_album(
        self,
        caption: str = "",
        *,
        media: Sequence[str] = ("photo", "photo"),
        chat: int | None = None,
        **said: Any,
    ) -> list[int]:
        """One update for each part."""
        files = [self._file(one) for one in media]
        return acts.write_album(self._emulator, self.id, chat or self.id, files, Said(caption, **said))

    async def send_contact(self, person_id: int, chat: int | None = None) -> int:
        """0, or an id that nobody has, is somebody who uses no Telegram."""
        return self.say(Said(contact=person_id), chat)

    async def reply(self, message: Message, text: str, chat: int | None = None, **said: Any) -> int:
        return self.say(Said(text, reply_to=message.id, **said), chat)

    async def post_in(
        self, group: int, text: str, *, thread: int | None = None, reply_to: int | None = None, **said: Any
    ) -> int:
        return self.say(Said(text, thread=thread, reply_to=reply_to, **said), group)

    async def close_topic(self, group: int, thread: int) -> int:
        return acts.shut_topic(self._emulator, self.id, group, thread, is_closed=True)

    async def reopen_topic(self, group: int, thread: int) -> int:
        return acts.shut_topic(self._emulator, self.id, group, thread, is_closed=False)

    def say(self, said: Said, chat: int | None = None) -> int:
        said = replace(said, entities=tuple(said.entities))
        return acts.write(self._emulator, self.id, chat or self.id, said)

    def _file(self, media: str, content: bytes | None = None) -> File:
        one = sample(media)
        return self._emulator.keep(one.name, one.content if content is None else content, one.kind, media)

    async def tap(self, label: str, message_id: int | None = None, chat: int | None = None) -> int:
        """Press a callback button."""
        self.taps += 1
        there = self._emulator.chats[chat] if chat else self.chat
        message, button = self._find(label, message_id, there)
        if button.data is None:
            raise LookupError(f"{label!r} opens a page: it sends nothing to the bot")
        return acts.tap(self._emulator, self.id, there, message, button)

    def button(self, label: str, message_id: int | None = None) -> Button:
        return self._find(label, message_id, self.chat)[1]

    def _find(self, label: str, message_id: int | None, chat: Chat) -> tuple[Message, Button]:
        for message in reversed(chat.messages.values()):
            for button in message.buttons:
                if label in _plain(button.text) and message_id in (None, message.id):
                    return message, button
        raise LookupError(f"no button {label!r} on:\n{self.screen()}")

    async def until(self, predicate: Callable[["Phone"], object], timeout: float = 30) -> None:
        """Wait until the chat is so; it is looked at again at each change."""
        try:
            async with asyncio.timeout(timeout), self.chat.changed:
                await self.chat.changed.wait_for(lambda: predicate(self))
        except TimeoutError:
            raise TimeoutError(f"the phone of {self.person['first_name']} shows:\n{self.screen()}") from None

    async def says(self, words: str, timeout: float = 30) -> Message:
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
        return acts.block(self._emulator, self.id, is_blocked=True)

    def unblock(self) -> int:
        return acts.block(self._emulator, self.id, is_blocked=False)

    def deactivate(self) -> None:
        """The account is gone; Telegram tells the bot only when it writes."""
        self.chat.deactivated = True


def _has_word(phone: Phone, words: str) -> bool:
    try:
        return words in _plain(phone.last.text)
    except LookupError:
        return False


def _plain(text: str) -> str:
    """Without direction marks and with plain spaces, as a person reads it."""
    return text.replace("\u2068", "").replace("\u2069", "").replace("\u00a0", " ").replace("\u202f", " ")
