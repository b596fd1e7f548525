"""Pledges as their donor sees them (S10): the reference, the ways to pay, what staff confirmed, and what was corrected."""

import re
from datetime import datetime

from msgspec.structs import replace

from bot.actions import (
    Bridge,
    CancelPledge,
    Home,
    MyGifts,
    Promise,
    RemindPledge,
    SayPaid,
    ShowPledge,
)
from bot.i18n import Words
from bot.model import Campaign, Donation, Pledge, PledgeState
from bot.money import Money
from bot.references import shown
from bot.screens.base import Button, Screen, lines, paragraphs, rows
from bot.screens.home import raised

# An IBAN, a RIB, a telephone number: groups of capitals and digits.
_ACCOUNT = re.compile(r"[+0-9A-Z](?:[0-9A-Z]|[ -](?=[0-9A-Z])){5,}")


def other_way(words: Words, campaign: Campaign | None, money: Money) -> Button | None:
    """The button beside a card payment, where the campaign can be paid outside Stripe."""
    if campaign is None or not campaign.ways:
        return None
    label = words.label("Pay in Morocco") if money.currency == "MAD" else words.label("Pay by transfer")
    return Button(label, Promise(campaign.id, money.minor, money.currency.lower()))


def pledge(
    words: Words,
    one: Pledge,
    campaign: Campaign,
    *,
    is_reminded: bool = False,
    page: Donation | None = None,
    note: str | None = None,
) -> Screen:
    """S10. `page` is the donor's Stripe page that is still open for the same campaign."""
    match one.state:
        case PledgeState.PROMISED | PledgeState.SAID_PAID:
            return _open(words, one, campaign, is_reminded=is_reminded, page=page, note=note)
        case PledgeState.MATCHED:
            text = words.text("✅ Your promise {reference} was received. Thank you!", reference=shown(one.id))
        case PledgeState.CANCELED:
            text = words.text(
                "Your promise {reference} is canceled. If the money is on its way already, we will find it by its reference.",
                reference=shown(one.id),
            )
    buttons = (Button(words.label("My gifts"), MyGifts()), Button(words.label("All campaigns"), Home()))
    return Screen(text, rows(buttons), awaiting=Home())


def _open(
    words: Words,
    one: Pledge,
    campaign: Campaign,
    *,
    is_reminded: bool,
    page: Donation | None,
    note: str | None,
) -> Screen:
    is_said = one.state is PledgeState.SAID_PAID
    text = paragraphs(
        note,
        lines(_what(words, one, campaign), _reference(words, one)),
        written(words, campaign.way(words.language)),
        lines(
            words.text("Please pay exactly {exact} and give the reference.", exact=words.exact(one.money)),
            words.text("You told us that you have paid. We write here when the money arrives.")
            if is_said
            else words.text("We write here when the money arrives; no need to send a screenshot."),
        ),
        _card(words, page),
    )
    copy = Button(words.label("Copy {reference}", reference=shown(one.id)), copy=shown(one.id))
    paid = None if is_said else Button(words.label("I have paid"), SayPaid(one.id), style="success")
    remind = (
        None
        if is_said or is_reminded
        else Button(words.label("Remind me once in 3 days"), RemindPledge(one.id))
    )
    card = Button(words.label("Back to the card"), Bridge(page.id)) if page else None
    drop = Button(words.label("Cancel"), CancelPledge("no", one.id))
    home = Button(words.label("All campaigns"), Home())
    return Screen(text, rows(copy, paid, remind, card, (drop, home)), awaiting=ShowPledge(one.id))


def _what(words: Words, one: Pledge, campaign: Campaign) -> str:
    return words.text(
        "Your promise: <b>{amount}</b> for <b>{title}</b>.",
        amount=one.money,
        title=campaign.text(words.language).title,
    )


def _reference(words: Words, one: Pledge) -> str:
    """The marks of direction stand outside what a tap copies: a bank's form would choke on them."""
    line, reference = words.text("Reference: {reference}", reference=shown(one.id)), shown(one.id)
    return line.replace(reference, f"<code>{reference}</code>")


def written(words: Words, way: str) -> str:
    """What the operator wrote, each line in a direction of its own; a tap on an account number copies it."""
    return "\n".join(_ACCOUNT.sub(_account, words.name(line)) if line else "" for line in way.splitlines())


def _account(found: re.Match[str]) -> str:
    """Left to right also in Arabic, where its groups would change places."""
    number = found.group()
    return f"\u2066<code>{number}</code>\u2069" if sum(map(str.isdigit, number)) >= 6 else number


def _card(words: Words, page: Donation | None) -> str | None:
    if page is None:
        return None
    return words.text(
        "Your Stripe page for {amount} stays open until {time}. Please pay only one of the two.",
        amount=page.money,
        time=words.time(page.expires_at),
    )


def will_remind(words: Words, due: datetime) -> str:
    """The note above the pledge once its donor asked for the reminder."""
    return words.text("We will remind you on {date}, once.", date=words.date(due))


def reminded(words: Words) -> str:
    """The note above the pledge in the reminder itself."""
    return words.text("You asked us to remind you of this promise. We will not ask again.")


def sure_to_cancel(words: Words, one: Pledge) -> Screen:
    """Only where the donor said that the money is on its way."""
    text = words.text(
        "You told us that you have paid <b>{amount}</b>. Cancel the promise {reference} all the same?",
        amount=one.money,
        reference=shown(one.id),
    )
    yes = Button(words.label("Yes, cancel it"), CancelPledge("yes", one.id), style="danger")
    return Screen(
        text,
        rows(yes, Button(words.label("No, keep it"), ShowPledge(one.id))),
        awaiting=ShowPledge(one.id),
    )


def thanks(words: Words, donation: Donation, campaign: Campaign, one: Pledge) -> Screen:
    """S7 for money that came outside Stripe, a message that stays: no card statement, and no undo here."""
    other = (
        words.text("You had promised {amount}.", amount=one.money) if one.money != donation.money else None
    )
    text = paragraphs(
        lines(
            words.text(
                "✅ Received: <b>{amount}</b> for <b>{title}</b>. Thank you!",
                amount=donation.money,
                title=campaign.text(words.language).title,
            ),
            other,
        ),
        raised(words, campaign),
        lines(
            words.text("Reference: {reference}", reference=donation.id.upper()),
            words.text("Your promise: {reference}", reference=shown(one.id)),
        ),
    )
    buttons = (Button(words.label("My gifts"), MyGifts()), Button(words.label("All campaigns"), Home()))
    return Screen(text, rows(buttons), stays=True)


def paid_back(words: Words, campaign: Campaign, one: Pledge, money: Money) -> Screen:
    """The operator returned the money from its bank: a message that stays."""
    text = words.text(
        "↩️ {amount} for <b>{title}</b> were paid back to you from our bank. Your promise {reference} is over.",
        amount=money,
        title=campaign.text(words.language).title,
        reference=shown(one.id),
    )
    buttons = (Button(words.label("My gifts"), MyGifts()), Button(words.label("All campaigns"), Home()))
    return Screen(text, rows(buttons), stays=True)


def corrected(words: Words, campaign: Campaign, one: Pledge, money: Money) -> Screen:
    """Staff had confirmed money that was not this donor's: a message that stays."""
    text = paragraphs(
        words.text(
            "We made a mistake and are sorry: we had confirmed {amount} for <b>{title}</b>, and that money has not arrived.",
            amount=money,
            title=campaign.text(words.language).title,
        ),
        words.text(
            "Your promise {reference} waits again. If you have paid, we keep looking for it; you need to do nothing.",
            reference=shown(one.id),
        ),
    )
    return Screen(text, rows(Button(words.label("Show my promise"), ShowPledge(one.id))), stays=True)


def beside(words: Words, screen: Screen, one: Pledge) -> Screen:
    """The thanks for a card gift, where the same donor also has a promise to the same campaign."""
    note = words.text(
        "You also have an open promise of {amount} ({reference}). If this gift replaces it, cancel it with one tap.",
        amount=one.money,
        reference=shown(one.id),
    )
    drop = Button(
        words.label("Cancel the promise {reference}", reference=shown(one.id)), CancelPledge("no", one.id)
    )
    return replace(screen, text=paragraphs(screen.text, note), rows=(*screen.rows, (drop,)))
