"""Gifts as rows, oldest first, read one by one so that memory does not grow with their number. Writes nothing."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import func, select

from bot.model import RECEIVED, ReceiptKind
from bot.store.sql import Statement, Tx, at
from bot.store.tables import campaigns, donations, receipts, refunds

_BACK = ("succeeded", "pending", "requires_action")
# What went back through Stripe; a refund that failed has come back again.
_REFUNDED = (
    select(func.coalesce(func.sum(refunds.c.amount_minor), 0))
    .where(refunds.c.donation_id == donations.c.id, refunds.c.status.in_(_BACK))
    .correlate(donations)
    .scalar_subquery()
)
_RECEIPT = (
    select(receipts.c.year * 1000000000 + receipts.c.number)
    .where(receipts.c.donation_id == donations.c.id, receipts.c.kind == ReceiptKind.RECEIPT.value)
    .order_by(receipts.c.year.desc(), receipts.c.number.desc())
    .limit(1)
    .correlate(donations)
    .scalar_subquery()
)
_ARRIVED = func.coalesce(donations.c.settled_at, donations.c.created_at)
_SLOW = 40 * 86400
_ROWS = (
    select(
        donations.c.id,
        _RECEIPT,
        _ARRIVED,
        campaigns.c.slug,
        donations.c.state,
        donations.c.monthly_id,
        donations.c.params.startswith("pledge "),
        donations.c.currency,
        donations.c.amount_minor,
        donations.c.cover_minor,
        _REFUNDED,
        donations.c.counted_minor,
        campaigns.c.currency,
        donations.c.source,
        donations.c.donor_id,
    )
    .join(campaigns, campaigns.c.id == donations.c.campaign_id)
    .where(
        donations.c.created_at >= at("first") - _SLOW,
        donations.c.created_at < at("end"),
        at("first") <= _ARRIVED,
        at("end") > _ARRIVED,
        donations.c.state.in_([state.value for state in RECEIVED]),
    )
    # By the index, so that nothing has to be sorted first.
    .order_by(donations.c.created_at, donations.c.id)
)
_OF_ALL = Statement(lambda: _ROWS)
_OF_ONE = Statement(lambda: _ROWS.where(campaigns.c.slug == at("slug")))


class Line(NamedTuple):
    """One gift. Sums are minor units of `currency`, `counted` of the goal's; `receipt` is year * 10**9 + number, or None;
    `arrived` is Unix seconds."""

    reference: str
    receipt: int | None
    arrived: int
    campaign: str
    state: str
    monthly_id: str | None
    is_pledge: bool
    currency: str
    amount: int
    cover: int
    back: int
    counted: int
    goal: str
    source: str | None
    donor_id: int


def lines(tx: Tx, first: int, end: int, slug: str) -> Iterator[Line]:
    """Gifts whose money arrived between two moments, of one campaign, or of all where `slug` is empty."""
    values = {"first": first, "end": end}
    found = tx.each(_OF_ONE, **values, slug=slug) if slug else tx.each(_OF_ALL, **values)
    return (Line(*row) for row in found)
