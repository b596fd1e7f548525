"""The conversation: Telegram's updates become Actions, a handler calls one use case and returns a Screen."""

from handlers import (
    back,
    desk,
    exporting,
    finding,
    freezing,
    giving,
    home,
    match,
    mine,
    monthly,
    numbers,
    papers,
    pledges,
    rates,
    reports,
    typing,
)

__all__ = [
    "back",
    "desk",
    "exporting",
    "finding",
    "freezing",
    "giving",
    "home",
    "match",
    "mine",
    "monthly",
    "numbers",
    "papers",
    "pledges",
    "rates",
    "reports",
    "typing",
]
