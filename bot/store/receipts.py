"""Numbered papers: the next number is taken in the transaction of the fact, so a year has no gaps."""

from datetime import datetime

from sqlalchemy import func, select

from bot.model import Receipt, ReceiptKind
from bot.money import Money
from bot.store.dialect import insert
from bot.store.moments import moment, seconds
from bot.store.sql import Row, Statement, Tx, at, places
from bot.store.tables import receipts

_OF_DONATION = Statement(
    lambda: (
        select(receipts)
        .where(receipts.c.donation_id == at("donation_id"))
        .order_by(receipts.c.year, receipts.c.number)
    )
)
_NEXT = select(func.coalesce(func.max(receipts.c.number), 0) + 1).where(receipts.c.year == at("of_year"))
_ADD = Statement(
    lambda: (
        insert(receipts)
        .values(
            **places("year", "kind", "subject", "donation_id", "amount_minor", "currency", "made_at"),
            number=_NEXT.scalar_subquery(),
        )
        .on_conflict_do_nothing(index_elements=["subject"])
    )
)


def issue(tx: Tx, kind: ReceiptKind, subject: str, donation_id: str, money: Money, now: datetime) -> None:
    """The paper for this session or refund takes the next number, unless there is one."""
    values = {"kind": kind, "subject": subject, "donation_id": donation_id, "made_at": seconds(now)}
    sum_ = {"amount_minor": money.minor, "currency": money.currency}
    tx.do(_ADD, **values, **sum_, year=now.year, of_year=now.year)


def of_donation(tx: Tx, donation_id: str) -> list[Receipt]:
    """Oldest first: the receipt, then its credit notes."""
    return [noun(row) for row in tx.all(_OF_DONATION, donation_id=donation_id)]


def noun(row: Row) -> Receipt:
    return Receipt(
        year=row["year"],
        number=row["number"],
        kind=ReceiptKind(row["kind"]),
        donation_id=row["donation_id"],
        money=Money(row["amount_minor"], row["currency"]),
        made_at=moment(row["made_at"]),
    )
