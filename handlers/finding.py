"""/find, for staff: one hit is opened, several are a list; what is written after it is searched for too."""

from bot import finding
from bot.actions import Action, Find, MatchPledge, ShowGift
from bot.screens import finding as screens
from bot.screens.base import Screen
from bot.staff import Right
from handlers.commands import command
from handlers.routes import Turn, on, route, takes


class FindCommand(Action, frozen=True):
    """A receipt's number, a reference, a donor's code, or an amount with a day."""

    text: str = ""


command("find", FindCommand)


@on(FindCommand, Right.READ)
async def find_command(turn: Turn, action: FindCommand) -> Screen:
    return await _found(turn, action.text) if action.text else screens.usage(turn.words)


@on(Find, Right.READ)
async def ask(turn: Turn, _: Find) -> Screen:
    return screens.usage(turn.words)


@takes(Find, Right.READ)
async def take(turn: Turn, _: Find) -> Screen:
    content = turn.incoming.content if turn.incoming else None
    return await _found(turn, content.text) if content and content.text else screens.usage(turn.words)


async def _found(turn: Turn, written: str) -> Screen:
    found = await finding.find(turn.services, written)
    if not found.is_understood:
        return screens.usage(turn.words)
    may_match = turn.may(Right.MONEY)
    match found.gifts, found.pledges:
        case (), ():
            return screens.nothing(turn.words)
        case (one,), ():
            return await route(turn, ShowGift(one.id))
        case (), (one,) if may_match:
            return await route(turn, MatchPledge("no", 0, one.id))
        case _:
            return screens.found(turn.words, found.gifts, found.pledges, found.campaigns, may_match=may_match)
