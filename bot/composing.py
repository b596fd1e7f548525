"""Broadcasts as staff write them: drafts, edits, a second admin's word, and the plan to send. Sends nothing itself.

Only the author changes a broadcast, so that whoever approves it has written none of it. Every edit of one that was approved
or is waiting for it makes it a draft again.
"""

from datetime import datetime

from msgspec import Struct

from bot import audience, nights, wording
from bot.audience import Counted
from bot.broadcasts import Audience, Broadcast, BroadcastState
from bot.edits import Change
from bot.model import Delivery, DeliveryKind, Donor, DonorState
from bot.services import Services
from bot.staff import Right, Role
from bot.store import acts, deliveries, donors, drafts, staff
from bot.store import broadcasts as store
from bot.store.deliveries import Owed
from bot.store.moments import seconds
from bot.store.sql import Tx
from bot.wording import EDITABLE, Remark

PAGE = 8


class Draft(Struct, frozen=True):
    """A broadcast with what its screens need. `is_voided`: an approval, or the request for one, has just ended by an edit."""

    broadcast: Broadcast
    counted: Counted
    remarks: tuple[Remark, ...]
    needs_second: bool
    is_voided: bool = False

    @property
    def is_ready(self) -> bool:
        return not any(one.kind.stops for one in self.remarks)


class Edited(Struct, frozen=True):
    broadcast: Broadcast
    is_voided: bool = False


def who(donor_id: int) -> str:
    """How the audit log calls a member of the staff."""
    return f"staff {donor_id}"


async def find(services: Services, broadcast_id: int) -> Broadcast | None:
    return await services.db.read(lambda tx: store.get(tx, broadcast_id))


async def page(services: Services, number: int) -> tuple[list[Broadcast], bool]:
    """One page of them, newest first, and whether there are more."""
    passed = (number - 1) * PAGE
    found = await services.db.read(lambda tx: drafts.page(tx, PAGE + 1, passed))
    return found[:PAGE], len(found) > PAGE


async def looked_at(
    services: Services, broadcast: Broadcast, *, is_voided: bool = False, is_exact: bool = False
) -> Draft:
    """Counted, and with what stands in its way. Exactly where it `is_exact`, no draft any more, or sent for a price."""
    settings, now = services.settings, services.clock()
    is_exact = is_exact or settings.allow_paid_broadcast or broadcast.state is not BroadcastState.DRAFT
    counted = await audience.count(services, broadcast, is_exact=is_exact)
    is_quiet = not nights.is_awake(nights.HOME, broadcast.due_at or now, settings.quiet_hours)
    is_nobody = not counted.total and not counted.is_about
    found = wording.remarks(
        broadcast, now, is_nobody=is_nobody, may_name=settings.first_names, is_quiet=is_quiet
    )
    # Those who had enough this week may be free again when it goes out.
    most = counted.total + counted.capped
    needs_second = most > settings.approval_above and not broadcast.audience.is_staff
    return Draft(broadcast, counted, found, needs_second, is_voided)


async def begin(services: Services, author: int, *, is_fresh: bool = False) -> Broadcast:
    """The author's newest draft, or a new one where there is none or `is_fresh`."""
    now = services.clock()

    def write(tx: Tx) -> Broadcast:
        found = None if is_fresh else drafts.draft_of(tx, author)
        return found or _begun(tx, services, author, now)

    return await services.db.write(write)


def _begun(tx: Tx, services: Services, author: int, now: datetime) -> Broadcast:
    made = store.add(tx, author, Audience(), services.settings.holdout, now)
    _record(tx, now, author, "begin", made)
    return made


async def copy(services: Services, broadcast: Broadcast, author: int) -> Broadcast:
    """A new draft of this member that says the same to the same people."""
    now = services.clock()

    def write(tx: Tx) -> Broadcast:
        made = _begun(tx, services, author, now)
        for language, content in broadcast.parts.items():
            store.put_part(tx, made, language, content)
        store.edit(
            tx,
            made,
            audience=broadcast.audience,
            buttons=broadcast.buttons,
            fallbacks=dict(broadcast.fallbacks),
        )
        return store.get(tx, made.id) or made

    return await services.db.write(write)


async def throw_away(services: Services, broadcast: Broadcast, author: int) -> Broadcast | None:
    """End a broadcast that has not begun; one that has is left as it is."""
    now = services.clock()

    def write(tx: Tx) -> Broadcast | None:
        found = store.get(tx, broadcast.id)
        if found is None or found.state not in EDITABLE or found.by != author:
            return found
        store.move(tx, found.id, state=BroadcastState.CANCELED, ended_at=seconds(now))
        _record(tx, now, author, "discard", found)
        return store.get(tx, found.id)

    return await services.db.write(write)


async def edit(
    services: Services, broadcast_id: int, author: int, what: str, change: Change
) -> Edited | None:
    """Change a broadcast that has not begun. One that has, or is somebody else's, comes back as it was; None: there is none."""
    now = services.clock()
    return await services.db.write(lambda tx: edited(tx, now, broadcast_id, author, what, change))


def edited(tx: Tx, now: datetime, broadcast_id: int, author: int, what: str, change: Change) -> Edited | None:
    found = store.get(tx, broadcast_id)
    if found is None or found.state not in EDITABLE or found.by != author:
        return Edited(found) if found else None
    change(tx, found)
    # Also a change that changed nothing is a new version: nobody has to prove that it did not.
    store.edit(tx, found, state=BroadcastState.DRAFT)
    is_voided = found.state is not BroadcastState.DRAFT
    if is_voided:
        _record(tx, now, author, "void", found, state=found.state)
    _record(tx, now, author, "edit", found, what=what)
    return Edited(store.get(tx, broadcast_id) or found, is_voided)


async def reviewers(services: Services, author: int) -> list[Donor]:
    """Staff who may approve: with the right to speak, known to the bot, and not the author."""
    return await services.db.read(lambda tx: _reviewers(tx, services.settings.admin_ids, author))


def _reviewers(tx: Tx, admins: tuple[int, ...], author: int) -> list[Donor]:
    roles = {one.telegram_id: one.role for one in staff.everybody(tx)} | dict.fromkeys(admins, Role.OWNER)
    known = (donors.find(tx, id) for id, role in roles.items() if Right.SPEAK in role.rights)
    return [one for one in known if one and one.id != author and one.state is DonorState.ACTIVE]


async def ask(services: Services, broadcast: Broadcast) -> bool:
    """Ask all second admins about this version, once. False where it was asked already or has changed."""
    now, admins = services.clock(), services.settings.admin_ids

    def write(tx: Tx) -> bool:
        asked = _reviewers(tx, admins, broadcast.by)
        if not asked or not drafts.claim(tx, broadcast, BroadcastState.DRAFT, BroadcastState.WAITING):
            return False
        request = drafts.ask(tx, broadcast, wording.digest(broadcast), now)
        for one in asked:
            _owe(tx, now, broadcast, one.id, f"ask.{broadcast.version}", f"{request}-{one.id}")
        _record(tx, now, broadcast.by, "ask", broadcast, version=broadcast.version)
        return True

    return _rung(services, await services.db.write(write))


async def approve(services: Services, broadcast: Broadcast, reviewer: int) -> bool:
    """Let this version go; it starts at its time, or at once. False where it is no longer waiting, or one's own.

    Two must stand by it: of an author who lost the right meanwhile it becomes a draft again, for somebody else to copy.
    """
    if broadcast.by == reviewer:
        return False
    now = services.clock()

    def write(tx: Tx) -> bool:
        author, admins = donors.get(tx, broadcast.by), services.settings.admin_ids
        if author is None or not staff.may(tx, admins, author.telegram_id, Right.SPEAK):
            drafts.claim(tx, broadcast, BroadcastState.WAITING, BroadcastState.DRAFT)
            return False
        if not drafts.claim(tx, broadcast, BroadcastState.WAITING, BroadcastState.SCHEDULED):
            return False
        store.move(tx, broadcast.id, approved_by=reviewer, due_at=seconds(broadcast.due_at or now))
        _owe(tx, now, broadcast, broadcast.by, f"approved.{reviewer}", f"{broadcast.version}-approved")
        _record(tx, now, reviewer, "approve", broadcast, version=broadcast.version)
        return True

    return _rung(services, await services.db.write(write))


async def refuse(services: Services, broadcast: Broadcast, reviewer: int, reason: str) -> bool:
    """Give it back to its author, who is told why; `reason` is a word of ours or what was typed."""
    if broadcast.by == reviewer:
        return False
    now = services.clock()

    def write(tx: Tx) -> bool:
        if not drafts.claim(tx, broadcast, BroadcastState.WAITING, BroadcastState.DRAFT):
            return False
        key = f"{broadcast.version}-refused-{seconds(now)}"
        _owe(tx, now, broadcast, broadcast.by, f"refused.{reviewer}.{reason}", key)
        _record(tx, now, reviewer, "refuse", broadcast, version=broadcast.version)
        return True

    return _rung(services, await services.db.write(write))


async def schedule(services: Services, broadcast: Broadcast) -> bool:
    """Send this version at its time, or at once. False where that was done already, or it has changed."""
    now = services.clock()

    def write(tx: Tx) -> bool:
        if not drafts.claim(tx, broadcast, BroadcastState.DRAFT, BroadcastState.SCHEDULED):
            return False
        due = seconds(broadcast.due_at or now)
        store.move(tx, broadcast.id, due_at=due)
        _record(tx, now, broadcast.by, "schedule", broadcast, version=broadcast.version, due_at=due)
        return True

    return _rung(services, await services.db.write(write))


async def changed_since(services: Services, broadcast: Broadcast) -> tuple[str, ...] | None:
    """What is another than in the version that was asked about before; None where this is the first request."""
    before = await services.db.read(lambda tx: drafts.seen(tx, broadcast))
    return None if before is None else wording.differences(before, wording.digest(broadcast))


def subject(broadcast: Broadcast) -> str:
    """What the audit log and Deliveries call it."""
    return str(broadcast.id)


def id_in(delivery: Delivery) -> int:
    """The broadcast that a Delivery is about; 0 where it is about none."""
    number = delivery.subject or ""
    return int(number) if number.isdigit() else 0


def _rung(services: Services, is_done: bool) -> bool:
    services.bells.courier.set()
    services.bells.broadcasts.set()
    return is_done


def _owe(tx: Tx, now: datetime, broadcast: Broadcast, donor_id: int, payload: str, key: str) -> None:
    owed = Owed(
        DeliveryKind.APPROVAL,
        f"broadcast-{broadcast.id}-{key}",
        donor_id=donor_id,
        payload=payload,
        subject=subject(broadcast),
    )
    deliveries.owe(tx, owed, now)


def _record(
    tx: Tx, now: datetime, donor_id: int, act: str, broadcast: Broadcast, **after: str | int | None
) -> None:
    acts.record(tx, now, who(donor_id), f"broadcast.{act}", subject(broadcast), after=after)
