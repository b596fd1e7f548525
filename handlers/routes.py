"""Which handler answers which Action, and who may ask; knows no Telegram."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from bot import appeals
from bot.actions import Action, Home, StaleAction, parse
from bot.contents import Incoming
from bot.i18n import Words
from bot.model import Campaign, Donor
from bot.screens.base import Screen
from bot.screens.roles import ask_them
from bot.services import Services
from bot.staff import Right, Role

A = TypeVar("A", bound=Action)


class Turn(Struct, frozen=True):
    """One update from one donor, ready to be answered in their language. `campaigns` are all but drafts, as they stand now.

    `role` is None for whoever is no staff; `incoming` is the message, where it was one and no tap.
    """

    services: Services
    donor: Donor
    words: Words
    campaigns: tuple[Campaign, ...] = ()
    is_first: bool = False
    is_guessed: bool = True
    role: Role | None = None
    incoming: Incoming | None = None

    @property
    def open_campaigns(self) -> list[Campaign]:
        return appeals.open_at(self.campaigns, self.services.clock())

    @property
    def is_staff(self) -> bool:
        return self.role is not None

    def may(self, right: Right | None) -> bool:
        """Whether this person has the right; everybody has what needs none."""
        return right is None or (self.role is not None and right in self.role.rights)

    def speaking(self, language: str) -> "Turn":
        return replace(
            self, donor=replace(self.donor, language=language), words=self.services.catalogues.words(language)
        )


class Handler(Struct, frozen=True):
    """`needs` is the right without which nobody gets here."""

    answer: Callable[[Turn, Any], Awaitable[Screen]]
    needs: Right | None = None


HANDLERS: dict[type[Action], Handler] = {}


def on(
    kind: type[A], needs: Right | None = None
) -> Callable[[Callable[[Turn, A], Awaitable[Screen]]], Callable[[Turn, A], Awaitable[Screen]]]:
    """This function answers Actions of this kind, from those who have the right."""

    def register(handler: Callable[[Turn, A], Awaitable[Screen]]) -> Callable[[Turn, A], Awaitable[Screen]]:
        HANDLERS[kind] = Handler(handler, needs)
        return handler

    return register


TAKERS: dict[type[Action], Handler] = {}


def takes(
    kind: type[A], needs: Right | None = None
) -> Callable[[Callable[[Turn, A], Awaitable[Screen]]], Callable[[Turn, A], Awaitable[Screen]]]:
    """This function takes the message (`turn.incoming`) that is sent where a screen `awaiting` this kind is in front."""

    def register(handler: Callable[[Turn, A], Awaitable[Screen]]) -> Callable[[Turn, A], Awaitable[Screen]]:
        TAKERS[kind] = Handler(handler, needs)
        return handler

    return register


async def taken(turn: Turn) -> Screen | None:
    """The answer to a message that the screen in front asked for; None where it asked for none."""
    place = parse(turn.donor.awaiting or "")
    taker = TAKERS.get(type(place))
    return await taker.answer(turn, place) if taker and turn.may(taker.needs) else None


async def route(turn: Turn, action: Action, otherwise: Action | None = None) -> Screen:
    """The answer; an Action without a handler of its own shows what is in front of the donor.

    Who may not ask is answered as if there were no such thing: by `otherwise` where it was written, or as a stale button is.
    Only staff hear that another role can do it.
    """
    handler = HANDLERS.get(type(action))
    if handler is None:
        return await current(turn)
    if not turn.may(handler.needs):
        if otherwise and turn.role and handler.needs:
            return ask_them(turn.words, turn.role, handler.needs)
        return await (route(turn, otherwise) if otherwise else current(turn))
    return await handler.answer(turn, action)


async def current(turn: Turn) -> Screen:
    """The screen that the donor was shown last, drawn from today's facts."""
    place = parse(turn.donor.awaiting or "")
    handler = HANDLERS.get(type(place))
    is_home = isinstance(place, StaleAction) or handler is None or not turn.may(handler.needs)
    return await route(turn, Home() if is_home else place)
