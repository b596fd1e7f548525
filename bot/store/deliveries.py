"""Messages owed: claimed under a lease, and never owed twice under one key."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, case, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from bot.model import Delivery, DeliveryKind, DeliveryState
from bot.store.moments import moment, seconds
from bot.store.tables import deliveries, donors

LEASE = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class Owed:
    """A message to write: who gets it is the donor, or `chat_id` for staff. Lower `priority` goes first."""

    kind: DeliveryKind
    dedupe_key: str
    donor_id: int | None = None
    donation_id: str | None = None
    chat_id: int | None = None
    payload: str | None = None
    priority: int = 2


def owe(tx: Connection, owed: Owed, due: datetime) -> bool:
    """False when this message is owed, or was sent, already."""
    row = {
        "dedupe_key": owed.dedupe_key,
        "kind": owed.kind,
        "chat_id": owed.chat_id,
        "donor_id": owed.donor_id,
        "donation_id": owed.donation_id,
        "payload": owed.payload,
        "state": DeliveryState.OWED,
        "priority": owed.priority,
        "attempts": 0,
        "due_at": seconds(due),
    }
    return (
        tx.execute(
            insert(deliveries).values(row).on_conflict_do_nothing(index_elements=["dedupe_key"])
        ).rowcount
        == 1
    )


def claim(tx: Connection, now: datetime, limit: int) -> list[Delivery]:
    """Take what is due, and what a dead sender left behind, under a lease."""
    at = seconds(now)
    due = select(deliveries.c.id).where(
        or_(
            (deliveries.c.state == DeliveryState.OWED) & (deliveries.c.due_at <= at),
            (deliveries.c.state == DeliveryState.SENDING) & (deliveries.c.leased_until <= at),
        )
    )
    first = due.order_by(deliveries.c.priority, deliveries.c.due_at, deliveries.c.id).limit(limit)
    rows = tx.execute(
        select(deliveries, donors.c.telegram_id)
        .outerjoin(donors, donors.c.id == deliveries.c.donor_id)
        .where(deliveries.c.id.in_(first))
        .order_by(deliveries.c.priority, deliveries.c.due_at, deliveries.c.id)
    ).all()
    taken = {
        "state": DeliveryState.SENDING,
        "leased_until": seconds(now + LEASE),
        "attempts": deliveries.c.attempts + 1,
    }
    if rows:
        tx.execute(update(deliveries).where(deliveries.c.id.in_([row.id for row in rows])).values(**taken))
    return [_noun(row) for row in rows]


def sent(tx: Connection, delivery_id: int, message_id: int, now: datetime) -> None:
    end(tx, delivery_id, DeliveryState.SENT, sent_at=seconds(now), message_id=message_id, error=None)


def end(tx: Connection, delivery_id: int, state: DeliveryState, **values: str | int | None) -> None:
    mine = update(deliveries).where(
        deliveries.c.id == delivery_id, deliveries.c.state == DeliveryState.SENDING
    )
    tx.execute(mine.values(state=state, leased_until=None, **values))


def again(tx: Connection, delivery_id: int, due: datetime, error: str) -> None:
    """Try once more at `due`."""
    end(tx, delivery_id, DeliveryState.OWED, due_at=seconds(due), error=error)


def release(tx: Connection) -> int:
    """At start, when no other sender lives: what was being sent is in doubt and is due again."""
    return tx.execute(
        update(deliveries).where(deliveries.c.state == DeliveryState.SENDING).values(leased_until=0)
    ).rowcount


def next_due(tx: Connection) -> datetime | None:
    waiting = func.min(func.coalesce(deliveries.c.leased_until, deliveries.c.due_at))
    open_states = (DeliveryState.OWED, DeliveryState.SENDING)
    value = tx.execute(select(waiting).where(deliveries.c.state.in_(open_states))).scalar()
    return None if value is None else moment(value)


def park(tx: Connection, donor_id: int) -> None:
    """The donor cannot be reached: nothing more is owed until they come back; thanks wait for them."""
    waiting = (deliveries.c.donor_id == donor_id) & (deliveries.c.state == DeliveryState.OWED)
    tx.execute(update(deliveries).where(waiting).values(state=DeliveryState.UNDELIVERABLE, error="blocked"))


def unpark(tx: Connection, donor_id: int, now: datetime) -> int:
    """The donor is back: what they could not be told is due now."""
    parked = (deliveries.c.donor_id == donor_id) & (deliveries.c.state == DeliveryState.UNDELIVERABLE)
    at = seconds(now)
    # What was planned for later, as a reminder is, stays planned.
    due = case((deliveries.c.due_at > at, deliveries.c.due_at), else_=at)
    return tx.execute(update(deliveries).where(parked).values(state=DeliveryState.OWED, due_at=due)).rowcount


def _noun(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        kind=DeliveryKind(row.kind),
        dedupe_key=row.dedupe_key,
        chat_id=row.chat_id if row.chat_id is not None else row.telegram_id or 0,
        donor_id=row.donor_id,
        donation_id=row.donation_id,
        payload=row.payload,
        attempts=row.attempts + 1,
        in_doubt=row.state == DeliveryState.SENDING,
    )
