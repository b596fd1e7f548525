"""What a long look counted of a broadcast, kept until it is counted again; and what somebody waits for."""

import json
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import delete, null, select

from bot.broadcasts import Count
from bot.store.dialect import insert
from bot.store.moments import moment, seconds
from bot.store.sql import Statement, Tx, at, places
from bot.store.tables import broadcast_counts as counts

_FIND = Statement(
    lambda: select(counts).where(
        counts.c.broadcast_id == at("broadcast_id"),
        counts.c.what == at("of_what"),
        counts.c.meant == at("meant"),
        counts.c.facts.is_not(None),
    )
)
_KEYS = ("broadcast_id", "what")
_KEPT = places("meant", "counted_at", "facts")
_KEEP = Statement(
    lambda: (
        insert(counts)
        .values({**places(*_KEYS), **_KEPT})
        .on_conflict_do_update(index_elements=_KEYS, set_={**_KEPT, "asked_at": null()})
    )
)
_ASKED = places("meant", "asked_at")
_ASK = Statement(
    lambda: (
        insert(counts)
        .values({**places(*_KEYS), **_ASKED})
        .on_conflict_do_update(index_elements=_KEYS, set_={**_ASKED, "facts": null(), "counted_at": null()})
    )
)
_IS_ASKED = Statement(
    lambda: select(counts.c.asked_at).where(
        counts.c.broadcast_id == at("broadcast_id"),
        counts.c.what == at("of_what"),
        counts.c.meant == at("meant"),
        counts.c.asked_at.is_not(None),
    )
)
_NEXT = Statement(
    lambda: (
        select(counts.c.broadcast_id)
        .where(counts.c.asked_at.is_not(None), counts.c.what == at("of_what"))
        .order_by(counts.c.asked_at, counts.c.broadcast_id)
        .limit(1)
    )
)
_DROP = Statement(
    lambda: delete(counts).where(counts.c.broadcast_id == at("id"), counts.c.what == at("of_what"))
)


class Kept(Struct, frozen=True):
    """`facts` are whatever JSON holds."""

    facts: Any
    counted_at: datetime


def find(tx: Tx, broadcast_id: int, what: Count, meant: str = "") -> Kept | None:
    """What was counted last; `meant` says of what, as an audience that was another then has another count."""
    row = tx.one(_FIND, broadcast_id=broadcast_id, of_what=what, meant=meant)
    return None if row is None else Kept(json.loads(row["facts"]), moment(row["counted_at"]))


def keep(tx: Tx, broadcast_id: int, what: Count, facts: Any, now: datetime, meant: str = "") -> None:
    """Nobody waits for it any more."""
    text = json.dumps(facts, ensure_ascii=False)
    tx.do(_KEEP, broadcast_id=broadcast_id, what=what, meant=meant, counted_at=seconds(now), facts=text)


def ask(tx: Tx, broadcast_id: int, what: Count, now: datetime, meant: str = "") -> None:
    """To be counted beside the loop; what was counted before is too old or of something else."""
    tx.do(_ASK, broadcast_id=broadcast_id, what=what, meant=meant, asked_at=seconds(now))


def is_asked(tx: Tx, broadcast_id: int, what: Count, meant: str = "") -> bool:
    """Whether somebody waits for just this count."""
    return tx.one(_IS_ASKED, broadcast_id=broadcast_id, of_what=what, meant=meant) is not None


def next_asked(tx: Tx, what: Count) -> int | None:
    """The broadcast for whose count somebody waits longest."""
    return tx.value(_NEXT, of_what=what)


def drop(tx: Tx, broadcast_id: int, what: Count) -> None:
    """There is nothing to count any more."""
    tx.do(_DROP, id=broadcast_id, of_what=what)
