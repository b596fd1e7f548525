"""What the chat says when a paper is handed out, or when there is none to hand out."""

from collections.abc import Iterable
from datetime import datetime

from bot.actions import GetPaper, GetReceipt, GetStatement, Home, MyGifts, VerifyGift
from bot.i18n import Words
from bot.model import Donation, Receipt, ReceiptKind
from bot.periods import Period
from bot.screens.base import Button, Document, Screen, paragraphs, rows
from bot.screens.sheet import days

_FILES = {ReceiptKind.RECEIPT: "receipt", ReceiptKind.CREDIT: "credit-note"}
_MOST = 6


def papers_of(words: Words, donation: Donation) -> tuple[Button, ...]:
    """A received gift's receipt and its proof."""
    return (
        Button(words.label("Receipt (PDF)"), GetReceipt(donation.id)),
        Button(words.label("Verify my gift"), VerifyGift(donation.id)),
    )


def paper(
    words: Words, one: Receipt, donation: Donation, content: bytes, others: Iterable[Receipt]
) -> Screen:
    """The receipt or credit note itself; `others` are the gift's other papers, one tap away."""
    buttons = [Button(name_of(words, other), GetPaper(other.year, other.number)) for other in others]
    text = paragraphs(
        f"<b>{words.name(name_of(words, one))}</b>",
        words.text("Reference: {reference}", reference=donation.id.upper()),
    )
    file = Document(f"{_FILES[one.kind]}-{one.name}.pdf", content)
    return Screen(text, rows(*buttons[-_MOST:]), document=file, stays=True)


def name_of(words: Words, one: Receipt) -> str:
    """What the paper is called, with its number."""
    if one.kind is ReceiptKind.CREDIT:
        return words.label("Credit note {number}", number=one.name)
    return words.label("Receipt {number}", number=one.name)


def no_receipt(words: Words, asked: str) -> Screen:
    """`asked` is what the donor named, or empty."""
    text = (
        words.text("No paid gift of yours has this number: {asked}", asked=asked[:30])
        if asked
        else words.text("You have no receipt yet: one is made as soon as a gift of yours arrives.")
    )
    return _sorry(words, text)


def no_credit_note(words: Words) -> Screen:
    text = words.text(
        "The credit note is made when the money has really left us; that takes a few days at most."
    )
    return _sorry(words, text)


def statement(words: Words, period: Period, content: bytes, years: Iterable[int]) -> Screen:
    """The statement itself; other `years` are one tap away."""
    text = words.text("<b>Your gifts</b>") + "\n" + words.name(_span(words, period))
    name = f"{period.first.year}" if period.is_year else f"{period.first}-{period.last}"
    others = [one for one in years if not period.is_year or one != period.first.year]
    file = Document(f"statement-{name}.pdf", content)
    return Screen(text, rows(_years(others)), document=file, stays=True)


def no_statement(words: Words, period: Period, years: Iterable[int]) -> Screen:
    found = list(years)
    text = paragraphs(
        words.text("No gift of yours arrived in this time: {period}", period=_span(words, period)),
        words.text("These years have one:") if found else None,
    )
    home = (Button(words.label("My gifts"), MyGifts()), Button(words.label("All campaigns"), Home()))
    return Screen(text, rows(_years(found), home), awaiting=Home())


def _span(words: Words, period: Period) -> str:
    return str(period.first.year) if period.is_year else days(words, period.first, period.last)


def _years(years: list[int]) -> tuple[Button, ...]:
    return tuple(Button(str(year), GetStatement(year)) for year in years[:_MOST])


def how_to_ask(words: Words) -> Screen:
    text = words.text(
        "Write /statement and a year, or two days: <code>{year}</code> or <code>{days}</code>",
        year="/statement 2026",
        days="/statement 2026-03-01 2026-05-31",
    )
    return _sorry(words, text)


def _sorry(words: Words, text: str) -> Screen:
    home = (Button(words.label("My gifts"), MyGifts()), Button(words.label("All campaigns"), Home()))
    return Screen(text, rows(home), awaiting=Home())


def evidence(words: Words, donation: Donation, due: datetime | None, content: bytes) -> Screen:
    """For staff, when a dispute opens: the pack that answers it."""
    reference = donation.id.upper()
    text = paragraphs(
        words.text("Evidence on the contested gift {reference}.", reference=reference),
        words.text("Look through it and upload it in Stripe by {date}.", date=words.date(due))
        if due
        else words.text("Look through it and upload it in Stripe."),
    )
    return Screen(text, document=Document(f"evidence-{reference}.pdf", content), stays=True)
