"""Telegram's updates by id: which were handled, and, when polling or beside other processes, those still to handle."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete, null, select, update

from bot.store.dialect import insert
from bot.store.moments import seconds
from bot.store.sql import Statement, Tx, at, places
from bot.store.tables import updates

_KEEP = Statement(
    lambda: (
        insert(updates)
        .values(places("update_id", "raw", "received_at", "chat"))
        .on_conflict_do_nothing(index_elements=["update_id"])
    )
)
_DONE = Statement(
    lambda: (
        insert(updates)
        .values(places("update_id", "received_at", "done_at"))
        .on_conflict_do_update(index_elements=["update_id"], set_={"done_at": at("done_at")})
    )
)
_FORGET = Statement(
    lambda: update(updates).where(updates.c.update_id == at("update_id")).values(raw=null(), chat=null())
)
_KEPT = select(updates.c.update_id, updates.c.raw, updates.c.chat).where(updates.c.raw.is_not(None))
_UNFINISHED = Statement(lambda: _KEPT.order_by(updates.c.update_id))
_OLDEST = Statement(lambda: _KEPT.where(updates.c.chat == at("whose")).order_by(updates.c.update_id).limit(1))
_PRUNE = Statement(
    lambda: delete(updates).where(updates.c.received_at < at("before"), updates.c.raw.is_(None))
)


class Kept(Struct, frozen=True):
    """An update taken from Telegram but not finished here; `raw` is its JSON, `chat` is whose order it stands in."""

    update_id: int
    raw: str
    chat: int = 0


def keep(tx: Tx, kept: Kept, now: datetime) -> bool:
    """Store an update before it is acknowledged. False when it is known already."""
    values = {"update_id": kept.update_id, "raw": kept.raw, "chat": kept.chat}
    return tx.run(_KEEP, **values, received_at=seconds(now)) == 1


def done(tx: Tx, update_id: int, now: datetime) -> None:
    """The turn of this update is decided; its answer may still have to be drawn."""
    moment = seconds(now)
    tx.do(_DONE, update_id=update_id, received_at=moment, done_at=moment)


def forget(tx: Tx, update_id: int) -> None:
    """The answer was drawn, so neither what the donor wrote nor who wrote it is needed any more."""
    tx.do(_FORGET, update_id=update_id)


def unfinished(tx: Tx) -> list[Kept]:
    return [Kept(*row) for row in tx.all(_UNFINISHED)]


def oldest(tx: Tx, chat: int) -> Kept | None:
    """The one whose turn it is in this chat."""
    row = tx.one(_OLDEST, whose=chat)
    return Kept(*row) if row else None


def prune(tx: Tx, before: datetime) -> int:
    """Telegram repeats an update for a day at most."""
    return tx.run(_PRUNE, before=seconds(before))
