"""Spans of whole days where the campaigns are: months, years, and whatever two days a person names."""

from datetime import date, datetime, time, timedelta

from msgspec import Struct

from bot.i18n import ZONE

# Older or later than any gift can be.
_FIRST, _LAST = 2000, 2200


class Period(Struct, frozen=True):
    """Whole days where the campaigns are, both included."""

    first: date
    last: date

    @property
    def bounds(self) -> tuple[int, int]:
        """Unix seconds: from, to before."""
        return _start(self.first), _start(self.last + timedelta(days=1))

    @property
    def packed(self) -> tuple[int, int]:
        """As numbers that fit a button: 20261101."""
        return int(f"{self.first:%Y%m%d}"), int(f"{self.last:%Y%m%d}")

    @classmethod
    def read(cls, first: int, last: int) -> "Period | None":
        """The period in a button; None where it is none, or older or later than any gift can be."""
        try:
            one, other = (datetime.strptime(str(day), "%Y%m%d").date() for day in (first, last))  # noqa: DTZ007
        except ValueError:
            return None
        return cls(one, other) if one.year >= _FIRST and one <= other and other.year <= _LAST else None

    @classmethod
    def month_of(cls, day: date) -> "Period":
        first = day.replace(day=1)
        return cls(first, _next_month(first) - timedelta(days=1))

    @classmethod
    def year_of(cls, day: date) -> "Period":
        return cls(date(day.year, 1, 1), date(day.year, 12, 31))

    @classmethod
    def written(cls, text: str, today: date) -> "Period | None":
        """What a person wrote: nothing for this year, a year, or two days as 2026-03-01, in any digits. None: unreadable."""
        words = text.split()
        if not words:
            return cls.year_of(today)
        days = [_day(word) for word in words]
        if len(words) == 1 and words[0].isdecimal() and _FIRST <= int(words[0][:5]) <= _LAST:
            return cls.year_of(date(int(words[0]), 1, 1))
        if len(days) != 2 or not days[0] or not days[1] or days[0] > days[1]:
            return None
        return cls(days[0], days[1])

    @property
    def is_year(self) -> bool:
        return self == Period.year_of(self.first)

    @property
    def before(self) -> "Period":
        """The year before a year, else the month before."""
        day = self.first - timedelta(days=1)
        return Period.year_of(day) if self.is_year else Period.month_of(day)

    @property
    def after(self) -> "Period":
        day = self.last + timedelta(days=1)
        return Period.year_of(day) if self.is_year else Period.month_of(day)


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _start(day: date) -> int:
    return int(start_of(day).timestamp())


def start_of(day: date) -> datetime:
    """The first moment of a day where the campaigns are."""
    return datetime.combine(day, time(), ZONE)


def _day(word: str) -> date | None:
    parts = word.split("-")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) <= 4 for part in parts):
        return None
    try:
        day = date(*(int(part) for part in parts))
    except ValueError:
        return None
    return day if _FIRST <= day.year <= _LAST else None
