"""The walk of one gift."""

from datetime import timedelta

from bot import appeals, giving, guarding
from bot.actions import (
    Bridge,
    CancelGift,
    Check,
    CheckCovered,
    ChooseAmount,
    Give,
    GiveCovered,
    Home,
    Look,
    PickCampaign,
    Refused,
    Remind,
    ShowCampaign,
)
from bot.fees import cover
from bot.model import Donation, DonationState
from bot.money import Money
from bot.screens import back
from bot.screens import giving as screens
from bot.screens.base import Screen
from bot.settling import Standing
from handlers.routes import Turn, on, route


@on(ChooseAmount)
async def choose_amount(turn: Turn, action: ChooseAmount) -> Screen:
    campaign = appeals.find(turn.campaigns, action.campaign_id)
    if campaign is None:
        return await route(turn, Home())
    if not campaign.is_open_at(turn.services.clock()):
        return await route(turn, ShowCampaign(campaign.id))
    return screens.amount(turn.words, campaign, appeals.currency_for(campaign, turn.donor, action.currency))


@on(PickCampaign)
async def pick_campaign(turn: Turn, action: PickCampaign) -> Screen:
    taking = [c for c in turn.open_campaigns if action.money.currency in c.limits]
    return screens.pick_campaign(turn.words, taking, action.money)


@on(Check)
async def check(turn: Turn, action: Check) -> Screen:
    return await _checked(turn, action, is_covered=False)


@on(CheckCovered)
async def check_covered(turn: Turn, action: CheckCovered) -> Screen:
    return await _checked(turn, action, is_covered=True)


async def _checked(turn: Turn, action: Check | CheckCovered, *, is_covered: bool) -> Screen:
    campaign, settings = appeals.find(turn.campaigns, action.campaign_id), turn.services.settings
    if campaign is None:
        return await route(turn, Home())
    campaign.accept(action.money, turn.services.clock())
    if error := guarding.too_small(settings, campaign, action.money):
        raise error
    fees = cover(action.money, settings.fees)
    statement = settings.statement_descriptor
    return screens.check(turn.words, campaign, action.money, statement, fees=fees, is_covered=is_covered)


@on(Give)
async def give(turn: Turn, action: Give) -> Screen:
    return await _given(turn, action, None)


@on(GiveCovered)
async def give_covered(turn: Turn, action: GiveCovered) -> Screen:
    fees = cover(action.money, turn.services.settings.fees)
    if fees is None or fees.minor != action.cover_minor:
        # The table has changed since, or the button was forged: nothing is charged that the donor was not shown.
        return await route(turn, CheckCovered(action.campaign_id, action.minor, action.currency))
    return await _given(turn, Give(action.campaign_id, action.minor, action.currency), fees)


async def _given(turn: Turn, action: Give, fees: Money | None) -> Screen:
    donation = await giving.open_checkout(turn.services, turn.donor, action, fees)
    return await stands(turn, Standing(donation), is_new=True)


@on(Bridge)
async def bridge(turn: Turn, action: Bridge) -> Screen:
    return await stands(
        turn, Standing(await giving.mine(turn.services, turn.donor, action.donation_id)), is_new=True
    )


@on(Look)
async def look(turn: Turn, action: Look) -> Screen:
    return await stands(turn, await giving.look(turn.services, turn.donor, action.donation_id))


@on(Refused)
async def refused(turn: Turn, action: Refused) -> Screen:
    standing = await giving.look(turn.services, turn.donor, action.donation_id)
    if standing.donation.state is DonationState.AWAITING:
        campaign = appeals.find(turn.campaigns, standing.donation.campaign_id)
        return screens.refused(turn.words, standing.donation, campaign)
    return await stands(turn, standing)


@on(CancelGift)
async def cancel(turn: Turn, action: CancelGift) -> Screen:
    donation = await giving.cancel(turn.services, turn.donor, action.donation_id)
    return (
        screens.canceling(turn.words, donation)
        if donation.state.is_open
        else await stands(turn, Standing(donation))
    )


@on(Remind)
async def remind(turn: Turn, action: Remind) -> Screen:
    await giving.remind(turn.services, turn.donor, action.donation_id)
    return screens.will_remind(turn.words)


def _is_being_thanked(turn: Turn, donation: Donation) -> bool:
    """The thanks for a gift that was settled just now is on its way, and is the answer."""
    settled = donation.settled_at
    return settled is not None and turn.services.clock() - settled < timedelta(minutes=1)


async def stands(turn: Turn, standing: Standing, *, is_new: bool = False) -> Screen:
    """The screen for how a gift stands."""
    words, donation = turn.words, standing.donation
    campaign = appeals.find(turn.campaigns, donation.campaign_id)
    match donation.state:
        case DonationState.CREATING:
            return screens.preparing(words, donation)
        case DonationState.AWAITING if standing.is_declined:
            return screens.refused(words, donation, campaign)
        case DonationState.AWAITING if is_new:
            return screens.bridge(words, donation, campaign) if campaign else screens.waiting(words, donation)
        case DonationState.AWAITING:
            return screens.waiting(words, donation)
        case DonationState.PROCESSING:
            return screens.processing(words, donation)
        case DonationState.PAID if _is_being_thanked(turn, donation):
            return Screen("", is_silent=True)
        case DonationState.PAID:
            return screens.paid(words, donation)
        case DonationState.EXPIRED:
            return screens.expired(words, donation, campaign)
        case DonationState.CANCELED:
            return screens.canceled(words, donation)
        case DonationState.FAILED:
            return screens.failed(words, donation)
        case DonationState.REVIEW:
            return screens.in_review(words, donation)
        case _:
            return back.stands(words, donation)
