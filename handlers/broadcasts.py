"""Taps below a broadcast, from those who got it."""

from msgspec.structs import replace

from bot import recipients
from bot.actions import Action, BroadcastGive, Check, ChooseAmount, Home, MessagesAgain, StopMessages
from bot.broadcasts import BroadcastButton
from bot.screens import broadcasts as screens
from bot.screens.base import Screen
from handlers.routes import Turn, current, on, route


@on(BroadcastGive)
async def give(turn: Turn, action: BroadcastGive) -> Screen:
    donor, button = await recipients.give(turn.services, turn.donor, action.broadcast_id, action.button)
    return await (route(replace(turn, donor=donor), _asked(button)) if button else current(turn))


def _asked(button: BroadcastButton) -> Action:
    if not button.campaign_id:
        return Home()
    if button.money is None:
        return ChooseAmount(button.campaign_id)
    return Check(button.campaign_id, button.money.minor, button.money.currency.lower())


@on(StopMessages)
async def stop(turn: Turn, action: StopMessages) -> Screen:
    await recipients.stop(turn.services, turn.donor, action.broadcast_id)
    return screens.stopped(turn.words)


@on(MessagesAgain)
async def again(turn: Turn, _: MessagesAgain) -> Screen:
    await recipients.again(turn.services, turn.donor)
    return screens.back_again(turn.words)
