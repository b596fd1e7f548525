"""From the composer to the people: the last tap, the second admin, the list, and steering what is on its way."""

from bot import broadcasting, composing
from bot.actions import Broadcasts, Review, SendBroadcast, ShowBroadcast, Steer
from bot.broadcasts import Broadcast, BroadcastState
from bot.composing import Draft
from bot.screens import approving as screens
from bot.screens import steering
from bot.screens.base import Screen
from bot.staff import Right
from handlers.commands import command
from handlers.composed import own, previewed, price_of, request, show
from handlers.composing import written
from handlers.routes import Turn, on, takes

command("broadcasts", Broadcasts())
_LONGEST_REASON = 300


@on(Broadcasts, Right.SPEAK)
async def list_broadcasts(turn: Turn, action: Broadcasts) -> Screen:
    page = max(1, action.page)
    found, has_more = await composing.page(turn.services, page)
    return steering.listed(turn.words, found, page, has_more=has_more)


@on(ShowBroadcast, Right.SPEAK)
async def show_broadcast(turn: Turn, action: ShowBroadcast) -> Screen:
    return await show(turn, await composing.find(turn.services, action.broadcast_id))


@on(SendBroadcast, Right.SPEAK)
async def send_broadcast(turn: Turn, action: SendBroadcast) -> Screen:
    """Pressed again, or for a version that is no more, it shows what is."""
    broadcast = await own(turn, action.broadcast_id)
    if broadcast is None or broadcast.version != action.version:
        return await show_broadcast(turn, ShowBroadcast(action.broadcast_id))
    draft = await composing.looked_at(turn.services, broadcast, is_exact=True)
    if not draft.is_ready:
        return await show(turn, broadcast)
    if draft.needs_second:
        return await _ask(turn, draft)
    if action.sure != "yes":
        return screens.sure(turn.words, draft, price_of(turn, draft))
    await composing.schedule(turn.services, broadcast)
    return await show_broadcast(turn, ShowBroadcast(broadcast.id))


async def _ask(turn: Turn, draft: Draft) -> Screen:
    if not await composing.reviewers(turn.services, turn.donor.id):
        return screens.no_second(turn.words, draft, turn.services.settings.approval_above)
    await composing.ask(turn.services, draft.broadcast)
    return await show_broadcast(turn, ShowBroadcast(draft.broadcast.id))


@on(Review, Right.SPEAK)
async def review(turn: Turn, action: Review) -> Screen:
    broadcast = await _asked_about(turn, action)
    if isinstance(broadcast, Screen):
        return broadcast
    match action.step:
        case "approve":
            return await _approve(turn, broadcast)
        case "refuse":
            return screens.why(turn.words, broadcast)
        case "preview":
            return previewed(turn, broadcast, await show(turn, broadcast))
        case step if step in screens.REASONS:
            return await _refuse(turn, broadcast, step)
        case _:
            return await show(turn, broadcast)


async def _asked_about(turn: Turn, action: Review) -> Broadcast | Screen:
    """The broadcast, where it still waits for a word about just this version, and not from its author."""
    broadcast = await composing.find(turn.services, action.broadcast_id)
    if broadcast is None or broadcast.by == turn.donor.id:
        return await show(turn, broadcast)
    if broadcast.state is not BroadcastState.WAITING or broadcast.version != action.version:
        return screens.not_this_version(turn.words, broadcast)
    return broadcast


async def _approve(turn: Turn, broadcast: Broadcast) -> Screen:
    draft = await composing.looked_at(turn.services, broadcast)
    if not draft.is_ready:
        # As when its time has passed: the page says what is wrong.
        return await request(turn, draft)
    if not await composing.approve(turn.services, broadcast, turn.donor.id):
        return screens.not_this_version(turn.words, broadcast)
    return screens.decided(turn.words, await _now(turn, broadcast), is_approved=True)


async def _refuse(turn: Turn, broadcast: Broadcast, reason: str) -> Screen:
    if not await composing.refuse(turn.services, broadcast, turn.donor.id, reason):
        return screens.not_this_version(turn.words, broadcast)
    return screens.decided(turn.words, await _now(turn, broadcast), is_approved=False)


async def _now(turn: Turn, broadcast: Broadcast) -> Broadcast:
    return await composing.find(turn.services, broadcast.id) or broadcast


@takes(Review, Right.SPEAK)
async def typed_reason(turn: Turn, place: Review) -> Screen:
    broadcast, text = await _asked_about(turn, place), written(turn)
    if isinstance(broadcast, Screen):
        return broadcast
    if place.step != "refuse" or not text:
        return await review(turn, place)
    return await _refuse(turn, broadcast, text[:_LONGEST_REASON])


@on(Steer, Right.SPEAK)
async def steer(turn: Turn, action: Steer) -> Screen:
    services, id, by = turn.services, action.broadcast_id, turn.donor.id
    broadcast = await composing.find(services, id)
    match action.what:
        case "pause":
            await broadcasting.pause(services, id, by)
        case "resume":
            await broadcasting.resume(services, id, by)
        case "cancel" if broadcast and not broadcast.state.is_over:
            return steering.sure_to_cancel(turn.words, broadcast)
        case "stop" if broadcast and broadcast.state is not BroadcastState.DRAFT:
            await broadcasting.cancel(services, id, by)
        case _:
            pass
    if action.where == "card" and broadcast:
        # The live card redraws itself.
        return Screen("", is_silent=True)
    return await show_broadcast(turn, ShowBroadcast(id))
