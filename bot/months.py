"""Months as Stripe counts them, and how long a monthly gift goes on."""

import calendar
import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from msgspec import Struct

MOST = 120
_MEAN = timedelta(days=30.436875)


def step(anchor: datetime, months: int) -> datetime:
    """The charge so many months after the first: the same day of the month, or the last one of a shorter month."""
    anchor = anchor.astimezone(UTC)
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    day = min(anchor.day, calendar.monthrange(year, month + 1)[1])
    return anchor.replace(year=year, month=month + 1, day=day)


def charges_before(anchor: datetime, end: datetime) -> int:
    """How many charges lie before `end`, the first one at `anchor` counted; at least that one."""
    count = max(1, round((end - anchor) / _MEAN) - 1)
    while step(anchor, count) < end:
        count += 1
    return count


def number(anchor: datetime, charge: datetime) -> int:
    """Which charge this is: 1 is the first."""
    return round((charge - anchor) / _MEAN) + 1


class Term(Struct, frozen=True):
    """How long a monthly gift goes on: so many gifts, or up to a day and with it, or neither: until the donor stops."""

    months: int | None = None
    until: date | None = None

    @property
    def token(self) -> str:
        """As buttons carry it: `6m`, `20271231` or `open`."""
        if self.until is not None:
            return f"{self.until:%Y%m%d}"
        return f"{self.months}m" if self.months else "open"

    def end(self, anchor: datetime, zone: tzinfo, at_most: datetime | None) -> datetime | None:
        """The moment from which nothing may be charged; `at_most` is the campaign's end."""
        ends = [at_most] if at_most else []
        if self.months:
            ends.append(step(anchor, self.months))
        if self.until:
            ends.append(datetime.combine(self.until + timedelta(days=1), time(), zone))
        return min(ends).astimezone(UTC) if ends else None


_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[/. -](\d{1,2})[/. -](\d{4})")


def read_day(text: str) -> date | None:
    """A day as people write it, in any script's digits: `2027-12-31`, or day, month, year. None for anything else."""
    digits = "".join(str(unicodedata.digit(one, one)) for one in text.strip()[:30])
    found = _DAY.fullmatch(digits)
    if found is None:
        return None
    year, month, day = (found[1], found[2], found[3]) if found[1] else (found[6], found[5], found[4])
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def read_term(token: str) -> Term | None:
    """The Term of a token; None for what is none, since strangers write these."""
    if token == "open":  # noqa: S105  a word on a button
        return Term()
    if token.endswith("m") and token[:-1].isascii() and token[:-1].isdigit() and 2 <= int(token[:-1]) <= MOST:
        return Term(months=int(token[:-1]))
    if len(token) == 8 and token.isascii() and token.isdigit():
        try:
            return Term(until=date(int(token[:4]), int(token[4:6]), int(token[6:])))
        except ValueError:
            return None
    return None
