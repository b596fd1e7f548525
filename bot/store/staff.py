"""Staff beside the first owners, whom the settings name; who hears of what; and links that make a person staff, once."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, func, select, update

from bot.staff import Member, Right, Role
from bot.store.dialect import insert
from bot.store.moments import seconds
from bot.store.sql import Row, Statement, Tx, at, places
from bot.store.tables import invitations, staff

_ROLE = Statement(lambda: select(staff.c.role).where(staff.c.telegram_id == at("person")))
_ALL = Statement(lambda: select(staff).order_by(staff.c.since, staff.c.telegram_id))
_PUT = Statement(
    lambda: (
        insert(staff)
        .values(places("telegram_id", "role", "by", "since"))
        .on_conflict_do_update(index_elements=["telegram_id"], set_=places("role", "by", "since"))
    )
)
_OWNERS = Statement(lambda: select(func.count()).select_from(staff).where(staff.c.role == Role.OWNER.value))
_USED_BY = Statement(lambda: select(invitations.c.used_by).where(invitations.c.code == at("secret")))
_REMOVE = Statement(lambda: delete(staff).where(staff.c.telegram_id == at("person")))
_INVITE = Statement(lambda: insert(invitations).values(places("code", "role", "by", "expires_at")))
_VOID = Statement(
    lambda: (
        update(invitations)
        .where(invitations.c.by == at("maker"), invitations.c.used_at.is_(None))
        .values(expires_at=at("now"))
    )
)
_USE = Statement(
    lambda: (
        update(invitations)
        .where(
            invitations.c.code == at("secret"),
            invitations.c.used_at.is_(None),
            invitations.c.expires_at > at("now"),
        )
        .values(used_at=at("now"), used_by=at("user"))
        .returning(invitations.c.role, invitations.c.by)
    )
)


def role(tx: Tx, telegram_id: int) -> Role | None:
    """None for whoever is no staff, or staff by the settings alone."""
    found = tx.value(_ROLE, person=telegram_id)
    return None if found is None else Role(found)


def standing(tx: Tx, admins: Iterable[int], telegram_id: int) -> Role | None:
    """What this person is now: the first owners are named by the settings, and nobody in a chat can take that from them."""
    return Role.OWNER if telegram_id in admins else role(tx, telegram_id)


def may(tx: Tx, admins: Iterable[int], telegram_id: int, right: Right) -> bool:
    """Whether this person has the right today: whoever lost it meanwhile hears no more of what it was for."""
    found = standing(tx, admins, telegram_id)
    return found is not None and right in found.rights


def chats(tx: Tx, admins: Iterable[int], right: Right) -> list[int]:
    """The chats of everybody who has the right, the first owners first."""
    others = (one.telegram_id for one in everybody(tx) if right in one.role.rights)
    return list(dict.fromkeys((*admins, *others)))


def owners(tx: Tx) -> int:
    """How many there are beside the first ones."""
    return tx.value(_OWNERS)


def everybody(tx: Tx) -> list[Member]:
    return [_noun(row) for row in tx.all(_ALL)]


def put(tx: Tx, member: Member) -> None:
    """Make this person staff, or give them another role."""
    values = {"telegram_id": member.telegram_id, "role": member.role, "by": member.by, "since": member.since}
    tx.do(_PUT, **values)


def remove(tx: Tx, telegram_id: int) -> bool:
    return tx.run(_REMOVE, person=telegram_id) == 1


def invite(tx: Tx, code: str, role: Role, by: str, until: datetime) -> None:
    """`code` is the hash of the secret in the link."""
    tx.do(_INVITE, code=code, role=role, by=by, expires_at=seconds(until))


def void(tx: Tx, by: str, now: datetime) -> None:
    """The links that this person made and nobody used are worth nothing from now on; `by` is their code."""
    tx.do(_VOID, maker=by, now=seconds(now))


def use(tx: Tx, code: str, donor_id: int, now: datetime) -> tuple[Role, str] | None:
    """The role that this link gives and who made it, once; None where it is unknown, used or too old."""
    row = tx.one(_USE, secret=code, now=seconds(now), user=donor_id)
    return None if row is None else (Role(row["role"]), row["by"])


def used_by(tx: Tx, code: str) -> int | None:
    """The donor id of whoever used this link."""
    return tx.value(_USED_BY, secret=code)


def _noun(row: Row) -> Member:
    return Member(row["telegram_id"], Role(row["role"]), row["by"], row["since"])
