"""What belongs to one donor: their gifts (S11), what is stored of them, and its erasing."""

from collections.abc import Mapping, Sequence

from bot.actions import (
    EraseMine,
    ExportMine,
    GetReceipt,
    GetStatement,
    Home,
    Look,
    MessagesAgain,
    MyGifts,
    Privacy,
    ShowPledge,
    StopMessages,
    VerifyGift,
)
from bot.i18n import Words
from bot.model import RECEIVED, Campaign, Donation, DonationState, MonthlyGift, Pledge, PledgeState
from bot.references import shown
from bot.screens import back, monthly
from bot.screens.base import Button, Document, Screen, paragraphs, rows

PAGE = 5


def gifts(
    words: Words,
    donations: Sequence[Donation],
    campaigns: Mapping[int, Campaign],
    page: int,
    count: int,
    going_on: Sequence[MonthlyGift] = (),
    *,
    promised: Sequence[Pledge] = (),
) -> Screen:
    """One page of the donor's gifts, newest first, below what goes on each month and what they promised.

    `count` is how many gifts there are in all.
    """
    home = Button(words.label("All campaigns"), Home())
    if not donations and not promised:
        return Screen(words.text("You have made no gift here yet."), rows(home), awaiting=MyGifts())
    title = words.text("<b>Your gifts</b>")
    items = [monthly.in_list(words, gift, campaigns[gift.campaign_id]) for gift in going_on]
    items += [_pledge(words, pledge, campaigns[pledge.campaign_id]) for pledge in promised]
    items += [_gift(words, donation, campaigns[donation.campaign_id]) for donation in donations]
    unsettled = [d for d in donations if d.state.is_open or d.state is DonationState.PROCESSING]
    looks = (Button(words.label("Check {amount}", amount=d.money), Look(d.id)) for d in unsettled)
    received = [d for d in donations if d.state in RECEIVED]
    papers = (_papers(words, d.id) for d in received)
    statement = Button(words.label("Statement (PDF)"), GetStatement()) if received else None
    shows = (
        Button(words.label("Promise {reference}", reference=shown(pledge.id)), ShowPledge(pledge.id))
        for pledge in promised
    )
    return Screen(
        paragraphs(title, *items),
        rows(
            *(monthly.list_button(words, gift) for gift in going_on),
            *shows,
            *looks,
            *papers,
            _pages(words, page, count),
            statement,
            home,
        ),
        awaiting=MyGifts(page),
    )


def _papers(words: Words, donation_id: str) -> tuple[Button, ...]:
    """Named by the reference, since two gifts may have the same amount."""
    return (
        Button(words.label("Receipt {number}", number=donation_id.upper()), GetReceipt(donation_id)),
        Button(words.label("Verify"), VerifyGift(donation_id)),
    )


def _gift(words: Words, donation: Donation, campaign: Campaign) -> str:
    head = words.text(
        "{date}: <b>{amount}</b> · {title}",
        date=words.date(donation.created_at),
        amount=donation.money,
        title=campaign.text(words.language).title,
    )
    is_corrected = donation.pledge_id and donation.state is DonationState.CANCELED
    stands = words.text("corrected, no longer counted") if is_corrected else state(words, donation.state)
    return f"{head}\n{stands} · {words.text('Reference: {reference}', reference=donation.id.upper())}"


def _pledge(words: Words, pledge: Pledge, campaign: Campaign) -> str:
    head = words.text(
        "{date}: <b>{amount}</b> · {title}",
        date=words.date(pledge.created_at),
        amount=pledge.money,
        title=campaign.text(words.language).title,
    )
    stands = (
        words.text("promised; you told us that you have paid")
        if pledge.state is PledgeState.SAID_PAID
        else words.text("promised, not received yet")
    )
    return f"{head}\n{stands} · {words.text('Reference: {reference}', reference=shown(pledge.id))}"


def state(words: Words, value: DonationState) -> str:
    """The state of a gift in the donor's words."""
    match value:
        case DonationState.PAID:
            return words.text("✅ received")
        case DonationState.PROCESSING:
            return words.text("⏳ the bank is confirming it")
        case DonationState.CREATING | DonationState.AWAITING:
            return words.text("⏳ waiting for payment")
        case DonationState.EXPIRED:
            return words.text("link expired, nothing charged")
        case DonationState.CANCELED:
            return words.text("canceled, nothing charged")
        case DonationState.FAILED:
            return words.text("did not go through, nothing charged")
        case DonationState.REVIEW:
            return words.text("received, being checked by a person")
        case _:
            return back.state(words, value)


def _pages(words: Words, page: int, count: int) -> tuple[Button, ...]:
    newer = (Button(words.label("Newer"), MyGifts(page - 1)),) if page > 1 else ()
    older = (Button(words.label("Older"), MyGifts(page + 1)),) if page * PAGE < count else ()
    return newer + older


def privacy(words: Words, language: str, currency: str, count: int, *, is_muted: bool = False) -> Screen:
    """What is stored, said in full, and whether our messages are wanted."""
    text = paragraphs(
        words.text("<b>What we keep about you</b>"),
        words.text(
            "Your Telegram number (an id, not your phone), your language ({language}), your currency ({currency}), the "
            "screen in front of you, and where you came from.",
            language=language,
            currency=currency,
        ),
        words.plural(
            "{n} gift: amount, campaign, date and state.",
            "{n} gifts: amount, campaign, date and state.",
            count,
        ),
        words.text("Which of our messages you got, and what you tapped below them."),
        words.text(
            "We keep no name, no phone number, no e-mail address and no card. Stripe keeps what you type on its page."
        ),
        words.text("If you erase this, your gifts stay in the accounts without any link to you."),
    )
    file, gone = (
        Button(words.label("Send me the file"), ExportMine()),
        Button(words.label("Erase"), EraseMine(), style="danger"),
    )
    messages = (
        Button(words.label("Send me messages again"), MessagesAgain())
        if is_muted
        else Button(words.label("Stop all messages"), StopMessages())
    )
    home = Button(words.label("All campaigns"), Home())
    return Screen(text, rows((file, gone), messages, home), awaiting=Privacy())


def export(words: Words, content: bytes) -> Screen:
    """The donor's data as a JSON file."""
    return Screen(
        words.text("Everything we keep about you."), document=Document("entraide.json", content), stays=True
    )


def sure_to_erase(words: Words, promised: int = 0) -> Screen:
    """`promised`: how many open pledges will be canceled with it."""
    text = paragraphs(
        words.text(
            "Erase everything that links you to your gifts? We will not be able to show them to you again."
        ),
        words.plural(
            "Your {n} open promise is canceled with it.",
            "Your {n} open promises are canceled with it.",
            promised,
        )
        if promised
        else None,
    )
    yes = Button(words.label("Yes, erase"), EraseMine("yes"), style="danger")
    return Screen(text, rows(yes, Button(words.label("No, keep it"), Privacy())), awaiting=Privacy())


def cannot_erase_yet(words: Words) -> Screen:
    text = words.text(
        "A payment of yours is still under way, or a monthly gift goes on. Erase again when it is settled, or stop it first."
    )
    return Screen(text, rows(Button(words.label("My gifts"), MyGifts())), awaiting=Privacy())


def erased(words: Words) -> Screen:
    return Screen(words.text("Erased. If you write here again, you start afresh."), stays=True)
