"""Buttons below a broadcast, for those who got it."""

from typing import ClassVar

from bot.actions.base import Action


class BroadcastGive(Action, frozen=True):
    """The Give button with this number below this broadcast."""

    word: ClassVar[str] = "bgive"
    broadcast_id: int
    button: int


class StopMessages(Action, frozen=True):
    """No more broadcasts; 0: asked for elsewhere than below one."""

    word: ClassVar[str] = "bstop"
    broadcast_id: int = 0


class MessagesAgain(Action, frozen=True):
    word: ClassVar[str] = "bagain"
