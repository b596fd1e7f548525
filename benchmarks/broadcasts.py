"""`python -m benchmarks.broadcasts`: what a broadcast costs: a donor beside it, a million recipients, messages a second.

Each measurement is a process of its own; floors are measured in the same process as what stands beside them.
"""

import argparse
import asyncio
import json
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import uvloop
from msgspec import Struct
from msgspec.structs import asdict

from benchmarks.bots import OURS, Bot, pin, running
from benchmarks.stub import TOKEN, Shown, World, serve
from bot import audience, broadcasting, heap
from bot.botapi.pace import Pace, Priority
from bot.botapi.pen import Pen
from bot.botapi.transport import AiohttpRequest
from bot.broadcasts import Audience, Broadcast, SendState
from bot.config import Settings
from bot.contents import Content, ContentKind
from bot.i18n import Catalogues
from bot.nights import PLACES
from bot.payments.stripe_api import Payments
from bot.sending import Sending
from bot.services import Services
from bot.store import broadcasts, sends
from bot.store.database import Database
from bot.store.migrate import migrate

SIZES = (10_000, 100_000, 1_000_000)
MESSAGES = 8_000
JOURNEYS = 120
QUICK = ((10_000, 100_000), 30)
JOURNEYS_A_SECOND = 3
_FIRST = 50_000_000
_WAVE = 64
_LANGUAGES = ("fr", "ar", "en")
_CURRENCIES = ("MAD", "EUR", "USD")
_TEXT = "Winter has come to the High Atlas. " * 8
_ROW = "INSERT INTO donors (telegram_id, language, currency, state, created_at) VALUES (?, ?, ?, 'active', 1)"


class Planned(Struct, frozen=True):
    """Microseconds a row, and the peak of resident memory in MiB after each."""

    rows: int
    fan_out: float
    bookkeeping: float
    peak_fan_out: float
    peak: float
    count: float


class Speed(Struct, frozen=True):
    """Messages a second without Telegram's limit."""

    ours: float
    bare: float
    named: float


class Beside(Struct, frozen=True):
    """Seconds of each step and each thanks; `sent` a second of the broadcast meanwhile."""

    steps: list[float]
    thanks: list[float]
    sent: float


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def seed(path: str, people: int, text: str = _TEXT) -> None:
    """So many donors, and a broadcast to all of them that is due."""
    migrate(path)
    db = sqlite3.connect(path)
    db.executemany(_ROW, _people(people))
    db.execute(
        "INSERT INTO broadcasts (id, state, by, audience, holdout, created_at, due_at) VALUES (1, 'scheduled', 1, ?, 5, 1, 1)",
        (Audience().dump(),),
    )
    content = Content(ContentKind.TEXT, text).dump()
    db.executemany("INSERT INTO broadcast_parts VALUES (1, ?, ?)", [(one, content) for one in _LANGUAGES])
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def _people(people: int) -> Iterator[tuple[int, str, str]]:
    for number in range(people):
        yield _FIRST + number, _LANGUAGES[number % 3], _CURRENCIES[number % 3]


async def _services(path: str, **more: Any) -> Services:
    db = Database(path)
    await db.open()
    settings = Settings(_env_file=None, quiet_hours=None, **more)  # type: ignore[call-arg]
    payments = Payments("sk_test_none", "http://127.0.0.1:1")
    return Services(settings, db, payments, lambda: datetime.now(UTC), Catalogues("fr"), "entraide_bot")


async def _started(services: Services) -> Broadcast:
    await services.db.write(lambda tx: broadcasts.start(tx, services.clock()))
    (broadcast,) = await services.db.read(broadcasts.running)
    return broadcast


async def planning(people: int) -> Planned:
    """Plan all of them, then take and book each, as the sender does, with no Telegram."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = f"{folder}/bench.db"
        await _apart(path, people)
        services = await _services(path)
        broadcast = await _started(services)
        began = time.perf_counter()
        await audience.count(services, broadcast)
        counted = time.perf_counter() - began
        began = time.perf_counter()
        while await services.db.write(
            partial(broadcasting.plan_page, services=services, broadcast=broadcast)
        ):
            await asyncio.sleep(0)
        fan_out, peak_fan_out = time.perf_counter() - began, _peak()
        began = time.perf_counter()
        booked = await _book_all(services)
        bookkeeping = time.perf_counter() - began
        await services.payments.close()
        await services.db.close()
    return Planned(people, fan_out / people * 1e6, bookkeeping / booked * 1e6, peak_fan_out, _peak(), counted)


async def _apart(path: str, people: int) -> None:
    """The rows are made by another process, so that its memory is not ours."""
    maker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.broadcasts", "seed", "--path", path, "--people", str(people)
    )
    if await maker.wait():
        raise RuntimeError("the rows could not be made")


async def _book_all(services: Services) -> int:
    booked, reached = 0, dict.fromkeys(PLACES, 0)
    for zone in PLACES:
        while True:
            now = services.clock()
            near = await services.db.read(
                lambda tx, zone=zone, now=now: sends.candidates(tx, 1, zone, reached[zone], now, 512)
            )
            if not near:
                break
            reached[zone] = near[-1].donor_id
            for start in range(0, len(near), _WAVE):
                wave = near[start : start + _WAVE]
                taken = await services.db.write(
                    lambda tx, wave=wave, now=now: sends.take(tx, 1, wave, 2, now)
                )
                done = [sends.Outcome(one.donor_id, SendState.SENT, 1) for one in taken]
                await services.db.write(lambda tx, done=done, now=now: sends.book(tx, 1, done, now))
                booked += len(done)
    return booked


async def speed(base: str, messages: int) -> Speed:
    """Ours, with its database, beside 64 senders that do nothing else, over the same transport."""
    request = AiohttpRequest()
    await request.initialize()
    pen = Pen(TOKEN, base_url=f"{base}/telegram/bot", request=request, pace=Pace(1_000_000))
    rounds = [(await _ours(pen, messages), await _bare(pen, messages)) for _ in range(3)]
    named = await _ours(pen, messages, f"{{first_name}}, {_TEXT}")
    await request.shutdown()
    ours, bare = (statistics.median(one) for one in zip(*rounds, strict=True))
    return Speed(ours, bare, named)


async def _ours(pen: Pen, messages: int, text: str = _TEXT) -> float:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = f"{folder}/bench.db"
        seed(path, messages, text)
        services = await _services(path, telegram_rate=1_000_000)
        broadcast = await _started(services)
        planned = asyncio.Event()
        while await services.db.write(
            partial(broadcasting.plan_page, services=services, broadcast=broadcast)
        ):
            continue
        planned.set()
        began = time.perf_counter()
        await Sending(services, pen, broadcast, planned).run()
        took = time.perf_counter() - began
        found = await services.db.read(lambda tx: broadcasts.get(tx, 1))
        await services.payments.close()
        await services.db.close()
    if found is None or found.tally.sent != found.tally.total:
        raise RuntimeError("not all were sent")
    return found.tally.sent / took


async def _bare(pen: Pen, messages: int) -> float:
    left = iter(range(messages))
    keyboard = {"inline_keyboard": [[{"text": "Arrêter ces messages", "callback_data": "bstop-1"}]]}

    async def send() -> None:
        for number in left:
            fields = {"chat_id": _FIRST + number, "text": _TEXT, "reply_markup": keyboard}
            await pen.ask("sendMessage", fields, Priority.GRANTED)

    began = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(_WAVE)))
    return messages / (time.perf_counter() - began)


async def beside(people: int, journeys: int) -> Beside:
    """Donors at three journeys a second, at Telegram's true pace, while a broadcast to so many runs (0: none)."""

    def plant(database: Path) -> None:
        if people:
            seed(str(database), people)

    settings = {"TELEGRAM_RATE": "28", "QUIET_HOURS": "off"}
    async with running(OURS, more=settings, between=plant) as bot:
        return await _journeys(bot, journeys)


async def _journeys(bot: Bot, journeys: int) -> Beside:
    steps: list[float] = []
    thanks: list[float] = []
    sent, hear = 0, bot.world.shown

    def listen(shown: Shown) -> None:
        nonlocal sent
        sent += shown.chat >= _FIRST
        hear(shown)

    bot.world.shown = listen
    await asyncio.sleep(2)
    sent, began = 0, time.perf_counter()
    async with asyncio.TaskGroup() as donors:
        for _ in range(journeys):
            donors.create_task(bot.load.journey(steps, thanks))
            await asyncio.sleep(1 / JOURNEYS_A_SECOND)
    return Beside(steps, thanks, sent / (time.perf_counter() - began))


async def _asked(*words: str) -> dict[str, Any]:
    """The answer of a process that measures one thing."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.broadcasts", *words, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await child.communicate()
    return json.loads(out.splitlines()[-1])


async def measure(sizes: tuple[int, ...] = SIZES, journeys: int = JOURNEYS) -> list[str]:
    """All of it, as Markdown for the page of benchmarks."""
    planned = [Planned(**await _asked("plan", "--people", str(size))) for size in sizes]
    world = World()
    server = await serve(world)
    fast = Speed(**await _asked("speed", "--base", world.base))
    server.close()
    without = await beside(0, journeys)
    with_one = await beside(journeys * 10, journeys)
    return lines(planned, fast, without, with_one)


def _ms(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000


def lines(planned: list[Planned], fast: Speed, without: Beside, with_one: Beside) -> list[str]:
    rows = [
        f"| {one.rows:,} | {one.fan_out:.1f} | {one.bookkeeping:.1f} | {one.count * 1000:.0f} | {one.peak_fan_out:.0f} | {one.peak:.0f} |"
        for one in planned
    ]
    measures = [
        ("a donor's step p50, ms", "steps", 0.5),
        ("a donor's step p99, ms", "steps", 0.99),
        ("paid event to thanks p50, ms", "thanks", 0.5),
        ("paid event to thanks p99, ms", "thanks", 0.99),
    ]
    pairs = [
        (what, _ms(getattr(without, of), share), _ms(getattr(with_one, of), share))
        for what, of, share in measures
    ]
    p99 = pairs[1][2] / pairs[1][1]
    grown = planned[-1].peak - planned[0].peak
    linear = max(planned[-1].fan_out / planned[0].fan_out, planned[-1].bookkeeping / planned[0].bookkeeping)
    ratio = fast.ours / fast.bare
    return [
        "## Broadcasts",
        "",
        "| recipients | planning, µs a row | taking and booking, µs a row | exact count, ms | peak after planning, MiB | peak, MiB |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
        "| | entraide | bare send loop | ratio |",
        "|---|---|---|---|",
        f"| messages/s without Telegram's limit | {fast.ours:.0f} | {fast.bare:.0f} | {ratio:.2f} |",
        f"| the same with each first name asked for | {fast.named:.0f} | {fast.bare:.0f} | {fast.named / fast.bare:.2f} |",
        "",
        f"| at Telegram's pace, {with_one.sent:.1f} of a broadcast a second | without | beside it | ratio |",
        "|---|---|---|---|",
        *(f"| {what} | {alone:.2f} | {busy:.2f} | {busy / alone:.2f} |" for what, alone, busy in pairs),
        "",
        _verdict(p99 <= 1.5, f"a donor's p99 beside a broadcast / without: {p99:.2f}, at most 1.5"),
        _verdict(
            grown <= 50,
            f"memory of {planned[-1].rows:,} over {planned[0].rows:,}, MiB: {grown:.0f}, at most 50",
        ),
        _verdict(
            linear <= 1.5,
            f"time a row of {planned[-1].rows:,} over {planned[0].rows:,}: {linear:.2f}, at most 1.5",
        ),
        _verdict(ratio >= 0.8, f"messages/s / the bare send loop's: {ratio:.2f}, at least 0.8"),
        "",
    ]


def _verdict(is_reached: bool, sentence: str) -> str:
    return f"- {'reached' if is_reached else 'not reached'}: {sentence}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.broadcasts", description=__doc__)
    parser.add_argument("what", nargs="?", default="all", choices=("all", "seed", "plan", "speed"))
    parser.add_argument("--path", default="")
    parser.add_argument("--people", type=int, default=SIZES[0])
    parser.add_argument("--base", default="")
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    match asked.what:
        case "seed":
            seed(asked.path, asked.people)
        case "plan":
            pin(0, 0)
            print(json.dumps(asdict(uvloop.run(planning(asked.people)))))
        case "speed":
            pin(0, 0)
            # As the bot itself does at its start; the bare loop has the same.
            heap.settle()
            print(json.dumps(asdict(uvloop.run(speed(asked.base, MESSAGES)))))
        case _:
            pin(0, 1)
            quick = QUICK if asked.quick else (SIZES, JOURNEYS)
            print("\n".join(uvloop.run(measure(*quick))))


if __name__ == "__main__":
    main()
