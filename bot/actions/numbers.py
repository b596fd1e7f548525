"""Buttons of the staff about figures: today, charts, searching, and gifts as rows."""

from typing import ClassVar

from bot.actions.base import Action


class ShowToday(Action, frozen=True):
    """For staff: the figures of today beside yesterday's."""

    word: ClassVar[str] = "today"


class SwitchDigest(Action, frozen=True):
    """For staff: whether they get the figures each morning; `on` is yes or no."""

    word: ClassVar[str] = "digest"
    on: str


class ShowStats(Action, frozen=True):
    """For staff: a chart of the last `days`; `campaign_id` 0 is all."""

    word: ClassVar[str] = "stats"
    days: int = 30
    campaign_id: int = 0


class Find(Action, frozen=True):
    """For staff: what is to be found is written next."""

    word: ClassVar[str] = "find"


class ExportGifts(Action, frozen=True):
    """For staff: gifts as rows. `campaign_id` 0 is all; days as 20261101, both included, 0 is the current month; `form`
    look, csv or xlsx."""

    word: ClassVar[str] = "rows"
    form: str = "look"
    campaign_id: int = 0
    first: int = 0
    last: int = 0
