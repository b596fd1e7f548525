"""Broadcasts as they are written and as they stand; what is owed to each donor of one is in `sends`."""

import json
from collections.abc import Collection
from datetime import datetime
from functools import lru_cache

from msgspec import Struct
from sqlalchemy import delete, func, insert, select, update

from bot.broadcasts import (
    Audience,
    Broadcast,
    BroadcastButton,
    BroadcastState,
    Tally,
    dump_buttons,
    load_audience,
    load_buttons,
)
from bot.contents import Content, load
from bot.store.dialect import insert as upsert
from bot.store.moments import moment, seconds
from bot.store.sql import Row, Statement, Tx, Value, at, places, setting
from bot.store.tables import TALLY, broadcast_parts, broadcasts

_ADD = Statement(
    lambda: (
        insert(broadcasts)
        .values(places("state", "by", "audience", "holdout", "created_at"))
        .returning(broadcasts.c.id)
    )
)
_GET = Statement(lambda: select(broadcasts).where(broadcasts.c.id == at("broadcast_id")))
_NEWEST = Statement(lambda: select(broadcasts).order_by(broadcasts.c.id.desc()).limit(at("most")))
_PARTS = Statement(
    lambda: (
        select(broadcast_parts)
        .where(broadcast_parts.c.broadcast_id == at("broadcast_id"))
        .order_by(broadcast_parts.c.language)
    )
)
_PUT_PART = Statement(
    lambda: (
        upsert(broadcast_parts)
        .values(places("broadcast_id", "language", "content"))
        .on_conflict_do_update(index_elements=["broadcast_id", "language"], set_=places("content"))
    )
)
_DROP_PART = Statement(
    lambda: delete(broadcast_parts).where(
        broadcast_parts.c.broadcast_id == at("broadcast_id"), broadcast_parts.c.language == at("code")
    )
)
_START = Statement(
    lambda: (
        update(broadcasts)
        .where(broadcasts.c.state == BroadcastState.SCHEDULED.value, broadcasts.c.due_at <= at("now"))
        .values(state=BroadcastState.RUNNING.value, started_at=at("now"))
    )
)
_IS_RUNNING = broadcasts.c.state == BroadcastState.RUNNING.value
_RUNNING = Statement(
    lambda: select(broadcasts).where(_IS_RUNNING).order_by(broadcasts.c.due_at, broadcasts.c.id)
)
_NEXT_DUE = Statement(
    lambda: select(func.min(broadcasts.c.due_at)).where(broadcasts.c.state == BroadcastState.SCHEDULED.value)
)
_PROGRESS = Statement(
    lambda: select(broadcasts.c.state, broadcasts.c.reached, broadcasts.c.is_fanned).where(
        broadcasts.c.id == at("broadcast_id")
    )
)


class Progress(Struct, frozen=True):
    """`reached`: the donor id up to which it is planned."""

    state: BroadcastState
    reached: int
    is_fanned: bool


def add(tx: Tx, by: int, audience: Audience, holdout: int, now: datetime) -> Broadcast:
    """A new draft of this staff member (a donor id)."""
    id = tx.value(
        _ADD,
        state=BroadcastState.DRAFT,
        by=by,
        audience=audience.dump(),
        holdout=holdout,
        created_at=seconds(now),
    )
    found = get(tx, id)
    assert found is not None  # noqa: S101  it was added a line above
    return found


def get(tx: Tx, broadcast_id: int) -> Broadcast | None:
    row = tx.one(_GET, broadcast_id=broadcast_id)
    return None if row is None else _noun(row, tx.all(_PARTS, broadcast_id=broadcast_id))


def newest(tx: Tx, most: int) -> list[Broadcast]:
    rows = tx.all(_NEWEST, most=most)
    return [_noun(row, tx.all(_PARTS, broadcast_id=row["id"])) for row in rows]


def move(tx: Tx, broadcast_id: int, **changes: Value) -> None:
    """Change columns of the broadcast; an edit also raises `version`."""
    tx.do(setting(broadcasts, frozenset(changes)), row_id=broadcast_id, **changes)


def start(tx: Tx, now: datetime) -> int:
    """What is scheduled and due runs from now on; how many they are."""
    return tx.run(_START, now=seconds(now))


def running(tx: Tx) -> list[Broadcast]:
    """In the order in which they were due."""
    return [_noun(row, tx.all(_PARTS, broadcast_id=row["id"])) for row in tx.all(_RUNNING)]


def next_due(tx: Tx) -> datetime | None:
    return _maybe(tx.value(_NEXT_DUE))


def progress(tx: Tx, broadcast_id: int) -> Progress:
    row = tx.one(_PROGRESS, broadcast_id=broadcast_id)
    assert row is not None  # noqa: S101  broadcasts are never deleted while they run
    return Progress(BroadcastState(row["state"]), row["reached"], bool(row["is_fanned"]))


def shift(
    tx: Tx, broadcast_id: int, old: Collection[BroadcastState], new: BroadcastState, **changes: Value
) -> bool:
    """Move it to another state, if it is in one of the old ones."""
    columns = frozenset({"state", *changes})
    statement = _shifting(columns, frozenset(old))
    return tx.run(statement, row_id=broadcast_id, state=new, **changes) == 1


@lru_cache(maxsize=64)
def _shifting(columns: frozenset[str], old: frozenset[BroadcastState]) -> Statement:
    return Statement(
        update(broadcasts)
        .where(broadcasts.c.id == at("row_id"), broadcasts.c.state.in_([str(one) for one in old]))
        .values(places(*sorted(columns)))
    )


def edit(
    tx: Tx,
    broadcast: Broadcast,
    *,
    audience: Audience | None = None,
    buttons: tuple[BroadcastButton, ...] | None = None,
    fallbacks: dict[str, str] | None = None,
    **more: Value,
) -> None:
    """What staff decide about a draft. Every edit makes a new version, which no earlier approval covers."""
    changes: dict[str, Value] = {**more, "version": broadcast.version + 1, "approved_by": None}
    if audience is not None:
        changes["audience"] = audience.dump()
    if buttons is not None:
        changes["buttons"] = dump_buttons(buttons)
    if fallbacks is not None:
        changes["fallbacks"] = json.dumps(fallbacks, sort_keys=True)
    move(tx, broadcast.id, **changes)


def put_part(tx: Tx, broadcast: Broadcast, language: str, content: Content) -> None:
    tx.do(_PUT_PART, broadcast_id=broadcast.id, language=language, content=content.dump())
    edit(tx, broadcast)


def drop_part(tx: Tx, broadcast: Broadcast, language: str) -> None:
    tx.do(_DROP_PART, broadcast_id=broadcast.id, code=language)
    edit(tx, broadcast)


def _noun(row: Row, parts: list[Row]) -> Broadcast:
    return Broadcast(
        id=row["id"],
        state=BroadcastState(row["state"]),
        version=row["version"],
        by=row["by"],
        audience=load_audience(row["audience"]),
        buttons=load_buttons(row["buttons"]),
        parts={one["language"]: load(one["content"]) for one in parts},
        fallbacks=json.loads(row["fallbacks"]),
        holdout=row["holdout"],
        is_paid=bool(row["is_paid"]),
        created_at=moment(row["created_at"]),
        due_at=_maybe(row["due_at"]),
        started_at=_maybe(row["started_at"]),
        ended_at=_maybe(row["ended_at"]),
        approved_by=row["approved_by"],
        card_id=row["card_id"],
        is_fanned=bool(row["is_fanned"]),
        tally=Tally(**{name: row[name] for name in TALLY}),
    )


def _maybe(value: int | None) -> datetime | None:
    return None if value is None else moment(value)
