"""What a turn reads before it is answered. Who it is that speaks is one statement: on PostgreSQL each part of it would be a
way there and back of its own.
"""

from collections.abc import Collection

from msgspec import Struct
from sqlalchemy import literal, select

from bot.model import Campaign, Donor
from bot.staff import Role
from bot.store import campaigns
from bot.store.donors import noun
from bot.store.sql import Statement, Tx, at
from bot.store.tables import donors, staff, updates

# A row also for somebody new.
_SOMEBODY = select(literal(1).label("one")).subquery("somebody")
_WHO = Statement(
    lambda: select(
        donors,
        select(updates.c.done_at)
        .where(updates.c.update_id == at("update"))
        .scalar_subquery()
        .label("done_at"),
        select(staff.c.role).where(staff.c.telegram_id == at("person")).scalar_subquery().label("role"),
    ).select_from(_SOMEBODY.outerjoin(donors, donors.c.telegram_id == at("person")))
)


class Entrance(Struct, frozen=True):
    """`donor` is None for somebody new, `role` for who is no staff; `is_done`: this update was answered already.

    `campaigns` are all but drafts, in the operator's order.
    """

    donor: Donor | None
    is_done: bool
    role: Role | None
    campaigns: tuple[Campaign, ...]


def read(tx: Tx, admins: Collection[int], person: int, update: int) -> Entrance:
    """`person` is a Telegram id; `admins` are those of the first owners."""
    who = tx.soon(_WHO, person=person, update=update)
    # Which is waited for together with who speaks.
    open_to_all = tuple(campaigns.all_of_them(tx))
    row = who.fetchone()
    assert row is not None  # noqa: S101  somebody always speaks
    role = Role.OWNER if person in admins else Role(row["role"]) if row["role"] else None
    donor = noun(row) if row["id"] is not None else None
    return Entrance(donor, row["done_at"] is not None, role, open_to_all)
