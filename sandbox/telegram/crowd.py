"""Simulated donors: they come by /start, a few of them give, some are gone before the next message. They have no phones."""

import asyncio
import contextlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct

from sandbox.telegram import acts
from sandbox.telegram.acts import Said
from sandbox.telegram.messages import Button, Chat, Message

if TYPE_CHECKING:
    from sandbox.telegram.emulator import TelegramEmulator

_FIRST_ID = 5_000_000
_NAMES = {
    "ar": ("فاطمة", "محمد", "خديجة", "يوسف", "مريم", "إدريس", "سعاد", "حمزة"),
    "fr": ("Leïla", "Mehdi", "Sofia", "Rachid", "Nora", "Anas", "Inès", "Samir"),
    "en": ("Sarah", "Adam", "Hana", "Omar", "Maya", "Bilal", "Lina", "Zak"),
}
_WEIGHTS = (50, 35, 15)
_TAPS = 8


class Shares(Struct, frozen=True):
    """Of all who are invited. Nobody is two of the first three; those who give are among the rest."""

    blocked: float = 0.10
    deactivated: float = 0.02
    flooded: float = 0.03
    giving: float = 0.03


@dataclass
class Crowd:
    """People invited together, by their ids. Until `settle` all of them can be reached."""

    emulator: "TelegramEmulator"
    donors: list[int]
    blocked: list[int]
    deactivated: list[int]
    flooded: list[int]
    giving: list[int]
    arrived: int = 0
    gave: int = 0
    _before: dict[int, int] = field(default_factory=dict)

    @property
    def is_settled(self) -> bool:
        return bool(self._before)

    @property
    def reached(self) -> int:
        """How many got a message since they settled."""
        return sum(len(self.emulator.posted(one)) > count for one, count in self._before.items())

    async def arrive(
        self, pay: Callable[[str], object], *, per_second: float = 25, at_once: int = 10, patience: float = 60
    ) -> None:
        """All come, no faster than this (0: as fast as the bot takes them), a few give, then they settle.

        `pay` pays a session of the emulated checkout by its id. Who waits longer than `patience` seconds goes away.
        """
        waiting = iter(self.donors)
        pause = at_once / per_second if per_second else 0.0
        await asyncio.gather(*(self._come(waiting, pause, patience) for _ in range(at_once)))
        gifts = iter(self.giving)
        await asyncio.gather(*(self._give(gifts, pay, patience) for _ in range(at_once)))
        self.settle()

    async def _come(self, waiting: Iterator[int], pause: float, patience: float) -> None:
        clock = asyncio.get_running_loop().time
        for donor in waiting:
            turn = clock() + pause
            with contextlib.suppress(TimeoutError):
                update = acts.write(self.emulator, donor, donor, Said("/start"))
                await self.emulator.acknowledged(update, patience)
                self.arrived += 1
            await asyncio.sleep(max(0.0, turn - clock()))

    async def _give(self, gifts: Iterator[int], pay: Callable[[str], object], patience: float) -> None:
        for donor in gifts:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    if session := await _walk(self.emulator, self.emulator.chats[donor]):
                        pay(session)
                        self.gave += 1

    def settle(self) -> None:
        """Those who block and leave do so without a word: the bot learns it when it writes, as after a night offline."""
        chats = self.emulator.chats
        for one in self.blocked:
            chats[one].blocked = True
        for one in self.deactivated:
            chats[one].deactivated = True
        for one in self.flooded:
            chats[one].floods = 1
        self._before = {one: len(self.emulator.posted(one)) for one in self.donors}


def invited(emulator: "TelegramEmulator", count: int, seed: int, shares: Shares) -> Crowd:
    """New people, the same for the same seed."""
    dice = random.Random(seed)
    first = max(_FIRST_ID, max(emulator.chats, default=0)) + 1
    donors = list(range(first, first + count))
    for id, language in zip(donors, dice.choices(list(_NAMES), _WEIGHTS, k=count), strict=True):
        emulator.chat_of(id, dice.choice(_NAMES[language]), language).is_simulated = True
    mixed = iter(dice.sample(donors, count))

    def some(share: float) -> list[int]:
        return sorted(islice(mixed, round(share * count)))

    return Crowd(
        emulator,
        donors,
        blocked=some(shares.blocked),
        deactivated=some(shares.deactivated),
        flooded=some(shares.flooded),
        giving=some(shares.giving),
    )


async def _walk(emulator: "TelegramEmulator", chat: Chat) -> str:
    """Tap the first button again and again until one opens the checkout; its session, or nothing where none comes."""
    message = await _next_screen(chat, None)
    for _ in range(_TAPS):
        button = _first(message)
        if button.url:
            return button.url.split("/pay/")[1].split("#")[0]
        acts.tap(emulator, chat.id, chat, message, button)
        message = await _next_screen(chat, (message.id, message.keyboard))
    return ""


def _first(message: Message) -> Button:
    """The checkout's before all others."""
    return min(_useful(message), key=lambda button: not button.url)


def _useful(message: Message) -> list[Button]:
    return [one for one in message.buttons if one.data is not None or "/stripe/pay/" in (one.url or "")]


async def _next_screen(chat: Chat, seen: tuple[int, object] | None) -> Message:
    """The bot's newest message with buttons, once it is another one or an edited one."""
    async with chat.changed:
        while (found := _newest(chat)) is None or (found.id, found.keyboard) == seen:
            await chat.changed.wait()
    return found


def _newest(chat: Chat) -> Message | None:
    mine = (one for one in reversed(chat.messages.values()) if one.sender == "bot" and _useful(one))
    return next(mine, None)
