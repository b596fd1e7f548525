"""Buttons of the staff about the staff: the desk's front page, roles, and what was done."""

from dataclasses import dataclass
from typing import ClassVar

from bot.actions.base import Action


@dataclass(frozen=True, slots=True)
class Admin(Action):
    """The desk's front page."""

    word: ClassVar[str] = "admin"


@dataclass(frozen=True, slots=True)
class Roles(Action):
    word: ClassVar[str] = "roles"
    page: int = 1


@dataclass(frozen=True, slots=True)
class ShowMember(Action):
    """`person` is a Telegram id, which may have more digits than a number here."""

    word: ClassVar[str] = "member"
    person: str


@dataclass(frozen=True, slots=True)
class GiveRole(Action):
    """`role` is "none" until one is chosen."""

    word: ClassVar[str] = "giverole"
    role: str
    person: str


@dataclass(frozen=True, slots=True)
class TakeRole(Action):
    """`sure` is "yes" only on the second tap."""

    word: ClassVar[str] = "takerole"
    sure: str
    person: str


@dataclass(frozen=True, slots=True)
class AddStaff(Action):
    """Somebody new: `role` is "none" until one is chosen; then their contact is awaited."""

    word: ClassVar[str] = "addstaff"
    role: str = "none"


@dataclass(frozen=True, slots=True)
class Invite(Action):
    """A link that gives this role once."""

    word: ClassVar[str] = "invite"
    role: str


@dataclass(frozen=True, slots=True)
class Audit(Action):
    """What staff did; `before` is the number of the last act that was shown, 0 begins with the newest."""

    word: ClassVar[str] = "audit"
    before: int = 0


@dataclass(frozen=True, slots=True)
class Join(Action):
    """From a link only, never from a button: the secret that makes its first reader staff."""

    word: ClassVar[str] = ""
    secret: str
