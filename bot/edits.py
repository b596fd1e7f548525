"""What staff change about a draft, each as a function of the open transaction; `composing.edit` decides whether it may."""

from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from bot import wording
from bot.broadcasts import Audience, Broadcast, BroadcastButton
from bot.contents import Content
from bot.store import broadcasts as store
from bot.store.moments import seconds
from bot.store.sql import Tx

Change = Callable[[Tx, Broadcast], None]


def putting(language: str, content: Content) -> Change:
    """This message is the part in this language; a choice that was made while it was missing is no longer needed."""

    def change(tx: Tx, found: Broadcast) -> None:
        store.put_part(tx, found, language, wording.with_part(found, language, content))
        store.edit(tx, found, fallbacks={k: v for k, v in found.fallbacks.items() if k != language})

    return change


def moving(old: str, new: str) -> Change:
    """The part in `old` is in `new` after all; where there is one already, they change places."""

    def change(tx: Tx, found: Broadcast) -> None:
        mine, other = found.parts.get(old), found.parts.get(new)
        if mine is None or old == new:
            return
        store.drop_part(tx, found, old)
        follow = {k: new if v == old and other is None else v for k, v in found.fallbacks.items()}
        putting(new, mine)(tx, replace(found, parts={}, fallbacks=follow))
        if other is not None:
            store.put_part(tx, found, old, other)

    return change


def removing(language: str) -> Change:
    """Those who would have got this part instead of their own have to be decided about again."""

    def change(tx: Tx, found: Broadcast) -> None:
        store.drop_part(tx, found, language)
        store.edit(tx, found, fallbacks={k: v for k, v in found.fallbacks.items() if v != language})

    return change


def falling_back(language: str, other: str) -> Change:
    def change(tx: Tx, found: Broadcast) -> None:
        if language not in found.parts and (other == "" or other in found.parts):
            store.edit(tx, found, fallbacks={**found.fallbacks, language: other})

    return change


def adding(button: BroadcastButton) -> Change:
    def change(tx: Tx, found: Broadcast) -> None:
        if len(found.buttons) < wording.MOST_BUTTONS:
            store.edit(tx, found, buttons=(*found.buttons, button))

    return change


def dropping(place: int) -> Change:
    def change(tx: Tx, found: Broadcast) -> None:
        store.edit(tx, found, buttons=tuple(one for at, one in enumerate(found.buttons) if at != place))

    return change


def labeling(place: int, language: str, label: str) -> Change:
    """An empty label gives the bot's own words back."""

    def change(tx: Tx, found: Broadcast) -> None:
        buttons = list(found.buttons)
        if place < len(buttons):
            kept = {k: v for k, v in buttons[place].labels.items() if k != language}
            labels = kept | ({language: label} if label else {})
            buttons[place] = replace(buttons[place], labels=labels)
        store.edit(tx, found, buttons=tuple(buttons))

    return change


def narrowing(wanted: Audience) -> Change:
    return lambda tx, found: store.edit(tx, found, audience=wanted)


def timing(due: datetime | None) -> Change:
    return lambda tx, found: store.edit(tx, found, due_at=None if due is None else seconds(due))


def speeding(*, is_paid: bool) -> Change:
    return lambda tx, found: store.edit(tx, found, is_paid=int(is_paid))


def nothing(_: Tx, __: Broadcast) -> None:
    """For a broadcast that is only taken back to be changed."""
