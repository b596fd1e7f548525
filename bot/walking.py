"""How far a donor's walk has come: which steps of a day a turn adds. Pure; the counts name nobody."""

from datetime import date

from bot.actions import (
    Action,
    Check,
    CheckCovered,
    CheckMonthly,
    ChooseAmount,
    ChooseTerm,
    Give,
    GiveCovered,
    GiveMonthly,
    ShowCampaign,
    ShowStory,
)
from bot.figures import STEPS, Step

_AT_CAMPAIGN = ShowCampaign | ShowStory | ChooseAmount
_AT_AMOUNT = Check | CheckCovered | ChooseTerm | CheckMonthly
_OPENS = Give | GiveCovered | GiveMonthly


def step(asked: Action, place: Action | None) -> Step:
    """Where a turn leads, by what was asked and the place that it ended at."""
    if isinstance(asked, _OPENS) and not isinstance(place, _AT_CAMPAIGN | _AT_AMOUNT):
        return Step.PAGE
    if isinstance(place, _AT_AMOUNT):
        return Step.AMOUNT
    return Step.CAMPAIGN if isinstance(place, _AT_CAMPAIGN) else Step.START


def fresh(reached: int, today: date, now_at: Step) -> tuple[Step, ...]:
    """The steps that this donor takes for the first time today. `reached` is as `packed` writes it, 0 for never."""
    day, done = divmod(reached, 10)
    taken = done if day == number(today) else 0
    return STEPS[taken : STEPS.index(now_at) + 1]


def packed(today: date, now_at: Step) -> int:
    """The day and how many steps of it were taken: 202611272."""
    return number(today) * 10 + STEPS.index(now_at) + 1


def number(day: date) -> int:
    """20261127."""
    return day.year * 10000 + day.month * 100 + day.day
