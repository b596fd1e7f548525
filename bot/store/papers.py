"""What papers, proofs and reports read: numbered papers, and the ledger by donor, by code and by period. Writes nothing."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import and_, func, select, text

from bot.ledger import EntryKind, LedgerRow
from bot.model import DeliveryKind, Dispute, Receipt, ReceiptKind
from bot.money import Money
from bot.store import sums
from bot.store.moments import moment
from bot.store.receipts import noun
from bot.store.sql import Row, Statement, Tx, at
from bot.store.sums import Of
from bot.store.tables import campaigns, deliveries, disputes, donations, ledger, payments, receipts, refunds

_GIFTS = (EntryKind.GIFT.value, EntryKind.PLEDGE.value)
_NO_MOVEMENT = [
    kind.value
    for kind in (EntryKind.FEE, EntryKind.DISBURSEMENT, EntryKind.UNMATCHED, EntryKind.UNMATCHED_BACK)
]
_ROW = [ledger.c[name] for name in LedgerRow.__struct_fields__]
_LEDGER_OF_DONOR = (
    select(*_ROW)
    .join(donations, donations.c.id == ledger.c.donation)
    .where(donations.c.donor_id == at("donor_id"), ledger.c.kind.not_in(_NO_MOVEMENT))
    .order_by(ledger.c.seq)
)
_MOVEMENTS = Statement(lambda: _LEDGER_OF_DONOR.where(ledger.c.at >= at("first"), ledger.c.at < at("end")))
_GIFT_MOMENTS = Statement(
    lambda: (
        select(ledger.c.at)
        .join(donations, donations.c.id == ledger.c.donation)
        .where(donations.c.donor_id == at("donor_id"), ledger.c.kind.in_(_GIFTS))
        .order_by(ledger.c.seq)
    )
)
_GIFT_ROW = Statement(
    lambda: (
        select(*_ROW)
        .where(ledger.c.donation == at("donation_id"), ledger.c.kind.in_(_GIFTS))
        .order_by(ledger.c.seq)
        .limit(1)
    )
)
_BY_HASH = Statement(
    lambda: select(*_ROW).where(
        ledger.c.hash >= at("low"), ledger.c.hash < at("high"), ledger.c.kind.in_(_GIFTS)
    )
)
_PAPER = Statement(
    lambda: select(receipts).where(receipts.c.year == at("year"), receipts.c.number == at("number"))
)
_PAPERS = Statement(
    lambda: (
        select(receipts, refunds.c.status)
        .outerjoin(refunds, refunds.c.id == receipts.c.subject)
        .where(receipts.c.donation_id == at("donation_id"))
        .order_by(receipts.c.year, receipts.c.number)
    )
)
_LATEST = Statement(
    lambda: (
        select(receipts.c.donation_id)
        .join(donations, donations.c.id == receipts.c.donation_id)
        .where(donations.c.donor_id == at("donor_id"), receipts.c.kind == ReceiptKind.RECEIPT.value)
        .order_by(receipts.c.made_at.desc(), receipts.c.year.desc(), receipts.c.number.desc())
        .limit(1)
    )
)
_ENTRIES = (
    select(*_ROW)
    .where(
        ledger.c.seq > at("after"),
        ledger.c.seq <= at("newest"),
        ledger.c.at >= at("first"),
        ledger.c.at < at("end"),
    )
    .order_by(ledger.c.seq)
    .limit(at("most"))
)
_ALL_ENTRIES = Statement(lambda: _ENTRIES)
_ENTRIES_OF = Statement(lambda: _ENTRIES.where(ledger.c.campaign == at("slug")))
PAGE = 1000
_CONTESTED = Statement(
    lambda: (
        select(campaigns.c.slug, disputes.c.currency, func.sum(disputes.c.amount_minor))
        .join(
            payments, and_(payments.c.payment_intent == disputes.c.payment_intent, payments.c.is_matched == 1)
        )
        .join(donations, donations.c.id == disputes.c.donation_id)
        .join(campaigns, campaigns.c.id == donations.c.campaign_id)
        # Written out, as the index over them has it.
        .where(text("disputes.status IN ('needs_response', 'under_review')"))
        .group_by(campaigns.c.slug, disputes.c.currency)
        .order_by(campaigns.c.slug, disputes.c.currency)
    )
)
_DISPUTE = Statement(lambda: select(disputes).where(disputes.c.id == at("dispute_id")))
_SENT = Statement(
    lambda: (
        select(deliveries.c.sent_at)
        .where(
            deliveries.c.donation_id == at("donation_id"),
            deliveries.c.kind == at("kind"),
            deliveries.c.sent_at.is_not(None),
        )
        .order_by(deliveries.c.sent_at)
        .limit(1)
    )
)

Sums = dict[tuple[str, str, str], int]
"""Minor units by campaign slug, currency and kind."""


class Numbered(Struct, frozen=True):
    """A numbered paper. `is_void`: its refund failed afterwards, and the money came back."""

    paper: Receipt
    is_void: bool


def of_donation(tx: Tx, donation_id: str) -> list[Numbered]:
    """Oldest first: the receipt, then its credit notes."""
    return [_numbered(row) for row in tx.all(_PAPERS, donation_id=donation_id)]


def _numbered(row: Row) -> Numbered:
    return Numbered(noun(row), row["status"] in ("failed", "canceled"))


def find(tx: Tx, year: int, number: int) -> Receipt | None:
    row = tx.one(_PAPER, year=year, number=number)
    return None if row is None else noun(row)


def latest(tx: Tx, donor_id: int) -> str | None:
    """The donor's gift whose receipt is the newest."""
    return tx.value(_LATEST, donor_id=donor_id)


def gift_row(tx: Tx, donation_id: str) -> LedgerRow | None:
    """The row with which the gift came into the books."""
    row = tx.one(_GIFT_ROW, donation_id=donation_id)
    return None if row is None else LedgerRow(*row)


def gift_by_hash(tx: Tx, code: str) -> LedgerRow | None:
    """The gift whose row's hash begins with `code`, lower-case hexadecimal."""
    found = tx.all(_BY_HASH, low=code, high=code + "g")
    return LedgerRow(*found[0]) if len(found) == 1 else None


def movements(tx: Tx, donor_id: int, first: int, end: int) -> list[LedgerRow]:
    """What moved between the donor and the campaigns from `first` to before `end`, Unix seconds, in order."""
    rows = tx.all(_MOVEMENTS, donor_id=donor_id, first=first, end=end)
    return [LedgerRow(*row) for row in rows]


def gift_moments(tx: Tx, donor_id: int) -> list[datetime]:
    """When each gift of the donor arrived, in the order of the books."""
    return [moment(row[0]) for row in tx.all(_GIFT_MOMENTS, donor_id=donor_id)]


def sums_between(tx: Tx, first: int, end: int) -> Sums:
    """Sums of the ledger's rows from `first` to before `end`, both in Unix seconds."""
    found = sums.between(tx, first, end, Of.LEDGER)
    return {
        (campaign, currency, kind): minor
        for (campaign, currency, kind), minor in sorted(
            ((campaign, currency, kind), minor) for (kind, campaign, currency), (_, minor) in found.items()
        )
    }


def entries_between(tx: Tx, slug: str, bounds: tuple[int, int], after: int, newest: int) -> list[LedgerRow]:
    """At most PAGE of the ledger's rows of one campaign, or of all where `slug` is empty, behind row `after`.

    `bounds` in Unix seconds; rows behind `newest` are left out, so that pages of a growing ledger belong together.
    """
    places = {"first": bounds[0], "end": bounds[1], "after": after, "newest": newest, "most": PAGE}
    rows = tx.all(_ENTRIES_OF, slug=slug, **places) if slug else tx.all(_ALL_ENTRIES, **places)
    return [LedgerRow(*row) for row in rows]


def contested(tx: Tx) -> dict[tuple[str, str], int]:
    """What is under dispute now, by campaign slug and currency."""
    return {(slug, currency): minor for slug, currency, minor in tx.all(_CONTESTED)}


def dispute(tx: Tx, dispute_id: str) -> Dispute | None:
    row = tx.one(_DISPUTE, dispute_id=dispute_id)
    if row is None:
        return None
    due = None if row["due_by"] is None else moment(row["due_by"])
    return Dispute(row["id"], Money(row["amount_minor"], row["currency"]), row["status"], row["reason"], due)


def thanked_at(tx: Tx, donation_id: str) -> datetime | None:
    """When the thanks arrived in the donor's chat."""
    sent = tx.value(_SENT, donation_id=donation_id, kind=DeliveryKind.THANKS)
    return None if sent is None else moment(sent)
