"""What Stripe told us, by event id: only the hint, since the truth is fetched; no body, no names."""

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import delete, or_, select, update

from bot.store import marks
from bot.store.dialect import insert
from bot.store.moments import moment, seconds
from bot.store.sql import Statement, Tx, at, places
from bot.store.tables import donations, inbox

_ADD = Statement(
    lambda: (
        insert(inbox)
        .values(places("event_id", "source", "type", "object_id", "received_at"))
        .on_conflict_do_nothing(index_elements=["event_id"])
    )
)
# Longer than a worker waits for Stripe, all its tries together.
_LEASE = timedelta(seconds=60)
_HINTS = (
    select(inbox.c.event_id, inbox.c.type, inbox.c.object_id, donations.c.id)
    .outerjoin(donations, donations.c.session_id == inbox.c.object_id)
    .where(inbox.c.processed_at.is_(None))
    .order_by(inbox.c.received_at, inbox.c.event_id)
    .limit(at("most"))
)
_WAITING = Statement(lambda: _HINTS)
_FREE = Statement(lambda: _HINTS.where(or_(inbox.c.taken_until.is_(None), inbox.c.taken_until <= at("now"))))
_TAKE = Statement(
    lambda: (
        update(inbox)
        .where(inbox.c.event_id == at("event"), inbox.c.processed_at.is_(None))
        .values(taken_until=at("until"))
    )
)
_DONE = Statement(
    lambda: update(inbox).where(inbox.c.event_id == at("done")).values(places("processed_at", "outcome"))
)
_ABOUT = Statement(
    lambda: (
        select(inbox.c.event_id)
        .where(inbox.c.object_id == at("object_id"), inbox.c.processed_at.is_(None))
        .order_by(inbox.c.received_at, inbox.c.event_id)
    )
)
_MISSED = "stripe.events.missed"
_PRUNE = Statement(lambda: delete(inbox).where(inbox.c.processed_at < at("before")))


class Hint(Struct, frozen=True):
    """Something happened to `object_id` (a CheckoutSession, `cs_...`); `donation_id` where we know whose page that is."""

    event_id: str
    type: str
    object_id: str
    donation_id: str | None = None


def add(tx: Tx, hint: Hint, source: str, now: datetime) -> Callable[[], bool]:
    """Keep the hint. False, once it is called, when this event is known already."""
    values = {"event_id": hint.event_id, "type": hint.type, "object_id": hint.object_id}
    added = tx.soon(_ADD, **values, source=source, received_at=seconds(now))
    return lambda: added.rowcount == 1


def waiting(tx: Tx, limit: int) -> list[Hint]:
    """Hints not yet worked, oldest first."""
    return [Hint(*row) for row in tx.all(_WAITING, most=limit)]


def claim(tx: Tx, limit: int, now: datetime) -> list[Hint]:
    """As `waiting`, for a worker among several: those that no other one is at."""
    hints = [Hint(*row) for row in tx.all(_FREE, most=limit, now=seconds(now))]
    for hint in hints:
        tx.do(_TAKE, event=hint.event_id, until=seconds(now + _LEASE))
    return hints


def put_back(tx: Tx, event_id: str, due: datetime) -> None:
    """It could not be worked now; anybody may try again at `due`."""
    tx.do(_TAKE, event=event_id, until=seconds(due))


def done(tx: Tx, event_id: str, outcome: str, now: datetime) -> None:
    tx.do(_DONE, done=event_id, processed_at=seconds(now), outcome=outcome)


def about(tx: Tx, object_id: str) -> list[str]:
    """The events about this object that are not worked yet: who fetches it after this has heard them all."""
    return [row[0] for row in tx.all(_ABOUT, object_id=object_id)]


def miss(tx: Tx, created: int) -> None:
    """The newest event that was found by asking, long after a webhook should have told of it; Unix seconds."""
    marks.put(tx, _MISSED, str(created))


def missed(tx: Tx) -> datetime | None:
    value = marks.get(tx, _MISSED)
    return None if value is None else moment(int(value))


def prune(tx: Tx, before: datetime) -> int:
    """Drop worked hints older than `before`; Stripe repeats an event for three days at most, and lists it for thirty."""
    return tx.run(_PRUNE, before=seconds(before))
