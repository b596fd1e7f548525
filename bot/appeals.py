"""Reading campaigns for screens: the open ones, one by id or by name, and amounts that links name."""

from bot.actions import CampaignLink
from bot.errors import MoneyError
from bot.model import Appeal, Campaign, Donor
from bot.money import Money
from bot.services import Services
from bot.store import campaigns


async def open_campaigns(services: Services) -> list[Campaign]:
    now = services.clock()
    return [
        campaign for campaign in await services.db.read(campaigns.all_of_them) if campaign.is_open_at(now)
    ]


async def find(services: Services, campaign_id: int) -> Campaign | None:
    return await services.db.read(lambda tx: campaigns.get(tx, campaign_id))


async def named(services: Services, slug: str) -> Campaign | None:
    return await services.db.read(lambda tx: campaigns.named(tx, slug.lower()))


async def current(services: Services) -> Appeal | None:
    found = await services.db.read(campaigns.all_of_them)
    return found[0].appeal if found else None


def currency_for(campaign: Campaign, donor: Donor, asked: str = "any") -> str:
    """The currency to show amounts in: the one asked for, else the donor's, else the campaign's own."""
    wanted = donor.currency if asked == "any" else asked.upper()
    return wanted if wanted in campaign.limits else campaign.goal.currency


def linked_amount(campaign: Campaign, link: CampaignLink, donor: Donor) -> Money | None:
    """A hand-written link names whole major units: `c_aid_200_mad` is 200 MAD."""
    try:
        return Money.of(link.major, currency_for(campaign, donor, link.currency))
    except MoneyError:
        return None
