"""Deliveries about pledges: which pledge one is about, and how it is drawn from today's facts. Sends nothing."""

from collections.abc import Callable

from bot.i18n import Words
from bot.model import RECEIVED, Campaign, Delivery, DeliveryKind, Donation, Pledge, PledgeState
from bot.money import Money
from bot.screens import match as match_screens
from bot.screens import pledges
from bot.screens.base import Screen
from bot.store import pledges as store
from bot.store.sql import Tx


def soon_about(tx: Tx, delivery: Delivery, donation: Donation | None) -> Callable[[], Pledge | None]:
    """The pledge that a Delivery is about, or that its gift was, or that is still open beside a gift with thanks; once it is
    called.
    """
    if delivery.subject:
        return store.soon(tx, delivery.subject)
    if donation is None or delivery.kind is not DeliveryKind.THANKS:
        return lambda: None
    if donation.pledge_id:
        return store.soon(tx, donation.pledge_id)
    mine = store.soon_open(tx, donation.donor_id)
    return lambda: next((one for one in mine() if one.campaign_id == donation.campaign_id), None)


def draw(words: Words, delivery: Delivery, pledge: Pledge, campaign: Campaign) -> Screen | None:
    """A Delivery whose subject is a pledge; None where there is nothing to say any more."""
    match delivery.kind:
        case DeliveryKind.ALERT:
            return match_screens.said_paid(words, pledge, campaign)
        case DeliveryKind.CANCELED:
            why, _, minor = (delivery.payload or "").partition(".")
            money = Money(int(minor), pledge.money.currency)
            note = pledges.corrected if why == "mistake" else pledges.paid_back
            return note(words, campaign, pledge, money)
        case DeliveryKind.PLEDGE_REMINDER if pledge.state is PledgeState.PROMISED:
            note = pledges.reminded(words)
            return pledges.pledge(words, pledge, campaign, is_reminded=True, note=note)
        case _:
            return None


def thanks(words: Words, donation: Donation, campaign: Campaign, pledge: Pledge | None) -> Screen | None:
    """For a gift that was a pledge; None where staff corrected it before it was sent."""
    if pledge is None or donation.state not in RECEIVED:
        return None
    return pledges.thanks(words, donation, campaign, pledge)


def places(delivery: Delivery, donation: Donation | None) -> set[str]:
    """What the walk may stand at so that this Delivery takes its place."""
    if delivery.kind is DeliveryKind.PLEDGE_REMINDER and delivery.subject:
        return {delivery.subject}
    if donation is None or delivery.subject:
        return set()
    return {donation.id, donation.pledge_id or donation.id}
