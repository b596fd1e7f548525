"""What runs in the background: each with as much to do at every size, since what is due does not depend on what was."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from benchmarks.growing.beside import DRAFT
from benchmarks.growing.people import AT, MONTHLY, NOW, OPEN, PAID
from benchmarks.growing.rehearsal import Cost, Paid, Rehearsal, services_on
from bot import accounting, audience, broadcasting, courier, digesting, looking, mirroring, refunding
from bot.botapi.pen import Pen
from bot.broadcasts import Count
from bot.cards import Cards
from bot.services import Services
from bot.store import broadcasts, counts, deliveries, inbox, marks, monthly, sends
from bot.store.database import Work
from bot.store.inbox import Hint
from bot.store.sql import Tx
from bot.watching import Seen, Watch
from handlers.menu import publish, publish_for_staff

Job = tuple[Callable[[], Awaitable[object]], Work[object] | None]


async def measure(db: Rehearsal, bot: Pen, only: str = "") -> dict[str, Cost]:
    return {name: await db.measure(*job) for name, job in everything(db, bot).items() if only in name}


def everything(db: Rehearsal, bot: Pen) -> dict[str, Job]:
    services, paid = services_on(db), services_on(db, Paid())
    return {
        **_money(services, paid),
        **_messages(services, bot),
        **_watch(services, bot),
        **_broadcasts(services, bot),
    }


def _money(services: Services, paid: Services) -> dict[str, Job]:
    hint = Hint("evt_open", "checkout.session.completed", f"cs_{OPEN}", OPEN)

    def is_due(tx: Tx) -> None:
        monthly.change(tx, MONTHLY, look_at=AT)

    async def looks() -> None:
        await looking.due(services)
        await refunding.due(services)
        await mirroring.due(services)
        await accounting.due(services)

    return {
        "inbox: read what waits": (lambda: services.db.read(partial(inbox.waiting, limit=32)), None),
        "inbox: claim": (lambda: services.db.write(partial(inbox.claim, limit=32, now=NOW)), None),
        "a confirmation: the hint of a paid page": (lambda: looking.work_inbox(paid, hint), None),
        "looks: what is due": (looks, is_due),
        "look at an open page": (lambda: _visited(services), None),
        "refund: make what was ordered": (lambda: _refunded(services), None),
        "monthly: mirror one": (lambda: mirroring.mirror(services, MONTHLY), is_due),
        "accounts: learn one": (lambda: accounting.learn(services, f"pi_{PAID}"), None),
        "sweep": (lambda: looking.sweep(services), None),
        "prune": (lambda: looking.prune(services), None),
        "is the nightly comparison due": (lambda: looking.is_reconciling_due(services), None),
    }


def _asked(tx: Tx) -> None:
    draft = broadcasts.get(tx, DRAFT)
    if draft is not None:
        counts.ask(tx, DRAFT, Count.AUDIENCE, NOW, audience.meant(draft))


async def _visited(services: Services) -> None:
    for donation in await looking.due(services):
        await looking.visit(services, donation)


async def _refunded(services: Services) -> None:
    for order in await refunding.due(services):
        await refunding.make(services, order)


def _messages(services: Services, bot: Pen) -> dict[str, Job]:
    async def claimed() -> None:
        for parcel in (await courier.claim(services))[0]:
            await courier.deliver(services, bot, parcel)

    async def digest() -> None:
        await digesting.owe_digest(services)
        await claimed()

    def yesterday(tx: Tx) -> None:
        marks.put(tx, "digest.day", "2026-11-26")

    return {
        "courier: claim, send and book": (claimed, None),
        "courier: when is the next due": (lambda: services.db.read(deliveries.next_due), None),
        "start: release what was being sent": (lambda: services.db.write(deliveries.release), None),
        "digest: owe it, draw it, send it": (digest, yesterday),
        "menus": (lambda: publish(services, bot), None),
        "menus of the staff": (lambda: publish_for_staff(services, bot), None),
    }


def _watch(services: Services, bot: Pen) -> dict[str, Job]:
    return {
        "watch": (lambda: Watch(services, Seen(NOW - timedelta(days=1))).look(), None),
        "cards": (Cards(services, bot).draw, None),
    }


def _broadcasts(services: Services, bot: Pen) -> dict[str, Job]:
    async def planned() -> None:
        await services.db.write(lambda tx: broadcasts.move(tx, 7, is_fanned=0, reached=0))
        (going,) = await services.db.read(broadcasts.running)
        await services.db.write(partial(broadcasting.plan_page, services=services, broadcast=going))

    return {
        "audience: count exactly, beside the loop": (
            lambda: audience.count_asked(services),
            _asked,
        ),
        "broadcasts: one round, 64 recipients": (lambda: broadcasting._round(services, bot), None),
        "broadcasts: plan one page of 1,000": (planned, None),
        "broadcasts: what a dead process left": (
            lambda: services.db.write(partial(sends.abandoned, now=NOW)),
            None,
        ),
    }
