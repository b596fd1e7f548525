"""Moments as the tables keep them: whole seconds UTC."""

from datetime import UTC, datetime


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def moment(value: int) -> datetime:
    return datetime.fromtimestamp(value, UTC)
