"""`/freeze` and `/unfreeze`, and the banner that staff see meanwhile."""

from msgspec.structs import replace

from bot import guarding
from bot.actions import Freeze, Unfreeze
from bot.guarding import Watch
from bot.screens import guard as screens
from bot.screens.base import Screen, paragraphs
from bot.staff import Right
from handlers.commands import command
from handlers.routes import Turn, on

command("freeze", Freeze())
command("unfreeze", Unfreeze())


@on(Freeze, Right.MONEY)
async def freeze(turn: Turn, action: Freeze) -> Screen:
    if action.sure == "yes":
        return _sure(turn, await guarding.freeze(turn.services, turn.donor.id))
    return _sure(turn, await guarding.watch(turn.services))


@on(Unfreeze, Right.MONEY)
async def unfreeze(turn: Turn, action: Unfreeze) -> Screen:
    if action.sure == "yes":
        return _sure(turn, await guarding.unfreeze(turn.services, turn.donor.id))
    return _sure(turn, await guarding.watch(turn.services))


def _sure(turn: Turn, watch: Watch) -> Screen:
    note = screens.banner(turn.words, watch.frozen.at, watch.frozen.by) if watch.frozen else None
    return screens.sure(turn.words, watch.open_pages, watch.opened, watch.declined, note)


async def flagged(turn: Turn, screen: Screen) -> Screen:
    """The screen, for staff with the banner while card payments are frozen."""
    if not turn.is_staff:
        return screen
    frozen = await turn.services.db.read(guarding.frozen)
    if frozen is None:
        return screen
    return replace(screen, text=paragraphs(screens.banner(turn.words, frozen.at, frozen.by), screen.text))
