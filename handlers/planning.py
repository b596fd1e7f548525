"""The composer's pages: its own, for whom, when; and what is typed on them."""

from bot import composing, edits, wording
from bot.actions import Compose, Narrow, SetSpeed, SetTime
from bot.broadcasts import Audience, BroadcastState
from bot.composing import Draft
from bot.screens import composing as screens
from bot.screens import narrowing, steering, under
from bot.screens.base import Screen
from bot.staff import Right
from bot.store.moments import moment
from bot.timing import is_possible, offers, read_time
from handlers import reported
from handlers.composed import changed, otherwise, own, previewed, show
from handlers.composing import take_message, written
from handlers.routes import Turn, on, takes


@on(Compose, Right.SPEAK)
async def compose(turn: Turn, action: Compose) -> Screen:
    id = action.broadcast_id
    match action.page:
        case "copy" | "dropped" | "drop" | "free" | "preview":
            return await _act(turn, action)
        case "report" | "recount" | "csv":
            return await reported.report(turn, id, action.page)
        case _:
            return await _page(turn, action)


async def _page(turn: Turn, action: Compose) -> Screen:
    broadcast = await own(turn, action.broadcast_id)
    if broadcast is None:
        return await otherwise(turn, action.broadcast_id)
    draft = await composing.looked_at(turn.services, broadcast)
    match action.page:
        case "buttons":
            return under.buttons(turn.words, broadcast, turn.campaigns)
        case "audience":
            return narrowing.audience(turn.words, draft, turn.campaigns)
        case "when":
            return _when(turn, draft)
        case _:
            return screens.main(turn.words, draft, turn.campaigns)


async def _act(turn: Turn, action: Compose) -> Screen:
    broadcast = await composing.find(turn.services, action.broadcast_id)
    if broadcast is None:
        return steering.unknown(turn.words)
    match action.page:
        case "preview":
            return previewed(turn, broadcast, await show(turn, broadcast))
        case "copy":
            return await show(turn, await composing.copy(turn.services, broadcast, turn.donor.id))
        case "free":
            return await changed(
                turn,
                broadcast.id,
                "taken back",
                edits.nothing,
                lambda draft: screens.main(turn.words, draft, turn.campaigns),
            )
        case "drop" if broadcast.by == turn.donor.id and broadcast.state in wording.EDITABLE:
            return screens.sure_to_drop(turn.words, broadcast)
        case "dropped":
            after = await composing.throw_away(turn.services, broadcast, turn.donor.id)
            is_gone = after and after.state is BroadcastState.CANCELED and after.started_at is None
            return steering.thrown_away(turn.words) if is_gone else await show(turn, after)
        case _:
            return await show(turn, broadcast)


@on(Narrow, Right.SPEAK)
async def narrow(turn: Turn, action: Narrow) -> Screen:
    broadcast = await composing.find(turn.services, action.broadcast_id)
    if broadcast is None or broadcast.by != turn.donor.id:
        return await show(turn, broadcast)
    is_asked = action.value == "ask"
    wanted = None if is_asked else wording.narrowed(broadcast.audience, action.what, action.value)
    if wanted is None:
        return await _choices(turn, action)
    if action.what == "language":
        return await _narrowed(turn, action, wanted, stays=True)
    return await _narrowed(turn, action, wanted)


async def _narrowed(turn: Turn, action: Narrow, wanted: Audience, *, stays: bool = False) -> Screen:
    def then(draft: Draft) -> Screen:
        if stays and not draft.is_voided:
            offered = narrowing.language_choices(turn.words, draft.broadcast.audience)
            return narrowing.choices(turn.words, draft.broadcast, action.what, offered)
        return narrowing.audience(turn.words, draft, turn.campaigns)

    change = edits.narrowing(wanted)
    return await changed(turn, action.broadcast_id, f"audience {action.what}", change, then)


async def _choices(turn: Turn, action: Narrow, problem: str | None = None) -> Screen:
    broadcast = await own(turn, action.broadcast_id)
    if broadcast is None:
        return await otherwise(turn, action.broadcast_id)
    words, now = turn.words, broadcast.audience
    match action.what:
        case "gave" | "days":
            offered, what = narrowing.gave_choices(words, now), "gave"
        case "campaign":
            offered, what = narrowing.campaign_choices(words, now, turn.campaigns), "campaign"
        case "monthly":
            offered, what = narrowing.monthly_choices(words, now), "monthly"
        case "currency":
            codes = turn.services.settings.currencies
            offered, what = narrowing.currency_choices(words, now, codes), "currency"
        case "language":
            offered, what = narrowing.language_choices(words, now), "language"
        case "source":
            offered, what = narrowing.source_choices(words, now), "source"
        case _:
            return await _page(turn, Compose("audience", broadcast.id))
    return narrowing.choices(words, broadcast, what, offered, problem)


@takes(Narrow, Right.SPEAK)
async def typed_condition(turn: Turn, place: Narrow) -> Screen:
    broadcast, text = await own(turn, place.broadcast_id), written(turn)
    if broadcast is None or place.what not in ("gave", "source"):
        return await _choices(turn, place)
    what = "days" if place.what == "gave" else "source"
    wanted = wording.narrowed(broadcast.audience, what, text)
    if wanted is None:
        problem = narrowing.no_days if what == "days" else narrowing.no_source
        return await _choices(turn, place, problem(turn.words))
    return await _narrowed(turn, place, wanted)


def _when(turn: Turn, draft: Draft, problem: str | None = None) -> Screen:
    is_offered = turn.services.settings.allow_paid_broadcast
    price = wording.stars(draft.counted.total) if is_offered else None
    now = turn.services.clock()
    return narrowing.when(turn.words, draft, offers(now), problem=problem, price=price)


@on(SetTime, Right.SPEAK)
async def set_time(turn: Turn, action: SetTime) -> Screen:
    due = moment(action.moment) if action.moment else None
    if due and not is_possible(due, turn.services.clock()):
        return await _again(turn, action.broadcast_id, narrowing.not_then(turn.words))
    change = edits.timing(due)
    return await changed(
        turn,
        action.broadcast_id,
        "time",
        change,
        lambda draft: screens.main(turn.words, draft, turn.campaigns),
    )


async def _again(turn: Turn, broadcast_id: int, problem: str) -> Screen:
    broadcast = await own(turn, broadcast_id)
    if broadcast is None:
        return await otherwise(turn, broadcast_id)
    return _when(turn, await composing.looked_at(turn.services, broadcast), problem)


@on(SetSpeed, Right.SPEAK)
async def set_speed(turn: Turn, action: SetSpeed) -> Screen:
    is_paid = action.paid == "yes" and turn.services.settings.allow_paid_broadcast
    change = edits.speeding(is_paid=is_paid)
    return await changed(turn, action.broadcast_id, "speed", change, lambda draft: _when(turn, draft))


@takes(Compose, Right.SPEAK)
async def typed_on_a_page(turn: Turn, place: Compose) -> Screen:
    if place.page != "when":
        return await take_message(turn, place)
    due = read_time(written(turn), turn.services.clock())
    if due is None:
        return await _again(turn, place.broadcast_id, narrowing.no_time(turn.words))
    return await set_time(turn, SetTime(int(due.timestamp()), place.broadcast_id))
