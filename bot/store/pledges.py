"""Pledges by their reference; a state changes only by claim, and what is promised is counted again from here."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import case, func, select, update

from bot.model import Pledge, PledgeState
from bot.money import Money
from bot.store import sums
from bot.store.dialect import insert
from bot.store.moments import moment, seconds
from bot.store.sql import Row, Statement, Tx, Value, at, places, setting
from bot.store.sums import Of, key_of
from bot.store.tables import payments, pledges, totals

_OPEN = (PledgeState.PROMISED.value, PledgeState.SAID_PAID.value)
_IS_OPEN = pledges.c.state.in_(_OPEN)
# Those whose donor says that they paid come first, then whoever waits longest.
_ORDER = (
    case((pledges.c.state == PledgeState.SAID_PAID.value, 0), else_=1),
    pledges.c.created_at,
    pledges.c.id,
)
_GET = Statement(lambda: select(pledges).where(pledges.c.id == at("pledge_id")))
_ADD = Statement(
    lambda: (
        insert(pledges)
        .values(
            places(
                "id", "donor_id", "campaign_id", "amount_minor", "currency", "state", "created_at", "source"
            )
        )
        .on_conflict_do_nothing(index_elements=["id"])
    )
)
_OPEN_OF = Statement(
    lambda: (
        select(pledges)
        .where(pledges.c.donor_id == at("donor_id"), _IS_OPEN)
        .order_by(pledges.c.created_at, pledges.c.id)
    )
)
_OF_DONOR = Statement(
    lambda: (
        select(pledges)
        .where(pledges.c.donor_id == at("donor_id"))
        .order_by(pledges.c.created_at, pledges.c.id)
    )
)
# One state after the other, each in the order of an index: nothing is sorted.
_OF_STATE = Statement(
    lambda: (
        select(pledges)
        .where(pledges.c.state == at("of_state"))
        .order_by(pledges.c.created_at, pledges.c.id)
        .limit(at("most"))
        .offset(at("after"))
    )
)
_UP_TO = Statement(
    lambda: select(func.count()).select_from(
        select(pledges.c.id).where(pledges.c.state == at("of_state")).limit(at("most")).subquery()
    )
)
_COUNT_OPEN = Statement(lambda: select(func.coalesce(func.sum(totals.c.pledges), 0)))
_OF_AMOUNT = Statement(
    lambda: (
        select(pledges)
        .where(_IS_OPEN, pledges.c.currency == at("currency"), pledges.c.amount_minor == at("minor"))
        .order_by(*_ORDER)
        .limit(at("most"))
    )
)
_SUBJECTS = Statement(
    lambda: (
        select(func.count())
        .select_from(payments)
        .where(payments.c.subject >= at("first"), payments.c.subject < at("beyond"))
    )
)


def get(tx: Tx, pledge_id: str) -> Pledge | None:
    return soon(tx, pledge_id)()


def soon(tx: Tx, pledge_id: str) -> Callable[[], Pledge | None]:
    """What `get` finds, once it is called; what was asked together is waited for together."""
    rows = tx.soon(_GET, pledge_id=pledge_id)
    return lambda: None if (row := rows.fetchone()) is None else noun(row)


def some(tx: Tx, pledge_ids: Sequence[str]) -> list[Pledge]:
    """Those of these references that exist."""
    return [one for pledge_id in pledge_ids if (one := get(tx, pledge_id))]


def add(tx: Tx, pledge: Pledge) -> bool:
    """False where the reference is taken: try another."""
    values: dict[str, Value] = {
        "id": pledge.id,
        "donor_id": pledge.donor_id,
        "campaign_id": pledge.campaign_id,
        "amount_minor": pledge.money.minor,
        "currency": pledge.money.currency,
        "state": pledge.state,
        "created_at": seconds(pledge.created_at),
        "source": pledge.source,
    }
    if tx.run(_ADD, **values) == 0:
        return False
    key = key_of(Of.PLEDGES, pledge.money.currency)
    sums.add(tx, key, seconds(pledge.created_at), pledge.money.minor)
    return True


def move(tx: Tx, pledge_id: str, was: Collection[PledgeState], to: PledgeState) -> bool:
    """Claim a change of state. True for the one caller who made it; that caller does what follows."""
    return tx.run(_claim(frozenset(was), to), pledge_id=pledge_id) == 1


@lru_cache
def _claim(was: frozenset[PledgeState], to: PledgeState) -> Statement:
    states = [str(state) for state in sorted(was)]
    mine = update(pledges).where(pledges.c.id == at("pledge_id"), pledges.c.state.in_(states))
    return Statement(mine.values(state=str(to)))


def change(tx: Tx, pledge_id: str, **values: Value) -> None:
    """Set columns that are not the state."""
    tx.do(setting(pledges, frozenset(values)), row_id=pledge_id, **values)


def open_of(tx: Tx, donor_id: int) -> list[Pledge]:
    """The donor's pledges that may still be paid, oldest first."""
    return soon_open(tx, donor_id)()


def soon_open(tx: Tx, donor_id: int) -> Callable[[], list[Pledge]]:
    """What `open_of` finds, once it is called."""
    rows = tx.soon(_OPEN_OF, donor_id=donor_id)
    return lambda: [noun(row) for row in rows.fetchall()]


def of_donor(tx: Tx, donor_id: int) -> list[Pledge]:
    return [noun(row) for row in tx.all(_OF_DONOR, donor_id=donor_id)]


def open_page(tx: Tx, limit: int, offset: int) -> list[Pledge]:
    """Open pledges of everybody, said to be paid first."""
    found = tx.all(_OF_STATE, of_state=PledgeState.SAID_PAID, most=limit, after=offset)
    if len(found) < limit:
        passed = tx.value(_UP_TO, of_state=PledgeState.SAID_PAID, most=offset + limit)
        after, most = max(0, offset - passed), limit - len(found)
        found += tx.all(_OF_STATE, of_state=PledgeState.PROMISED, most=most, after=after)
    return [noun(row) for row in found]


def count_open(tx: Tx) -> int:
    return tx.value(_COUNT_OPEN)


def of_amount(tx: Tx, money: Money, limit: int) -> list[Pledge]:
    """Open pledges of exactly this sum."""
    return [noun(row) for row in tx.all(_OF_AMOUNT, currency=money.currency, minor=money.minor, most=limit)]


def next_subject(tx: Tx, pledge_id: str) -> str:
    """What the payment of this pledge is called: its reference, or after a correction `k427p.2`."""
    taken = tx.value(_SUBJECTS, first=pledge_id, beyond=f"{pledge_id}/")
    return f"{pledge_id}.{taken + 1}" if taken else pledge_id


def _maybe(value: int | None) -> datetime | None:
    return None if value is None else moment(value)


def noun(row: Row) -> Pledge:
    return Pledge(
        id=row["id"],
        donor_id=row["donor_id"],
        campaign_id=row["campaign_id"],
        money=Money(row["amount_minor"], row["currency"]),
        state=PledgeState(row["state"]),
        created_at=moment(row["created_at"]),
        source=row["source"],
        donation_id=row["donation_id"],
        matched_by=row["matched_by"],
        settled_at=_maybe(row["settled_at"]),
    )
