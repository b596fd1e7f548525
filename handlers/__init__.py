"""The conversation: Telegram's updates become Actions, a handler calls one use case and returns a Screen."""

from handlers import (
    back,
    broadcasts,
    desk,
    freezing,
    giving,
    home,
    match,
    mine,
    monthly,
    papers,
    pledges,
    rates,
    reports,
    typing,
)

__all__ = [
    "back",
    "broadcasts",
    "desk",
    "freezing",
    "giving",
    "home",
    "match",
    "mine",
    "monthly",
    "papers",
    "pledges",
    "rates",
    "reports",
    "typing",
]
