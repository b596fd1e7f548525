"""Choosing among the campaigns of a turn: the open ones, one by id or by name, and amounts that links name."""

from collections.abc import Sequence
from datetime import datetime

from bot.actions import CampaignLink
from bot.errors import MoneyError
from bot.model import Campaign, Donor
from bot.money import Money


def open_at(campaigns: Sequence[Campaign], now: datetime) -> list[Campaign]:
    return [campaign for campaign in campaigns if campaign.is_open_at(now)]


def find(campaigns: Sequence[Campaign], campaign_id: int) -> Campaign | None:
    return next((campaign for campaign in campaigns if campaign.id == campaign_id), None)


def named(campaigns: Sequence[Campaign], slug: str) -> Campaign | None:
    return next((campaign for campaign in campaigns if campaign.slug == slug.lower()), None)


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
