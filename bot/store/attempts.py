"""How many pages were opened and cards refused of late: looked up by index, and never counted further than is asked."""

from datetime import datetime

from sqlalchemy import delete, func, select

from bot.store.dialect import insert
from bot.store.moments import moment, seconds
from bot.store.sql import Statement, Tx, at, places
from bot.store.tables import declines, donations

_OPENED = select(donations.c.created_at).where(donations.c.created_at > at("since"))
# A gift that was a pledge is dated and over at once: no page was opened for it. Over all donors it does not matter, and
# the index alone answers.
_HAD_A_PAGE = donations.c.expires_at > donations.c.created_at
_OPENED_BY = Statement(
    _OPENED.where(donations.c.donor_id == at("donor_id"), _HAD_A_PAGE)
    .order_by(donations.c.created_at.desc())
    .limit(1)
    .offset(at("before"))
)
_OPENED_BY_ALL = Statement(_OPENED.order_by(donations.c.created_at.desc()).limit(1).offset(at("before")))
_OPEN = Statement(
    select(func.count()).select_from(
        select(donations.c.open_key).where(donations.c.open_key > "").limit(at("most")).subquery()
    )
)
_DECLINED = select(declines.c.at).where(declines.c.at > at("since"))
_DECLINED_BY = Statement(
    _DECLINED.where(declines.c.donor_id == at("donor_id"))
    .order_by(declines.c.at.desc())
    .limit(1)
    .offset(at("before"))
)
_DECLINED_BY_ALL = Statement(_DECLINED.order_by(declines.c.at.desc()).limit(1).offset(at("before")))
_COUNT_OPENED = Statement(select(func.count()).select_from(_OPENED.limit(at("most")).subquery()))
_COUNT_DECLINED = Statement(select(func.count()).select_from(_DECLINED.limit(at("most")).subquery()))
_ADD = Statement(
    insert(declines)
    .values(places("attempt", "donor_id", "donation_id", "at"))
    .on_conflict_do_nothing(index_elements=["attempt"])
)
_PRUNE = Statement(delete(declines).where(declines.c.at < at("before")))


def nth_opened(tx: Tx, n: int, since: datetime, donor_id: int | None = None) -> datetime | None:
    """When the `n`th newest page since then was opened, by this donor or by anybody; None where there were fewer."""
    values = {"since": seconds(since), "before": n - 1}
    if donor_id is None:
        return _maybe(tx.value(_OPENED_BY_ALL, **values))
    return _maybe(tx.value(_OPENED_BY, **values, donor_id=donor_id))


def nth_declined(tx: Tx, n: int, since: datetime, donor_id: int | None = None) -> datetime | None:
    """When the `n`th newest card since then was refused; None where there were fewer."""
    values = {"since": seconds(since), "before": n - 1}
    if donor_id is None:
        return _maybe(tx.value(_DECLINED_BY_ALL, **values))
    return _maybe(tx.value(_DECLINED_BY, **values, donor_id=donor_id))


def open_pages(tx: Tx, most: int) -> int:
    """How many pages can still be paid, counted up to `most`."""
    return tx.value(_OPEN, most=most)


def count_opened(tx: Tx, since: datetime, most: int) -> int:
    return tx.value(_COUNT_OPENED, since=seconds(since), most=most)


def count_declined(tx: Tx, since: datetime, most: int) -> int:
    return tx.value(_COUNT_DECLINED, since=seconds(since), most=most)


def add_decline(tx: Tx, attempt: str, donor_id: int, donation_id: str, now: datetime) -> bool:
    """One refused card, by Stripe's id of the try. False when it was counted before."""
    values = {"attempt": attempt, "donor_id": donor_id, "donation_id": donation_id, "at": seconds(now)}
    return tx.run(_ADD, **values) == 1


def prune(tx: Tx, before: datetime) -> int:
    """Refused cards are kept no longer than they are needed."""
    return tx.run(_PRUNE, before=seconds(before))


def _maybe(value: int | None) -> datetime | None:
    return None if value is None else moment(value)
