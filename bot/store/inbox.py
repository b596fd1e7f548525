"""What Stripe told us, by event id: only the hint, since the truth is fetched; no body, no names."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from bot.store.moments import seconds
from bot.store.tables import inbox


@dataclass(frozen=True, slots=True)
class Hint:
    """Something happened to `object_id` (a CheckoutSession, `cs_...`)."""

    event_id: str
    type: str
    object_id: str


def add(tx: Connection, hint: Hint, source: str, now: datetime) -> bool:
    """Keep the hint. False when this event is known already."""
    row = {"event_id": hint.event_id, "source": source, "type": hint.type, "object_id": hint.object_id}
    fresh = (
        insert(inbox)
        .values(**row, received_at=seconds(now))
        .on_conflict_do_nothing(index_elements=["event_id"])
    )
    return tx.execute(fresh).rowcount == 1


def waiting(tx: Connection, limit: int) -> list[Hint]:
    """Hints not yet worked, oldest first."""
    rows = tx.execute(
        select(inbox.c.event_id, inbox.c.type, inbox.c.object_id)
        .where(inbox.c.processed_at.is_(None))
        .order_by(inbox.c.received_at)
        .limit(limit)
    )
    return [Hint(*row) for row in rows]


def done(tx: Connection, event_id: str, outcome: str, now: datetime) -> None:
    tx.execute(
        update(inbox).where(inbox.c.event_id == event_id).values(processed_at=seconds(now), outcome=outcome)
    )


def prune(tx: Connection, before: datetime) -> int:
    """Drop worked hints older than `before`; Stripe repeats an event for three days at most, and lists it for thirty."""
    return tx.execute(delete(inbox).where(inbox.c.processed_at < seconds(before))).rowcount
