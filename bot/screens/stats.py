"""What a chart says, as data: gifts by day, by campaign and by source, and how far donors came; and the message around it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

from msgspec import Struct

from bot.actions import ExportGifts, ShowStats, ShowToday
from bot.figures import STEPS, Group, Stats, Step
from bot.i18n import ZONE, Words, isolate
from bot.model import Campaign
from bot.screens.base import Button, Document, Screen, lines, rows
from bot.screens.sheet import days as between

Titles = Mapping[str, str]
"""Titles of campaigns by slug."""

SPANS = (7, 30, 90)
_MOST, _LABELLED, _TICKS = 8, 31, 6


class Bar(Struct, frozen=True):
    """One bar: `value` sets its length; `label` stands before or below it, `note` behind or above it."""

    label: str
    value: int
    note: str = ""


class Block(Struct, frozen=True):
    """Bars of one kind: upright, one a day, each label over `span` bars; or lying, one below the other."""

    title: str
    bars: tuple[Bar, ...]
    is_upright: bool = False
    ticks: tuple[tuple[str, int], ...] = ()
    beneath: str = ""


class Chart(Struct, frozen=True):
    language: str
    title: str
    beneath: str
    made_at: datetime
    blocks: tuple[Block, ...]


def chart(words: Words, found: Stats, titles: Titles, made_at: datetime) -> Chart:
    blocks = (
        _by_day(words, found),
        _lying(words, words.label("By campaign"), found.campaigns, titles)
        if found.campaign is None
        else None,
        _lying(words, words.label("By source"), found.sources, {"": words.label("without a source")}),
        _funnel(words, found),
    )
    return Chart(
        words.language,
        _title(words, found, titles),
        between(words, found.first, found.last),
        made_at,
        tuple(one for one in blocks if one is not None),
    )


def _title(words: Words, found: Stats, titles: Titles) -> str:
    if found.campaign is None:
        return words.label("Gifts, all campaigns")
    return titles.get(found.campaign, found.campaign)


def _by_day(words: Words, found: Stats) -> Block:
    is_labelled = len(found.days) <= _LABELLED
    bars = tuple(
        Bar("", count, words.number(count) if count and is_labelled else "") for _, count in found.days
    )
    step = -(-len(bars) // _TICKS)
    ticks = tuple(
        (_short(words, found.days[at][0]), min(step, len(bars) - at)) for at in range(0, len(bars), step)
    )
    title = words.label("By day: {n} gifts", n=found.gifts)
    return Block(title, bars, is_upright=True, ticks=ticks)


def _short(words: Words, day: date) -> str:
    return words.day_of_month(datetime.combine(day, time(12), ZONE))


def _lying(words: Words, title: str, groups: Sequence[Group], titles: Titles) -> Block | None:
    """The largest groups, the others together."""
    if not groups:
        return None
    shown = groups if len(groups) <= _MOST else groups[: _MOST - 1]
    bars = [Bar(isolate(titles.get(one.name, one.name)), one.gifts, _sums(words, one)) for one in shown]
    rest = sum(one.gifts for one in groups[len(shown) :])
    if rest:
        bars.append(Bar(words.label("others"), rest, words.number(rest)))
    return Block(title, tuple(bars))


def _sums(words: Words, one: Group) -> str:
    """How many gifts, and their sum in each currency."""
    return " · ".join([words.number(one.gifts), *(isolate(words.money(money)) for money in one.money)])


def _funnel(words: Words, found: Stats) -> Block | None:
    if found.funnel is None:
        return None
    names = {
        Step.START: words.label("Spoke to the bot"),
        Step.CAMPAIGN: words.label("Chose a campaign"),
        Step.AMOUNT: words.label("Chose an amount"),
        Step.PAGE: words.label("Opened a page"),
    }
    counts = [(names[step], found.funnel.counts[step]) for step in STEPS]
    first = counts[0][1]
    bars = tuple(
        Bar(name, count, _share(words, count, first))
        for name, count in (*counts, (words.label("Paid"), found.funnel.paid))
    )
    since = found.funnel.since
    beneath = words.label("Each donor counts once a day.")
    if since:
        day = words.date(datetime.combine(since, time(12), ZONE))
        beneath = words.label("Each donor counts once a day; counted since {date}.", date=day)
    return Block(words.label("From the first word to the gift"), bars, beneath=beneath)


def _share(words: Words, count: int, of: int) -> str:
    number = words.number(count)
    return f"{number} · {isolate(words.percent(count / of))}" if of else number


def picture(
    words: Words,
    found: Stats,
    content: bytes,
    campaigns: Sequence[Campaign],
    here: ShowStats,
    *,
    may_export: bool,
) -> Screen:
    """The picture, with other spans and campaigns one tap away. It stays, so that two can be held side by side."""
    titles = {one.slug: one.text(words.language).title for one in campaigns}
    text = lines(
        f"<b>{words.name(_title(words, found, titles))}</b>",
        words.name(between(words, found.first, found.last)),
        words.plural("{n} gift", "{n} gifts", found.gifts),
    )
    spans = tuple(
        Button(words.plural("{n} day", "{n} days", days), ShowStats(days, here.campaign_id))
        for days in SPANS
        if days != here.days
    )
    others = [
        Button(title, ShowStats(here.days, id))
        for id, title in (
            (0, words.label("All campaigns")),
            *((one.id, titles[one.slug]) for one in campaigns),
        )
        if id != here.campaign_id
    ]
    export = (Button(words.label("As a file"), ExportGifts()),) if may_export else ()
    beside = (Button(words.label("Today"), ShowToday()), *export)
    document = Document(f"gifts-{found.first}-{found.last}.png", content, is_picture=True)
    return Screen(text, rows(spans, *others, beside), document=document, stays=True)
