"""Proofs for anybody: a donor's own gift in the public ledger, and whether a scanned paper is ours. Says nobody's identity."""

from msgspec import Struct
from msgspec.structs import replace

from bot.actions import CODE
from bot.ledger import LedgerRow, line
from bot.model import Campaign, Donation, Donor, Receipt
from bot.money import Money
from bot.papers.printing import printed
from bot.services import Services
from bot.store import campaigns, donations, ledger, papers, refunds
from bot.store.papers import Numbered
from bot.store.sql import Tx

# A row is about 280 bytes: half a megabyte is what people still like to open on a phone, and read in 10 ms here.
SMALL = 2000


class Proof(Struct, frozen=True):
    """One gift in the ledger. `file` is the whole ledger where `is_whole`, else the gift's rows alone."""

    donation: Donation
    rows: tuple[LedgerRow, ...]
    head: tuple[int, str]
    file: bytes
    is_whole: bool


class Genuine(Struct, frozen=True):
    """A paper that is ours. `refunded` is what went back of its gift by now; `row` is the gift's in the ledger."""

    paper: Receipt
    is_void: bool
    donation: Donation
    campaign: Campaign
    refunded: Money
    row: LedgerRow


async def own(services: Services, donor: Donor, asked: str, small: int = SMALL) -> Proof | None:
    """The proof of one's own gift by reference or paper number, or of the newest. None: no such gift, or not in the books."""
    found = await services.db.read(lambda tx: _own(tx, donor, asked.lower(), small))
    return None if found is None else replace(found[0], file=await printed(_file, found[1]))


def _own(tx: Tx, donor: Donor, asked: str, small: int) -> tuple[Proof, list[LedgerRow]] | None:
    """The proof without its file, and the rows that go into it."""
    donation = donations.get(tx, _reference(tx, donor, asked))
    rows = ledger.of_donation(tx, donation.id) if donation and donation.donor_id == donor.id else []
    if donation is None or not rows:
        return None
    head = ledger.head(tx)
    is_whole = head[0] <= small
    shown = list(ledger.all_rows(tx)) if is_whole else rows
    return Proof(donation, tuple(rows), head, b"", is_whole), shown


def _file(rows: list[LedgerRow]) -> bytes:
    return "".join(f"{line(row)}\n" for row in rows).encode("ascii")


def _reference(tx: Tx, donor: Donor, asked: str) -> str:
    if not asked:
        return papers.latest(tx, donor.id) or ""
    year, _, number = asked.partition("-")
    if year.isdecimal() and number.isdecimal() and len(asked) <= 18:
        found = papers.find(tx, int(year), int(number))
        return found.donation_id if found else ""
    return asked


async def scan(services: Services, code: str, year: int, number: int) -> Genuine | None:
    """The paper that a QR code names. `code` must be the hash of its gift's row, so that numbers alone open nothing."""
    if len(code) != CODE:
        return None
    return await services.db.read(lambda tx: _scan(tx, code, year, number))


def _scan(tx: Tx, code: str, year: int, number: int) -> Genuine | None:
    row = papers.gift_by_hash(tx, code)
    donation = donations.get(tx, row.donation) if row else None
    campaign = campaigns.get(tx, donation.campaign_id) if donation else None
    if row is None or donation is None or campaign is None:
        return None
    found = _numbered(tx, donation.id, year, number)
    if found is None:
        return None
    return Genuine(found.paper, found.is_void, donation, campaign, _refunded(tx, donation), row)


def _numbered(tx: Tx, donation_id: str, year: int, number: int) -> Numbered | None:
    some = papers.of_donation(tx, donation_id)
    return next((one for one in some if (one.paper.year, one.paper.number) == (year, number)), None)


def _refunded(tx: Tx, donation: Donation) -> Money:
    payment = donations.payment_for(tx, donation.id)
    gone = refunds.of_payment(tx, payment.payment_intent) if payment and payment.payment_intent else []
    return Money(sum(one.money.minor for one in gone if one.counts), donation.money.currency)
