"""Which handler answers which Action; knows no Telegram."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from bot import appeals
from bot.actions import Action, Home, StaleAction, parse
from bot.i18n import Words
from bot.model import Campaign, Donor
from bot.screens.base import Screen
from bot.services import Services

A = TypeVar("A", bound=Action)


@dataclass(frozen=True, slots=True)
class Turn:
    """One update from one donor, ready to be answered in their language. `campaigns` are all but drafts, as they stand now."""

    services: Services
    donor: Donor
    words: Words
    campaigns: tuple[Campaign, ...] = ()
    is_first: bool = False
    is_guessed: bool = True

    @property
    def open_campaigns(self) -> list[Campaign]:
        return appeals.open_at(self.campaigns, self.services.clock())

    @property
    def is_staff(self) -> bool:
        return self.donor.telegram_id in self.services.settings.admin_ids

    def speaking(self, language: str) -> "Turn":
        return replace(
            self, donor=replace(self.donor, language=language), words=self.services.catalogues.words(language)
        )


_HANDLERS: dict[type[Action], Callable[[Turn, Any], Awaitable[Screen]]] = {}


def on(
    kind: type[A],
) -> Callable[[Callable[[Turn, A], Awaitable[Screen]]], Callable[[Turn, A], Awaitable[Screen]]]:
    """This function answers Actions of this kind."""

    def register(handler: Callable[[Turn, A], Awaitable[Screen]]) -> Callable[[Turn, A], Awaitable[Screen]]:
        _HANDLERS[kind] = handler
        return handler

    return register


async def route(turn: Turn, action: Action) -> Screen:
    """The answer; an Action without a handler of its own shows what is in front of the donor."""
    handler = _HANDLERS.get(type(action))
    return await handler(turn, action) if handler else await current(turn)


async def current(turn: Turn) -> Screen:
    """The screen that the donor was shown last, drawn from today's facts."""
    place = parse(turn.donor.awaiting or "")
    return await route(turn, Home() if isinstance(place, StaleAction) else place)
