"""What every thanks has: what the fees were, the reference, what the bank will show, and the way back."""

from datetime import datetime

from bot.actions import Undo
from bot.i18n import Words
from bot.model import Donation
from bot.screens.base import Button, lines


def particulars(words: Words, donation: Donation, statement: str) -> str:
    """`statement` is what the card statement will show, or empty."""
    return lines(
        with_fees(words, donation),
        words.text("Reference: {reference}", reference=donation.id.upper()),
        words.text("Your card statement will show {statement}.", statement=statement) if statement else None,
    )


def with_fees(words: Words, donation: Donation) -> str | None:
    """What is charged beside the gift, where the donor added it."""
    if donation.cover.is_zero:
        return None
    return words.text("With {fees} for the fees, {total} in all.", fees=donation.cover, total=donation.total)


def undo(words: Words, donation: Donation, until: datetime | None) -> Button | None:
    """None where the donor may not take the gift back."""
    if until is None:
        return None
    return Button(words.label("Undo (until {time})", time=words.time(until)), Undo("no", donation.id))
