"""Running sums: of each key, what had come together by each moment at which something came.

What came between two moments is one look-up at the later one less one at the earlier, however much there was: screens of
staff cost the same at any size. Kept in the transaction of the fact; an audit counts them again where the facts are kept
(not so of PAID and PAGES).
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, update

from bot.store.dialect import insert
from bot.store.sql import Statement, Tx, Value, at
from bot.store.tables import sums


class Of(StrEnum):
    """What a key begins with, and what follows: LEDGER kind, campaign, currency; SOURCE source, campaign, currency, `gift`
    or `back`; PLEDGES currency; DONORS, PAID and PAGES (opened at Stripe; of the last two days) nothing. By no moment, only
    how many there are now: COMERS source, LIVE campaign id (monthly gifts that go on), WAITING nothing (questions)."""

    LEDGER = "ledger"
    SOURCE = "source"
    PLEDGES = "pledges"
    DONORS = "donors"
    COMERS = "comers"
    PAID = "paid"
    PAGES = "pages"
    LIVE = "live"
    WAITING = "waiting"


# Behind everything that a key may hold: campaigns, currencies and sources are letters, digits, "-" and "_".
_PART, _BEHIND = "|", "}"
NEVER, ALWAYS = -1, 2**62
Sum = tuple[int, int]
"""How many, and minor units."""


def come(key: str, upto: str | None = None) -> ColumnElement[int]:
    """How many had come of this key by the moment at this place; without one, by now."""
    return _come(sums.c.count, key, upto)


def _come(column: ColumnElement[int], key: str | ColumnElement[str], upto: str | None) -> ColumnElement[int]:
    rows = select(column).where(sums.c.key == key)
    rows = rows if upto is None else rows.where(sums.c.at <= at(upto))
    return func.coalesce(rows.order_by(sums.c.at.desc()).limit(1).scalar_subquery(), 0)


_NEWEST = Statement(
    lambda: (
        select(sums.c.at, sums.c.count, sums.c.minor)
        .where(sums.c.key == at("of_key"))
        .order_by(sums.c.at.desc())
        .limit(1)
    )
)


_MORE = insert(sums).values(
    key=at("of_key"),
    at=at("moment"),
    count=_come(sums.c.count, at("of_key"), upto="moment") + at("more"),
    minor=_come(sums.c.minor, at("of_key"), upto="moment") + at("minor_more"),
)
_PUT = Statement(
    lambda: _MORE.on_conflict_do_update(
        index_elements=["key", "at"],
        set_={"count": _MORE.excluded.count, "minor": _MORE.excluded.minor},
    )
)
_RAISE_LATER = Statement(
    lambda: (
        update(sums)
        .where(sums.c.key == at("of_key"), sums.c.at > at("moment"))
        .values(count=sums.c.count + at("more"), minor=sums.c.minor + at("minor_more"))
    )
)


def _keys() -> Select[Any, Any, Any]:
    """Of each key in a range its newest rows before two moments; from key to key by the index, over whatever lies between."""
    seen = sums.alias("seen")
    first = (
        select(func.min(seen.c.key)).where(seen.c.key >= at("low"), seen.c.key < at("high")).scalar_subquery()
    )
    keys = select(first.label("key")).cte("keys", recursive=True)
    following = (
        select(func.min(seen.c.key)).where(seen.c.key > keys.c.key, seen.c.key < at("high")).scalar_subquery()
    )
    keys = keys.union_all(select(following).where(keys.c.key.is_not(None)))
    old, new = sums.alias("old"), sums.alias("new")

    def before(moment: str) -> Any:
        return (
            select(func.max(seen.c.at))
            .where(seen.c.key == keys.c.key, seen.c.at < at(moment))
            .scalar_subquery()
        )

    return select(
        new.c.key,
        new.c.count - func.coalesce(old.c.count, 0),
        new.c.minor - func.coalesce(old.c.minor, 0),
    ).select_from(
        keys.join(new, (new.c.key == keys.c.key) & (new.c.at == before("end"))).outerjoin(
            old, (old.c.key == keys.c.key) & (old.c.at == before("first"))
        )
    )


_BETWEEN = Statement(_keys)


def add(tx: Tx, key: str, moment: int, minor: int = 0, more: int = 1) -> None:
    """`more` came at this moment (Unix seconds), worth `minor`."""
    news: dict[str, Value] = {"of_key": key, "moment": moment, "more": more, "minor_more": minor}
    tx.do(_PUT, **news)
    # Of a clock that was set back: what is dated later has more before it from now on.
    tx.do(_RAISE_LATER, **news)


def now(tx: Tx, kind: Of, *parts: str) -> int:
    """How many there are, of what is counted by no moment."""
    row = tx.one(_NEWEST, of_key=key_of(kind, *parts))
    return row["count"] if row else 0


def key_of(kind: Of, *parts: str) -> str:
    return _PART.join((kind, *parts))


def _is_in(key: str, low: str) -> bool:
    """Not a longer word that begins alike."""
    return key == low or key.startswith(low + _PART)


def between(tx: Tx, first: int, end: int, kind: Of, *parts: str) -> dict[tuple[str, ...], Sum]:
    """What came from `first` to before `end`, by what follows these parts in the keys; without what there was nothing of."""
    low = key_of(kind, *parts)
    rows = tx.all(_BETWEEN, low=low, high=low + _BEHIND, first=first, end=end)
    rows = [row for row in rows if _is_in(row[0], low)]
    cut = len(parts) + 1
    return {
        tuple(key.split(_PART)[cut:]): (count, minor)
        for key, count, minor in sorted(map(tuple, rows))
        if count
    }


def upto(tx: Tx, moment: int, kind: Of, *parts: str) -> dict[tuple[str, ...], Sum]:
    """What had come before this moment."""
    return between(tx, NEVER, moment, kind, *parts)
