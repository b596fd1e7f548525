"""Buttons below a broadcast, for those who got it."""

from dataclasses import dataclass
from typing import ClassVar

from bot.actions.base import Action


@dataclass(frozen=True, slots=True)
class BroadcastGive(Action):
    """The Give button with this number below this broadcast."""

    word: ClassVar[str] = "bgive"
    broadcast_id: int
    button: int


@dataclass(frozen=True, slots=True)
class StopMessages(Action):
    """No more broadcasts; 0: asked for elsewhere than below one."""

    word: ClassVar[str] = "bstop"
    broadcast_id: int = 0


@dataclass(frozen=True, slots=True)
class MessagesAgain(Action):
    word: ClassVar[str] = "bagain"
