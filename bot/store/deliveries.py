"""Messages owed: claimed under a lease, and never owed twice under one key."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import lru_cache

from msgspec import Struct
from sqlalchemy import case, func, literal, null, or_, select, union_all, update

from bot.model import Delivery, DeliveryKind, DeliveryState
from bot.store.dialect import insert
from bot.store.moments import moment, seconds
from bot.store.sql import Row, Rows, Statement, Tx, Value, at, places
from bot.store.tables import deliveries, donors

LEASE = timedelta(seconds=90)
_OPEN = (DeliveryState.OWED.value, DeliveryState.SENDING.value)
_OWE = Statement(
    lambda: (
        insert(deliveries)
        .values(
            places(
                "dedupe_key",
                "kind",
                "chat_id",
                "donor_id",
                "donation_id",
                "payload",
                "subject",
                "state",
                "priority",
                "attempts",
                "due_at",
            )
        )
        .on_conflict_do_nothing(index_elements=["dedupe_key"])
    )
)
_ORDER = (deliveries.c.priority, deliveries.c.due_at, deliveries.c.id)
_DUE = (
    select(deliveries.c.id)
    .where(
        or_(
            (deliveries.c.state == DeliveryState.OWED.value) & (deliveries.c.due_at <= at("now")),
            (deliveries.c.state == DeliveryState.SENDING.value) & (deliveries.c.leased_until <= at("now")),
        )
    )
    .order_by(*_ORDER)
    .limit(at("most"))
)
_FIRST = Statement(
    lambda: (
        select(deliveries, donors.c.telegram_id)
        .outerjoin(donors, donors.c.id == deliveries.c.donor_id)
        .where(deliveries.c.id.in_(_DUE))
        .order_by(*_ORDER)
    )
)
_TAKE = Statement(
    lambda: (
        update(deliveries)
        .where(deliveries.c.id == at("delivery_id"), deliveries.c.attempts == at("tried"))
        .values(
            state=DeliveryState.SENDING.value,
            leased_until=at("until"),
            attempts=deliveries.c.attempts + 1,
            owner=at("sender"),
        )
    )
)
_WHO = Statement(lambda: select(donors.c.id).where(donors.c.telegram_id == at("person")))
_DUE_AT = Statement(lambda: select(deliveries.c.due_at).where(deliveries.c.dedupe_key == at("dedupe_key")))
_IS_SENDING = deliveries.c.state == DeliveryState.SENDING.value
_RELEASE = Statement(lambda: update(deliveries).where(_IS_SENDING).values(leased_until=0))
_SENDERS = Statement(
    lambda: select(deliveries.c.owner).where(_IS_SENDING, deliveries.c.leased_until > 0).distinct()
)
_RELEASE_OF = Statement(
    lambda: (
        update(deliveries)
        .where(_IS_SENDING, func.coalesce(deliveries.c.owner, "") == at("sender"))
        .values(leased_until=0)
    )
)
_OLDEST = Statement(
    lambda: select(func.min(deliveries.c.due_at)).where(
        deliveries.c.state == DeliveryState.OWED.value, deliveries.c.due_at <= at("now")
    )
)
# Each state apart: where PostgreSQL has not been told yet how many there are, it would look through all for two of them.
_NEXT_OWED = select(func.min(deliveries.c.due_at).label("due")).where(
    deliveries.c.state == DeliveryState.OWED.value
)
_NEXT_IN_DOUBT = select(func.min(deliveries.c.leased_until).label("due")).where(_IS_SENDING)
_NEXT = Statement(lambda: select(func.min(union_all(_NEXT_OWED, _NEXT_IN_DOUBT).subquery().c.due)))
_PULL_BACK = Statement(
    lambda: (
        update(deliveries)
        .where(
            deliveries.c.state.in_(_OPEN),
            func.coalesce(deliveries.c.leased_until, deliveries.c.due_at) > at("beyond"),
            deliveries.c.kind.not_in([DeliveryKind.REMINDER.value, DeliveryKind.PLEDGE_REMINDER.value]),
        )
        .values(
            due_at=at("now"),
            leased_until=case((deliveries.c.state == DeliveryState.SENDING.value, 0), else_=null()),
        )
    )
)
_PARK = Statement(
    lambda: (
        update(deliveries)
        .where(deliveries.c.donor_id == at("donor"), deliveries.c.state == DeliveryState.OWED.value)
        .values(state=DeliveryState.UNDELIVERABLE.value, error="blocked")
        .returning(deliveries.c.kind, deliveries.c.payload)
    )
)
_UNPARK = Statement(
    lambda: (
        update(deliveries)
        .where(deliveries.c.donor_id == at("donor"), deliveries.c.state == DeliveryState.UNDELIVERABLE.value)
        # What was planned for later, as a reminder is, stays planned.
        .values(
            state=DeliveryState.OWED.value,
            due_at=case((deliveries.c.due_at > at("now"), deliveries.c.due_at), else_=at("now")),
        )
    )
)
_FORGET = Statement(
    lambda: (
        update(deliveries)
        .where(deliveries.c.donor_id == at("donor"), deliveries.c.chat_id.is_not(None))
        .values(
            chat_id=null(),
            dedupe_key=literal("erased:").concat(deliveries.c.id),
            state=case(
                (deliveries.c.state.in_(_OPEN), DeliveryState.UNDELIVERABLE.value), else_=deliveries.c.state
            ),
        )
    )
)


class Owed(Struct, frozen=True):
    """A message to write: who gets it is the donor, or `chat_id` for staff. Lower `priority` goes first."""

    kind: DeliveryKind
    dedupe_key: str
    donor_id: int | None = None
    donation_id: str | None = None
    chat_id: int | None = None
    payload: str | None = None
    priority: int = 2
    subject: str | None = None


def owe(tx: Tx, owed: Owed, due: datetime) -> None:
    """Nothing is new when this message is owed, or was sent, already.

    Staff are donors too: what they are owed is in their language, and waits for them where they blocked the bot.
    """
    tx.do(_OWE, **_row(tx, owed, due))


def is_news(tx: Tx, owed: Owed, due: datetime) -> bool:
    """As `owe`. False when this message is owed, or was sent, already."""
    return tx.run(_OWE, **_row(tx, owed, due)) == 1


def _row(tx: Tx, owed: Owed, due: datetime) -> dict[str, Value]:
    donor_id = owed.donor_id if owed.chat_id is None else tx.value(_WHO, person=owed.chat_id)
    return {
        "dedupe_key": owed.dedupe_key,
        "kind": owed.kind,
        "chat_id": owed.chat_id,
        "donor_id": donor_id,
        "donation_id": owed.donation_id,
        "payload": owed.payload,
        "priority": owed.priority,
        "subject": owed.subject,
        "state": DeliveryState.OWED,
        "attempts": 0,
        "due_at": seconds(due),
    }


def due_of(tx: Tx, dedupe_key: str) -> datetime | None:
    """When this message is, or was, due; None where it was never owed."""
    value = tx.value(_DUE_AT, dedupe_key=dedupe_key)
    return None if value is None else moment(value)


def claim(
    tx: Tx, now: datetime, limit: int, owner: str | None = None
) -> list[tuple[Delivery, Callable[[], bool]]]:
    """Take what is due, and what a dead sender left behind, under a lease; `owner` is the process, where there are several.

    Each with whether we have it, once that is called: another may have been there first.
    """
    until = seconds(now + LEASE)
    return [
        (
            _noun(row),
            _is_one(tx.soon(_TAKE, delivery_id=row["id"], tried=row["attempts"], until=until, sender=owner)),
        )
        for row in tx.all(_FIRST, now=seconds(now), most=limit)
    ]


def _is_one(changed: Rows) -> Callable[[], bool]:
    return lambda: changed.rowcount == 1


def sent(tx: Tx, delivery: Delivery, message_id: int, now: datetime) -> None:
    end(tx, delivery, DeliveryState.SENT, sent_at=seconds(now), message_id=message_id, error=None)


def end(tx: Tx, delivery: Delivery, state: DeliveryState, **values: Value) -> None:
    """Write what became of a Delivery that is being sent; one that another sender took over is left alone."""
    changes: dict[str, Value] = {"state": state, "leased_until": None, **values}
    tx.do(_ending(frozenset(changes)), delivery_id=delivery.id, tried=delivery.attempts, **changes)


@lru_cache
def _ending(columns: frozenset[str]) -> Statement:
    # By its number: PostgreSQL may take the index of all that are being sent for as good.
    is_sending = deliveries.c.state + "" == DeliveryState.SENDING.value
    mine = (deliveries.c.id == at("delivery_id"), is_sending, deliveries.c.attempts == at("tried"))
    return Statement(update(deliveries).where(*mine).values(places(*sorted(columns))))


def again(tx: Tx, delivery: Delivery, due: datetime, error: str) -> None:
    """Try once more at `due`."""
    end(tx, delivery, DeliveryState.OWED, due_at=seconds(due), error=error)


def release(tx: Tx) -> int:
    """At start, when no other sender lives: what was being sent is in doubt and is due again."""
    return tx.run(_RELEASE)


def release_dead(tx: Tx, living: Collection[str]) -> int:
    """As `release`, for those senders alone that live no more."""
    senders = [row[0] or "" for row in tx.all(_SENDERS)]
    return sum(tx.run(_RELEASE_OF, sender=one) for one in senders if one not in living)


def pull_back(tx: Tx, now: datetime) -> int:
    """Due now is what was put off further than anything is: a clock that ran ahead did that. Reminders are planned that far."""
    return tx.run(_PULL_BACK, now=seconds(now), beyond=seconds(now + timedelta(days=1)))


def next_due(tx: Tx) -> datetime | None:
    return soon_next_due(tx)()


def soon_next_due(tx: Tx) -> Callable[[], datetime | None]:
    """What `next_due` finds, once it is called."""
    found = tx.soon(_NEXT)
    return lambda: None if (value := found.fetchone()[0]) is None else moment(value)


def oldest_due(tx: Tx, now: datetime) -> datetime | None:
    """Since when the longest waiting Delivery should be under way."""
    value = tx.value(_OLDEST, now=seconds(now))
    return None if value is None else moment(value)


def park(tx: Tx, donor_id: int) -> list[tuple[str, str]]:
    """The donor cannot be reached: nothing more is owed until they come back; thanks wait for them.

    The kind and payload of what was put off now.
    """
    return [(kind, payload) for kind, payload in tx.all(_PARK, donor=donor_id)]


def forget(tx: Tx, donor_id: int) -> None:
    """What they were told as staff no longer says whose chat it was; nothing more of it is sent."""
    tx.do(_FORGET, donor=donor_id)


def unpark(tx: Tx, donor_id: int, now: datetime) -> int:
    """The donor is back: what they could not be told is due now."""
    return tx.run(_UNPARK, donor=donor_id, now=seconds(now))


def _noun(row: Row) -> Delivery:
    return Delivery(
        id=row["id"],
        kind=DeliveryKind(row["kind"]),
        dedupe_key=row["dedupe_key"],
        chat_id=row["chat_id"] if row["chat_id"] is not None else row["telegram_id"] or 0,
        donor_id=row["donor_id"],
        donation_id=row["donation_id"],
        payload=row["payload"],
        attempts=row["attempts"] + 1,
        in_doubt=row["state"] == DeliveryState.SENDING,
        subject=row["subject"],
    )
