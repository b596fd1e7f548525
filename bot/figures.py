"""Figures for staff: sums of a day and of a span of days, per currency; a donor is never named in them."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from bot.money import Money


class Step(StrEnum):
    """How far a donor came on one day; each includes those before it."""

    START = "start"
    CAMPAIGN = "campaign"
    AMOUNT = "amount"
    PAGE = "page"


STEPS = tuple(Step)


class Tally(Struct, frozen=True):
    """What one campaign got in one currency: how many gifts, their sum, what donors added for fees, and what went back."""

    campaign: str
    gifts: int
    received: Money
    cover: Money
    back: Money


class Promised(Struct, frozen=True):
    """Pledges made: how many, and their sum in one currency."""

    count: int
    money: Money


class Span(Struct, frozen=True):
    """All that happened from `first` to before `end`; `begun` and `ended` are monthly gifts."""

    first: datetime
    end: datetime
    tallies: tuple[Tally, ...]
    promised: tuple[Promised, ...]
    begun: int
    ended: int
    donors: int

    @property
    def gifts(self) -> int:
        return sum(one.gifts for one in self.tallies)

    def money(self, kind: str) -> dict[str, Money]:
        """`received`, `cover` or `back` over all campaigns, per currency."""
        sums: dict[str, Money] = {}
        for one in self.tallies:
            money: Money = getattr(one, kind)
            known = sums.get(money.currency, Money(0, money.currency))
            sums[money.currency] = Money(known.minor + money.minor, money.currency)
        return sums


class Group(Struct, frozen=True):
    """The gifts of one campaign or one source; `money` has one sum per currency."""

    name: str
    gifts: int
    money: tuple[Money, ...]


class Funnel(Struct, frozen=True):
    """How many donors came so far, each counted once a day; `since` where steps are counted for a part of the days only."""

    counts: Mapping[Step, int]
    paid: int
    since: date | None = None


class Stats(Struct, frozen=True):
    """The gifts of some days, both included: of one campaign, or of all where it is None. `funnel` is of all only."""

    first: date
    last: date
    campaign: str | None
    days: tuple[tuple[date, int], ...]
    campaigns: tuple[Group, ...]
    sources: tuple[Group, ...]
    funnel: Funnel | None

    @property
    def gifts(self) -> int:
        return sum(count for _, count in self.days)
