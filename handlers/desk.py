"""The admin's desk. Whoever is no staff gets what they would get if none of this were here."""

from bot import pledging, refunding
from bot.actions import Action, RefundGift, ShowGift
from bot.amounts import Clear, read_amount
from bot.model import Donation, DonationState
from bot.money import Money
from bot.screens import desk as screens
from bot.screens import match
from bot.screens.base import Screen
from bot.staff import Right
from handlers.commands import command
from handlers.freezing import flagged
from handlers.routes import Turn, on, route


class RefundCommand(Action, frozen=True):
    """A reference, and an amount where only a part goes back."""

    text: str = ""


command("refund", RefundCommand)


@on(RefundCommand, Right.MONEY)
async def refund_command(turn: Turn, action: RefundCommand) -> Screen:
    reference, _, amount = action.text.strip().partition(" ")
    found = await refunding.facts(turn.services, reference) if reference else None
    if found is None:
        return screens.unknown(turn.words) if reference else screens.usage(turn.words)
    if not amount or found.donation.pledge_id:
        return await route(turn, ShowGift(found.donation.id))
    match read_amount(amount, found.left.currency, (found.left.currency,)):
        case Clear(money=money, rest="") if money.minor <= found.left.minor:
            return screens.why(turn.words, found.donation, money)
        case Clear(rest=""):
            return screens.not_so_much(turn.words, found.left)
        case _:
            return screens.usage(turn.words)


@on(ShowGift, Right.READ)
async def show_gift(turn: Turn, action: ShowGift) -> Screen:
    found = await refunding.facts(turn.services, action.donation_id)
    if found is None:
        return screens.unknown(turn.words)
    if found.donation.pledge_id:
        return await _came_outside(turn, found.donation)
    screen = screens.gift(
        turn.words,
        found.donation,
        found.campaign,
        found.receipts,
        found.refunds,
        found.left,
        found.accounts,
    )
    return await flagged(turn, screen)


async def _came_outside(turn: Turn, donation: Donation) -> Screen:
    """Stripe cannot give back what it never had: the pledge can be corrected instead."""
    facts = await pledging.find(turn.services, donation.pledge_id or "")
    if facts is None:
        return screens.unknown(turn.words)
    return match.gift(turn.words, donation, facts.pledge, facts.campaign)


@on(RefundGift, Right.MONEY)
async def refund_gift(turn: Turn, action: RefundGift) -> Screen:
    found = await refunding.facts(turn.services, action.donation_id)
    if found is None:
        return screens.unknown(turn.words)
    if found.donation.pledge_id:
        return await _came_outside(turn, found.donation)
    money = Money(action.minor, found.left.currency)
    if money.is_zero or money.minor > found.left.minor:
        return screens.not_so_much(turn.words, found.left)
    if action.reason not in screens.REASONS:
        return screens.why(turn.words, found.donation, money)
    if action.sure != "yes":
        return screens.sure(turn.words, found.donation, money, action.reason, found.left)
    left, by = Money(action.left, found.left.currency), f"staff {turn.donor.id}"
    after = await refunding.give_back(turn.services, found.donation, money, action.reason, by, left)
    if after.state in (DonationState.REFUNDED, DonationState.PARTLY_REFUNDED):
        return await show_gift(turn, ShowGift(after.id))
    return screens.asked(turn.words, after)
