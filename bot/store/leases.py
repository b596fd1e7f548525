"""Leases between processes: a name is held by one of them until a moment of the database's own clock.

Hosts' clocks differ and the clock of a test jumps, so only the database says what time it is. `owner` and `token` together
name one taking and never come again: that is what fences a holder who was asleep while somebody else took over.
"""

from typing import Any

from msgspec import Struct
from sqlalchemy import delete, func, literal, select, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from bot.store.dialect import insert
from bot.store.sql import Statement, Tx, at
from bot.store.tables import Big, leases, updates

CHAT = "chat-"
_WORKER = "worker-"


class _Now(FunctionElement[int]):
    """Whole Unix seconds."""

    type = Big
    inherit_cache = True


@compiles(_Now, "sqlite")
def _sqlite(*_: Any, **__: Any) -> str:
    return "CAST(strftime('%s', 'now') AS INTEGER)"


@compiles(_Now, "postgresql")
def _postgresql(*_: Any, **__: Any) -> str:
    return "CAST(floor(EXTRACT(EPOCH FROM clock_timestamp())) AS BIGINT)"


_UNTIL = _Now() + at("seconds")
_FRESH = insert(leases).values(name=at("lease"), owner=at("holder"), token=at("number"), until=_UNTIL)
_TAKE = Statement(
    lambda: _FRESH.on_conflict_do_update(
        index_elements=["name"],
        set_={one: _FRESH.excluded[one] for one in ("owner", "token", "until")},
        where=leases.c.until <= _Now(),
    )
)
_MINE = (leases.c.name == at("lease"), leases.c.owner == at("holder"), leases.c.token == at("number"))
_RENEW = Statement(lambda: update(leases).where(*_MINE).values(until=_UNTIL))
_RELEASE = Statement(lambda: delete(leases).where(*_MINE))
_HOLDS = Statement(lambda: select(leases.c.name).where(*_MINE))
_LEAVE = Statement(lambda: delete(leases).where(leases.c.owner == at("holder")))
_LIVE = leases.c.until > _Now()
_WORKERS = Statement(
    lambda: select(leases.c.owner).where(leases.c.name.startswith(_WORKER), _LIVE).order_by(leases.c.owner)
)
_OWNER = Statement(lambda: select(leases.c.owner).where(leases.c.name == at("lease"), _LIVE))
# What died with its holder is dropped after a day; while it lives, the next taker needs it.
_PRUNE = Statement(lambda: delete(leases).where(leases.c.until < _Now() - 86400))
_LEFT = Statement(
    lambda: (
        select(updates.c.chat, func.min(updates.c.update_id).label("first"))
        .outerjoin(leases, (leases.c.name == literal(CHAT).concat(updates.c.chat)) & _LIVE)
        .where(updates.c.raw.is_not(None), leases.c.name.is_(None))
        .group_by(updates.c.chat)
        .order_by("first")
        .limit(at("most"))
    )
)


class Lease(Struct, frozen=True):
    """One taking of a name."""

    name: str
    owner: str
    token: int


def take(tx: Tx, lease: Lease, term: int) -> bool:
    """False while somebody else holds the name. `term` in seconds."""
    return tx.run(_TAKE, **_of(lease), seconds=term) == 1


def renew(tx: Tx, lease: Lease, term: int) -> bool:
    """False where somebody else took over; one that ran out and that nobody wanted is still ours."""
    return tx.run(_RENEW, **_of(lease), seconds=term) == 1


def release(tx: Tx, lease: Lease) -> None:
    tx.do(_RELEASE, **_of(lease))


def holds(tx: Tx, lease: Lease) -> bool:
    return tx.value(_HOLDS, **_of(lease)) is not None


def leave(tx: Tx, owner: str) -> None:
    """This process ends: all that it holds is free."""
    tx.do(_LEAVE, holder=owner)


def owner(tx: Tx, name: str) -> str | None:
    return tx.value(_OWNER, lease=name)


def worker(owner: str) -> str:
    """The name by which a worker says that it lives."""
    return _WORKER + owner


def workers(tx: Tx) -> list[str]:
    """The owners that live and work."""
    return [row[0] for row in tx.all(_WORKERS)]


def left(tx: Tx, most: int) -> list[int]:
    """Chats with an update that nobody is working on, since whoever was has died."""
    return [row[0] for row in tx.all(_LEFT, most=most)]


def prune(tx: Tx) -> int:
    return tx.run(_PRUNE)


def _of(lease: Lease) -> dict[str, str | int]:
    return {"lease": lease.name, "holder": lease.owner, "number": lease.token}
