"""Buttons of monthly gifts."""

from typing import ClassVar

from bot.actions.base import Action, AmountAction


class ChooseTerm(AmountAction, frozen=True):
    """A monthly gift, named as such: how long?"""

    word: ClassVar[str] = "monthly"


class _Monthly(AmountAction, frozen=True):
    """`term` is the token of a `months.Term`."""

    term: str


class CheckMonthly(_Monthly, frozen=True):
    word: ClassVar[str] = "each"


class GiveMonthly(_Monthly, frozen=True):
    word: ClassVar[str] = "giveeach"


class _OfMonthly(Action, frozen=True):
    monthly_id: str


class ShowMonthly(_OfMonthly, frozen=True):
    word: ClassVar[str] = "plan"


class StopMonthly(Action, frozen=True):
    """`sure` is "yes" only on the second tap."""

    word: ClassVar[str] = "stop"
    sure: str
    monthly_id: str


class PauseMonthly(Action, frozen=True):
    """Leave out so many charges: 0 asks how many, 99 goes on at once."""

    word: ClassVar[str] = "pause"
    months: int
    monthly_id: str


class ChangeMonthly(Action, frozen=True):
    """`minor` 0 asks for the new amount; `sure` is "yes" only on the second tap."""

    word: ClassVar[str] = "change"
    sure: str
    minor: int
    monthly_id: str


class NewCard(_OfMonthly, frozen=True):
    """Where to give Stripe another card."""

    word: ClassVar[str] = "card"
