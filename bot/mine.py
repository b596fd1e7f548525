"""What belongs to one donor: their gifts, their data as a file, their choices, and being forgotten."""

import json

from msgspec import Struct, field

from bot import helpdesk, pledging
from bot.model import Campaign, Donation, DonationState, Donor, MonthlyGift, Pledge
from bot.services import Services
from bot.store import (
    acts,
    campaigns,
    deliveries,
    donations,
    donors,
    monthly,
    pledges,
    questions,
    sends,
    staff,
)
from bot.store.moments import seconds
from bot.store.sql import Tx

_UNSETTLED = (DonationState.CREATING, DonationState.AWAITING, DonationState.PROCESSING)
_ALL = 100_000


class Gifts(Struct, frozen=True):
    """One page of a donor's gifts, newest first, of `count` in all; the first page has the open pledges too."""

    donations: list[Donation]
    campaigns: dict[int, Campaign]
    count: int
    monthly: list[MonthlyGift] = field(default_factory=list[MonthlyGift])
    pledges: list[Pledge] = field(default_factory=list[Pledge])


async def gifts(services: Services, donor: Donor, page: int, size: int) -> Gifts:
    def read(tx: Tx) -> Gifts:
        found = donations.of_donor(tx, donor.id, size, (page - 1) * size)
        going_on = monthly.live_of_donor(tx, donor.id)
        promised = pledges.open_of(tx, donor.id) if page == 1 else []
        used = {each.campaign_id for each in (*found, *going_on, *promised)}
        known = {one: campaigns.get(tx, one) for one in used}
        whole = {one: campaign for one, campaign in known.items() if campaign}
        return Gifts(found, whole, donations.count_of_donor(tx, donor.id), going_on, promised)

    return await services.db.read(read)


async def export(services: Services, donor: Donor) -> bytes:
    """All that is stored of this donor, as JSON; amounts in minor units, moments in Unix seconds."""
    all_gifts = await gifts(services, donor, 1, _ALL)
    plans = await services.db.read(lambda tx: monthly.of_donor(tx, donor.id))
    data = {
        "telegram_id": donor.telegram_id,
        "language": donor.language,
        "currency": donor.currency,
        "screen": donor.awaiting,
        "message": donor.message_id,
        "came_from": donor.source,
        # The last day that they were here, and how many steps of it they took.
        "last_day_and_steps": donor.reached or None,
        "wants_no_messages": donor.is_muted,
        "messages": await services.db.read(lambda tx: sends.of_donor(tx, donor.id)),
        "gifts": [
            _exported(donation, all_gifts.campaigns[donation.campaign_id]) for donation in all_gifts.donations
        ],
        "pledges": await services.db.read(
            lambda tx: [_promised(tx, one) for one in pledges.of_donor(tx, donor.id)]
        ),
        "question": await services.db.read(lambda tx: _asked(tx, donor.id)),
        "monthly_gifts": [_exported_plan(gift) for gift in plans],
    }
    return json.dumps(data, ensure_ascii=False, indent=2).encode()


def _exported(donation: Donation, campaign: Campaign) -> dict[str, str | int | None]:
    return {
        "reference": donation.id,
        "campaign": campaign.slug,
        "amount_minor": donation.money.minor,
        "cover_minor": donation.cover_minor,
        "currency": donation.money.currency,
        "state": donation.state,
        "created_at": seconds(donation.created_at),
        "stripe_session": donation.session_id,
        "came_from": donation.source,
    }


def _promised(tx: Tx, pledge: Pledge) -> dict[str, str | int | None]:
    campaign = campaigns.get(tx, pledge.campaign_id)
    return {
        "reference": pledge.id,
        "campaign": campaign.slug if campaign else None,
        "amount_minor": pledge.money.minor,
        "currency": pledge.money.currency,
        "state": pledge.state,
        "created_at": seconds(pledge.created_at),
        "gift": pledge.donation_id,
        "came_from": pledge.source,
    }


def _asked(tx: Tx, donor_id: int) -> dict[str, str | int | None] | None:
    """Of the help desk; what was written is in the chat, and is not kept once it was sent."""
    one = questions.find(tx, donor_id)
    return None if one is None else {"state": one.state, "opened_at": seconds(one.opened_at)}


def _exported_plan(gift: MonthlyGift) -> dict[str, str | int | None]:
    return {
        "reference": gift.id,
        "amount_minor": gift.money.minor,
        "currency": gift.money.currency,
        "state": gift.state,
        "created_at": seconds(gift.created_at),
        "ends_at": seconds(gift.ends_at) if gift.ends_at else None,
        "next_at": seconds(gift.next_at) if gift.next_at else None,
        "stopped_by": gift.stop,
        "stripe_subscription": gift.subscription_id,
    }


async def erase(services: Services, donor: Donor) -> bool:
    """Forget the donor, and cancel their open pledges; who was staff is none any more. False while a payment is under way or a monthly gift goes on.

    Nobody could be told of it then.
    """

    def write(tx: Tx) -> bool:
        if any(donation.state in _UNSETTLED for donation in donations.of_donor(tx, donor.id, _ALL)):
            return False
        if monthly.live_of_donor(tx, donor.id):
            return False
        for pledge in pledges.open_of(tx, donor.id):
            pledging.drop(tx, pledge)
        helpdesk.forget(tx, services.settings, donor.id, services.clock())
        if staff.remove(tx, donor.telegram_id):
            staff.void(tx, f"D{donor.id}", services.clock())
            acts.record(tx, services.clock(), f"staff {donor.id}", "role.take", f"D{donor.id}")
        deliveries.forget(tx, donor.id)
        donors.erase(tx, donor.id)
        return True

    is_gone = await services.db.write(write)
    services.bells.menus.set()
    services.bells.courier.set()
    return is_gone


async def choose(services: Services, donor: Donor, **choice: str) -> None:
    """Keep the donor's language or currency."""
    await services.db.write(lambda tx: donors.move(tx, donor.id, **choice))
