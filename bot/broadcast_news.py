"""Deliveries to staff about broadcasts: a request to approve, what became of it, a report. Drawn from today's facts."""

from bot import composing, outcomes, wording
from bot.broadcasts import Broadcast, BroadcastState
from bot.i18n import Words
from bot.model import Delivery, DeliveryKind
from bot.screens import approving, outcome
from bot.screens.base import Screen
from bot.services import Services
from bot.staff import Right
from bot.store import campaigns, staff

KINDS = (DeliveryKind.APPROVAL, DeliveryKind.BROADCAST_REPORT)


async def draw(services: Services, words: Words, delivery: Delivery) -> Screen | None:
    """None where there is nothing to say any more, as when a request was answered or taken back."""
    broadcast, admins = await composing.find(services, composing.id_in(delivery)), services.settings.admin_ids
    may_hear = await services.db.read(lambda tx: staff.may(tx, admins, delivery.chat_id, Right.SPEAK))
    if broadcast is None or not may_hear:
        return None
    if delivery.kind is DeliveryKind.BROADCAST_REPORT:
        return await _report(services, words, broadcast, delivery.payload or "")
    kind, _, rest = (delivery.payload or "").partition(".")
    by, _, reason = rest.partition(".")
    match kind:
        case "ask" if broadcast.state is BroadcastState.WAITING and rest == str(broadcast.version):
            return await _request(services, words, broadcast)
        case "approved":
            return approving.approved(words, broadcast, int(by))
        case "refused":
            return approving.refused(words, broadcast, int(by), reason)
        case _:
            return None


async def _request(services: Services, words: Words, broadcast: Broadcast) -> Screen:
    draft = await composing.looked_at(services, broadcast)
    known = await services.db.read(campaigns.all_of_them)
    changes = await composing.changed_since(services, broadcast)
    is_paid = services.settings.allow_paid_broadcast and broadcast.is_paid
    price = wording.stars(draft.counted.total) if is_paid else None
    return approving.request(words, draft, known, changes, price, stays=True)


async def _report(services: Services, words: Words, broadcast: Broadcast, moment: str) -> Screen:
    found = await outcomes.outcome(services, broadcast, is_fresh=True)
    known = await services.db.read(campaigns.all_of_them)
    return outcome.report(words, broadcast, found, known, moment, stays=True)
