"""Pledges of donors: to promise, to say it is paid, to be reminded, to cancel."""

from bot import pledging
from bot.actions import CancelPledge, Promise, RemindPledge, SayPaid, ShowPledge
from bot.model import PledgeState
from bot.pledging import PledgeFacts
from bot.screens import pledges as screens
from bot.screens.base import Screen
from handlers.routes import Turn, on


@on(Promise)
async def promise(turn: Turn, action: Promise) -> Screen:
    return _shown(turn, await pledging.promise(turn.services, turn.donor, action))


@on(ShowPledge)
async def show_pledge(turn: Turn, action: ShowPledge) -> Screen:
    return _shown(turn, await pledging.mine(turn.services, turn.donor, action.pledge_id))


@on(SayPaid)
async def say_paid(turn: Turn, action: SayPaid) -> Screen:
    return _shown(turn, await pledging.say_paid(turn.services, turn.donor, action.pledge_id))


@on(RemindPledge)
async def remind(turn: Turn, action: RemindPledge) -> Screen:
    facts = await pledging.remind(turn.services, turn.donor, action.pledge_id)
    note = screens.will_remind(turn.words, facts.remind_at) if facts.remind_at else None
    return _shown(turn, facts, note)


@on(CancelPledge)
async def cancel(turn: Turn, action: CancelPledge) -> Screen:
    facts = await pledging.mine(turn.services, turn.donor, action.pledge_id)
    if facts.pledge.state is PledgeState.SAID_PAID and action.sure != "yes":
        return screens.sure_to_cancel(turn.words, facts.pledge)
    return _shown(turn, await pledging.cancel(turn.services, turn.donor, action.pledge_id))


def _shown(turn: Turn, facts: PledgeFacts, note: str | None = None) -> Screen:
    return screens.pledge(
        turn.words,
        facts.pledge,
        facts.campaign,
        is_reminded=facts.remind_at is not None,
        page=facts.page,
        note=note,
    )
