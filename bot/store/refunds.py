"""Refunds and disputes as Stripe reports them, by its ids; and the refunds that somebody here asked for."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from bot.model import Dispute, OrderState, Refund, RefundOrder
from bot.money import Money
from bot.store.dialect import insert
from bot.store.moments import moment, seconds
from bot.store.sql import Row, Statement, Tx, Value, at, places, setting
from bot.store.tables import disputes, refund_orders, refunds

_REFUNDS = Statement(
    lambda: (
        select(refunds)
        .where(refunds.c.payment_intent == at("payment_intent"))
        .order_by(refunds.c.seen_at, refunds.c.id)
    )
)
_KEEP_REFUND = Statement(
    lambda: (
        insert(refunds)
        .values(
            places("id", "payment_intent", "donation_id", "amount_minor", "currency", "status", "seen_at")
        )
        .on_conflict_do_update(index_elements=["id"], set_=places("amount_minor", "status"))
    )
)
_DISPUTES = Statement(
    lambda: (
        select(disputes)
        .where(disputes.c.payment_intent == at("payment_intent"))
        .order_by(disputes.c.seen_at, disputes.c.id)
    )
)
_KEEP_DISPUTE = Statement(
    lambda: (
        insert(disputes)
        .values(
            places(
                "id",
                "payment_intent",
                "donation_id",
                "amount_minor",
                "currency",
                "status",
                "reason",
                "due_by",
                "seen_at",
            )
        )
        .on_conflict_do_update(
            index_elements=["id"], set_=places("amount_minor", "status", "reason", "due_by")
        )
    )
)
_ORDER = (
    "id",
    "donation_id",
    "amount_minor",
    "currency",
    "reason",
    "asked_by",
    "state",
    "created_at",
    "look_at",
)
_ADD_ORDER = Statement(lambda: insert(refund_orders).values(places(*_ORDER)).on_conflict_do_nothing())
_ASKED = Statement(
    lambda: select(refund_orders).where(
        refund_orders.c.donation_id == at("donation_id"), refund_orders.c.state == OrderState.ASKED.value
    )
)
_GET_ORDER = Statement(lambda: select(refund_orders).where(refund_orders.c.id == at("order_id")))
_DUE = Statement(
    lambda: (
        select(refund_orders)
        .where(refund_orders.c.look_at <= at("now"), refund_orders.c.state == OrderState.ASKED.value)
        .order_by(refund_orders.c.look_at, refund_orders.c.id)
        .limit(at("most"))
    )
)
_PULL_BACK = Statement(
    lambda: (
        update(refund_orders)
        .where(refund_orders.c.state == OrderState.ASKED.value, refund_orders.c.look_at > at("beyond"))
        .values(places("look_at"))
    )
)
_OPEN_ORDERS = Statement(lambda: select(func.count()).where(refund_orders.c.state == OrderState.ASKED.value))


def of_payment(tx: Tx, payment_intent: str) -> list[Refund]:
    """Oldest first, as we heard of them."""
    return [
        Refund(row["id"], Money(row["amount_minor"], row["currency"]), row["status"])
        for row in tx.all(_REFUNDS, payment_intent=payment_intent)
    ]


def keep(tx: Tx, payment_intent: str, donation_id: str, found: Iterable[Refund], now: datetime) -> None:
    """Bring what we know of a payment's refunds up to what Stripe says now."""
    for refund in found:
        tx.do(
            _KEEP_REFUND,
            id=refund.id,
            payment_intent=payment_intent,
            donation_id=donation_id,
            amount_minor=refund.money.minor,
            currency=refund.money.currency,
            status=refund.status,
            seen_at=seconds(now),
        )


def disputes_of(tx: Tx, payment_intent: str) -> list[Dispute]:
    """Oldest first, as we heard of them."""
    return [
        Dispute(
            row["id"],
            Money(row["amount_minor"], row["currency"]),
            row["status"],
            row["reason"],
            None if row["due_by"] is None else moment(row["due_by"]),
        )
        for row in tx.all(_DISPUTES, payment_intent=payment_intent)
    ]


def keep_disputes(
    tx: Tx, payment_intent: str, donation_id: str, found: Iterable[Dispute], now: datetime
) -> None:
    for dispute in found:
        tx.do(
            _KEEP_DISPUTE,
            id=dispute.id,
            payment_intent=payment_intent,
            donation_id=donation_id,
            amount_minor=dispute.money.minor,
            currency=dispute.money.currency,
            status=dispute.status,
            reason=dispute.reason,
            due_by=None if dispute.due_by is None else seconds(dispute.due_by),
            seen_at=seconds(now),
        )


def order(tx: Tx, wanted: RefundOrder, now: datetime, look_at: datetime) -> RefundOrder:
    """Write the order down, or give the one that is under way for the same gift."""
    values: dict[str, Value] = {
        "id": wanted.id,
        "donation_id": wanted.donation_id,
        "amount_minor": wanted.money.minor,
        "currency": wanted.money.currency,
        "reason": wanted.reason,
        "asked_by": wanted.asked_by,
        "state": wanted.state,
    }
    tx.do(_ADD_ORDER, **values, created_at=seconds(now), look_at=seconds(look_at))
    return asked(tx, wanted.donation_id) or wanted


def asked(tx: Tx, donation_id: str) -> RefundOrder | None:
    """The refund of this gift that Stripe has not confirmed yet."""
    row = tx.one(_ASKED, donation_id=donation_id)
    return None if row is None else _order(row)


def get_order(tx: Tx, order_id: str) -> RefundOrder | None:
    row = tx.one(_GET_ORDER, order_id=order_id)
    return None if row is None else _order(row)


def change_order(tx: Tx, order_id: str, **values: Value) -> None:
    tx.do(setting(refund_orders, frozenset(values)), row_id=order_id, **values)


def orders_due(tx: Tx, now: datetime, limit: int) -> list[RefundOrder]:
    return [_order(row) for row in tx.all(_DUE, now=seconds(now), most=limit)]


def pull_back(tx: Tx, now: datetime) -> int:
    """Orders that a clock which ran ahead put off by more than a day are due now."""
    return tx.run(_PULL_BACK, look_at=seconds(now), beyond=seconds(now + timedelta(days=1)))


def open_orders(tx: Tx) -> int:
    return tx.value(_OPEN_ORDERS)


def _order(row: Row) -> RefundOrder:
    return RefundOrder(
        id=row["id"],
        donation_id=row["donation_id"],
        money=Money(row["amount_minor"], row["currency"]),
        reason=row["reason"],
        asked_by=row["asked_by"],
        state=OrderState(row["state"]),
        attempt=row["attempt"],
    )
