"""Buttons of the staff about the staff: the desk's front page, roles, and what was done."""

from typing import ClassVar

from bot.actions.base import Action


class Admin(Action, frozen=True):
    """The desk's front page."""

    word: ClassVar[str] = "admin"


class Roles(Action, frozen=True):
    word: ClassVar[str] = "roles"
    page: int = 1


class ShowMember(Action, frozen=True):
    """`person` is a Telegram id, which may have more digits than a number here."""

    word: ClassVar[str] = "member"
    person: str


class GiveRole(Action, frozen=True):
    """`role` is "none" until one is chosen."""

    word: ClassVar[str] = "giverole"
    role: str
    person: str


class TakeRole(Action, frozen=True):
    """`sure` is "yes" only on the second tap."""

    word: ClassVar[str] = "takerole"
    sure: str
    person: str


class AddStaff(Action, frozen=True):
    """Somebody new: `role` is "none" until one is chosen; then their contact is awaited."""

    word: ClassVar[str] = "addstaff"
    role: str = "none"


class Invite(Action, frozen=True):
    """A link that gives this role once."""

    word: ClassVar[str] = "invite"
    role: str


class Audit(Action, frozen=True):
    """What staff did; `before` is the number of the last act that was shown, 0 begins with the newest."""

    word: ClassVar[str] = "audit"
    before: int = 0


class Join(Action, frozen=True):
    """From a link only, never from a button: the secret that makes its first reader staff."""

    word: ClassVar[str] = ""
    secret: str
