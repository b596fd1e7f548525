"""How many pages were opened and cards refused of late: looked up by index, and never counted one by one further than is asked."""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Select, case, delete, func, null, select

from bot.store.dialect import insert
from bot.store.moments import moment, seconds
from bot.store.sql import Row, Statement, Tx, at, places
from bot.store.sums import Of, add, come
from bot.store.tables import declines, donations, marks, sums

_OPENED_BY = select(donations.c.created_at).where(
    donations.c.created_at > at("since"),
    donations.c.donor_id == at("donor_id"),
    # A gift that was a pledge is dated and over at once: no page was opened for it.
    donations.c.expires_at > donations.c.created_at,
)
_OPENED = come(Of.PAGES) - come(Of.PAGES, upto="since")
_NTH_OPENED = select(func.min(sums.c.at)).where(
    sums.c.key == Of.PAGES.value,
    sums.c.at > at("since"),
    sums.c.count > come(Of.PAGES) - at("most_opened"),
)
_OPEN_KEYS = select(donations.c.open_key).where(donations.c.open_key > "").limit(at("most"))
# In order, or PostgreSQL would look through all gifts where nobody has told it yet how many there are.
_OPEN = select(func.count()).select_from(_OPEN_KEYS.order_by(donations.c.open_key).subquery())
_DECLINED = select(declines.c.at).where(declines.c.at > at("since"))
_DECLINED_BY = _DECLINED.where(declines.c.donor_id == at("donor_id"))


def _newest(times: Select[tuple[int]], place: str = "before") -> Select[tuple[int]]:
    """The newest but as many as `place` says."""
    return times.order_by(times.selected_columns[0].desc()).limit(1).offset(at(place))


_NTH_DECLINED_BY = Statement(lambda: _newest(_DECLINED_BY))
_NTH_DECLINED = Statement(lambda: _newest(_DECLINED))
_OPEN_PAGES = Statement(lambda: _OPEN)
# One statement for all that is looked at before a page is opened: on PostgreSQL each would be a way there and back.
_LATELY = Statement(
    lambda: select(
        select(marks.c.value).where(marks.c.key == at("mark")).scalar_subquery().label("mark"),
        _newest(_DECLINED_BY, "before_declined").scalar_subquery().label("declined_by"),
        _newest(_OPENED_BY, "before_opened_by").scalar_subquery().label("opened_by"),
        _OPEN.scalar_subquery().label("open_pages"),
        case((at("most_opened") <= _OPENED, _NTH_OPENED.scalar_subquery()), else_=null()).label("opened"),
    )
)
_COUNT_OPENED = Statement(lambda: select(_OPENED))
_COUNT_DECLINED = Statement(lambda: select(func.count()).select_from(_DECLINED.limit(at("most")).subquery()))
_ADD = Statement(
    lambda: (
        insert(declines)
        .values(places("attempt", "donor_id", "donation_id", "at"))
        .on_conflict_do_nothing(index_elements=["attempt"])
    )
)
_PRUNE = Statement(lambda: delete(declines).where(declines.c.at < at("before")))
# All but the newest of those before: what came since then is counted from it.
_OLD = sums.alias("old")
_LAST_BEFORE = select(func.max(_OLD.c.at)).where(_OLD.c.key == Of.PAGES.value, _OLD.c.at < at("before"))
_PRUNE_OPENED = Statement(
    lambda: delete(sums).where(sums.c.key == Of.PAGES.value, sums.c.at < _LAST_BEFORE.scalar_subquery())
)


class Limits(Struct, frozen=True):
    """How many are too many; 0 for a limit that is off."""

    declined_by: int
    opened_by: int
    open_pages: int
    opened: int


class Lately(Struct, frozen=True):
    """The newest event of each kind that is one too many, by this donor or by anybody, or None; and what a mark says."""

    mark: str | None
    declined_by: datetime | None
    opened_by: datetime | None
    opened: datetime | None
    is_full: bool


def soon_lately(tx: Tx, donor_id: int, since: datetime, limits: Limits, mark: str) -> Callable[[], Lately]:
    """Whether as many as the limits say came since then, once it is called; pages that can still be paid count whenever they
    were opened.
    """
    found = tx.soon(
        _LATELY,
        mark=mark,
        donor_id=donor_id,
        since=seconds(since),
        before_declined=_before(limits.declined_by),
        before_opened_by=_before(limits.opened_by),
        most=limits.open_pages,
        most_opened=max(limits.opened, 1),
    )
    return lambda: _lately(found.fetchone(), limits)


def _lately(row: Row, limits: Limits) -> Lately:
    return Lately(
        row["mark"],
        _maybe(row["declined_by"], limits.declined_by),
        _maybe(row["opened_by"], limits.opened_by),
        _maybe(row["opened"], limits.opened),
        is_full=0 < limits.open_pages <= row["open_pages"],
    )


def _before(limit: int) -> int:
    return max(limit, 1) - 1


def nth_declined(tx: Tx, n: int, since: datetime, donor_id: int | None = None) -> datetime | None:
    """When the `n`th newest card since then was refused; None where there were fewer."""
    values = {"since": seconds(since), "before": n - 1}
    if donor_id is None:
        return _maybe(tx.value(_NTH_DECLINED, **values))
    return _maybe(tx.value(_NTH_DECLINED_BY, **values, donor_id=donor_id))


def open_pages(tx: Tx, most: int) -> int:
    """How many pages can still be paid, counted up to `most`."""
    return tx.value(_OPEN_PAGES, most=most)


def add_opened(tx: Tx, now: datetime) -> None:
    """One more page at Stripe."""
    add(tx, Of.PAGES, seconds(now))


def count_opened(tx: Tx, since: datetime) -> int:
    return tx.value(_COUNT_OPENED, since=seconds(since))


def count_declined(tx: Tx, since: datetime, most: int) -> int:
    return tx.value(_COUNT_DECLINED, since=seconds(since), most=most)


def add_decline(tx: Tx, attempt: str, donor_id: int, donation_id: str, now: datetime) -> bool:
    """One refused card, by Stripe's id of the try. False when it was counted before."""
    values = {"attempt": attempt, "donor_id": donor_id, "donation_id": donation_id, "at": seconds(now)}
    return tx.run(_ADD, **values) == 1


def prune(tx: Tx, before: datetime) -> int:
    """Refused cards, and when pages were opened, are kept no longer than they are needed."""
    return tx.run(_PRUNE, before=seconds(before)) + tx.run(_PRUNE_OPENED, before=seconds(before))


def _maybe(value: int | None, limit: int = 1) -> datetime | None:
    return moment(value) if value is not None and limit else None
