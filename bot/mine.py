"""What belongs to one donor: their gifts, their data as a file, their choices, and being forgotten."""

import json
from dataclasses import dataclass

from bot.model import Campaign, Donation, DonationState, Donor
from bot.services import Services
from bot.store import campaigns, donations, donors
from bot.store.moments import seconds
from bot.store.sql import Tx

_UNSETTLED = (DonationState.CREATING, DonationState.AWAITING, DonationState.PROCESSING)
_ALL = 100_000


@dataclass(frozen=True, slots=True)
class Gifts:
    """One page of a donor's gifts, newest first, of `count` in all."""

    donations: list[Donation]
    campaigns: dict[int, Campaign]
    count: int


async def gifts(services: Services, donor: Donor, page: int, size: int) -> Gifts:
    def read(tx: Tx) -> Gifts:
        found = donations.of_donor(tx, donor.id, size, (page - 1) * size)
        known = {one: campaigns.get(tx, one) for one in {donation.campaign_id for donation in found}}
        whole = {one: campaign for one, campaign in known.items() if campaign}
        return Gifts(found, whole, donations.count_of_donor(tx, donor.id))

    return await services.db.read(read)


async def export(services: Services, donor: Donor) -> bytes:
    """All that is stored of this donor, as JSON; amounts in minor units, moments in Unix seconds."""
    all_gifts = await gifts(services, donor, 1, _ALL)
    data = {
        "telegram_id": donor.telegram_id,
        "language": donor.language,
        "currency": donor.currency,
        "screen": donor.awaiting,
        "message": donor.message_id,
        "came_from": donor.source,
        "gifts": [
            _exported(donation, all_gifts.campaigns[donation.campaign_id]) for donation in all_gifts.donations
        ],
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


async def erase(services: Services, donor: Donor) -> bool:
    """Forget the donor; False while a payment is under way, since its outcome could not be told to anybody."""

    def write(tx: Tx) -> bool:
        if any(donation.state in _UNSETTLED for donation in donations.of_donor(tx, donor.id, _ALL)):
            return False
        donors.erase(tx, donor.id)
        return True

    return await services.db.write(write)


async def choose(services: Services, donor: Donor, **choice: str) -> None:
    """Keep the donor's language or currency."""
    await services.db.write(lambda tx: donors.move(tx, donor.id, **choice))
