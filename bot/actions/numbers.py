"""Buttons of the staff about figures: today, charts, searching, and gifts as rows."""

from dataclasses import dataclass
from typing import ClassVar

from bot.actions.base import Action


@dataclass(frozen=True, slots=True)
class ShowToday(Action):
    """For staff: the figures of today beside yesterday's."""

    word: ClassVar[str] = "today"


@dataclass(frozen=True, slots=True)
class SwitchDigest(Action):
    """For staff: whether they get the figures each morning; `on` is yes or no."""

    word: ClassVar[str] = "digest"
    on: str


@dataclass(frozen=True, slots=True)
class ShowStats(Action):
    """For staff: a chart of the last `days`; `campaign_id` 0 is all."""

    word: ClassVar[str] = "stats"
    days: int = 30
    campaign_id: int = 0


@dataclass(frozen=True, slots=True)
class Find(Action):
    """For staff: what is to be found is written next."""

    word: ClassVar[str] = "find"


@dataclass(frozen=True, slots=True)
class ExportGifts(Action):
    """For staff: gifts as rows. `campaign_id` 0 is all; days as 20261101, both included, 0 is the current month; `form`
    look, csv or xlsx."""

    word: ClassVar[str] = "rows"
    form: str = "look"
    campaign_id: int = 0
    first: int = 0
    last: int = 0
