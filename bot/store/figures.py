"""What staff's figures are counted from: the running sums, and the monthly gifts. Writes nothing."""

from collections import Counter
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from bot.figures import Promised, Span, Tally
from bot.ledger import EntryKind
from bot.model import MonthlyState
from bot.money import Money
from bot.store import sums
from bot.store.moments import seconds
from bot.store.sql import Statement, Tx, at
from bot.store.sums import Of, Sum
from bot.store.tables import monthly_gifts

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
_SHOWN = (*_GIFTS, EntryKind.COVER.value, *_BACK)
_BEGUN = Statement(
    lambda: select(func.count()).where(
        monthly_gifts.c.anchor_at >= at("first"),
        monthly_gifts.c.anchor_at < at("end"),
        monthly_gifts.c.state != MonthlyState.ASKED.value,
    )
)
_ENDED = Statement(
    lambda: select(func.count()).where(
        monthly_gifts.c.ended_at >= at("first"), monthly_gifts.c.ended_at < at("end")
    )
)


class Came(NamedTuple):
    """Gifts of one campaign (its slug), source ("" for none) and currency."""

    campaign: str
    source: str
    currency: str
    gifts: int
    minor: int


def span(tx: Tx, first: datetime, end: datetime) -> Span:
    bounds = seconds(first), seconds(end)
    promised = sums.between(tx, *bounds, Of.PLEDGES)
    return Span(
        first,
        end,
        _tallies(tx, bounds),
        tuple(Promised(count, Money(minor, code)) for (code,), (count, minor) in promised.items()),
        begun=tx.value(_BEGUN, first=bounds[0], end=bounds[1]),
        ended=tx.value(_ENDED, first=bounds[0], end=bounds[1]),
        donors=_count(sums.between(tx, *bounds, Of.DONORS)),
    )


def _tallies(tx: Tx, bounds: tuple[int, int]) -> tuple[Tally, ...]:
    found: dict[tuple[str, str], dict[str, tuple[int, int]]] = {}
    for (kind, campaign, currency), booked in sums.between(tx, *bounds, Of.LEDGER).items():
        if kind in _SHOWN:
            found.setdefault((campaign, currency), {})[kind] = booked
    return tuple(_tally(*key, kinds) for key, kinds in sorted(found.items()))


def _count(found: dict[tuple[str, ...], Sum]) -> int:
    return sum(count for count, _ in found.values())


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


def gifts_upto(tx: Tx, moment: int, campaign: str | None) -> int:
    """How many gifts had come before this moment (Unix seconds); `campaign` is a slug, None for all."""
    only = () if campaign is None else (campaign,)
    return sum(_count(sums.upto(tx, moment, Of.LEDGER, kind, *only)) for kind in _GIFTS)


def gifts_by_source(tx: Tx, first: int, end: int, campaign: str | None) -> list[Came]:
    """Gifts between two moments, summed by campaign, source and currency."""
    left = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for kind in _GIFTS:
        for (slug, currency), (count, minor) in sums.between(tx, first, end, Of.LEDGER, kind).items():
            left[0][slug, currency] += count
            left[1][slug, currency] += minor
    found = list[Came]()
    for (source, slug, currency, what), (count, minor) in sums.between(tx, first, end, Of.SOURCE).items():
        if what == "gift":
            found.append(Came(slug, source, currency, count, minor))
            left[0][slug, currency] -= count
            left[1][slug, currency] -= minor
    found += [
        Came(slug, "", code, count, left[1][slug, code]) for (slug, code), count in left[0].items() if count
    ]
    return sorted(one for one in found if campaign in (None, one.campaign))


def paid(tx: Tx, first: int, end: int) -> int:
    """Donors whose page of a day was paid, each once a day, of the days that begin between two moments."""
    return _count(sums.between(tx, first, end, Of.PAID))
