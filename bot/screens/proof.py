"""Proofs: one's own gift in the public ledger, and the answer to whoever scans a paper."""

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.actions import CODE, Help, Home, MyGifts, Scan
from bot.i18n import Words
from bot.ledger import LedgerRow
from bot.model import Campaign, Donation, DonationState, Receipt, ReceiptKind
from bot.money import Money
from bot.screens.base import Button, Document, Screen, lines, paragraphs, rows
from bot.screens.paperwork import name_of
from bot.screens.reports import kind_names

_MOST = 4


def own(
    words: Words,
    donation: Donation,
    booked: Sequence[LedgerRow],
    head: tuple[int, str],
    file: bytes,
    *,
    is_whole: bool,
) -> Screen:
    """The gift's rows, its hash, the ledger's head, and how anybody checks it; `head` is number and hash."""
    reference = donation.id.upper()
    more = len(booked) - _MOST
    text = paragraphs(
        words.text("<b>Your gift {reference} in the public ledger</b>", reference=reference),
        lines(
            *(_row(words, row) for row in booked[:_MOST]),
            words.text("More rows: {n}", n=more) if more > 0 else None,
        ),
        lines(words.text("Its hash:"), f"<code>{booked[0].hash}</code>"),
        lines(words.text("The ledger’s newest row, {seq}:", seq=str(head[0])), f"<code>{head[1]}</code>"),
        _how(words, reference, is_whole=is_whole),
    )
    name = "ledger.jsonl" if is_whole else f"gift-{reference}.jsonl"
    return Screen(text, document=Document(name, file), stays=True)


def _row(words: Words, row: LedgerRow) -> str:
    return words.text(
        "Row {seq}, {date}: {kind}, {amount}",
        seq=str(row.seq),
        date=words.date(datetime.fromtimestamp(row.at, UTC)),
        kind=kind_names(words).get(row.kind, row.kind),
        amount=words.exact(Money(row.amount_minor, row.currency)),
    )


def _how(words: Words, reference: str, *, is_whole: bool) -> str:
    file = (
        words.text("The file is the whole ledger, without anybody’s identity.")
        if is_whole
        else words.text("The file holds your gift’s rows; find the same lines in the published ledger.")
    )
    check = words.text(
        "Each hash covers the row before it, so no row can be changed unseen. To check: <code>{command}</code>",
        command=f"entraide verify ledger.jsonl --gift {reference}",
    )
    return lines(file, check)


def unknown(words: Words) -> Screen:
    """No such gift of theirs is in the books."""
    text = words.text("We find no received gift of yours under this reference.")
    home = (Button(words.label("My gifts"), MyGifts()), Button(words.label("All campaigns"), Home()))
    return Screen(text, rows(home), awaiting=Home())


def genuine(
    words: Words,
    paper: Receipt,
    donation: Donation,
    campaign: Campaign,
    refunded: Money,
    row: LedgerRow,
    *,
    is_void: bool,
) -> Screen:
    """What anybody may know of a paper: that it is ours, its sum, its date, and how the gift stands now."""
    is_credit = paper.kind is ReceiptKind.CREDIT
    again = Scan(row.hash[:CODE], paper.year, paper.number)
    title = campaign.text(words.language).title
    money = paper.money if is_credit else donation.total
    moment = paper.made_at if is_credit else donation.settled_at or paper.made_at
    said = (
        words.text("{amount} given back of a gift to {title}", amount=words.exact(money), title=title)
        if is_credit
        else words.text("{amount} for {title}", amount=words.exact(money), title=title)
    )
    text = paragraphs(
        words.text("✅ This paper is genuine."),
        lines(
            f"<b>{words.name(name_of(words, paper))}</b>",
            said,
            words.text("Date: {date}", date=words.date(moment)),
            words.text("The gift now: {state}", state=_state(words, donation.state)),
            words.text("Given back until now: {amount}", amount=words.exact(refunded))
            if not refunded.is_zero
            else None,
            words.text("⚠️ This credit note is void: its refund failed afterwards.") if is_void else None,
        ),
        words.text("Compare these with the paper. In the public ledger it is row {seq}.", seq=str(row.seq)),
    )
    return Screen(text, rows(Button(words.label("All campaigns"), Home())), awaiting=again)


def _state(words: Words, value: DonationState) -> str:
    """How a gift stands, for somebody who need not be its donor."""
    match value:
        case DonationState.REFUNDED:
            return words.label("given back")
        case DonationState.PARTLY_REFUNDED:
            return words.label("received, a part given back")
        case DonationState.CHARGED_BACK:
            return words.label("taken back by a bank")
        case DonationState.DISPUTED:
            return words.label("received, being clarified with a bank")
        case _:
            return words.label("received")


def not_ours(words: Words) -> Screen:
    """A code that opens nothing: misread, or not ours. Nobody is accused."""
    text = paragraphs(
        words.text("We find no paper with this code."),
        words.text(
            "Perhaps it was not read whole: please scan it once more. If it stays so, ask us under Help before you rely on it."
        ),
    )
    buttons = (Button(words.label("Help"), Help()), Button(words.label("All campaigns"), Home()))
    return Screen(text, rows(buttons), awaiting=Home())
