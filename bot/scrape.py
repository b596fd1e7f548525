"""The page that Prometheus reads: what the process counted, and what waits in the database at this moment."""

import hmac
import os
from collections.abc import Mapping
from pathlib import Path

from bot import __version__, meters
from bot.errors import StoreDown
from bot.meters import gauge
from bot.services import Services
from bot.store import depths, marks
from bot.store.depths import Depths
from bot.store.sql import Tx
from bot.watching import CHECKS

TYPE = "text/plain; version=0.0.4; charset=utf-8"


def is_let_in(token: str, authorization: str) -> bool:
    """Whether the header carries the token, compared without telling how much of it was right."""
    return hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode())


async def page(services: Services | None, parts: Mapping[str, str]) -> str:
    """`parts` are those of /healthz. Where the database is down its numbers are missing, and the rest is there."""
    waiting = await _waiting(services) if services else []
    lines = [line for one in meters.ALL for line in one.lines()]
    lines += gauge("entraide_info", "Which version runs.", ("version",), {(__version__,): 1})
    health = {(name,): float(state == "ok") for name, state in parts.items()}
    lines += gauge("entraide_part_ok", "Whether a part answers, as on /healthz.", ("part",), health)
    return "\n".join((*lines, *_process(), *waiting, ""))


def _process() -> list[str]:
    lines = gauge(
        "process_start_time_seconds", "When it started, Unix seconds.", (), {(): round(meters.STARTED, 2)}
    )
    statm = Path("/proc/self/statm")
    if statm.exists():
        pages = int(statm.read_text(encoding="ascii").split()[1])
        memory = float(pages * os.sysconf("SC_PAGE_SIZE"))
        lines += gauge("process_resident_memory_bytes", "Memory in use.", (), {(): memory})
    return lines


async def _waiting(services: Services) -> list[str]:
    now = services.clock()
    try:
        found, incidents = await services.db.read(lambda tx: (depths.look(tx, now), _incidents(tx)))
    except StoreDown:
        meters.FAILURES.add("metrics", "StoreDown")
        return []
    return [
        *_depths(found),
        *gauge("entraide_incident", "Whether staff were alerted and it goes on.", ("what",), incidents),
    ]


def _incidents(tx: Tx) -> dict[tuple[str, ...], float]:
    return {(what,): float(bool(marks.get(tx, f"incident.{what}"))) for what in CHECKS}


def _depths(found: Depths) -> list[str]:
    broadcasts = {(state,): float(count) for state, count in found.broadcasts.items()}
    return [
        *gauge("entraide_inbox_waiting", "Stripe's events that are not worked yet.", (), {(): found.inbox}),
        *gauge("entraide_deliveries_owed", "Messages that should be under way.", (), {(): found.owed}),
        *gauge("entraide_deliveries_oldest_seconds", "How late the oldest is.", (), {(): found.oldest}),
        *gauge("entraide_broadcasts", "Broadcasts by state.", ("state",), broadcasts),
    ]
