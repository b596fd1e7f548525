"""Donations and the payments that Stripe reported for them; a state changes only by claim."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.dialects import sqlite

from bot.model import CancelAsked, Donation, DonationState
from bot.money import Money
from bot.store.moments import moment, seconds
from bot.store.tables import donations, payments

_UNSETTLED = (DonationState.CREATING, DonationState.AWAITING, DonationState.PROCESSING)


def open_key(donor_id: int, campaign_id: int, money: Money) -> str:
    """What two gifts may not share while both can be paid."""
    return f"{donor_id}:{campaign_id}:{money.minor}:{money.currency}"


def get(tx: Connection, donation_id: str) -> Donation | None:
    return _one(tx, donations.c.id == donation_id)


def of_session(tx: Connection, session_id: str) -> Donation | None:
    return _one(tx, donations.c.session_id == session_id)


def open_like(tx: Connection, donor_id: int, campaign_id: int, money: Money) -> Donation | None:
    """The donor's gift of the same campaign and amount that can still be paid."""
    return _one(tx, donations.c.open_key == open_key(donor_id, campaign_id, money))


def add(tx: Connection, donation: Donation, look_at: datetime) -> None:
    tx.execute(
        insert(donations).values(
            id=donation.id,
            donor_id=donation.donor_id,
            campaign_id=donation.campaign_id,
            amount_minor=donation.money.minor,
            currency=donation.money.currency,
            state=donation.state,
            open_key=open_key(donation.donor_id, donation.campaign_id, donation.money),
            attempt=donation.attempt,
            params=donation.params,
            source=donation.source,
            created_at=seconds(donation.created_at),
            expires_at=seconds(donation.expires_at),
            look_at=seconds(look_at),
        )
    )


def move(tx: Connection, donation_id: str, was: Collection[DonationState], to: DonationState) -> bool:
    """Claim a change of state. True for the one caller who made it; that caller does what follows."""
    changes: dict[str, Any] = {"state": to} if to.is_open else {"state": to, "open_key": None}
    claim = (
        update(donations).where(donations.c.id == donation_id, donations.c.state.in_(was)).values(**changes)
    )
    return tx.execute(claim).rowcount == 1


def change(tx: Connection, donation_id: str, **values: str | int | None) -> None:
    """Set columns that are not the state."""
    tx.execute(update(donations).where(donations.c.id == donation_id).values(**values))


def of_donor(tx: Connection, donor_id: int, limit: int, offset: int = 0) -> list[Donation]:
    """Newest first."""
    theirs = select(donations).where(donations.c.donor_id == donor_id)
    rows = tx.execute(
        theirs.order_by(donations.c.created_at.desc(), donations.c.id).limit(limit).offset(offset)
    )
    return [noun(row) for row in rows]


def count_of_donor(tx: Connection, donor_id: int) -> int:
    return tx.execute(select(func.count()).where(donations.c.donor_id == donor_id)).scalar_one()


def open_of(tx: Connection, donor_id: int, campaign_id: int | None = None) -> list[Donation]:
    """Gifts of this donor that can still be paid, of one campaign or of all."""
    theirs = select(donations).where(donations.c.donor_id == donor_id, donations.c.open_key.is_not(None))
    mine = theirs if campaign_id is None else theirs.where(donations.c.campaign_id == campaign_id)
    return [noun(row) for row in tx.execute(mine)]


def to_look_at(tx: Connection, now: datetime, limit: int) -> list[Donation]:
    """Gifts whose turn it is to be asked about at Stripe, longest waiting first."""
    due = (
        select(donations)
        .where(donations.c.look_at <= seconds(now), donations.c.state.in_(_UNSETTLED))
        .order_by(donations.c.look_at)
        .limit(limit)
    )
    return [noun(row) for row in tx.execute(due)]


def next_look(tx: Connection) -> datetime | None:
    value = tx.execute(select(func.min(donations.c.look_at))).scalar()
    return None if value is None else moment(value)


def add_payment(
    tx: Connection, donation_id: str, session_id: str, payment_intent: str | None, money: Money, now: datetime
) -> bool:
    """Record that Stripe holds this money. False when it was recorded before."""
    row = {
        "session_id": session_id,
        "payment_intent": payment_intent,
        "donation_id": donation_id,
        "amount_minor": money.minor,
        "currency": money.currency,
        "received_at": seconds(now),
    }
    return tx.execute(sqlite.insert(payments).values(row).on_conflict_do_nothing()).rowcount == 1


def _one(tx: Connection, where: Any) -> Donation | None:
    row = tx.execute(select(donations).where(where)).one_or_none()
    return None if row is None else noun(row)


def noun(row: Row[Any]) -> Donation:
    return Donation(
        id=row.id,
        donor_id=row.donor_id,
        campaign_id=row.campaign_id,
        money=Money(row.amount_minor, row.currency),
        state=DonationState(row.state),
        attempt=row.attempt,
        params=row.params,
        expires_at=moment(row.expires_at),
        created_at=moment(row.created_at),
        session_id=row.session_id,
        url=row.url,
        cancel=CancelAsked(row.cancel_asked),
        source=row.source,
        settled_at=None if row.settled_at is None else moment(row.settled_at),
    )
