"""Runs broadcasts: starts those that are due, plans who gets them page by page, sends, and owes the reports at the end."""

import asyncio
import contextlib
import logging
from datetime import datetime, timedelta
from functools import partial

from bot import nights
from bot.botapi.pen import Pen
from bot.broadcasts import Broadcast, BroadcastState
from bot.errors import StoreDown
from bot.model import DeliveryKind
from bot.sending import Sending, quiet_hours
from bot.services import Services
from bot.store import acts, audiences, broadcasts, deliveries, sends
from bot.store.moments import seconds
from bot.store.sql import Tx

log = logging.getLogger(__name__)
_PAGE = 1000
_LONGEST_REST = 60.0
_REPORTS = {"end": timedelta(), "24h": timedelta(hours=24), "7d": timedelta(days=7)}


async def run(services: Services, bot: Pen) -> None:
    """For ever: what is due, one broadcast after the other; woken by the bell, by the clock and by the morning."""
    # What a process that died was sending is in doubt at once; another that lives says later how its own sends ended.
    lease = sends.LEASE
    while True:
        services.bells.broadcasts.clear()
        try:
            await services.db.write(partial(sends.abandoned, now=services.clock() + lease))
            lease = timedelta()
            rest = await _round(services, bot)
        except Exception:
            # Whatever is owed stays owed: it is taken up again.
            log.exception("a broadcast stands still")
            rest = 1.0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(rest):
                await services.bells.broadcasts.wait()


async def _round(services: Services, bot: Pen) -> float:
    """Do what can be done now; how long there will be nothing, in seconds."""
    await services.db.write(partial(_start, now=services.clock()))
    rests = [_LONGEST_REST]
    for broadcast in await services.db.read(broadcasts.running):
        await _carry(services, bot, broadcast)
        rests.append(await _after(services, broadcast))
    upcoming = await services.db.read(broadcasts.next_due)
    if upcoming:
        rests.append((upcoming - services.clock()).total_seconds())
    return max(0.05, min(rests))


def _start(tx: Tx, now: datetime) -> None:
    broadcasts.start(tx, now)


async def _carry(services: Services, bot: Pen, broadcast: Broadcast) -> None:
    """Plan and send side by side."""
    planned = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(_fan_out(services, broadcast, planned))
        group.create_task(Sending(services, bot, broadcast, planned).run())


async def _fan_out(services: Services, broadcast: Broadcast, planned: asyncio.Event) -> None:
    """Page by page, each a transaction of its own, so that donors' writes pass between them."""
    try:
        while await _is_planning(services, broadcast):
            await asyncio.sleep(0)
    finally:
        planned.set()


async def _is_planning(services: Services, broadcast: Broadcast) -> bool:
    """One page more; False where there are no more."""
    try:
        return await services.db.write(partial(plan_page, services=services, broadcast=broadcast))
    except StoreDown:
        # The page is planned in a moment; those whom it is being sent to must not be cut off in between.
        log.exception("nobody can be planned now")
        await asyncio.sleep(1)
        return True


def plan_page(tx: Tx, services: Services, broadcast: Broadcast) -> bool:
    """Owe one more page; False when there is none, or the broadcast no longer runs."""
    stands = broadcasts.progress(tx, broadcast.id)
    if stands.is_fanned or stands.state is not BroadcastState.RUNNING:
        return False
    end = audiences.end_of_page(tx, stands.reached, _PAGE)
    if end is None:
        broadcasts.move(tx, broadcast.id, is_fanned=1)
        return False
    page = (stands.reached, end)
    audiences.fan_out(tx, broadcast, services.settings, services.clock(), page)
    planned = sends.page_tally(tx, broadcast.id, page)
    sends.add_up(tx, broadcast.id, {"total": planned.get("owed", 0), "held": planned.get("held", 0)})
    broadcasts.move(tx, broadcast.id, reached=end)
    return True


async def _after(services: Services, broadcast: Broadcast) -> float:
    """End it where nothing is left; else the seconds until something can be sent again."""
    now = services.clock()
    due = await services.db.read(partial(_next_due, services=services, broadcast=broadcast, now=now))
    if due is not None:
        return max(0.05, (due - now).total_seconds())
    if await services.db.write(partial(_end, services=services, broadcast=broadcast, now=now)):
        services.bells.courier.set()
    return _LONGEST_REST


def _next_due(tx: Tx, services: Services, broadcast: Broadcast, now: datetime) -> datetime | None:
    """When there is something to do again; None where nothing is left, or it does not run."""
    stands = broadcasts.progress(tx, broadcast.id)
    if stands.state is not BroadcastState.RUNNING:
        return None
    if not stands.is_fanned:
        return now
    quiet = quiet_hours(services, broadcast)
    dues = [now + sends.LEASE] if sends.is_sending(tx, broadcast.id) else []
    for zone in nights.PLACES:
        if not nights.is_awake(zone, now, quiet):
            waits = now if sends.is_owed_in(tx, broadcast.id, zone) else None
        else:
            waits = sends.due_in(tx, broadcast.id, zone)
        if waits is not None:
            dues.append(nights.awake_at(zone, max(waits, now), quiet))
    return min(dues, default=None)


def _end(tx: Tx, services: Services, broadcast: Broadcast, now: datetime) -> bool:
    """Where nothing is left it is done, and its reports are owed. Looked at here once more: it may have been paused when
    it was last looked at, and go on by now."""
    if _next_due(tx, services, broadcast, now) is not None:
        return False
    running = (BroadcastState.RUNNING,)
    is_done = broadcasts.shift(tx, broadcast.id, running, BroadcastState.DONE, ended_at=seconds(now))
    if is_done:
        owe_reports(tx, broadcast, now)
    return is_done


def owe_reports(tx: Tx, broadcast: Broadcast, now: datetime) -> None:
    """To its author: now, after a day and after a week."""
    for when, pause in _REPORTS.items():
        owed = deliveries.Owed(
            DeliveryKind.BROADCAST_REPORT,
            f"broadcast-{broadcast.id}-{when}",
            donor_id=broadcast.by,
            payload=when,
            subject=str(broadcast.id),
        )
        deliveries.owe(tx, owed, now + pause)


async def pause(services: Services, broadcast_id: int, by: int) -> bool:
    """Stop sending, but for what is on its way; False where it does not run. `by` is a donor id."""
    return await _shift(services, broadcast_id, by, "pause", (BroadcastState.RUNNING,), BroadcastState.PAUSED)


async def resume(services: Services, broadcast_id: int, by: int) -> bool:
    """Go on; False where it is not paused."""
    return await _shift(
        services, broadcast_id, by, "resume", (BroadcastState.PAUSED,), BroadcastState.RUNNING
    )


async def cancel(services: Services, broadcast_id: int, by: int) -> bool:
    """End it for good: whoever has not got it never will. False where it is over already."""
    going = tuple(one for one in BroadcastState if not one.is_over)
    return await _shift(services, broadcast_id, by, "cancel", going, BroadcastState.CANCELED)


async def _shift(
    services: Services,
    broadcast_id: int,
    by: int,
    word: str,
    old: tuple[BroadcastState, ...],
    new: BroadcastState,
) -> bool:
    now = services.clock()

    def write(tx: Tx) -> bool:
        broadcast = broadcasts.get(tx, broadcast_id)
        more = {"ended_at": seconds(now)} if new.is_over else {}
        if broadcast is None or not broadcasts.shift(tx, broadcast_id, old, new, **more):
            return False
        facts = {"state": broadcast.state}, {"state": new}
        acts.record(
            tx, now, f"staff {by}", f"broadcast.{word}", str(broadcast_id), before=facts[0], after=facts[1]
        )
        if new.is_over and broadcast.started_at:
            owe_reports(tx, broadcast, now)
        return True

    is_moved = await services.db.write(write)
    services.bells.broadcasts.set()
    services.bells.courier.set()
    return is_moved
