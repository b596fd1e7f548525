"""`python -m benchmarks`: the walk of one donor and of fifty, on our bot and on the floor, in turns, with medians."""

import argparse
import asyncio
import contextlib
import hashlib
import hmac
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.stub import TOKEN, World, serve
from tests.stage import free_port

ROOT = Path(__file__).resolve().parent.parent
BOTS = {"entraide": ["-m", "bot", "run"], "ptb": ["-m", "benchmarks.floor_ptb"]}
SECRET = "whsec_bench"


@dataclass
class Figures:
    """One bot's numbers of one round: seconds, and what the process used."""

    steps: list[float] = field(default_factory=list)
    thanks: list[float] = field(default_factory=list)
    journeys_a_second: float = 0.0
    start_up: float = 0.0
    resident_mib: float = 0.0
    stranger: list[float] = field(default_factory=list)


class Load:
    """Donors who tap what they are shown; a step lasts from the update's posting to the screen's arrival at the stub."""

    def __init__(self, world: World, url: str, secret: str, http: aiohttp.ClientSession) -> None:
        self.world, self.url, self.secret, self.http = world, url, secret, http
        self._screens: dict[int, asyncio.Future[dict[str, str]]] = {}
        self._number = int(time.time() * 1000) % 1_000_000_000
        world.shown = self._shown

    def _shown(self, chat: int, form: dict[str, str]) -> None:
        waiting = self._screens.pop(chat, None)
        if waiting and not waiting.done():
            waiting.set_result(form)

    async def _step(self, chat: int, post: Any, into: list[float]) -> dict[str, str]:
        self._screens[chat] = screen = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        posting = asyncio.ensure_future(post)
        form = await asyncio.wait_for(screen, 60)
        into.append(time.perf_counter() - began)
        await posting
        return form

    async def _post(self, path: str, body: bytes, headers: dict[str, str]) -> None:
        async with self.http.post(self.url + path, data=body, headers=headers) as answer:
            assert answer.status == 200, answer.status

    def _update(self, **body: Any) -> Any:
        self._number += 1
        raw = json.dumps({"update_id": self._number, **body}).encode()
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.secret, "Content-Type": "application/json"}
        return self._post("/telegram", raw, headers)

    async def start(self, chat: int, into: list[float]) -> dict[str, str]:
        person = {"id": chat, "is_bot": False, "first_name": "D", "language_code": "en"}
        text = "/start c_humanitarian"
        message = {
            "message_id": 1,
            "date": 1,
            "chat": {"id": chat, "type": "private", "first_name": "D"},
            "from": person,
        }
        entities = [{"type": "bot_command", "offset": 0, "length": 6}]
        return await self._step(
            chat, self._update(message=message | {"text": text, "entities": entities}), into
        )

    async def tap(self, chat: int, form: dict[str, str], needle: str, into: list[float]) -> dict[str, str]:
        buttons = [button for row in json.loads(form["reply_markup"])["inline_keyboard"] for button in row]
        data = next(
            button["callback_data"]
            for button in buttons
            if needle in button["text"] and "callback_data" in button
        )
        chat_part = {"id": chat, "type": "private", "first_name": "D"}
        person = {"id": chat, "is_bot": False, "first_name": "D", "language_code": "en"}
        message = {"message_id": int(form["message_id"]), "date": 1, "chat": chat_part, "text": "x"}
        query = {
            "id": str(self._number),
            "from": person,
            "message": message,
            "chat_instance": "1",
            "data": data,
        }
        return await self._step(chat, self._update(callback_query=query), into)

    async def to_the_bridge(self, chat: int, into: list[float]) -> str:
        form = await self.start(chat, into)
        for needle in ("Give", "200", "Pay"):
            form = await self.tap(chat, form, needle, into)
        return json.loads(form["reply_markup"])["inline_keyboard"][0][0]["url"].rsplit("/", 1)[1]

    async def journey(self, chat: int, figures: Figures) -> None:
        session = self.world.sessions[await self.to_the_bridge(chat, figures.steps)]
        session |= {"status": "complete", "payment_status": "paid"}
        await self._step(chat, self._webhook(session), figures.thanks)

    def _webhook(self, session: dict[str, Any]) -> Any:
        event = {
            "id": f"evt_{session['id']}",
            "object": "event",
            "type": "checkout.session.completed",
            "livemode": False,
        }
        body = json.dumps(event | {"data": {"object": session}}).encode()
        stamp = int(time.time())
        signature = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return self._post("/stripe/webhook", body, {"Stripe-Signature": f"t={stamp},v1={signature}"})


@contextlib.asynccontextmanager
async def running(name: str, world: World, figures: Figures) -> AsyncIterator[Load]:
    """The bot in a process of its own, on a core of its own where there are two."""
    port, folder = free_port(), tempfile.mkdtemp()
    settings = {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": f"{world.base}/telegram",
        "TELEGRAM_RATE": "100000",
        "STRIPE_SECRET_KEY": "sk_test_bench",
        "STRIPE_API_URL": f"{world.base}/stripe",
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{folder}/bench.db",
        "CAMPAIGNS_FILE": str(ROOT / "campaigns.toml"),
        "PYTHONPATH": str(ROOT),
    }
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *BOTS[name]], env={**os.environ, **settings}, cwd=folder, stderr=subprocess.DEVNULL
    )
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(process.pid, {0})
    secret = hashlib.sha256(f"entraide webhook {TOKEN}".encode()).hexdigest()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        load = Load(world, f"http://127.0.0.1:{port}", secret, http)
        try:
            await _first_answer(load)
            figures.start_up = time.perf_counter() - began
            yield load
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
            figures.resident_mib = next(
                int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS")
            )
        finally:
            process.terminate()
            process.wait(20)


async def _first_answer(load: Load) -> None:
    for _ in range(1000):
        with contextlib.suppress(aiohttp.ClientError, AssertionError):
            async with load.http.get(f"{load.url}/healthz"):
                await load.start(1, [])
                return
        await asyncio.sleep(0.01)
    raise TimeoutError("the bot did not start")


async def measure(name: str, donors: int, journeys: int) -> Figures:
    """One round: `journeys` walks by `donors` at once, then a stranger while fifty wait for a slow Stripe."""
    world, figures = World(), Figures()
    server = await serve(world)
    async with running(name, world, figures) as load:
        await asyncio.gather(*(load.journey(100 + number, Figures()) for number in range(donors)))
        began = time.perf_counter()
        await asyncio.gather(
            *(_walks(load, figures, 1000 + number * 1000, journeys // donors) for number in range(donors))
        )
        figures.journeys_a_second = journeys / (time.perf_counter() - began)
        world.stripe_pause = 0.3
        asking = [
            asyncio.ensure_future(load.to_the_bridge(500_000 + number, []))
            for number in range(50 if donors > 1 else 1)
        ]
        for number in range(30):
            await load.start(900_000 + number, figures.stranger)
        await asyncio.gather(*asking)
    server.close()
    return figures


async def _walks(load: Load, figures: Figures, first: int, count: int) -> None:
    for number in range(count):
        await load.journey(first + number, figures)


def _p(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000


ROWS = {
    "step p50, ms": lambda f: _p(f.steps, 0.5),
    "step p99, ms": lambda f: _p(f.steps, 0.99),
    "journeys/s": lambda f: f.journeys_a_second,
    "webhook to thanks p50, ms": lambda f: _p(f.thanks, 0.5),
    "a stranger's /start p99 while Stripe takes 300 ms, ms": lambda f: _p(f.stranger, 0.99),
    "start-up to first answer, s": lambda f: f.start_up,
    "resident memory, MiB": lambda f: f.resident_mib,
}


def _table(donors: int, rounds: dict[str, list[Figures]]) -> list[str]:
    lines = [
        f"## {donors} donor{'s at once' if donors > 1 else ''}",
        "",
        "| | entraide | ptb, stock | ratio |",
        "|---|---|---|---|",
    ]
    for label, read in ROWS.items():
        ours, floor = ([read(one) for one in rounds[name]] for name in BOTS)
        ratio = statistics.median(a / b for a, b in zip(ours, floor, strict=True))
        lines.append(
            f"| {label} | {statistics.median(ours):.2f} | {statistics.median(floor):.2f} | {ratio:.2f} |"
        )
    return [*lines, ""]


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    asked = parser.parse_args()
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {1})
    lines: list[str] = []
    for donors, journeys in ((1, 100), (50, 300)):
        rounds: dict[str, list[Figures]] = {name: [] for name in BOTS}
        for _ in range(asked.rounds):
            for name in BOTS:
                rounds[name].append(await measure(name, donors, journeys))
        lines += _table(donors, rounds)
    print("\n".join(lines))
    if asked.write:
        _write(lines, asked.rounds)


def _write(lines: list[str], rounds: int) -> None:
    when = datetime.now(UTC).date().isoformat()
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    head = (ROOT / "docs" / "benchmarks-method.md").read_text(encoding="utf-8")
    text = (
        f"{head}\nLatest: {when}; {machine}; medians of {rounds} rounds, ratios round by round.\n\n"
        + "\n".join(lines)
    )
    (ROOT / "docs" / "benchmarks.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
