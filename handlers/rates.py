"""Rates, for staff; whoever is none gets what they would get if none of this were here."""

from datetime import date, datetime

from bot import counting
from bot.actions import Action, SetRate, ShowRates
from bot.errors import MoneyError
from bot.i18n import ZONE
from bot.rates import Rate, read_pair, read_rate
from bot.screens import rates as screens
from bot.screens.base import Screen
from bot.staff import Right
from handlers.commands import command
from handlers.routes import Turn, on, route


class RateCommand(Action, frozen=True):
    """Nothing, or a currency, its rate, and a day where it is not today."""

    text: str = ""


command("rate", RateCommand)


@on(RateCommand, Right.MONEY)
async def rate_command(turn: Turn, action: RateCommand) -> Screen:
    words = action.text.split()
    if not words:
        return await route(turn, ShowRates())
    table = await counting.table(turn.services)
    wanted = _read(turn, table.goals, words[0], words[1:])
    if wanted is None:
        return screens.usage(turn.words, table.goals)
    return await _change(turn, wanted, is_sure=False)


@on(ShowRates, Right.MONEY)
async def show_rates(turn: Turn, _: ShowRates) -> Screen:
    table = await counting.table(turn.services)
    return screens.listing(turn.words, table.rates, table.goals)


@on(SetRate, Right.MONEY)
async def set_rate(turn: Turn, action: SetRate) -> Screen:
    table = await counting.table(turn.services)
    day = str(action.day)
    words = [screens.unpacked(action.rate), f"{day[:4]}-{day[4:6]}-{day[6:]}"]
    wanted = _read(turn, table.goals, f"{action.currency}/{action.counter}", words)
    if wanted is None:
        return screens.usage(turn.words, table.goals)
    if action.sure != "yes":
        return await _change(turn, wanted, is_sure=True)
    return screens.kept(turn.words, wanted, await counting.give(turn.services, wanted))


def _read(turn: Turn, goals: list[str], pair: str, words: list[str]) -> Rate | None:
    """The rate that was written; None where it cannot be read, or lies in the future."""
    today = turn.services.clock().astimezone(ZONE).date()
    try:
        currency, counter = read_pair(pair)
        counter = counter or (goals[0] if len(goals) == 1 else "")
        value = read_rate(words[0])
        day = date.fromisoformat(words[1]) if words[1:] else today
    except (MoneyError, ValueError, IndexError):
        return None
    if counter not in goals or counter == currency or day > today or len(words) > 2:
        return None
    return Rate(currency, counter, value, counting.start_of(day), f"staff {turn.donor.id}")


async def _change(turn: Turn, wanted: Rate, *, is_sure: bool) -> Screen:
    found = await counting.change(turn.services, wanted)
    day = int(_day(wanted.at).strftime("%Y%m%d"))
    return screens.change(turn.words, found.new, found.old, found.waiting, day, is_sure=is_sure)


def _day(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()
