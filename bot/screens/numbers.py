"""The figures of a day beside those of the day before: on the screen, and as the digest of each morning."""

from collections.abc import Mapping

from bot.actions import Home, ShowStats, ShowToday, SwitchDigest
from bot.figures import Span, Tally
from bot.i18n import Words
from bot.money import Money
from bot.screens.base import Button, Screen, lines, paragraphs, rows

Titles = Mapping[str, str]
"""Titles of campaigns by slug."""


def today(words: Words, now: Span, before: Span, titles: Titles, *, is_sent: bool | None) -> Screen:
    """`is_sent`: whether this person gets the digest; None where nobody does."""
    head = lines(
        words.text(
            "📊 <b>Today until {time}</b>, {date}", time=words.time(now.end), date=words.date(now.first)
        ),
        words.text("In brackets: yesterday until the same hour."),
    )
    switch = (
        None
        if is_sent is None
        else Button(words.label("Stop the morning message"), SwitchDigest("no"))
        if is_sent
        else Button(words.label("Send it each morning"), SwitchDigest("yes"))
    )
    buttons = rows(
        (Button(words.label("Refresh"), ShowToday()), Button(words.label("Chart"), ShowStats(7, 0))),
        switch,
        Button(words.label("All campaigns"), Home()),
    )
    return Screen(paragraphs(head, *_figures(words, now, before, titles)), buttons, awaiting=ShowToday())


def digest(words: Words, now: Span, before: Span, titles: Titles) -> Screen:
    """A message of its own about a whole day."""
    head = lines(
        words.text("☀️ <b>Yesterday</b>, {date}", date=words.date(now.first)),
        words.text("In brackets: the day before."),
    )
    buttons = rows(
        (Button(words.label("Today"), ShowToday()), Button(words.label("Chart"), ShowStats(7, 0))),
        Button(words.label("Stop the morning message"), SwitchDigest("no")),
    )
    return Screen(paragraphs(head, *_figures(words, now, before, titles)), buttons, stays=True)


def _figures(words: Words, now: Span, before: Span, titles: Titles) -> list[str]:
    by_campaign: dict[str, list[Tally]] = {}
    for one in now.tallies:
        by_campaign.setdefault(one.campaign, []).append(one)
    return [
        lines(
            words.text("Gifts: <b>{now}</b> ({before})", now=now.gifts, before=before.gifts),
            *_sums(words, now, before),
        ),
        *(_campaign(words, titles.get(slug, slug), tallies) for slug, tallies in by_campaign.items()),
        lines(*_promised(words, now, before), *_people(words, now, before)),
    ]


def _sums(words: Words, now: Span, before: Span) -> list[str]:
    """Each currency by itself, also where it came only the day before."""
    shown: list[str] = []
    for kind, say in (("received", _received), ("cover", _cover), ("back", _back)):
        ours, theirs = now.money(kind), before.money(kind)
        pairs = (_pair(code, ours, theirs) for code in sorted({*ours, *theirs}))
        shown += [say(words, *pair) for pair in pairs if not all(one.is_zero for one in pair)]
    return shown


def _pair(code: str, ours: Mapping[str, Money], theirs: Mapping[str, Money]) -> tuple[Money, Money]:
    nothing = Money(0, code)
    return ours.get(code, nothing), theirs.get(code, nothing)


def _received(words: Words, now: Money, before: Money) -> str:
    return words.text("Received: <b>{now}</b> ({before})", now=now, before=before)


def _cover(words: Words, now: Money, before: Money) -> str:
    return words.text("Added for the fees: {now} ({before})", now=now, before=before)


def _back(words: Words, now: Money, before: Money) -> str:
    return words.text("Gone back: {now} ({before})", now=now, before=before)


def _campaign(words: Words, title: str, tallies: list[Tally]) -> str:
    gifts = sum(one.gifts for one in tallies)
    sums = [words.name(words.money(one.received)) for one in tallies if one.gifts]
    return lines(
        f"<b>{words.name(title)}</b>",
        " · ".join([words.plural("{n} gift", "{n} gifts", gifts), *sums]),
    )


def _promised(words: Words, now: Span, before: Span) -> list[str]:
    """Promises of each currency, those of the day before in brackets."""
    ours = {one.money.currency: one for one in now.promised}
    theirs = {one.money.currency: one for one in before.promised}
    shown: list[str] = []
    for code in sorted({*ours, *theirs}):
        mine, other = ours.get(code), theirs.get(code)
        nothing = Money(0, code)
        shown.append(
            words.text(
                "Promised outside Stripe: {now} ({before})",
                now=mine.money if mine else nothing,
                before=other.money if other else nothing,
            )
        )
    return shown


def _people(words: Words, now: Span, before: Span) -> list[str]:
    pairs = (
        (
            words.text("Monthly gifts begun: {now} ({before})", now=now.begun, before=before.begun),
            now.begun or before.begun,
        ),
        (
            words.text("Monthly gifts ended: {now} ({before})", now=now.ended, before=before.ended),
            now.ended or before.ended,
        ),
        (words.text("New donors: {now} ({before})", now=now.donors, before=before.donors), True),
    )
    return [line for line, is_shown in pairs if is_shown]
