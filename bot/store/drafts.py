"""Moves of broadcasts that staff write, and what second admins were asked: one row a request, with the pieces that they saw."""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import cast as as_type
from sqlalchemy import func, insert, select, update

from bot.broadcasts import Broadcast, BroadcastState, SendState
from bot.store import broadcasts as store
from bot.store.moments import seconds
from bot.store.sql import Statement, Tx, at, places
from bot.store.tables import Big, broadcast_reviews, broadcast_sends, broadcasts

_IS_ALIVE = broadcasts.c.state.in_((BroadcastState.RUNNING.value, BroadcastState.PAUSED.value))
_DRAFT_OF = Statement(
    lambda: (
        select(broadcasts.c.id)
        .where(broadcasts.c.by == at("author"), broadcasts.c.state == BroadcastState.DRAFT.value)
        .order_by(broadcasts.c.id.desc())
        .limit(1)
    )
)
_CLAIM = Statement(
    lambda: (
        update(broadcasts)
        .where(
            broadcasts.c.id == at("broadcast_id"),
            broadcasts.c.state == at("old"),
            broadcasts.c.version == at("of_version"),
        )
        .values(state=at("new"))
    )
)
_ALIVE = Statement(lambda: select(broadcasts.c.id).where(_IS_ALIVE))
_ENDED = Statement(
    lambda: select(broadcasts.c.id).where(
        broadcasts.c.ended_at >= at("since"), broadcasts.c.card_id.is_not(None)
    )
)
# What was thrown away before it began is in the audit log, and in no list.
_SHOWN = (broadcasts.c.state != BroadcastState.CANCELED.value) | broadcasts.c.started_at.is_not(None)
_OWED = Statement(
    lambda: (
        select(broadcast_sends.c.zone, func.count().label("people"))
        .where(broadcast_sends.c.broadcast_id == at("of"), broadcast_sends.c.state == SendState.OWED.value)
        .group_by(broadcast_sends.c.zone)
        .order_by(broadcast_sends.c.zone)
    )
)
_PAGE = Statement(
    lambda: (
        select(broadcasts.c.id)
        .where(_SHOWN)
        .order_by(broadcasts.c.id.desc())
        .limit(at("most"))
        .offset(as_type(at("passed"), Big))
    )
)
_ASK = Statement(
    lambda: (
        insert(broadcast_reviews)
        .values(places("broadcast_id", "version", "asked_at", "pieces"))
        .returning(broadcast_reviews.c.id)
    )
)
_SEEN = Statement(
    lambda: (
        select(broadcast_reviews.c.pieces)
        .where(broadcast_reviews.c.broadcast_id == at("of"), broadcast_reviews.c.version < at("before"))
        .order_by(broadcast_reviews.c.id.desc())
        .limit(1)
    )
)


def draft_of(tx: Tx, author: int) -> Broadcast | None:
    """The newest draft of this staff member (a donor id)."""
    found = tx.value(_DRAFT_OF, author=author)
    return None if found is None else store.get(tx, found)


def claim(tx: Tx, broadcast: Broadcast, old: BroadcastState, new: BroadcastState) -> bool:
    """Move this version from one state to the next; False where somebody was faster, or it is another version by now."""
    moved = tx.run(_CLAIM, broadcast_id=broadcast.id, old=old, of_version=broadcast.version, new=new)
    return moved == 1


def page(tx: Tx, most: int, passed: int) -> list[Broadcast]:
    """Newest first."""
    found = (store.get(tx, row["id"]) for row in tx.all(_PAGE, most=most, passed=passed))
    return [one for one in found if one]


def with_cards(tx: Tx, since: datetime) -> list[int]:
    """Broadcasts on their way, and those that ended since then, whose card may not say so yet."""
    ended = tx.all(_ENDED, since=seconds(since))
    return sorted({row["id"] for row in [*tx.all(_ALIVE), *ended]})


def owed_by_zone(tx: Tx, broadcast_id: int) -> dict[str, int]:
    """How many people wait for it, by zone."""
    return {row["zone"]: row["people"] for row in tx.all(_OWED, of=broadcast_id)}


def ask(tx: Tx, broadcast: Broadcast, pieces: Mapping[str, str], now: datetime) -> int:
    """A second admin is asked about this version; the id of the request."""
    return tx.value(
        _ASK,
        broadcast_id=broadcast.id,
        version=broadcast.version,
        asked_at=seconds(now),
        pieces=json.dumps(dict(pieces), sort_keys=True),
    )


def seen(tx: Tx, broadcast: Broadcast) -> dict[str, str] | None:
    """The pieces of the version that was asked about before this one; None where there was none."""
    found = tx.value(_SEEN, of=broadcast.id, before=broadcast.version)
    return None if found is None else json.loads(found)
