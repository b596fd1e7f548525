"""What donors and staff read when something is wrong: what happened, whether money moved, and what to tap next."""

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.actions import ChooseAmount, Home, Languages, MyGifts
from bot.errors import (
    CampaignNotOpen,
    CheckoutPaused,
    CurrencyNotTaken,
    EntraideError,
    GiftTooLarge,
    GiftTooSmall,
    NoWays,
    PaymentsLocked,
    PaymentsRefused,
    TermNotPossible,
    TooManyPledges,
    TooManyQuestions,
    UndoTooLate,
)
from bot.i18n import Words
from bot.model import Campaign
from bot.screens import back, guard, helpdesk, monthly
from bot.screens.base import Button, Screen, lines, rows
from bot.screens.home import instead, needed_now, next_need, not_open
from bot.screens.watching import runbook


def of(words: Words, error: EntraideError, campaigns: Sequence[Campaign] = ()) -> Screen:
    """The screen for an error that a use case raised; `campaigns` are the open ones."""
    match error:
        case GiftTooSmall() | GiftTooLarge():
            return Screen(
                limit(words, error),
                rows(_another(words, error.campaign_id)),
                awaiting=ChooseAmount(error.campaign_id),
            )
        case CampaignNotOpen(campaign_id=campaign_id):
            return _not_open(words, next_need(campaigns, campaign_id))
        case CurrencyNotTaken(currency=code):
            return _home(words, words.text("This campaign does not take {currency}.", currency=code))
        case NoWays():
            return _home(words, words.text("This campaign can only be paid by card."))
        case TooManyPledges(most=most):
            return Screen(
                words.plural(
                    "You have {n} open promise already. Pay or cancel one first; they are under “My gifts”.",
                    "You have {n} open promises already. Pay or cancel one first; they are under “My gifts”.",
                    most,
                ),
                rows(Button(words.label("My gifts"), MyGifts())),
                awaiting=Home(),
            )
        case TooManyQuestions(most=most):
            return helpdesk.too_many(words, most)
        case CheckoutPaused():
            return guard.paused(words, error)
        case TermNotPossible(campaign_id=campaign_id):
            return Screen(
                monthly.too_short(words),
                rows(_another(words, campaign_id)),
                awaiting=ChooseAmount(campaign_id),
            )
        case UndoTooLate():
            return back.too_late(words)
        case PaymentsLocked():
            return _home(
                words,
                words.text("Gifts are not possible right now; nothing was charged. Please try again later."),
            )
        case PaymentsRefused():
            return _home(
                words,
                words.text("Stripe could not take this gift; nothing was charged. We are looking into it."),
            )
        case _:
            return oops(words)


def _not_open(words: Words, other: Campaign | None) -> Screen:
    """The donor is pointed to the next need."""
    return Screen(
        lines(not_open(words), needed_now(words, other)),
        rows(instead(words, other), Button(words.label("All campaigns"), Home())),
        awaiting=Home(),
    )


def limit(words: Words, error: GiftTooSmall | GiftTooLarge) -> str:
    """The sentence about an amount outside the campaign's limits."""
    if isinstance(error, GiftTooSmall):
        return words.text(
            "The smallest gift here is {limit}; you wrote {amount}.", limit=error.limit, amount=error.money
        )
    return words.text(
        "The largest gift here is {limit}; you wrote {amount}.", limit=error.limit, amount=error.money
    )


def _another(words: Words, campaign_id: int) -> Button:
    return Button(words.label("Another amount"), ChooseAmount(campaign_id))


def _home(words: Words, text: str) -> Screen:
    return Screen(text, rows(Button(words.label("All campaigns"), Home())), awaiting=Home())


def oops(words: Words) -> Screen:
    """Our own fault."""
    return _home(
        words, words.text("Something went wrong on our side. Nothing was charged by it. Please try again.")
    )


def unknown_text(words: Words) -> Screen:
    text = words.text("Write an amount, for example “150” or “20 EUR”, or choose:")
    choose = Button(words.label("All campaigns"), Home()), Button(words.label("Language"), Languages())
    return Screen(text, rows(choose), awaiting=Home())


def not_an_amount(words: Words, reason: str) -> str:
    """The sentence for one `Reason` of the amount reader."""
    match reason:
        case "negative" | "zero":
            return words.text("A gift is more than zero.")
        case "too_large":
            return words.text("This amount is larger than Stripe can take at once.")
        case "too_precise":
            return words.text("This amount has too many decimals.")
        case "several":
            return words.text("You wrote several numbers. Please write one amount.")
        case "currency_not_enabled":
            return words.text("We cannot take this currency.")
        case _:
            return words.text(
                "This is not an amount that we can read. Please write plain digits, for example “150”."
            )


def group(words: Words, link: str) -> Screen:
    """In a group: no gift is shown there, only the way to the private chat."""
    return Screen(
        words.text("Gifts are made in a private chat with me."),
        rows(Button(words.label("Give"), url=link)),
        stays=True,
    )


def alert(words: Words, payload: str, reference: str) -> Screen:
    """For staff. `payload` is the kind of alert, and behind a point the moment that it is about, in Unix seconds."""
    what, _, moment = payload.partition(".")
    due = words.date(datetime.fromtimestamp(int(moment), UTC)) if moment not in ("", "0") else "–"
    return Screen(runbook(words, _alert(words, what, reference, due), what), stays=True)


def _alert(words: Words, what: str, reference: str, due: str) -> str:
    match what:
        case "review":
            return words.text(
                "⚠️ A payment does not match its gift and needs a person: {reference}", reference=reference
            )
        case "late":
            return words.text(
                "A gift was paid after its campaign had closed: {reference}", reference=reference
            )
        case "locked":
            return words.text("⚠️ Stripe refuses our key: no gift can be made. Run “entraide check”.")
        case "refund_failed":
            return words.text(
                "⚠️ A refund failed and the money is back with us: {reference}. Please contact the donor.",
                reference=reference,
            )
        case "refund_refused":
            return words.text(
                "⚠️ Stripe did not make a refund that was asked for: {reference}. Please look at it in Stripe.",
                reference=reference,
            )
        case "dispute":
            return words.text(
                "⚠️ A cardholder contests a payment: {reference}. Evidence is due by {date}.",
                reference=reference,
                date=due,
            )
        case "no_rate":
            return words.text(
                "⚠️ No rate is known for the currency of gift {reference}: such gifts count for no goal until you give "
                "one with /rate.",
                reference=reference,
            )
        case "dispute_won":
            return words.text("A contested payment stays with us: {reference}", reference=reference)
        case "dispute_lost":
            return words.text("A contested payment was lost: {reference}", reference=reference)
        case _:
            return words.text("⚠️ Stripe refused to open a checkout: {reference}", reference=reference)
