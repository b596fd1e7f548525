"""Gifts and pledges of an amount and a time, newest first. Writes nothing."""

from datetime import timedelta

from sqlalchemy import func, select, text

from bot.model import Donation, Pledge
from bot.money import Money
from bot.store import donations as gifts
from bot.store import pledges as promised
from bot.store.moments import seconds
from bot.store.sql import Statement, Tx, Value, at
from bot.store.tables import donations, pledges

# A page can be paid a day after it was made: so the index by creation narrows the search.
_SLOW = int(timedelta(days=3).total_seconds())
_ARRIVED = func.coalesce(donations.c.settled_at, donations.c.created_at)
_GIFTS = (
    select(donations)
    .where(
        donations.c.created_at >= at("first") - _SLOW,
        donations.c.created_at < at("end"),
        donations.c.currency == at("currency"),
        at("first") <= _ARRIVED,
        at("end") > _ARRIVED,
    )
    .order_by(donations.c.created_at.desc(), donations.c.id)
    .limit(at("most"))
)
# One after the other, each by an index of its own: by both at once all of that time would be looked through.
_OF_AMOUNT = Statement(lambda: _GIFTS.where(donations.c.amount_minor == at("minor")))
_COVERED = Statement(
    lambda: _GIFTS.where(
        text("cover_minor > 0"), donations.c.amount_minor + donations.c.cover_minor == at("minor")
    )
)
_PLEDGES = Statement(
    lambda: (
        select(pledges)
        .where(
            pledges.c.currency == at("currency"),
            pledges.c.amount_minor == at("minor"),
            pledges.c.created_at >= at("first"),
            pledges.c.created_at < at("end"),
        )
        .order_by(pledges.c.created_at.desc(), pledges.c.id)
        .limit(at("most"))
    )
)


def gifts_of(tx: Tx, money: Money, first: int, end: int, most: int) -> list[Donation]:
    """Gifts of this sum, with or without what was added for fees, that came (or were begun) between two moments."""
    values: dict[str, Value] = {"currency": money.currency, "minor": money.minor}
    values |= {"first": first, "end": end, "most": most}
    found = [gifts.noun(row) for row in tx.all(_OF_AMOUNT, **values)]
    if len(found) == most:
        # What is older than all of these is not shown.
        values["first"] = max(first, seconds(found[-1].created_at))
    found += [gifts.noun(row) for row in tx.all(_COVERED, **values)]
    return sorted(found, key=lambda one: (-seconds(one.created_at), one.id))[:most]


def pledges_of(tx: Tx, money: Money, first: int, end: int, most: int) -> list[Pledge]:
    values = {"currency": money.currency, "minor": money.minor, "first": first, "end": end, "most": most}
    return [promised.noun(row) for row in tx.all(_PLEDGES, **values)]
