"""Telegram's updates by id: which were handled, and, when polling, those still to handle."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from bot.store.moments import seconds
from bot.store.tables import updates


@dataclass(frozen=True, slots=True)
class Kept:
    """An update taken from Telegram but not finished here; `raw` is its JSON."""

    update_id: int
    raw: str


def is_done(tx: Connection, update_id: int) -> bool:
    return tx.execute(select(updates.c.done_at).where(updates.c.update_id == update_id)).scalar() is not None


def keep(tx: Connection, kept: Kept, now: datetime) -> bool:
    """Store a polled update before it is acknowledged. False when it is known already."""
    row = {"update_id": kept.update_id, "raw": kept.raw, "received_at": seconds(now)}
    return (
        tx.execute(insert(updates).values(row).on_conflict_do_nothing(index_elements=["update_id"])).rowcount
        == 1
    )


def done(tx: Connection, update_id: int, now: datetime) -> None:
    """The turn of this update is decided; its answer may still have to be drawn."""
    at = seconds(now)
    row = insert(updates).values(update_id=update_id, received_at=at, done_at=at)
    tx.execute(row.on_conflict_do_update(index_elements=["update_id"], set_={"done_at": at}))


def forget(tx: Connection, update_id: int) -> None:
    """The answer was drawn, so the text that the donor wrote is no longer needed."""
    tx.execute(update(updates).where(updates.c.update_id == update_id).values(raw=None))


def unfinished(tx: Connection) -> list[Kept]:
    rows = tx.execute(
        select(updates.c.update_id, updates.c.raw)
        .where(updates.c.raw.is_not(None))
        .order_by(updates.c.update_id)
    )
    return [Kept(*row) for row in rows]


def prune(tx: Connection, before: datetime) -> int:
    """Telegram repeats an update for a day at most."""
    old = (updates.c.received_at < seconds(before)) & updates.c.raw.is_(None)
    return tx.execute(delete(updates).where(old)).rowcount
