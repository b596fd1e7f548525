"""Staff: what each role may do. A stranger has no role, and learns nothing."""

from dataclasses import dataclass
from enum import StrEnum


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


@dataclass(frozen=True, slots=True)
class Member:
    """One person of the staff; `by` is the code of who made them so, "settings" for the first owners."""

    telegram_id: int
    role: Role
    by: str
    since: int
