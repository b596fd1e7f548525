"""When a broadcast is to be sent: reads a time as staff type it, and what stands in its way. Morocco's clock is the clock here.

Asks no database and knows no sentence.
"""

import re
import unicodedata
from datetime import datetime, time, timedelta

from bot.i18n import ZONE

FURTHEST = timedelta(days=60)
_TIME = re.compile(
    r"(?:(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})(?:[/.-](?P<year>\d{4}))?\s+)?(?P<hour>\d{1,2})(?:[:h.](?P<minute>\d{2})|h)"
)


def read_time(text: str, now: datetime) -> datetime | None:
    """`18:30`, `28/11 18:30` or `28/11/2026 18h30`: the next such moment; None where it is no time. May be too far away."""
    found = _TIME.fullmatch(_latin(text).strip().lower())
    if found is None:
        return None
    local = now.astimezone(ZONE)
    year = int(found["year"] or local.year)
    day = (int(found["day"]), int(found["month"])) if found["day"] else (local.day, local.month)
    try:
        wanted = datetime(year, day[1], day[0], int(found["hour"]), int(found["minute"] or 0), tzinfo=ZONE)
    except ValueError:
        return None
    return _next(wanted, now, has_day=bool(found["day"]), has_year=bool(found["year"]))


def _latin(text: str) -> str:
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in text)


def _next(wanted: datetime, now: datetime, *, has_day: bool, has_year: bool) -> datetime | None:
    """What is past today is meant for tomorrow; what is past this year, for the next."""
    if wanted > now or has_year:
        return wanted
    if not has_day:
        return wanted + timedelta(days=1)
    try:
        return wanted.replace(year=wanted.year + 1)
    except ValueError:
        return None


def offers(now: datetime) -> tuple[datetime, ...]:
    """A few times to tap: in an hour, this evening where it is still to come, tomorrow morning and evening."""
    local = now.astimezone(ZONE)
    tomorrow = local.date() + timedelta(days=1)
    hour = (now + timedelta(hours=1)).astimezone(ZONE).replace(second=0, microsecond=0)
    fixed = (
        datetime.combine(local.date(), time(18, 30), ZONE),
        datetime.combine(tomorrow, time(10), ZONE),
        datetime.combine(tomorrow, time(18, 30), ZONE),
    )
    return (hour, *(one for one in fixed if one > local))


def is_possible(due: datetime, now: datetime) -> bool:
    return now < due <= now + FURTHEST


def clock_moves(now: datetime, due: datetime) -> bool:
    """Whether Morocco's clock is another one at `due`: it goes back an hour for Ramadan, and on again after it."""
    return now.astimezone(ZONE).utcoffset() != due.astimezone(ZONE).utcoffset()
