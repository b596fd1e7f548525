"""Rates, for staff: the list, a change shown beside what held before, and the last tap before it is kept for ever."""

from collections.abc import Sequence
from decimal import Decimal

from bot.actions import Home, SetRate, ShowRates
from bot.i18n import Words
from bot.rates import Rate
from bot.screens.base import Button, Screen, lines, paragraphs, rows


def shown(rate: Rate) -> str:
    """`1 EUR = 10.85 MAD`."""
    return f"1 {rate.currency} = {rate.value:f} {rate.counter}"


def listing(words: Words, rates: Sequence[Rate], goals: Sequence[str]) -> Screen:
    """The newest rate of each pair."""
    known = [words.text("{rate}, since {date}", rate=shown(rate), date=words.date(rate.at)) for rate in rates]
    text = paragraphs(
        words.text(
            "<b>Rates</b>: what gifts in other currencies count towards a goal in {goals}.",
            goals=", ".join(goals),
        ),
        lines(*known) or words.text("No rate is known yet."),
        words.text(
            "To give a new one: <code>/rate EUR 10.85</code>, with a day behind it if it is not today’s."
        ),
    )
    return Screen(text, rows(Button(words.label("All campaigns"), Home())), awaiting=ShowRates())


def change(words: Words, new: Rate, old: Rate | None, waiting: int, day: int, *, is_sure: bool) -> Screen:
    """`old` is what holds on that day so far; `waiting` how many gifts wait for a rate. Two taps: `is_sure` is the second."""
    before = (
        words.text("Before: {rate}, since {date}.", rate=shown(old), date=words.date(old.at))
        if old
        else words.text("No rate was known before.")
    )
    text = paragraphs(
        words.text("<b>{rate}</b> from {date} on.", rate=shown(new), date=words.date(new.at)),
        lines(
            before,
            words.plural(
                "{n} gift waits for it and will count.", "{n} gifts wait for it and will count.", waiting
            )
            if waiting
            else None,
            words.text("Gifts that count already keep the rate of their day."),
        ),
        words.text("A rate is kept for ever. Are you sure?") if is_sure else None,
    )
    action = SetRate(
        "yes" if is_sure else "sure",
        new.currency.lower(),
        new.counter.lower(),
        packed(new.value),
        day,
    )
    label = (
        words.label("Yes, keep {rate}", rate=shown(new))
        if is_sure
        else words.label("Use {rate}", rate=shown(new))
    )
    yes = Button(label, action, style="danger" if is_sure else "primary")
    return Screen(text, rows(yes, Button(words.label("No"), ShowRates())), awaiting=ShowRates())


def packed(value: Decimal) -> str:
    """A rate as an Action carries it."""
    return f"{value:f}".replace(".", "d")


def unpacked(written: str) -> str:
    return written.replace("d", ".")


def kept(words: Words, rate: Rate, counted: int) -> Screen:
    text = lines(
        words.text("Kept: <b>{rate}</b> from {date} on.", rate=shown(rate), date=words.date(rate.at)),
        words.plural("{n} gift counts now.", "{n} gifts count now.", counted) if counted else None,
    )
    return Screen(text, rows(Button(words.label("Rates"), ShowRates())), awaiting=ShowRates())


def usage(words: Words, goals: Sequence[str]) -> Screen:
    text = words.text(
        "Write a currency, what one unit of it counts in {goals}, and a day up to today if it is another one: "
        "<code>/rate EUR 10.85 2026-11-25</code>. With several goals: <code>/rate EUR/MAD 10.85</code>",
        goals=", ".join(goals),
    )
    return Screen(text, rows(Button(words.label("Rates"), ShowRates())), awaiting=ShowRates())
