"""The conversation: Telegram's updates become Actions, a handler calls one use case and returns a Screen."""

from handlers import back, desk, giving, home, mine, rates, typing

__all__ = ["back", "desk", "giving", "home", "mine", "rates", "typing"]
