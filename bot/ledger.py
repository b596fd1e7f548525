"""The ledger's rows and their chain: each row's hash covers the row before it. No storage, no identity of anybody.

A published ledger is one JSON object a line; anyone can check it with these twenty lines and SHA-256.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import asdict

GENESIS = "0" * 64


class EntryKind(StrEnum):
    """What happened to money.

    `UNMATCHED` money waits for a person and counts for no campaign; `COVER` is what donors added for the fees, `FEE`
    what Stripe kept, in the currency of settlement. `PLEDGE` is a gift that came outside Stripe.
    """

    GIFT = "gift"
    PLEDGE = "pledge"
    COVER = "cover"
    COVER_BACK = "cover_back"
    FEE = "fee"
    CORRECTION = "correction"
    DISBURSEMENT = "disbursement"
    REFUND = "refund"
    REFUND_FAILED = "refund_failed"
    CHARGEBACK = "chargeback"
    CHARGEBACK_WON = "chargeback_won"
    UNMATCHED = "unmatched"
    UNMATCHED_BACK = "unmatched_back"


OF_GIFTS = (
    EntryKind.GIFT,
    EntryKind.PLEDGE,
    EntryKind.REFUND,
    EntryKind.REFUND_FAILED,
    EntryKind.CHARGEBACK,
    EntryKind.CHARGEBACK_WON,
    EntryKind.CORRECTION,
)
"""What totals and progress are made of; together with the two kinds of COVER, what donors were charged."""


class Entry(Struct, frozen=True):
    """One fact about money: whole minor units, negative where money left. `at`: Unix seconds."""

    kind: EntryKind
    donation: str
    campaign: str
    amount_minor: int
    currency: str
    at: int


class LedgerRow(Struct, frozen=True):
    """An Entry in its place. `hash` is SHA-256 of everything else, as compact JSON in this order."""

    seq: int
    at: int
    kind: str
    donation: str
    campaign: str
    amount_minor: int
    currency: str
    prev: str
    hash: str


class LedgerFault(Struct, frozen=True):
    """The first row that does not hold, by its number, and why."""

    seq: int
    why: str


def chained(entry: Entry, seq: int, prev: str) -> LedgerRow:
    """The row that `entry` becomes after the row whose hash is `prev`."""
    fields = (
        seq,
        entry.at,
        str(entry.kind),
        entry.donation,
        entry.campaign,
        entry.amount_minor,
        entry.currency,
    )
    return LedgerRow(*fields, prev, _digest((*fields, prev)))


def faults(rows: Iterable[LedgerRow]) -> Iterator[LedgerFault]:
    """Every row that was changed, left out or put in between, in order; nothing where the chain is whole."""
    prev, expected = {GENESIS}, 1
    for row in rows:
        digest = _digest(
            (
                row.seq,
                row.at,
                row.kind,
                row.donation,
                row.campaign,
                row.amount_minor,
                row.currency,
                row.prev,
            )
        )
        if row.hash != digest:
            # Its own number may be what was changed: its place names it.
            yield LedgerFault(expected, "was changed")
            prev, expected = {row.hash, digest}, expected + 1
            continue
        if row.seq != expected:
            yield LedgerFault(expected, f"is missing: the next row is {row.seq}")
        elif row.prev not in prev:
            yield LedgerFault(row.seq, "does not follow the row before it")
        prev, expected = {row.hash}, row.seq + 1


def line(row: LedgerRow) -> str:
    """The row as one line of a published ledger."""
    return json.dumps(asdict(row), ensure_ascii=True, separators=(",", ":"))


def read_line(text: str, number: int) -> LedgerRow | LedgerFault:
    """A line of a published ledger; `number` is its place in the file, from 1."""
    try:
        row = LedgerRow(**json.loads(text))
    except (ValueError, TypeError):
        return LedgerFault(number, "cannot be read")
    # The same facts written in another way are another file: the bytes must be ours.
    return row if line(row) == text else LedgerFault(number, "was changed")


def _digest(fields: tuple[int | str, ...]) -> str:
    return hashlib.sha256(json.dumps(fields, separators=(",", ":")).encode()).hexdigest()
