"""What a donor reads who meets a cap or a freeze, and what staff read of alarms and before they freeze."""

from datetime import datetime

from bot.actions import Bridge, Check, Freeze, Home, Promise, Unfreeze
from bot.errors import CheckoutPaused, Pause
from bot.i18n import Words
from bot.screens.base import Button, Screen, paragraphs, rows
from bot.screens.watching import runbook


def paused(words: Words, error: CheckoutPaused) -> Screen:
    """Kind and exact: nothing was charged, when it goes on, and what can be done meanwhile."""
    money, code = error.money, error.money.currency.lower()
    text = paragraphs(_why(words, error), words.text("Nothing was charged."), _when(words, error.until))
    known = (
        Button(
            words.label("Open my page for {amount}", amount=error.known_money),
            Bridge(error.known_id),
            style="success",
        )
        if error.known_id and error.known_money
        else None
    )
    label = words.label("Pay in Morocco") if money.currency == "MAD" else words.label("Pay by transfer")
    other = Button(label, Promise(error.campaign_id, money.minor, code)) if error.has_ways else None
    home = Button(words.label("All campaigns"), Home())
    return Screen(text, rows(known, other, home), awaiting=Check(error.campaign_id, money.minor, code))


def _why(words: Words, error: CheckoutPaused) -> str:
    match error.why:
        case Pause.DONOR:
            return words.plural(
                "You have opened {n} payment page within an hour. To protect everybody's cards from misuse we make a short "
                "pause.",
                "You have opened {n} payment pages within an hour. To protect everybody's cards from misuse we make a "
                "short pause.",
                error.most,
            )
        case Pause.DECLINES:
            return words.plural(
                "A card was refused {n} time within an hour. To protect everybody's cards from misuse we make a short "
                "pause; your bank can tell you why it refuses.",
                "Cards were refused {n} times within an hour. To protect everybody's cards from misuse we make a short "
                "pause; your bank can tell you why it refuses.",
                error.most,
            )
        case Pause.ALL:
            return words.text(
                "Very many people are giving at this moment, so that no new page can be opened."
            )
        case Pause.FROZEN:
            return words.text("Card payments rest for a moment while we check something.")


def _when(words: Words, until: datetime | None) -> str:
    if until is None:
        return words.text("Please try again a little later.")
    return words.text("You can try again from {time} on.", time=words.time(until))


def alarm(words: Words, payload: str) -> Screen:
    """For staff, a message of its own. `payload`: what happened, the donor's number or 0, and the cap that was met."""
    what, donor, most = (*payload.split("."), "0", "0")[:3]
    freeze = None if what in ("frozen", "unfrozen") else Button(words.label("Freeze payments"), Freeze("no"))
    text = runbook(words, _alarm(words, what, f"D{donor}", int(most)), what)
    return Screen(text, rows(freeze), stays=True)


def _alarm(words: Words, what: str, code: str, most: int) -> str:
    match what:
        case "donor_opened":
            return words.text(
                "⚠️ Donor {code} opened {most} payment pages within an hour and was paused.",
                code=code,
                most=most,
            )
        case "donor_declined":
            return words.text(
                "⚠️ Donor {code} had {most} cards refused within an hour and was paused. It may be card testing.",
                code=code,
                most=most,
            )
        case "all_declined":
            return words.text(
                "⚠️ {most} cards were refused within an hour, over all donors. It may be card testing.",
                most=most,
            )
        case "all_open":
            return words.text("⚠️ {most} payment pages are open: no more are opened now.", most=most)
        case "all_opened":
            return words.text(
                "⚠️ {most} payment pages were opened within an hour: no more are opened now.", most=most
            )
        case "frozen":
            return words.text("⛔ {code} froze card payments. /unfreeze opens them again.", code=code)
        case _:
            return words.text("{code} opened card payments again.", code=code)


def banner(words: Words, since: datetime, by: str) -> str:
    """Above staff's screens while no page is opened."""
    return words.text(
        "⛔ Card payments are frozen since {time} ({date}) by {code}. /unfreeze opens them again.",
        time=words.time(since),
        date=words.date(since),
        code=by,
    )


def sure(words: Words, open_pages: int, opened: int, declined: int, note: str | None) -> Screen:
    """Before the freeze, or while it lasts; `note` is the banner then."""
    figures = words.text(
        "Within the last hour: {opened} pages opened, {declined} cards refused. Open now: {open}.",
        opened=opened,
        declined=declined,
        open=open_pages,
    )
    if note:
        text = paragraphs(note, figures, words.text("Open card payments again?"))
        yes = Button(words.label("Yes, open them again"), Unfreeze("yes"), style="success")
        return Screen(text, rows(yes, _home(words)), awaiting=Unfreeze("no"))
    text = paragraphs(
        words.text("<b>Freeze card payments?</b>"),
        figures,
        words.text(
            "No new payment page is opened then. Pages that are open can still be paid and will be thanked for, and donors "
            "are offered to pay outside Stripe."
        ),
    )
    yes = Button(words.label("Yes, freeze them"), Freeze("yes"), style="danger")
    return Screen(text, rows(yes, _home(words)), awaiting=Freeze("no"))


def _home(words: Words) -> Button:
    return Button(words.label("All campaigns"), Home())
