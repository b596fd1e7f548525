"""The conversation: Telegram's updates become Actions, a handler calls one use case and returns a Screen."""

from handlers import (
    approving,
    back,
    composing,
    desk,
    freezing,
    giving,
    home,
    match,
    mine,
    monthly,
    papers,
    planning,
    pledges,
    rates,
    reports,
    typing,
)

__all__ = [
    "approving",
    "back",
    "composing",
    "desk",
    "freezing",
    "giving",
    "home",
    "match",
    "mine",
    "monthly",
    "papers",
    "planning",
    "pledges",
    "rates",
    "reports",
    "typing",
]
