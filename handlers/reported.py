"""The report of a broadcast that is over or on its way, on screen and as a file."""

from bot import composing, outcomes
from bot.screens import outcome as screens
from bot.screens.base import Screen
from handlers.composed import show
from handlers.routes import Turn


async def report(turn: Turn, broadcast_id: int, page: str) -> Screen:
    """`page` is report, recount or csv."""
    broadcast = await composing.find(turn.services, broadcast_id)
    if broadcast is None or broadcast.started_at is None:
        return await show(turn, broadcast)
    if page == "csv":
        return screens.file(turn.words, broadcast, await outcomes.as_csv(turn.services, broadcast))
    found = await outcomes.outcome(turn.services, broadcast, is_fresh=page == "recount")
    return screens.report(turn.words, broadcast, found, turn.campaigns)
