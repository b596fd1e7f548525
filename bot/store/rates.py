"""Rates, dated and kept for ever; and what each gift counts towards its goal, at the rate that was fixed on it."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, insert, select, update

from bot.ledger import OF_GIFTS
from bot.model import CampaignState
from bot.rates import Rate
from bot.store.moments import moment, seconds
from bot.store.sql import Row, Statement, Tx, Value, at, places
from bot.store.tables import campaigns, donations, ledger, progress, rates

_DAY = 86400
_OF_PAIR = select(rates).where(rates.c.currency == at("code"), rates.c.counter == at("counter_code"))
_BEFORE = Statement(lambda: _OF_PAIR.where(rates.c.at <= at("moment")).order_by(rates.c.at.desc()).limit(1))
_AFTER = Statement(lambda: _OF_PAIR.where(rates.c.at > at("moment")).order_by(rates.c.at).limit(1))
_LAST_FROM = Statement(
    lambda: _OF_PAIR.where(rates.c.source == at("said_by")).order_by(rates.c.at.desc()).limit(1)
)
_TAKEN = Statement(
    lambda: select(func.max(rates.c.at)).where(
        rates.c.currency == at("code"),
        rates.c.counter == at("counter_code"),
        rates.c.at >= at("first"),
        rates.c.at < at("end"),
    )
)
_ADD = Statement(lambda: insert(rates).values(places("currency", "counter", "at", "rate", "source")))
_ALL = Statement(lambda: select(rates).order_by(rates.c.currency, rates.c.counter, rates.c.at.desc()))
_LEFT = (
    select(func.coalesce(func.sum(ledger.c.amount_minor), 0))
    .where(ledger.c.donation == donations.c.id, ledger.c.kind.in_([str(kind) for kind in OF_GIFTS]))
    .scalar_subquery()
)
_STANDING = Statement(
    lambda: (
        select(
            donations.c.id,
            donations.c.currency,
            donations.c.rate,
            donations.c.counted_minor,
            donations.c.settled_at,
            donations.c.campaign_id,
            campaigns.c.currency.label("goal"),
            _LEFT.label("left_minor"),
        )
        .join(campaigns, campaigns.c.id == donations.c.campaign_id)
        .where(donations.c.id == at("donation_id"))
    )
)
_KEEP = Statement(
    lambda: (
        update(donations)
        .where(donations.c.id == at("donation_id"))
        .values(
            **places("rate", "counted_minor", "settled_at"),
            rate_at=func.coalesce(donations.c.rate_at, at("fixed_at")),
        )
    )
)
_COUNT = Statement(
    lambda: (
        update(progress)
        .where(progress.c.campaign_id == at("campaign_id"))
        .values(counted_minor=progress.c.counted_minor + at("more"))
    )
)
_WAIT = (
    donations.c.rate.is_(None),
    donations.c.settled_at.is_not(None),
    donations.c.currency == at("code"),
    campaigns.c.currency == at("counter_code"),
)
_WAITING = Statement(
    lambda: (
        select(donations.c.id)
        .join(campaigns, campaigns.c.id == donations.c.campaign_id)
        .where(*_WAIT)
        .order_by(donations.c.settled_at, donations.c.id)
    )
)
# A draft counts for nobody yet.
_GOALS = Statement(
    lambda: (
        select(campaigns.c.currency)
        .where(campaigns.c.state != CampaignState.DRAFT.value)
        .distinct()
        .order_by(campaigns.c.currency)
    )
)


def at_day(tx: Tx, currency: str, counter: str, when: datetime) -> Rate | None:
    """The rate of that moment; before the first one there was, that first one."""
    if rate := before(tx, currency, counter, when):
        return rate
    row = tx.one(_AFTER, code=currency, counter_code=counter, moment=seconds(when))
    return None if row is None else _noun(row)


def before(tx: Tx, currency: str, counter: str, when: datetime) -> Rate | None:
    """The newest rate of that moment or earlier."""
    row = tx.one(_BEFORE, code=currency, counter_code=counter, moment=seconds(when))
    return None if row is None else _noun(row)


def last_from(tx: Tx, currency: str, counter: str, source: str) -> Rate | None:
    row = tx.one(_LAST_FROM, code=currency, counter_code=counter, said_by=source)
    return None if row is None else _noun(row)


def add(tx: Tx, rate: Rate) -> None:
    """Keep it for ever. A second one for the same day stands behind the first, which stays as it is; the same is once."""
    first = seconds(rate.at)
    last = tx.value(_TAKEN, code=rate.currency, counter_code=rate.counter, first=first, end=first + _DAY)
    known = None if last is None else before(tx, rate.currency, rate.counter, moment(last))
    if known is not None and known.value == rate.value:
        return
    tx.do(
        _ADD,
        currency=rate.currency,
        counter=rate.counter,
        at=first if last is None else last + 1,
        rate=f"{rate.value:f}",
        source=rate.source,
    )


def all_of_them(tx: Tx) -> list[Rate]:
    """By pair, newest first."""
    return [_noun(row) for row in tx.all(_ALL)]


def standing(tx: Tx, donation_id: str) -> Row | None:
    """What a gift counts by now, and what is left of it."""
    return tx.one(_STANDING, donation_id=donation_id)


def keep(
    tx: Tx, donation_id: str, rate: str, *, fixed_at: int, counted_minor: int, settled_at: int | None
) -> None:
    """The gift counts so much from now on; the day of its rate is fixed once."""
    values: dict[str, Value] = {"counted_minor": counted_minor, "settled_at": settled_at}
    tx.do(_KEEP, donation_id=donation_id, rate=rate, fixed_at=fixed_at, **values)


def count(tx: Tx, campaign_id: int, more: int) -> None:
    """Add to what counts towards the campaign's goal."""
    tx.do(_COUNT, campaign_id=campaign_id, more=more)


def waiting(tx: Tx, currency: str, counter: str) -> list[str]:
    """Gifts that count for no goal yet, because no rate was known; oldest first."""
    return [row[0] for row in tx.all(_WAITING, code=currency, counter_code=counter)]


def goals(tx: Tx) -> list[str]:
    """The currencies of the campaigns' goals."""
    return [row[0] for row in tx.all(_GOALS)]


def _noun(row: Row) -> Rate:
    return Rate(row["currency"], row["counter"], Decimal(row["rate"]), moment(row["at"]), row["source"])
