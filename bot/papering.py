"""Receipts and credit notes of the donor's own gifts: facts from the store, printed off the event loop."""

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from bot.actions import CODE, scan_link
from bot.i18n import Words
from bot.ledger import EntryKind, LedgerRow
from bot.model import Campaign, Donation, Donor, ReceiptKind
from bot.model import Receipt as Paper
from bot.money import Money
from bot.papers import facts
from bot.papers.printing import printed, render_credit_note, render_receipt
from bot.services import Services
from bot.store import campaigns, donations, papers
from bot.store.papers import Numbered
from bot.store.sql import Tx


class Printed(Struct, frozen=True):
    """One paper of a gift as PDF; `others` are the gift's other papers, oldest first."""

    paper: Paper
    donation: Donation
    content: bytes
    others: tuple[Paper, ...]


class Gift(Struct, frozen=True):
    """What is read of a gift to print any paper of it; `row` is its place in the ledger."""

    donation: Donation
    campaign: Campaign
    papers: list[Numbered]
    row: LedgerRow | None


async def paper(services: Services, donor: Donor, words: Words, asked: str) -> Printed | None:
    """A paper of one's own gift: `asked` is a paper's number, a gift's reference, or empty for the newest receipt.

    None where there is none, or it is somebody else's.
    """
    place = _place(asked)

    def choose(some: Sequence[Numbered]) -> Numbered | None:
        return next((one for one in some if (one.paper.year, one.paper.number) == place), None)

    return await _print(services, words, lambda tx: _named(tx, donor, asked), choose if place else receipt_in)


async def credit_note(services: Services, donor: Donor, words: Words, donation_id: str) -> Printed | None:
    """The newest credit note of one's own gift."""
    return await _print(services, words, lambda tx: _own(tx, donor, donation_id), _newest_credit_note)


def receipt_in(some: Sequence[Numbered]) -> Numbered | None:
    """The receipt among a gift's papers."""
    return next((one for one in some if one.paper.kind is ReceiptKind.RECEIPT), None)


def _newest_credit_note(some: Sequence[Numbered]) -> Numbered | None:
    return next((one for one in reversed(some) if one.paper.kind is ReceiptKind.CREDIT), None)


async def _print(
    services: Services,
    words: Words,
    find: Callable[[Tx], Gift | None],
    choose: Callable[[Sequence[Numbered]], Numbered | None],
) -> Printed | None:
    gift = await services.db.read(find)
    chosen = choose(gift.papers) if gift else None
    if gift is None or chosen is None:
        return None
    if chosen.paper.kind is ReceiptKind.RECEIPT:
        content = await printed(render_receipt, words, _receipt(services, words, gift, chosen.paper))
    else:
        content = await printed(render_credit_note, words, _credit_note(services, words, gift, chosen))
    others = tuple(one.paper for one in gift.papers if one is not chosen)
    return Printed(chosen.paper, gift.donation, content, others)


def _named(tx: Tx, donor: Donor, asked: str) -> Gift | None:
    if not asked:
        return _own(tx, donor, papers.latest(tx, donor.id) or "")
    if place := _place(asked):
        found = papers.find(tx, *place)
        return _own(tx, donor, found.donation_id) if found else None
    return _own(tx, donor, asked.lower())


def _place(asked: str) -> tuple[int, int] | None:
    """The year and the number in `2026-000123`, in any digits."""
    year, _, number = asked.partition("-")
    is_number = all(part.isdecimal() and len(part) <= 9 for part in (year, number))
    return (int(year), int(number)) if is_number else None


def _own(tx: Tx, donor: Donor, donation_id: str) -> Gift | None:
    """None for what is somebody else's, as for what does not exist."""
    donation = donations.get(tx, donation_id)
    return gift_of(tx, donation) if donation and donation.donor_id == donor.id else None


def gift_of(tx: Tx, donation: Donation) -> Gift | None:
    """What any paper about this gift is printed from."""
    campaign = campaigns.get(tx, donation.campaign_id)
    if campaign is None:
        return None
    return Gift(donation, campaign, papers.of_donation(tx, donation.id), papers.gift_row(tx, donation.id))


def _receipt(services: Services, words: Words, gift: Gift, paper: Paper) -> facts.Receipt:
    donation = gift.donation
    return facts.Receipt(
        number=paper.name,
        reference=donation.id.upper(),
        campaign=gift.campaign.text(words.language).title,
        issuer=issuer_of(services, words, [gift.campaign]),
        gift=donation.money,
        cover=donation.cover if donation.cover_minor else None,
        paid_at=donation.settled_at or paper.made_at,
        descriptor=descriptor_of(services, gift),
        verify_url=_verify_url(services, gift, paper),
    )


def _credit_note(services: Services, words: Words, gift: Gift, note: Numbered) -> facts.CreditNote:
    currency, receipt = gift.donation.money.currency, receipt_in(gift.papers)
    before = sum(one.paper.money.minor for one in _notes_before(gift.papers, note))
    return facts.CreditNote(
        number=note.paper.name,
        receipt_number=receipt.paper.name if receipt else "",
        reference=gift.donation.id.upper(),
        campaign=gift.campaign.text(words.language).title,
        issuer=issuer_of(services, words, [gift.campaign]),
        paid=gift.donation.total,
        refunded=note.paper.money,
        before=Money(before, currency) if before else None,
        refunded_at=note.paper.made_at,
        descriptor=descriptor_of(services, gift),
        verify_url=_verify_url(services, gift, note.paper),
        is_void=note.is_void,
    )


def _notes_before(some: Iterable[Numbered], note: Numbered) -> list[Numbered]:
    """Earlier credit notes whose money has really gone."""
    place = (note.paper.year, note.paper.number)
    return [
        one
        for one in some
        if one.paper.kind is ReceiptKind.CREDIT
        and not one.is_void
        and (one.paper.year, one.paper.number) < place
    ]


def issuer_of(services: Services, words: Words, some: Sequence[Campaign]) -> facts.Issuer:
    """The authorisation stands on the paper where all its campaigns share it."""
    numbers = {campaign.authorisation for campaign in some}
    operator = some[0].appeal.operator if some else ""
    note = services.settings.tax_note_in(words.language)
    return facts.Issuer(operator, numbers.pop() if len(numbers) == 1 else "", note)


def descriptor_of(services: Services, gift: Gift) -> str:
    """What the card statement shows; a gift outside Stripe is on none."""
    is_outside = gift.row is not None and gift.row.kind == EntryKind.PLEDGE
    return "" if is_outside else services.settings.statement_descriptor


def _verify_url(services: Services, gift: Gift, paper: Paper) -> str:
    if gift.row is None:
        return ""
    return f"{services.chat_url}?start={scan_link(gift.row.hash[:CODE], paper.year, paper.number)}"
