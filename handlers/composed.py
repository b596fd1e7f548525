"""What the handlers of broadcasts share: show one as it stands, and change one of one's own."""

from collections.abc import Callable

from bot import cards, composing, wording
from bot.broadcasts import Broadcast, BroadcastState
from bot.composing import Draft
from bot.edits import Change
from bot.screens import approving, broadcasts, steering
from bot.screens import composing as screens
from bot.screens.base import Post, Screen
from bot.screens.composed import by_id
from handlers.routes import Turn


async def show(turn: Turn, broadcast: Broadcast | None, note: str | None = None) -> Screen:
    """Whatever it is by now: its composer, the request, the plan, or how far it is."""
    if broadcast is None:
        return steering.unknown(turn.words)
    if broadcast.state not in wording.EDITABLE:
        return await steered(turn, broadcast)
    draft = await composing.looked_at(turn.services, broadcast)
    is_mine, campaigns = broadcast.by == turn.donor.id, turn.campaigns
    match broadcast.state:
        case BroadcastState.DRAFT if is_mine:
            return screens.main(turn.words, draft, campaigns, note)
        case BroadcastState.DRAFT:
            return approving.draft_of_another(turn.words, draft, campaigns)
        case BroadcastState.WAITING if is_mine:
            asked = await composing.reviewers(turn.services, broadcast.by)
            return approving.waiting(turn.words, draft, len(asked), campaigns)
        case BroadcastState.WAITING:
            return await request(turn, draft)
        case _:
            return approving.planned(turn.words, draft, campaigns, is_mine=is_mine)


async def steered(turn: Turn, broadcast: Broadcast) -> Screen:
    return steering.card(turn.words, broadcast, await cards.going(turn.services, broadcast))


async def request(turn: Turn, draft: Draft) -> Screen:
    """For a second admin."""
    changes = await composing.changed_since(turn.services, draft.broadcast)
    return approving.request(turn.words, draft, turn.campaigns, changes, price_of(turn, draft))


def price_of(turn: Turn, draft: Draft) -> int | None:
    """In Stars, where the paid speed is allowed and chosen."""
    is_paid = turn.services.settings.allow_paid_broadcast and draft.broadcast.is_paid
    return wording.stars(draft.counted.total) if is_paid else None


async def own(turn: Turn, broadcast_id: int) -> Broadcast | None:
    """A draft of one's own."""
    found = await composing.find(turn.services, broadcast_id)
    is_mine = found and found.by == turn.donor.id and found.state is BroadcastState.DRAFT
    return found if is_mine else None


async def otherwise(turn: Turn, broadcast_id: int) -> Screen:
    """What is shown where `own` found nothing to work on."""
    return await show(turn, await composing.find(turn.services, broadcast_id))


async def changed(
    turn: Turn, broadcast_id: int, what: str, change: Change, then: Callable[[Draft], Screen]
) -> Screen:
    """Change it and show what follows; somebody else's, or one that has begun, is shown as it is."""
    found = await composing.edit(turn.services, broadcast_id, turn.donor.id, what, change)
    if found is None or found.broadcast.by != turn.donor.id:
        return await show(turn, found and found.broadcast)
    if found.broadcast.state is not BroadcastState.DRAFT:
        return await show(turn, found.broadcast)
    return then(await composing.looked_at(turn.services, found.broadcast, is_voided=found.is_voided))


def previewed(turn: Turn, broadcast: Broadcast, below: Screen, only: str = "") -> Screen:
    """With each part above it as its readers will see it; a first name is not known before it is sent."""
    known, username = by_id(turn.campaigns), turn.services.username
    shown: dict[str, Post] = {}
    for code, content in broadcast.parts.items():
        theirs = turn.services.catalogues.words(code)
        rows = broadcasts.rows_for(theirs, broadcast, known, username)
        shown[code] = Post(content, rows, broadcasts.friend(theirs), broadcasts.below_album(theirs))
    return screens.preview(turn.words, broadcast, shown, below, only)
