"""Log lines: one event with fields; secrets are struck out wherever they hide."""

import logging
import re
import sys
from typing import Any

import structlog

# A bot token, Stripe keys and secrets, and checkout addresses, wherever a library may have put them.
_SECRET = re.compile(r"\d{6,12}:[\w-]{20,}|(?:sk|rk|whsec)_\w+|https?://[^\s\"']*(?:/pay/|checkout)[^\s\"']*")


def strike_out(_: Any, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """A structlog processor that blanks secrets in every value."""
    return {
        key: _SECRET.sub("[secret]", value) if isinstance(value, str) else value
        for key, value in event.items()
    }


def set_up(log_format: str) -> None:
    """Send everything to stderr, for people (console) or for machines (json)."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        strike_out,
    ]
    renderer = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for noisy in (
        "httpx",
        "httpcore",
        "aiohttp.access",
        "stripe",
        "aiosqlite",
        "telegram",
        "uvicorn",
        "alembic",
    ):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # It warns of each request that cannot be parsed: strangers could fill the disk with that.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
