"""The conversation: Telegram's updates become Actions, a handler calls one use case and returns a Screen."""

from handlers import (
    back,
    desk,
    freezing,
    giving,
    helpdesk,
    home,
    match,
    mine,
    monthly,
    papers,
    pledges,
    rates,
    reports,
    sources,
    typing,
)

__all__ = [
    "back",
    "desk",
    "freezing",
    "giving",
    "helpdesk",
    "home",
    "match",
    "mine",
    "monthly",
    "papers",
    "pledges",
    "rates",
    "reports",
    "sources",
    "typing",
]
