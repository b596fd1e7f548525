"""What staff see of one gift, and the steps of a refund: amount, reason, and a last tap. The donor is never named."""

from collections.abc import Sequence

from bot.actions import Home, RefundGift, ShowGift, StopForDonor
from bot.i18n import Words
from bot.model import BalanceTransaction, Campaign, Donation, DonationState, Receipt, Refund
from bot.money import CURRENCIES, Money
from bot.screens.base import Button, Screen, lines, paragraphs, rows
from bot.screens.mine import state

REASONS = ("asked", "double", "mistake")


def gift(
    words: Words,
    donation: Donation,
    campaign: Campaign,
    receipts: Sequence[Receipt],
    refunds: Sequence[Refund],
    left: Money,
    accounts: Sequence[BalanceTransaction] = (),
) -> Screen:
    """`left` is what can still be given back; `accounts` what Stripe settled of it so far."""
    text = paragraphs(
        words.text("Gift <b>{reference}</b>", reference=donation.id.upper()),
        lines(
            words.text(
                "{date}: <b>{amount}</b> · {title}",
                date=words.date(donation.created_at),
                amount=donation.money,
                title=campaign.text(words.language).title,
            ),
            words.text("Added for the fees: {cover}", cover=donation.cover)
            if not donation.cover.is_zero
            else None,
            state(words, donation.state),
            *(words.text("Paper {number}: {amount}", number=one.name, amount=one.money) for one in receipts),
            *(
                words.text("Refund of {amount}: {status}", amount=one.money, status=one.status)
                for one in refunds
            ),
            *_settled(words, accounts),
        ),
    )
    can_refund = donation.state in (DonationState.PAID, DonationState.PARTLY_REFUNDED) and not left.is_zero
    whole = Button(
        words.label("Give back {amount}", amount=left), RefundGift("no", "none", left.minor, 0, donation.id)
    )
    stop = (
        Button(words.label("Stop the monthly gift"), StopForDonor("no", donation.monthly_id))
        if donation.monthly_id
        else None
    )
    return Screen(text, rows(whole if can_refund else None, stop), awaiting=ShowGift(donation.id))


def _settled(words: Words, accounts: Sequence[BalanceTransaction]) -> list[str]:
    """What reached the account of it, in each currency that the account settles in."""
    shown: list[str] = []
    for code in sorted({one.currency for one in accounts} & set(CURRENCIES)):
        ours = [one for one in accounts if one.currency == code]
        fee, net = sum(one.fee_minor for one in ours), sum(one.net_minor for one in ours)
        shown.append(
            words.text("Stripe’s fees: {fee}; settled: {net}", fee=Money(fee, code), net=Money(net, code))
        )
    return shown


def why(words: Words, donation: Donation, money: Money) -> Screen:
    """A refund needs a reason."""
    names = reasons(words)
    choices = [Button(names[one], RefundGift("no", one, money.minor, 0, donation.id)) for one in REASONS]
    text = words.text(
        "Why is {amount} of gift {reference} given back?", amount=money, reference=donation.id.upper()
    )
    return Screen(text, rows(*choices, _no(words, donation)), awaiting=ShowGift(donation.id))


def reasons(words: Words) -> dict[str, str]:
    return {
        "asked": words.label("The donor asks for it"),
        "double": words.label("Paid twice"),
        "mistake": words.label("A mistake of ours"),
    }


def sure(words: Words, donation: Donation, money: Money, reason: str, left: Money) -> Screen:
    """The last tap, which holds as long as `left` is what can still be given back."""
    text = words.text(
        "Give back <b>{amount}</b> of gift {reference} ({whole})? The donor is told.",
        amount=money,
        reference=donation.id.upper(),
        whole=donation.total,
    )
    yes = Button(
        words.label("Yes, give back {amount}", amount=money),
        RefundGift("yes", reason, money.minor, left.minor, donation.id),
        style="danger",
    )
    return Screen(text, rows(yes, _no(words, donation)), awaiting=ShowGift(donation.id))


def _no(words: Words, donation: Donation) -> Button:
    return Button(words.label("No"), ShowGift(donation.id))


def asked(words: Words, donation: Donation) -> Screen:
    """Stripe was slow: the order is kept and goes on."""
    text = words.text("The refund is ordered; Stripe has not confirmed it yet. It goes on by itself.")
    return Screen(
        text, rows(Button(words.label("Check now"), ShowGift(donation.id))), awaiting=ShowGift(donation.id)
    )


def usage(words: Words) -> Screen:
    text = words.text(
        "Write /refund and a reference, and an amount if only a part goes back: <code>/refund abcdefghjk 50</code>"
    )
    return Screen(text, rows(Button(words.label("All campaigns"), Home())), awaiting=Home())


def unknown(words: Words) -> Screen:
    return Screen(
        words.text("No gift has this reference."),
        rows(Button(words.label("All campaigns"), Home())),
        awaiting=Home(),
    )


def not_so_much(words: Words, left: Money) -> Screen:
    return Screen(
        words.text("At most {amount} can be given back.", amount=left),
        rows(Button(words.label("All campaigns"), Home())),
        awaiting=Home(),
    )


def sure_to_stop(words: Words, monthly_id: str) -> Screen:
    text = words.text("Stop this donor's monthly gift? Nothing more will be charged, and the donor is told.")
    yes = Button(words.label("Yes, stop it"), StopForDonor("yes", monthly_id), style="danger")
    return Screen(text, rows(yes, Button(words.label("No, keep it"), Home())))


def stopped(words: Words, *, is_over: bool) -> Screen:
    text = (
        words.text("The monthly gift is stopped; the donor is told.")
        if is_over
        else words.text("The monthly gift is being stopped; Stripe is slow to answer.")
    )
    return Screen(text, rows(Button(words.label("All campaigns"), Home())), awaiting=Home())
