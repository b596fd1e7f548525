"""Staff beside the first owners, whom the settings name; and links that make a person staff, once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert

from bot.staff import Member, Right, Role
from bot.store.moments import seconds
from bot.store.sql import Row, Statement, Tx, at, places
from bot.store.tables import invitations, staff

_ROLE = Statement(select(staff.c.role).where(staff.c.telegram_id == at("person")))
_ALL = Statement(select(staff).order_by(staff.c.since, staff.c.telegram_id))
_PUT = Statement(
    insert(staff)
    .values(places("telegram_id", "role", "by", "since"))
    .on_conflict_do_update(index_elements=["telegram_id"], set_=places("role", "by", "since"))
)
_REMOVE = Statement(delete(staff).where(staff.c.telegram_id == at("person")))
_INVITE = Statement(insert(invitations).values(places("code", "role", "by", "expires_at")))
_USE = Statement(
    update(invitations)
    .where(
        invitations.c.code == at("secret"),
        invitations.c.used_at.is_(None),
        invitations.c.expires_at > at("now"),
    )
    .values(used_at=at("now"))
    .returning(invitations.c.role, invitations.c.by)
)


def role(tx: Tx, telegram_id: int) -> Role | None:
    """None for whoever is no staff, or staff by the settings alone."""
    found = tx.value(_ROLE, person=telegram_id)
    return None if found is None else Role(found)


def everybody(tx: Tx) -> list[Member]:
    return [_noun(row) for row in tx.all(_ALL)]


def chats(tx: Tx, admin_ids: Sequence[int], right: Right) -> list[int]:
    """The private chats of everybody who has this right; the first owners, whom the settings name, have all."""
    found = [one.telegram_id for one in everybody(tx) if right in one.role.rights]
    return list(dict.fromkeys((*admin_ids, *found)))


def put(tx: Tx, member: Member) -> None:
    """Make this person staff, or give them another role."""
    values = {"telegram_id": member.telegram_id, "role": member.role, "by": member.by, "since": member.since}
    tx.run(_PUT, **values)


def remove(tx: Tx, telegram_id: int) -> bool:
    return tx.run(_REMOVE, person=telegram_id) == 1


def invite(tx: Tx, code: str, role: Role, by: str, until: datetime) -> None:
    """`code` is the hash of the secret in the link."""
    tx.run(_INVITE, code=code, role=role, by=by, expires_at=seconds(until))


def use(tx: Tx, code: str, now: datetime) -> tuple[Role, str] | None:
    """The role that this link gives and who made it, once; None where it is unknown, used or too old."""
    row = tx.one(_USE, secret=code, now=seconds(now))
    return None if row is None else (Role(row["role"]), row["by"])


def _noun(row: Row) -> Member:
    return Member(row["telegram_id"], Role(row["role"]), row["by"], row["since"])
