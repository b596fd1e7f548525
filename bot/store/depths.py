"""How much waits at this moment: for /metrics. Each look is answered by an index."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import func, select

from bot.model import DeliveryState
from bot.store.moments import seconds
from bot.store.sql import Statement, Tx, at
from bot.store.tables import broadcasts, deliveries, inbox

_INBOX = Statement(lambda: select(func.count(inbox.c.event_id)).where(inbox.c.processed_at.is_(None)))
_OWED = Statement(
    lambda: select(func.count(deliveries.c.id), func.min(deliveries.c.due_at)).where(
        deliveries.c.state == DeliveryState.OWED.value, deliveries.c.due_at <= at("now")
    )
)
_BROADCASTS = Statement(
    lambda: select(broadcasts.c.state, func.count(broadcasts.c.id)).group_by(broadcasts.c.state)
)


class Depths(Struct, frozen=True):
    """`owed` are messages that are due, `oldest` the age of the oldest of them in seconds."""

    inbox: int
    owed: int
    oldest: int
    broadcasts: dict[str, int]


def look(tx: Tx, now: datetime) -> Depths:
    row = tx.one(_OWED, now=seconds(now))
    owed, due = (row[0], row[1]) if row else (0, None)
    oldest = 0 if due is None else seconds(now) - due
    return Depths(tx.value(_INBOX), owed, oldest, {row[0]: row[1] for row in tx.all(_BROADCASTS)})
