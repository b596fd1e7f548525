"""Numbered papers: the next number is taken in the transaction of the fact, so a year has no gaps."""

from datetime import datetime

from sqlalchemy import func, insert, select

from bot.model import Receipt, ReceiptKind
from bot.money import Money
from bot.store.moments import moment, seconds
from bot.store.sql import Row, Statement, Tx, at, places
from bot.store.tables import receipts

_HIGHEST = Statement(select(func.max(receipts.c.number)).where(receipts.c.year == at("year")))
_OF_SUBJECT = Statement(select(receipts).where(receipts.c.subject == at("subject")))
_OF_DONATION = Statement(
    select(receipts)
    .where(receipts.c.donation_id == at("donation_id"))
    .order_by(receipts.c.year, receipts.c.number)
)
_ADD = Statement(
    insert(receipts).values(
        places("year", "number", "kind", "subject", "donation_id", "amount_minor", "currency", "made_at")
    )
)


def issue(tx: Tx, kind: ReceiptKind, subject: str, donation_id: str, money: Money, now: datetime) -> Receipt:
    """The paper for this session or refund, made if there is none."""
    known = tx.one(_OF_SUBJECT, subject=subject)
    if known is not None:
        return noun(known)
    number = (tx.value(_HIGHEST, year=now.year) or 0) + 1
    tx.do(
        _ADD,
        year=now.year,
        number=number,
        kind=kind,
        subject=subject,
        donation_id=donation_id,
        amount_minor=money.minor,
        currency=money.currency,
        made_at=seconds(now),
    )
    return Receipt(now.year, number, kind, donation_id, money, now)


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
