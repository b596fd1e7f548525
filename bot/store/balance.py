"""Balance transactions as Stripe settled them, by its ids; and which payments still wait for theirs."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select, update

from bot.model import BalanceTransaction
from bot.store.dialect import Greatest, insert
from bot.store.moments import moment, seconds
from bot.store.sql import Row, Statement, Tx, at, places
from bot.store.tables import balance_transactions as table
from bot.store.tables import disputes, payments, refunds

_COLUMNS = (
    "id",
    "payment_intent",
    "donation_id",
    "source",
    "kind",
    "amount_minor",
    "fee_minor",
    "net_minor",
    "currency",
    "rate",
    "available_at",
    "seen_at",
)
_ADD = Statement(lambda: insert(table).values(places(*_COLUMNS)).on_conflict_do_nothing())
_OF_PAYMENT = Statement(
    lambda: (
        select(table)
        .where(table.c.payment_intent == at("payment_intent"))
        .order_by(table.c.seen_at, table.c.id)
    )
)
_GET = Statement(lambda: select(table).where(table.c.id == at("transaction_id")))
_LOOK = Statement(
    lambda: (
        update(payments).where(payments.c.payment_intent == at("intent")).values(look_at=at("when_to_look"))
    )
)
_LAST_NEWS = Greatest(
    payments.c.received_at,
    func.coalesce(
        select(func.max(refunds.c.seen_at))
        .where(refunds.c.payment_intent == payments.c.payment_intent)
        .scalar_subquery(),
        0,
    ),
    func.coalesce(
        select(func.max(disputes.c.seen_at))
        .where(disputes.c.payment_intent == payments.c.payment_intent)
        .scalar_subquery(),
        0,
    ),
)
_DUE = Statement(
    lambda: (
        select(payments.c.payment_intent, _LAST_NEWS.label("since"))
        .where(payments.c.look_at <= at("now"), payments.c.payment_intent.is_not(None))
        .order_by(payments.c.look_at, payments.c.payment_intent)
        .limit(at("most"))
    )
)
_AWAITED = Statement(
    lambda: select(payments.c.look_at).where(payments.c.payment_intent == at("payment_intent"))
)


def add(tx: Tx, payment_intent: str, donation_id: str, one: BalanceTransaction, now: datetime) -> bool:
    """Keep a transaction; False where it is known. Stripe never changes the sums of one."""
    known = tx.run(
        _ADD,
        id=one.id,
        payment_intent=payment_intent,
        donation_id=donation_id,
        source=one.source,
        kind=one.kind,
        amount_minor=one.amount_minor,
        fee_minor=one.fee_minor,
        net_minor=one.net_minor,
        currency=one.currency,
        rate=one.rate,
        available_at=None if one.available_at is None else seconds(one.available_at),
        seen_at=seconds(now),
    )
    return known == 1


def of_payment(tx: Tx, payment_intent: str) -> list[BalanceTransaction]:
    """Oldest first."""
    return [_noun(row) for row in tx.all(_OF_PAYMENT, payment_intent=payment_intent)]


def get(tx: Tx, transaction_id: str) -> BalanceTransaction | None:
    row = tx.one(_GET, transaction_id=transaction_id)
    return None if row is None else _noun(row)


def look_at(tx: Tx, payment_intents: Iterable[str], when: datetime | None) -> None:
    """When to ask for the transactions of these payments next; None: they are all known."""
    moment_to_look = None if when is None else seconds(when)
    for intent in payment_intents:
        tx.do(_LOOK, intent=intent, when_to_look=moment_to_look)


def due(tx: Tx, now: datetime, limit: int) -> list[tuple[str, datetime]]:
    """PaymentIntents whose turn it is, each with the moment of the last news of its money; longest waiting first."""
    return [(intent, moment(since)) for intent, since in tx.all(_DUE, now=seconds(now), most=limit)]


def is_awaited(tx: Tx, payment_intent: str) -> bool:
    """Whether we still mean to ask for transactions of this payment."""
    return tx.value(_AWAITED, payment_intent=payment_intent) is not None


def _noun(row: Row) -> BalanceTransaction:
    return BalanceTransaction(
        id=row["id"],
        source=row["source"],
        kind=row["kind"],
        amount_minor=row["amount_minor"],
        fee_minor=row["fee_minor"],
        net_minor=row["net_minor"],
        currency=row["currency"],
        rate=row["rate"],
        available_at=None if row["available_at"] is None else moment(row["available_at"]),
    )
