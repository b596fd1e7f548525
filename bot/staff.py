"""Staff: what each role may do. A stranger has no role, and learns nothing."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Right(StrEnum):
    """What an Action needs, and what a role gives."""

    READ = "read"
    MONEY = "money"
    SPEAK = "speak"
    CAMPAIGNS = "campaigns"
    ROLES = "roles"


class Role(StrEnum):
    OWNER = "owner"
    FINANCE = "finance"
    MESSAGES = "messages"
    READER = "reader"

    @property
    def rights(self) -> frozenset[Right]:
        return _RIGHTS[self]


_RIGHTS = {
    Role.OWNER: frozenset(Right),
    Role.FINANCE: frozenset((Right.READ, Right.MONEY)),
    Role.MESSAGES: frozenset((Right.READ, Right.SPEAK)),
    Role.READER: frozenset((Right.READ,)),
}


class Member(Struct, frozen=True):
    """One person of the staff; `by` is the code of who made them so, "settings" for the first owners."""

    telegram_id: int
    role: Role
    by: str
    since: int


class Person(Struct, frozen=True):
    """One of the staff as the others see them. `is_first`: named by the settings, since ever and by nobody in a chat.

    `code` is that of a donor, or the end of their Telegram id while they have not spoken to the bot.
    """

    telegram_id: int
    role: Role
    code: str
    by: str = ""
    since: datetime | None = None

    @property
    def is_first(self) -> bool:
        return self.since is None

    @property
    def has_spoken(self) -> bool:
        return self.code.startswith("D")


class Refusal(StrEnum):
    """Why a role stays as it is. FIRST: the settings name them. LAST: nobody would be left to give roles. ALREADY: staff
    already. GONE: they are no staff. LINK: unknown, used or too old. NOT_YOURS: whoever asks may not any more."""

    FIRST = "first"
    SELF = "self"
    LAST = "last"
    ALREADY = "already"
    GONE = "gone"
    LINK = "link"
    NOT_YOURS = "not_yours"
