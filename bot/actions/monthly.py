"""Buttons of monthly gifts."""

from dataclasses import dataclass
from typing import ClassVar

from bot.actions.base import Action, AmountAction


@dataclass(frozen=True, slots=True)
class ChooseTerm(AmountAction):
    """A monthly gift, named as such: how long?"""

    word: ClassVar[str] = "monthly"


@dataclass(frozen=True, slots=True)
class _Monthly(AmountAction):
    """`term` is the token of a `months.Term`."""

    term: str


@dataclass(frozen=True, slots=True)
class CheckMonthly(_Monthly):
    word: ClassVar[str] = "each"


@dataclass(frozen=True, slots=True)
class GiveMonthly(_Monthly):
    word: ClassVar[str] = "giveeach"


@dataclass(frozen=True, slots=True)
class _OfMonthly(Action):
    monthly_id: str


@dataclass(frozen=True, slots=True)
class ShowMonthly(_OfMonthly):
    word: ClassVar[str] = "plan"


@dataclass(frozen=True, slots=True)
class StopMonthly(Action):
    """`sure` is "yes" only on the second tap."""

    word: ClassVar[str] = "stop"
    sure: str
    monthly_id: str


@dataclass(frozen=True, slots=True)
class PauseMonthly(Action):
    """Leave out so many charges: 0 asks how many, 99 goes on at once."""

    word: ClassVar[str] = "pause"
    months: int
    monthly_id: str


@dataclass(frozen=True, slots=True)
class ChangeMonthly(Action):
    """`minor` 0 asks for the new amount; `sure` is "yes" only on the second tap."""

    word: ClassVar[str] = "change"
    sure: str
    minor: int
    monthly_id: str


@dataclass(frozen=True, slots=True)
class NewCard(_OfMonthly):
    """Where to give Stripe another card."""

    word: ClassVar[str] = "card"
