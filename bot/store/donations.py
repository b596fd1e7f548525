"""Donations and the payments that Stripe reported for them; a state changes only by claim."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import func, insert, null, select, update

from bot.model import RECEIVED, CancelAsked, Donation, DonationState, Payment
from bot.money import Money
from bot.store.dialect import insert as upsert
from bot.store.moments import moment, seconds
from bot.store.sql import Row, Statement, Tx, Value, at, places, setting
from bot.store.tables import donations, payments

_ACCOUNTED = timedelta(minutes=1)
_UNSETTLED = (DonationState.CREATING, DonationState.AWAITING, DonationState.PROCESSING)
_GET = Statement(lambda: select(donations).where(donations.c.id == at("donation_id")))
_ADD = Statement(
    lambda: insert(donations).values(
        places(
            "id",
            "donor_id",
            "campaign_id",
            "amount_minor",
            "currency",
            "state",
            "open_key",
            "attempt",
            "params",
            "source",
            "created_at",
            "expires_at",
            "look_at",
            "cover_minor",
            "monthly_id",
        )
    )
)
_OF_DONOR = Statement(
    lambda: (
        select(donations)
        .where(donations.c.donor_id == at("donor_id"))
        .order_by(donations.c.created_at.desc(), donations.c.id)
        .limit(at("most"))
        .offset(at("after"))
    )
)
_COUNT = Statement(lambda: select(func.count()).where(donations.c.donor_id == at("donor_id")))
_OPEN_OF = (
    select(donations)
    .where(donations.c.donor_id == at("donor_id"), donations.c.open_key.is_not(None))
    .order_by(donations.c.created_at, donations.c.id)
)
_OPEN_OF_ALL = Statement(lambda: _OPEN_OF)
_OPEN_OF_CAMPAIGN = Statement(lambda: _OPEN_OF.where(donations.c.campaign_id == at("campaign_id")))
_DUE = Statement(
    lambda: (
        select(donations)
        .where(donations.c.look_at <= at("now"), donations.c.state.in_(_UNSETTLED))
        .order_by(donations.c.look_at, donations.c.id)
        .limit(at("most"))
    )
)
_ADD_PAYMENT = Statement(
    lambda: (
        upsert(payments)
        .values(
            places(
                "subject",
                "payment_intent",
                "donation_id",
                "amount_minor",
                "currency",
                "received_at",
                "is_matched",
                "look_at",
            )
        )
        .on_conflict_do_nothing()
    )
)

_UNMATCH = Statement(lambda: update(payments).where(payments.c.subject == at("subject")).values(is_matched=0))
_PAYMENT = Statement(lambda: select(payments).where(payments.c.payment_intent == at("payment_intent")))
_OWN_PAYMENT = Statement(
    lambda: select(payments).where(payments.c.donation_id == at("donation_id"), payments.c.is_matched == 1)
)
_PAID_PAGE = Statement(
    lambda: (
        select(donations.c.id)
        .where(
            donations.c.donor_id == at("donor_id"),
            # By the index of the donor's gifts, not by that of all that were begun in this time.
            donations.c.created_at + 0 >= at("first"),
            donations.c.created_at + 0 < at("end"),
            donations.c.id != at("donation_id"),
            donations.c.session_id.is_not(None),
            donations.c.state.in_([state.value for state in RECEIVED]),
        )
        .limit(1)
    )
)


def open_key(donor_id: int, campaign_id: int, money: Money, cover_minor: int = 0, rhythm: str = "") -> str:
    """What two gifts may not share while both can be paid; `rhythm` says how a monthly one goes on, "" is once."""
    key = f"{donor_id}:{campaign_id}:{money.minor}:{money.currency}"
    return key + (f"+{cover_minor}" if cover_minor else "") + (f":{rhythm}" if rhythm else "")


def get(tx: Tx, donation_id: str) -> Donation | None:
    return soon(tx, donation_id)()


def soon(tx: Tx, donation_id: str | None) -> Callable[[], Donation | None]:
    """What `get` finds, once it is called; what was asked together is waited for together."""
    rows = tx.soon(_GET, donation_id=donation_id)
    return lambda: _maybe(rows.fetchone())


def add(tx: Tx, donation: Donation, key: str | None, look_at: datetime | None) -> None:
    """`key` is its `open_key`; None for a gift that arrived already."""
    tx.do(
        _ADD,
        id=donation.id,
        donor_id=donation.donor_id,
        campaign_id=donation.campaign_id,
        amount_minor=donation.money.minor,
        currency=donation.money.currency,
        state=donation.state,
        open_key=key,
        attempt=donation.attempt,
        params=donation.params,
        source=donation.source,
        created_at=seconds(donation.created_at),
        expires_at=seconds(donation.expires_at),
        look_at=None if look_at is None else seconds(look_at),
        cover_minor=donation.cover_minor,
        monthly_id=donation.monthly_id,
    )


def move(
    tx: Tx, donation_id: str, was: Collection[DonationState], to: DonationState, **changes: Value
) -> bool:
    """Claim a change of state, and of columns with it. True for the one caller who made it; that caller does what follows."""
    return soon_moved(tx, donation_id, was, to, **changes)()


def soon_moved(
    tx: Tx, donation_id: str, was: Collection[DonationState], to: DonationState, **changes: Value
) -> Callable[[], bool]:
    """As `move`, which is known once it is called."""
    moved = tx.soon(_claim(frozenset(was), to, frozenset(changes)), donation_id=donation_id, **changes)
    return lambda: moved.rowcount == 1


@lru_cache(maxsize=128)
def _claim(was: frozenset[DonationState], to: DonationState, columns: frozenset[str]) -> Statement:
    mine = update(donations).where(
        donations.c.id == at("donation_id"), donations.c.state.in_([str(state) for state in sorted(was)])
    )
    closed = {} if to.is_open else {"open_key": null()}
    return Statement(mine.values(state=str(to), **closed, **places(*sorted(columns))))


def change(tx: Tx, donation_id: str, **values: Value) -> None:
    """Set columns that are not the state."""
    tx.do(setting(donations, frozenset(values)), row_id=donation_id, **values)


def of_donor(tx: Tx, donor_id: int, limit: int, offset: int = 0) -> list[Donation]:
    """Newest first."""
    return [noun(row) for row in tx.all(_OF_DONOR, donor_id=donor_id, most=limit, after=offset)]


def count_of_donor(tx: Tx, donor_id: int) -> int:
    return tx.value(_COUNT, donor_id=donor_id)


def open_of(tx: Tx, donor_id: int, campaign_id: int | None = None) -> list[Donation]:
    """Gifts of this donor that can still be paid, of one campaign or of all, oldest first."""
    if campaign_id is None:
        return [noun(row) for row in tx.all(_OPEN_OF_ALL, donor_id=donor_id)]
    return [noun(row) for row in tx.all(_OPEN_OF_CAMPAIGN, donor_id=donor_id, campaign_id=campaign_id)]


def soon_open(tx: Tx, donor_id: int, campaign_id: int) -> Callable[[], dict[str, Donation]]:
    """What `open_of` finds, by `open_key`, once it is called."""
    rows = tx.soon(_OPEN_OF_CAMPAIGN, donor_id=donor_id, campaign_id=campaign_id)
    return lambda: {row["open_key"]: noun(row) for row in rows.fetchall()}


def to_look_at(tx: Tx, now: datetime, limit: int) -> list[Donation]:
    """Gifts whose turn it is to be asked about at Stripe, longest waiting first."""
    return [noun(row) for row in tx.all(_DUE, now=seconds(now), most=limit)]


def add_payment(tx: Tx, payment: Payment, now: datetime) -> Callable[[], bool]:
    """Record that this money arrived. False, once it is called, when it was recorded before. Stripe is asked later what it
    kept of it.
    """
    soon = seconds(now + _ACCOUNTED) if payment.payment_intent else None
    values: dict[str, Value] = {
        "subject": payment.subject,
        "payment_intent": payment.payment_intent or None,
        "donation_id": payment.donation_id,
        "amount_minor": payment.money.minor,
        "currency": payment.money.currency,
        "is_matched": int(payment.is_matched),
    }
    added = tx.soon(_ADD_PAYMENT, **values, received_at=seconds(now), look_at=soon)
    return lambda: added.rowcount == 1


def unmatch(tx: Tx, subject: str) -> None:
    """This money was not the gift's after all."""
    tx.do(_UNMATCH, subject=subject)


def payment_of(tx: Tx, payment_intent: str) -> Payment | None:
    """The payment that Stripe knows under this PaymentIntent, `pi_...`."""
    row = tx.one(_PAYMENT, payment_intent=payment_intent)
    return None if row is None else _payment(row)


def payment_for(tx: Tx, donation_id: str) -> Payment | None:
    """The gift's own payment."""
    row = tx.one(_OWN_PAYMENT, donation_id=donation_id)
    return None if row is None else _payment(row)


def soon_first_of_day(tx: Tx, donation: Donation, first: int, end: int) -> Callable[[], bool]:
    """Whether no other page of this donor, of those made between two moments (Unix seconds), was paid; once it is called."""
    span = {"first": first, "end": end}
    another = tx.soon(_PAID_PAGE, donation_id=donation.id, donor_id=donation.donor_id, **span)
    return lambda: another.fetchone() is None


def _payment(row: Row) -> Payment:
    return Payment(
        row["subject"],
        row["payment_intent"] or "",
        row["donation_id"],
        Money(row["amount_minor"], row["currency"]),
        bool(row["is_matched"]),
    )


def _maybe(row: Row | None) -> Donation | None:
    return None if row is None else noun(row)


def noun(row: Row) -> Donation:
    return Donation(
        id=row["id"],
        donor_id=row["donor_id"],
        campaign_id=row["campaign_id"],
        money=Money(row["amount_minor"], row["currency"]),
        state=DonationState(row["state"]),
        attempt=row["attempt"],
        params=row["params"],
        expires_at=moment(row["expires_at"]),
        created_at=moment(row["created_at"]),
        session_id=row["session_id"],
        url=row["url"],
        cancel=CancelAsked(row["cancel_asked"]),
        source=row["source"],
        settled_at=None if row["settled_at"] is None else moment(row["settled_at"]),
        cover_minor=row["cover_minor"],
        monthly_id=row["monthly_id"],
    )
