"""Money that goes back: the donor's undo, the note of a refund, and how a gift stands after it."""

from bot.actions import GetCreditNote, Home, Look, MyGifts, Undo
from bot.i18n import Words
from bot.model import Campaign, Donation, DonationState
from bot.money import Money
from bot.screens.base import Button, Screen, lines, paragraphs, rows


def sure_to_undo(words: Words, donation: Donation) -> Screen:
    """The first of two taps."""
    text = paragraphs(
        words.text("Take back your gift of <b>{amount}</b>?", amount=donation.total),
        words.text(
            "The money goes back to the card or account that it came from, usually within 5 to 10 days."
        ),
    )
    yes = Button(words.label("Yes, take it back"), Undo("yes", donation.id), style="danger")
    return Screen(
        text, rows(yes, Button(words.label("No, keep it"), Home())), awaiting=Undo("no", donation.id)
    )


def undoing(words: Words, donation: Donation) -> Screen:
    """Asked, but Stripe has not answered yet."""
    text = words.text(
        "We are giving your {amount} back. Stripe is slow to answer; we will write here as soon as it is done. "
        "You need to do nothing more.",
        amount=donation.total,
    )
    return Screen(text, rows(Button(words.label("My gifts"), MyGifts())), awaiting=Undo("no", donation.id))


def too_late(words: Words) -> Screen:
    text = words.text(
        "This gift can no longer be taken back here. Write to us under Help if something is wrong with it."
    )
    return Screen(text, rows(Button(words.label("My gifts"), MyGifts())), awaiting=Home())


def given_back(words: Words, donation: Donation, campaign: Campaign, money: Money) -> Screen:
    """The note of one refund, a message that stays."""
    text = paragraphs(
        words.text(
            "↩️ Refunded: <b>{amount}</b> of your gift to <b>{title}</b>.",
            amount=money,
            title=campaign.text(words.language).title,
        ),
        lines(
            words.text("Your bank usually shows it within 5 to 10 days."),
            words.text("Reference: {reference}", reference=donation.id.upper()),
        ),
    )
    paper = Button(words.label("Credit note (PDF)"), GetCreditNote(donation.id))
    buttons = (Button(words.label("My gifts"), MyGifts()), Button(words.label("All campaigns"), Home()))
    return Screen(text, rows(paper, buttons), stays=True)


def stands(words: Words, donation: Donation) -> Screen:
    """How a gift stands whose money went back or is contested."""
    text = words.text(
        "Your gift of {amount}: {state}. Reference: {reference}",
        amount=donation.money,
        state=state(words, donation.state),
        reference=donation.id.upper(),
    )
    buttons = (
        Button(words.label("My gifts"), MyGifts()),
        Button(words.label("Check now"), Look(donation.id)),
    )
    return Screen(text, rows(buttons), awaiting=Look(donation.id))


def state(words: Words, value: DonationState) -> str:
    match value:
        case DonationState.REFUNDED:
            return words.label("given back")
        case DonationState.PARTLY_REFUNDED:
            return words.label("received, given back in part")
        case DonationState.CHARGED_BACK:
            return words.label("taken back by your bank")
        case _:
            return words.label("received, being clarified with your bank")
