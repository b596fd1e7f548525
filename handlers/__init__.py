"""The conversation: Telegram's updates become Actions, a handler calls one use case and returns a Screen."""

from handlers import giving, home, mine, typing

__all__ = ["giving", "home", "mine", "typing"]
