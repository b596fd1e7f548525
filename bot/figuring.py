"""The figures behind a chart: gifts by day, campaign and source, and how far donors came. Read aside; writes nothing."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise

from bot.figures import Funnel, Group, Stats
from bot.i18n import ZONE, Words
from bot.money import Money
from bot.papers.printing import printed, render_chart
from bot.periods import Period, start_of
from bot.screens.stats import Titles
from bot.services import Services
from bot.store import figures, steps
from bot.store.figures import Came
from bot.store.sql import Tx


async def stats(services: Services, days: int, campaign: str | None) -> Stats:
    """The last `days`, today included, of one campaign (its slug) or of all."""
    today = services.clock().astimezone(ZONE).date()
    period = Period(today - timedelta(days=days - 1), today)
    return await services.db.study(lambda tx: _stats(tx, period, campaign))


async def chart(services: Services, words: Words, found: Stats, titles: Titles) -> bytes:
    """A PNG, drawn off the event loop."""
    return await printed(render_chart, words, found, titles, services.clock())


def _stats(tx: Tx, period: Period, campaign: str | None) -> Stats:
    first, end = period.bounds
    came = figures.gifts_by_source(tx, first, end, campaign)
    return Stats(
        period.first,
        period.last,
        campaign,
        _by_day(tx, period, campaign),
        _grouped(came, "campaign"),
        _grouped(came, "source"),
        _funnel(tx, period) if campaign is None else None,
    )


def _by_day(tx: Tx, period: Period, campaign: str | None) -> tuple[tuple[date, int], ...]:
    length = (period.last - period.first).days + 1
    days = [period.first + timedelta(days=one) for one in range(length + 1)]
    until = [figures.gifts_upto(tx, int(start_of(day).timestamp()), campaign) for day in days]
    return tuple(
        (day, after - before) for day, (before, after) in zip(days[:-1], pairwise(until), strict=True)
    )


def _grouped(came: Iterable[Came], by: str) -> tuple[Group, ...]:
    """Those with the most gifts first."""
    gifts: dict[str, int] = {}
    money: dict[str, dict[str, int]] = {}
    for one in came:
        name: str = getattr(one, by)
        gifts[name] = gifts.get(name, 0) + one.gifts
        sums = money.setdefault(name, {})
        sums[one.currency] = sums.get(one.currency, 0) + one.minor
    groups = (
        Group(name, count, tuple(Money(minor, code) for code, minor in sorted(money[name].items())))
        for name, count in gifts.items()
    )
    return tuple(sorted(groups, key=lambda one: (-one.gifts, one.name)))


def _funnel(tx: Tx, period: Period) -> Funnel | None:
    """Of those days only of which steps are known, or the last step would be longer than the first."""
    since = steps.since(tx)
    if since is None or since > period.last:
        return None
    known = Period(max(since, period.first), period.last)
    paid = figures.paid(tx, *known.bounds)
    return Funnel(steps.sums(tx, known.first, known.last), paid, since if since > period.first else None)
