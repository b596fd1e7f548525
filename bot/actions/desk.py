"""Buttons of the staff about money."""

from typing import ClassVar

from bot.actions.base import Action, GiftAction


class Pledges(Action, frozen=True):
    """For staff: the open pledges."""

    word: ClassVar[str] = "pledges"
    page: int = 1


class MatchPledge(Action, frozen=True):
    """For staff: `minor` arrived for this pledge, 0 for what was promised; `sure` is "yes" only on the second tap."""

    word: ClassVar[str] = "match"
    sure: str
    minor: int
    pledge_id: str


class UnmatchPledge(Action, frozen=True):
    """For staff: take a match out of the books; `why` is "ask", then "mistake" or "back" on the second tap."""

    word: ClassVar[str] = "unmatch"
    why: str
    pledge_id: str


class StopForDonor(Action, frozen=True):
    """For staff: end a donor's monthly gift; `sure` is "yes" only on the second tap."""

    word: ClassVar[str] = "staffstop"
    sure: str
    monthly_id: str


class ShowGift(GiftAction, frozen=True):
    """For staff: one gift with its facts."""

    word: ClassVar[str] = "gift"


class RefundGift(Action, frozen=True):
    """For staff: give `minor` of a gift back; `reason` is "none" until chosen, `sure` "yes" only on the last tap.

    On the last tap `left` is what could still be given back when it was offered: where something went back since, it is void.
    """

    word: ClassVar[str] = "refund"
    sure: str
    reason: str
    minor: int
    left: int
    donation_id: str


class ShowReport(Action, frozen=True):
    """For staff: `campaign_id` 0 is all; days as 20261101, both included, 0 is the current month; `form` look, pdf or xlsx."""

    word: ClassVar[str] = "report"
    form: str = "look"
    campaign_id: int = 0
    first: int = 0
    last: int = 0


class Freeze(Action, frozen=True):
    """For staff: open no new page; `sure` is "yes" only on the second tap."""

    word: ClassVar[str] = "freeze"
    sure: str = "no"


class Unfreeze(Action, frozen=True):
    word: ClassVar[str] = "unfreeze"
    sure: str = "no"


class ShowRates(Action, frozen=True):
    """For staff: the rates that gifts in other currencies count at."""

    word: ClassVar[str] = "rates"


class SetRate(Action, frozen=True):
    """For staff: one unit of `currency` counts as `rate` of `counter` from `day` (20261125) on; "d" stands for the
    decimal point. `sure` is "yes" only on the last tap."""

    word: ClassVar[str] = "rate"
    sure: str
    currency: str
    counter: str
    rate: str
    day: int
