"""Steps of the calendar: the same day of a later month, or that month's last."""

import calendar
from datetime import UTC, datetime

_SECONDS = {"day": 86400, "week": 7 * 86400}
_MONTHS = {"month": 1, "year": 12}


def step(anchor: int, interval: str, count: int) -> int:
    """`count` intervals after `anchor`, both in Unix seconds; counted from the anchor, a 31st stays one."""
    if interval in _SECONDS:
        return anchor + count * _SECONDS[interval]
    start = datetime.fromtimestamp(anchor, UTC)
    years, month = divmod(start.month - 1 + count * _MONTHS[interval], 12)
    year, month = start.year + years, month + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    return int(start.replace(year=year, month=month, day=day).timestamp())
