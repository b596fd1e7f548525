"""What staff did: one row an act, written in the transaction of the act itself, and never changed."""

import json
from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct
from sqlalchemy import insert, select

from bot.store.moments import moment, seconds
from bot.store.sql import Row, Statement, Tx, at, places
from bot.store.tables import acts

Facts = Mapping[str, str | int | None]
_RECORD = Statement(lambda: insert(acts).values(places("at", "by", "act", "subject", "before", "after")))
_NEWEST = Statement(
    lambda: select(acts).where(acts.c.id < at("before_id")).order_by(acts.c.id.desc()).limit(at("most"))
)
_ALL = 2**62


class Act(Struct, frozen=True):
    """`by` is a code such as "staff 12"; `act` a word such as "refund"; `subject` what it was done to."""

    id: int
    at: datetime
    by: str
    act: str
    subject: str
    before: Facts
    after: Facts


def record(
    tx: Tx,
    now: datetime,
    by: str,
    act: str,
    subject: str,
    *,
    before: Facts | None = None,
    after: Facts | None = None,
) -> None:
    """Write an act down: no names, no message texts, no links."""
    tx.do(
        _RECORD,
        at=seconds(now),
        by=by,
        act=act,
        subject=subject,
        before=_dump(before or {}),
        after=_dump(after or {}),
    )


def newest(tx: Tx, most: int, before: int = _ALL) -> list[Act]:
    """The newest acts first; `before` is the id of the last one that was shown."""
    return [_noun(row) for row in tx.all(_NEWEST, before_id=before, most=most)]


def _dump(facts: Facts) -> str:
    return json.dumps(dict(facts), ensure_ascii=False, sort_keys=True)


def _noun(row: Row) -> Act:
    return Act(
        row["id"],
        moment(row["at"]),
        row["by"],
        row["act"],
        row["subject"],
        json.loads(row["before"]),
        json.loads(row["after"]),
    )
