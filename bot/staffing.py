"""Who is staff: roles given by contact or by a link that works once, changed and taken away, each written down as an act.

The first owners stand in the settings, and nothing that is done in a chat can touch them.
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from bot.model import DeliveryKind, Donor
from bot.services import Services
from bot.staff import Member, Person, Refusal, Right, Role
from bot.store import acts, deliveries, donors, staff
from bot.store.acts import Act
from bot.store.deliveries import Owed
from bot.store.moments import moment, seconds
from bot.store.sql import Tx

R = TypeVar("R")
LIFE = timedelta(hours=24)
# Characters enough that nobody guesses one: 128 bits.
_SECRET = 16


async def everybody(services: Services) -> list[Person]:
    """The first owners, then the others by how long they are staff."""
    return await services.db.read(lambda tx: _everybody(tx, services))


def _everybody(tx: Tx, services: Services) -> list[Person]:
    first = services.settings.admin_ids
    others = (one for one in staff.everybody(tx) if one.telegram_id not in first)
    return [
        *(Person(one, Role.OWNER, _code(tx, one)) for one in first),
        *(
            Person(one.telegram_id, one.role, _code(tx, one.telegram_id), one.by, moment(one.since))
            for one in others
        ),
    ]


async def find(services: Services, telegram_id: int) -> Person | None:
    """None where they are no staff."""
    return await services.db.read(lambda tx: _find(tx, services, telegram_id))


def _find(tx: Tx, services: Services, telegram_id: int) -> Person | None:
    return next((one for one in _everybody(tx, services) if one.telegram_id == telegram_id), None)


async def done(services: Services, most: int, before: int = 0) -> list[Act]:
    """What staff did, the newest first; `before` is the last that was shown, 0 none."""
    return await services.db.read(
        lambda tx: acts.newest(tx, most, before) if before else acts.newest(tx, most)
    )


async def give(services: Services, by: Donor, telegram_id: int, role: Role) -> Person | Refusal:
    """Make this person staff, or give them another role. The same role again changes nothing."""

    def write(tx: Tx) -> Person | Refusal:
        if refusal := _may_not(tx, services, by, telegram_id) or _is_self(by, telegram_id):
            return refusal
        old = staff.role(tx, telegram_id)
        if old is not role:
            _put(tx, services, Member(telegram_id, role, f"D{by.id}", seconds(services.clock())), by, old)
        return _find(tx, services, telegram_id) or Refusal.GONE

    return await _written(services, write)


async def take(services: Services, by: Donor, telegram_id: int) -> Refusal | None:
    """No staff from now on. Whoever is an owner may take it from themselves, while another is left."""

    def write(tx: Tx) -> Refusal | None:
        if refusal := _may_not(tx, services, by, telegram_id):
            return refusal
        left = len(services.settings.admin_ids) + staff.owners(tx)
        if telegram_id == by.telegram_id and left <= 1:
            return Refusal.LAST
        old = staff.role(tx, telegram_id)
        if old is None or not staff.remove(tx, telegram_id):
            return Refusal.GONE
        code, now = _code(tx, telegram_id), services.clock()
        staff.void(tx, code, now)
        acts.record(tx, now, f"staff {by.id}", "role.take", code, before={"role": old})
        if telegram_id != by.telegram_id:
            _tell(tx, telegram_id, "taken", now)
        return None

    return await _written(services, write)


async def invite(services: Services, by: Donor, role: Role) -> str | Refusal:
    """The secret of a link that makes its first reader staff, within a day; only its hash is kept."""
    secret = secrets.token_urlsafe(_SECRET)

    def write(tx: Tx) -> str | Refusal:
        if not _is_owner(tx, services, by):
            return Refusal.NOT_YOURS
        now = services.clock()
        staff.invite(tx, _hash(secret), role, f"D{by.id}", now + LIFE)
        acts.record(tx, now, f"staff {by.id}", "role.invite", "link", after={"role": role})
        return secret

    return await services.db.write(write)


async def join(services: Services, donor: Donor, secret: str) -> Person | Refusal:
    """Become staff by a link. Whoever is staff already keeps their role, and the link is not used up."""
    return await _written(services, lambda tx: _join(tx, services, donor, _hash(secret)))


def _join(tx: Tx, services: Services, donor: Donor, code: str) -> Person | Refusal:
    if staff.standing(tx, services.settings.admin_ids, donor.telegram_id) is not None:
        # The same update again, after a kill: the answer is the same too.
        is_again = staff.used_by(tx, code) == donor.id
        return (_find(tx, services, donor.telegram_id) if is_again else None) or Refusal.ALREADY
    used = staff.use(tx, code, donor.id, services.clock())
    if used is None:
        return Refusal.LINK
    _joined(tx, services, donor, *used)
    return _find(tx, services, donor.telegram_id) or Refusal.LINK


def _joined(tx: Tx, services: Services, donor: Donor, role: Role, by: str) -> None:
    """The owners hear of it at once: a link may have been read by somebody else."""
    now, code = services.clock(), f"D{donor.id}"
    staff.put(tx, Member(donor.telegram_id, role, by, seconds(now)))
    acts.record(tx, now, f"staff {donor.id}", "role.join", code, after={"role": role, "link of": by})
    for chat in staff.chats(tx, services.settings.admin_ids, Right.ROLES):
        if chat != donor.telegram_id:
            _tell(tx, chat, f"joined.{role}.{code}.{by}", now)


def _put(tx: Tx, services: Services, member: Member, by: Donor, old: Role | None) -> None:
    staff.put(tx, member)
    code, now = _code(tx, member.telegram_id), services.clock()
    staff.void(tx, code, now)
    before = {"role": old} if old else None
    acts.record(tx, now, f"staff {by.id}", "role.give", code, before=before, after={"role": member.role})
    _tell(tx, member.telegram_id, f"given.{member.role}", now)


def _may_not(tx: Tx, services: Services, by: Donor, telegram_id: int) -> Refusal | None:
    """Looked at again in the transaction: two owners may take each other's role at the same moment."""
    if not _is_owner(tx, services, by):
        return Refusal.NOT_YOURS
    return Refusal.FIRST if telegram_id in services.settings.admin_ids else None


def _is_owner(tx: Tx, services: Services, donor: Donor) -> bool:
    role = staff.standing(tx, services.settings.admin_ids, donor.telegram_id)
    return role is not None and Right.ROLES in role.rights


def _is_self(by: Donor, telegram_id: int) -> Refusal | None:
    return Refusal.SELF if telegram_id == by.telegram_id else None


def _tell(tx: Tx, chat: int, what: str, now: datetime) -> None:
    """News about roles, to whoever has spoken to the bot: Telegram brings nothing to others."""
    if donors.find(tx, chat) is not None:
        key = f"role:{chat}:{what}:{seconds(now)}"
        deliveries.owe(tx, Owed(DeliveryKind.ALERT, key, chat_id=chat, payload=f"role.{what}"), now)


def _code(tx: Tx, telegram_id: int) -> str:
    donor = donors.find(tx, telegram_id)
    return f"D{donor.id}" if donor else f"T{telegram_id % 10_000:04}"


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


async def _written(services: Services, write: Callable[[Tx], R]) -> R:
    """Telegram's menus follow at once."""
    outcome = await services.db.write(write)
    services.bells.courier.set()
    services.bells.menus.set()
    return outcome
