"""What staff see of pledges: the list, one with its facts, and the second taps. A donor is a code, never a name."""

from collections.abc import Sequence

from bot.actions import Home, MatchPledge, Pledges, ShowGift, UnmatchPledge
from bot.i18n import Words
from bot.model import Campaign, Donation, Pledge, PledgeState
from bot.money import Money
from bot.references import shown
from bot.screens.base import Button, Screen, lines, paragraphs, rows

PAGE = 6
Known = tuple[Pledge, Campaign]


def code(donor_id: int) -> str:
    """How staff know a donor."""
    return f"D{donor_id}"


def listed(words: Words, found: Sequence[Known], page: int, count: int) -> Screen:
    """Open pledges, said to be paid first."""
    if not found:
        text = paragraphs(words.text("No promise is open."), _usage(words))
        return Screen(text, rows(_home(words)), awaiting=Home())
    title = words.plural("<b>{n} open promise</b>", "<b>{n} open promises</b>", count)
    items = [item(words, one, campaign) for one, campaign in found]
    newer = (Button(words.label("Previous"), Pledges(page - 1)),) if page > 1 else ()
    older = (Button(words.label("Next"), Pledges(page + 1)),) if page * PAGE < count else ()
    return Screen(
        paragraphs(title, *items, _usage(words)),
        rows(*_chunks(_choices(words, found)), newer + older, _home(words)),
        awaiting=Pledges(page),
    )


def of_amount(words: Words, found: Sequence[Known], money: Money) -> Screen:
    """Open pledges of exactly this sum."""
    if not found:
        text = words.text("No open promise is of exactly {amount}.", amount=money)
        return Screen(text, rows(_all(words)), awaiting=Pledges())
    items = [item(words, one, campaign) for one, campaign in found]
    text = paragraphs(words.text("Open promises of {amount}:", amount=money), *items)
    return Screen(text, rows(*_chunks(_choices(words, found)), _all(words)), awaiting=Pledges())


def wrong(words: Words, reference: str, found: Sequence[Known]) -> Screen:
    """A reference with a slip in it; `found` are those that may be meant."""
    text = paragraphs(
        words.text(
            "{reference} is no reference of ours: a letter is wrong, missing or swapped.", reference=reference
        ),
        words.text("Is it one of these?") if found else words.text("Nothing near it was promised either."),
        *(item(words, one, campaign) for one, campaign in found),
    )
    return Screen(text, rows(*_chunks(_choices(words, found)), _all(words)), awaiting=Pledges())


def unknown(words: Words, reference: str) -> Screen:
    """Well written, but nobody was given it."""
    text = words.text("{reference} is well written, but nobody was given it.", reference=reference)
    return Screen(text, rows(_all(words)), awaiting=Pledges())


def other_currency(words: Words, one: Pledge) -> Screen:
    text = words.text(
        "{reference} was promised in {currency}. Write the amount that arrived in this currency.",
        reference=shown(one.id),
        currency=one.money.currency,
    )
    return Screen(text, rows(_all(words)), awaiting=Pledges())


def usage(words: Words) -> Screen:
    return Screen(_usage(words), rows(_all(words)), awaiting=Pledges())


def _usage(words: Words) -> str:
    return words.text(
        "Write <code>/pledges K4-27P</code>, or <code>/pledges K4-27P 180</code> if another amount arrived, or "
        "<code>/pledges 200 MAD</code> to search by amount."
    )


def item(words: Words, one: Pledge, campaign: Campaign) -> str:
    """Two lines about one pledge."""
    return lines(
        words.text(
            "<b>{reference}</b> · {amount} · {title}",
            reference=shown(one.id),
            amount=one.money,
            title=campaign.text(words.language).title,
        ),
        words.text(
            "{state} · {date} · donor {code}",
            state=state(words, one.state),
            date=words.date(one.created_at),
            code=code(one.donor_id),
        ),
    )


def state(words: Words, value: PledgeState) -> str:
    match value:
        case PledgeState.PROMISED:
            return words.label("promised")
        case PledgeState.SAID_PAID:
            return words.label("said to be paid")
        case PledgeState.MATCHED:
            return words.label("received")
        case PledgeState.CANCELED:
            return words.label("canceled by the donor")


def _choices(words: Words, found: Sequence[Known]) -> list[Button]:
    return [
        Button(
            words.label("{reference} · {amount}", reference=shown(one.id), amount=one.money),
            MatchPledge("no", 0, one.id),
        )
        for one, _ in found
    ]


def _chunks(buttons: list[Button]) -> list[tuple[Button, ...]]:
    return [tuple(buttons[at : at + 2]) for at in range(0, len(buttons), 2)]


def pledge(words: Words, one: Pledge, campaign: Campaign, received: Money) -> Screen:
    """One pledge; the tap that follows says that `received` arrived for it."""
    if one.state is PledgeState.MATCHED:
        return matched(words, one, campaign)
    differs = (
        words.text("Another amount arrived: <b>{amount}</b>.", amount=received)
        if received != one.money
        else None
    )
    text = paragraphs(
        item(words, one, campaign),
        differs,
        words.text(
            "Has <b>{amount}</b> arrived with this reference? Then it becomes a gift, and the donor is thanked.",
            amount=received,
        ),
        words.text(
            "If another amount arrived, write <code>/pledges {reference} 180</code>.", reference=shown(one.id)
        ),
    )
    yes = Button(
        words.label("Yes, {amount} arrived", amount=received),
        MatchPledge("yes", received.minor, one.id),
        style="success",
    )
    return Screen(text, rows(yes, _all(words)), awaiting=MatchPledge("no", received.minor, one.id))


def matched(words: Words, one: Pledge, campaign: Campaign) -> Screen:
    """A gift already."""
    text = paragraphs(
        item(words, one, campaign),
        words.text(
            "✅ Received on {date}, matched by {code}. Gift {reference}.",
            date=words.date(one.settled_at or one.created_at),
            code=one.matched_by or "–",
            reference=(one.donation_id or "").upper(),
        ),
    )
    return Screen(
        text, rows(_correct(words, one), _all(words)), awaiting=MatchPledge("no", one.money.minor, one.id)
    )


def _correct(words: Words, one: Pledge) -> Button:
    return Button(words.label("Take it out again"), UnmatchPledge("ask", one.id))


def sure_to_unmatch(words: Words, one: Pledge, campaign: Campaign, received: Money) -> Screen:
    """The last tap before a correction."""
    text = paragraphs(
        item(words, one, campaign),
        words.text(
            "Why is {amount} taken out again? The books get a correction, a credit note is issued and the donor is told. "
            "After a mistake the promise waits again.",
            amount=received,
        ),
    )
    mistake = Button(words.label("It had not arrived"), UnmatchPledge("mistake", one.id), style="danger")
    back = Button(words.label("We paid it back"), UnmatchPledge("back", one.id), style="danger")
    no = Button(words.label("No, keep it"), MatchPledge("no", 0, one.id))
    return Screen(text, rows(mistake, back, no), awaiting=MatchPledge("no", 0, one.id))


def said_paid(words: Words, one: Pledge, campaign: Campaign) -> Screen:
    """For staff, a message of its own: a donor says that money is on its way."""
    text = paragraphs(
        words.text("A donor says that a promise is paid. Please look for it at your bank:"),
        item(words, one, campaign),
    )
    return Screen(text, rows(Button(words.label("Look at it"), MatchPledge("no", 0, one.id))), stays=True)


def gift(words: Words, donation: Donation, one: Pledge, campaign: Campaign) -> Screen:
    """Why this gift cannot be given back here, and what can be done."""
    text = paragraphs(
        words.text("Gift <b>{reference}</b>", reference=donation.id.upper()),
        item(words, one, campaign),
        words.text(
            "This money came outside Stripe, so Stripe cannot give it back. If it was matched by mistake, or once you have "
            "paid it back from your bank, take it out again here."
        ),
    )
    correct = _correct(words, one) if one.donation_id == donation.id else None
    return Screen(text, rows(correct, _all(words)), awaiting=ShowGift(donation.id))


def _all(words: Words) -> Button:
    return Button(words.label("All open promises"), Pledges())


def _home(words: Words) -> Button:
    return Button(words.label("All campaigns"), Home())
