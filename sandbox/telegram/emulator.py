"""One bot's Telegram: its people and chats, every request that the bot made, and the way from a method's name to its work."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from msgspec import Struct

from sandbox.faults import Faults
from sandbox.telegram import acts
from sandbox.telegram.chatting import CHATTING
from sandbox.telegram.contract import Refused
from sandbox.telegram.crowd import Crowd, Shares, invited
from sandbox.telegram.delivery import Updates
from sandbox.telegram.editing import EDITING
from sandbox.telegram.messages import Button, Chat, File, Message
from sandbox.telegram.people import Phone
from sandbox.telegram.posting import POSTING
from sandbox.telegram.profile import PROFILE, menu
from sandbox.telegram.traffic import Posted, Traffic

ADMIN, SECOND_ADMIN = 1900, 1901
FAMILY, STAFF_GROUP = -1001, -1002
_PEOPLE = (
    (1001, "Amina", "ar"),
    (1002, "Yasmine", "fr"),
    (1003, "John", "en"),
    (ADMIN, "Karim", "fr"),
    (SECOND_ADMIN, "Salma", "ar"),
)
_CROWD_NEWS = 0.5  # Seconds: ten thousand chats tell of themselves together.
_METHODS = PROFILE | CHATTING | POSTING | EDITING


class Call(Struct, frozen=True):
    """One request that arrived. `status` is what was answered; 0 where the connection was cut or left silent."""

    method: str
    params: dict[str, Any]
    status: int
    description: str = ""


class TelegramEmulator:
    """One bot, its people, and every request that it made."""

    def __init__(
        self,
        token: str = "7000000001:sandbox-token-of-no-value-aaaaaaaaa",  # noqa: S107  opens nothing
        username: str = "entraide_bot",
        name: str = "Entraide",
        pause: float = 2.0,
    ) -> None:
        self.token, self.username, self.name = token, username, name
        self.updates = Updates(pause)
        self.faults = Faults()
        self.traffic = Traffic()
        self.calls: list[Call] = []
        self.rejected: list[Call] = []
        self.chats: dict[int, Chat] = {}
        # Everybody as on the wire; only some of them have a phone.
        self.people: dict[int, dict[str, Any]] = {}
        self.phones: dict[int, Phone] = {}
        self.admins = (ADMIN, SECOND_ADMIN)
        # Groups that became supergroups: the old id to the new.
        self.moved: dict[int, int] = {}
        self.members: dict[int, list[int]] = {}
        self.files: dict[str, File] = {}
        self.menus: dict[tuple[str, str], list[dict[str, str]]] = {}
        self.texts: dict[tuple[str, str], str] = {}
        # Told the chat that changed; 0 for all that nobody has a phone for.
        self.on_change: list[Callable[[int], None]] = []
        # Called with "before" or "after" the effect, and the method.
        self.spies: list[Callable[[str, str], None]] = []
        self.queries: dict[str, tuple[int, float]] = {}
        self.crowds: list[Crowd] = []
        self._has_crowd_news = False
        self._number = 900_000_000
        for id, first_name, language in _PEOPLE:
            self.person(id, first_name, language)
        self.group(FAMILY, "Famille", [id for id, *_ in _PEOPLE])
        self.group(STAFF_GROUP, "Équipe Entraide", list(self.admins), is_forum=True)

    async def start(self) -> None:
        await self.updates.start()

    async def stop(self) -> None:
        await self.updates.stop()

    async def acknowledged(self, update_id: int, timeout: float = 30) -> None:
        await self.updates.acknowledged(update_id, timeout)

    @property
    def limits(self) -> bool:
        """Whether Telegram's limits on sending are kept; see `traffic`."""
        return self.traffic.is_limited

    @limits.setter
    def limits(self, are_kept: bool) -> None:
        self.traffic.is_limited = are_kept

    def posted(self, chat_id: int) -> list[Posted]:
        return self.traffic.posted(chat_id)

    def person(self, id: int, first_name: str = "Donor", language_code: str | None = "fr") -> Phone:
        """Somebody with a phone."""
        if id not in self.phones:
            self.chat_of(id, first_name, language_code)
            self.phones[id] = Phone(self, self.people[id], self.chats[id])
        return self.phones[id]

    def chat_of(self, id: int, first_name: str, language_code: str | None) -> Chat:
        """Somebody's private chat with the bot, made with its person where it is new."""
        if id not in self.chats:
            person: dict[str, Any] = {"id": id, "is_bot": False, "first_name": first_name}
            self.people[id] = person | ({"language_code": language_code} if language_code else {})
            self.chats[id] = Chat(id, first_name)
        return self.chats[id]

    def group(self, id: int, title: str, members: list[int], *, is_forum: bool = False) -> Chat:
        """In a forum the bot is an administrator who may manage topics."""
        self.chats.setdefault(id, Chat(id, title, is_forum=is_forum))
        self.members[id] = members
        return self.chats[id]

    def invite(self, count: int, seed: int = 0, shares: Shares | None = None) -> Crowd:
        """Simulated donors, who come when `arrive` is called on them."""
        self.crowds.append(invited(self, count, seed, shares or Shares()))
        return self.crowds[-1]

    def tapped(self, phone: Phone, chat: Chat, message: Message, button: Button) -> int:
        return acts.tap(self, phone.id, chat, message, button)

    def blocked(self, phone: Phone, *, is_blocked: bool) -> int:
        return acts.block(self, phone.id, is_blocked=is_blocked)

    def keep(self, name: str, content: bytes, kind: str, media: str) -> File:
        """A file that Telegram has from now on."""
        file = File(name, content, kind or "application/octet-stream", f"file{len(self.files) + 1}", media)
        self.files[file.file_id] = file
        return file

    def update(self, body: dict[str, Any], queue: str) -> int:
        self._number += 1
        return self.updates.add({"update_id": self._number, **body}, queue)

    def next_query(self) -> str:
        self._number += 1
        return str(self._number * 7919)

    def next_group(self) -> str:
        self._number += 1
        return str(13_000_000_000_000_000 + self._number)

    def method(self, name: str) -> Callable[[dict[str, Any]], Any]:
        """What the bot asks for: `method(name)(params)` returns the result or raises Refused."""
        known = _METHODS.get(name)
        if known is None:
            raise Refused(f"Not Found: the sandbox does not know {name} yet", 404)
        return partial(known, self)

    def commands(
        self, language: str | None, person_id: int = 0, chat: Chat | None = None
    ) -> list[dict[str, str]]:
        """The menu that a person with this language sees, in private or in this chat."""
        return menu(self, language, person_id, chat)

    def tell(self, chat: Chat) -> None:
        """Whoever looks at this chat sees it anew."""
        chat.changes += 1
        if chat.is_simulated:
            self._tell_of_the_crowd()
        else:
            self._told(chat.id)
        if chat.is_watched:
            asyncio.get_running_loop().create_task(_notify(chat))

    def _told(self, chat_id: int) -> None:
        for tell in self.on_change:
            tell(chat_id)

    def _tell_of_the_crowd(self) -> None:
        if not self._has_crowd_news:
            self._has_crowd_news = True
            asyncio.get_running_loop().call_later(_CROWD_NEWS, self._tell_now)

    def _tell_now(self) -> None:
        self._has_crowd_news = False
        self._told(0)


async def _notify(chat: Chat) -> None:
    async with chat.changed:
        chat.changed.notify_all()
