"""Buttons of the help desk."""

from typing import ClassVar

from bot.actions.base import Action


class AskPerson(Action, frozen=True):
    """Write to a person: what is sent next goes to the staff's group."""

    word: ClassVar[str] = "ask"
    linkable: ClassVar[bool] = True


class SolveQuestion(Action, frozen=True):
    """The donor needs no further answer."""

    word: ClassVar[str] = "solved"


class Questions(Action, frozen=True):
    """For staff: the open questions."""

    word: ClassVar[str] = "questions"
