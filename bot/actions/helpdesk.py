"""Buttons of the help desk."""

from dataclasses import dataclass
from typing import ClassVar

from bot.actions.base import Action


@dataclass(frozen=True, slots=True)
class AskPerson(Action):
    """Write to a person: what is sent next goes to the staff's group."""

    word: ClassVar[str] = "ask"
    linkable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class SolveQuestion(Action):
    """The donor needs no further answer."""

    word: ClassVar[str] = "solved"


@dataclass(frozen=True, slots=True)
class Questions(Action):
    """For staff: the open questions."""

    word: ClassVar[str] = "questions"
