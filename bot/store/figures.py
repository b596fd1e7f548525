"""What staff's figures are counted from: the ledger for money, the donors, the pledges and the monthly gifts. Writes nothing."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from bot.figures import Promised, Span, Tally
from bot.ledger import EntryKind
from bot.model import RECEIVED, MonthlyState
from bot.money import Money
from bot.store.moments import seconds
from bot.store.sql import Statement, Tx, at
from bot.store.tables import donations, donors, ledger, monthly_gifts, pledges

_GIFTS = (EntryKind.GIFT.value, EntryKind.PLEDGE.value)
_BACK = tuple(
    kind.value
    for kind in (
        EntryKind.REFUND,
        EntryKind.REFUND_FAILED,
        EntryKind.COVER_BACK,
        EntryKind.CHARGEBACK,
        EntryKind.CHARGEBACK_WON,
        EntryKind.CORRECTION,
    )
)
_IN_LEDGER = (ledger.c.at >= at("first"), ledger.c.at < at("end"))
_MONEY = Statement(
    select(
        ledger.c.campaign,
        ledger.c.currency,
        ledger.c.kind,
        func.count(),
        func.sum(ledger.c.amount_minor),
    )
    .where(*_IN_LEDGER, ledger.c.kind.in_((*_GIFTS, EntryKind.COVER.value, *_BACK)))
    .group_by(ledger.c.campaign, ledger.c.currency, ledger.c.kind)
    .order_by(ledger.c.campaign, ledger.c.currency)
)
_DONORS = Statement(
    select(func.count()).where(donors.c.created_at >= at("first"), donors.c.created_at < at("end"))
)
_PROMISED = Statement(
    select(pledges.c.currency, func.count(), func.sum(pledges.c.amount_minor))
    .where(pledges.c.created_at >= at("first"), pledges.c.created_at < at("end"))
    .group_by(pledges.c.currency)
    .order_by(pledges.c.currency)
)
_BEGUN = Statement(
    select(func.count()).where(
        monthly_gifts.c.anchor_at >= at("first"),
        monthly_gifts.c.anchor_at < at("end"),
        monthly_gifts.c.state != MonthlyState.ASKED.value,
    )
)
_ENDED = Statement(
    select(func.count()).where(monthly_gifts.c.ended_at >= at("first"), monthly_gifts.c.ended_at < at("end"))
)
# Moments are grouped by the hour: days begin at a full one wherever the campaigns are.
_HOUR = 3600
_GIFTS_BY_HOUR = (
    select(
        (ledger.c.at // _HOUR * _HOUR).label("hour"),
        ledger.c.campaign,
        func.coalesce(donations.c.source, "").label("origin"),
        ledger.c.currency,
        func.count().label("gifts"),
        func.sum(ledger.c.amount_minor).label("minor"),
    )
    .outerjoin(donations, donations.c.id == ledger.c.donation)
    .where(*_IN_LEDGER, ledger.c.kind.in_(_GIFTS))
    .group_by("hour", ledger.c.campaign, "origin", ledger.c.currency)
    .order_by("hour", ledger.c.campaign, "origin", ledger.c.currency)
)
_OF_ALL = Statement(_GIFTS_BY_HOUR)
_OF_ONE = Statement(_GIFTS_BY_HOUR.where(ledger.c.campaign == at("campaign")))
# Donors of each day whose page was paid; renewals come without a page, and pledges too.
_PAID = Statement(
    select(func.count()).select_from(
        select(donations.c.donor_id, ((donations.c.created_at + at("zone")) // 86400).label("day"))
        .where(
            donations.c.created_at >= at("first"),
            donations.c.created_at < at("end"),
            donations.c.session_id.is_not(None),
            donations.c.state.in_([state.value for state in RECEIVED]),
        )
        .distinct()
        .subquery()
    )
)


class Hour(NamedTuple):
    """Gifts of one hour, campaign (its slug), source ("" for none) and currency; `hour` is its first second."""

    hour: int
    campaign: str
    source: str
    currency: str
    gifts: int
    minor: int


def span(tx: Tx, first: datetime, end: datetime) -> Span:
    bounds = {"first": seconds(first), "end": seconds(end)}
    promised = tx.all(_PROMISED, **bounds)
    return Span(
        first,
        end,
        _tallies(tx, bounds),
        tuple(Promised(count, Money(minor, currency)) for currency, count, minor in promised),
        begun=tx.value(_BEGUN, **bounds),
        ended=tx.value(_ENDED, **bounds),
        donors=tx.value(_DONORS, **bounds),
    )


def _tallies(tx: Tx, bounds: dict[str, int]) -> tuple[Tally, ...]:
    found: dict[tuple[str, str], dict[str, tuple[int, int]]] = {}
    for campaign, currency, kind, count, minor in tx.all(_MONEY, **bounds):
        found.setdefault((campaign, currency), {})[kind] = (count, minor)
    return tuple(_tally(*key, kinds) for key, kinds in found.items())


def _tally(campaign: str, currency: str, kinds: dict[str, tuple[int, int]]) -> Tally:
    def minor(*names: str) -> int:
        return sum(kinds.get(name, (0, 0))[1] for name in names)

    return Tally(
        campaign,
        sum(kinds.get(name, (0, 0))[0] for name in _GIFTS),
        Money(minor(*_GIFTS), currency),
        Money(minor(EntryKind.COVER), currency),
        Money(-minor(*_BACK), currency),
    )


def gifts_by_hour(tx: Tx, first: int, end: int, campaign: str | None) -> Iterator[Hour]:
    """Gifts between two moments (Unix seconds), summed; `campaign` is a slug, None for all."""
    if campaign is None:
        return (Hour(*row) for row in tx.each(_OF_ALL, first=first, end=end))
    return (Hour(*row) for row in tx.each(_OF_ONE, first=first, end=end, campaign=campaign))


def paid(tx: Tx, first: int, end: int, zone: int) -> int:
    """Donors whose page of that day was paid, each once a day; `zone` is how many seconds days are before UTC's."""
    return tx.value(_PAID, first=first, end=end, zone=zone)
