"""The conversation: Telegram's updates become Actions, a handler calls one use case and returns a Screen."""

from handlers import (
    admin,
    back,
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
    roles,
    typing,
)

__all__ = [
    "admin",
    "back",
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
    "roles",
    "typing",
]
