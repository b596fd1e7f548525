"""The report of a broadcast that is over or on its way, on screen and as a file."""

from bot import composing
from bot.screens.base import Screen
from handlers.composed import show
from handlers.routes import Turn


async def report(turn: Turn, broadcast_id: int, *, is_csv: bool) -> Screen:
    return await show(turn, await composing.find(turn.services, broadcast_id))
