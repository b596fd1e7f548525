"""Log lines: one event with fields; secrets are struck out wherever they hide."""

import json
import logging
import re
import sqlite3
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import structlog

from bot import tracing
from bot.errors import EntraideError

# A bot token, Stripe keys and secrets, checkout addresses, and the database's with its password, wherever a library
# may have put them.
_SECRET = re.compile(
    r"\d{6,12}:[\w-]{20,}|(?:sk|rk|whsec)_\w+|https?://[^\s\"']*(?:/pay/|checkout)[^\s\"']*|postgres[\w+]*://[^\s\"']+"
)


def strike_out(_: Any, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """A structlog processor that blanks secrets in every value."""
    return {key: _struck(value) if isinstance(value, str) else value for key, value in event.items()}


def _struck(said: str) -> str:
    # Each kind of secret has one of these two in it, and most of what is said has neither: that is seen much sooner.
    return _SECRET.sub("[secret]", said) if ":" in said or "_" in said else said


def add_trace(_: Any, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """A structlog processor: under which id this was done, see `bot.tracing`."""
    if trace := tracing.current():
        event["trace"] = trace
    return event


def _where(exc_info: tuple[type[BaseException], BaseException, TracebackType | None]) -> str:
    """Where it broke, and on what; in words only where they cannot quote what somebody wrote, as a ValueError does."""
    told: list[str] = []
    error: BaseException | None = exc_info[1]
    while error is not None and len(told) < 10:
        says = f": {error}" if isinstance(error, EntraideError | OSError | sqlite3.Error) else ""
        told.append("".join(traceback.format_tb(error.__traceback__)) + f"{type(error).__name__}{says}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n\nbecause of\n\n".join(told)


# What every record has; the rest is what whoever wrote the line gave it.
_USUAL = frozenset(vars(logging.makeLogRecord({})))
_written = json.JSONEncoder(default=repr).encode


class _Quick(logging.Formatter):
    """The usual line, as structlog writes it but for less than half of the work; whatever tells of an error is left to structlog."""

    def __init__(self, whole: logging.Formatter) -> None:
        super().__init__()
        self._whole = whole

    def format(self, record: logging.LogRecord) -> str:
        if record.exc_info or record.stack_info:
            return self._whole.format(record)
        event: dict[str, Any] = {"event": record.getMessage(), "level": record.levelname.lower()}
        event |= {name: one for name, one in vars(record).items() if name not in _USUAL}
        add_trace(None, "", event)
        said = strike_out(None, "", event)
        when = datetime.fromtimestamp(record.created, UTC).replace(tzinfo=None)
        said["timestamp"] = f"{when.isoformat()}Z"
        return _written(said)


def formatter(log_format: str) -> logging.Formatter:
    """Every line, for people (console) or for machines (json), with nothing in it that is nobody's business."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        add_trace,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(_where),
        strike_out,
    ]
    renderer = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    whole = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
    return _Quick(whole) if log_format == "json" else whole


def set_up(log_format: str) -> None:
    """Send everything to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(formatter(log_format))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    _ask_less()
    quieten()


def _ask_less() -> None:
    """No line says which thread, which process, or which line of the source spoke: nobody has to find it out each time."""
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001  as Python's manual says


def quieten() -> None:
    """Libraries speak only of what is wrong."""
    for noisy in (
        "httpx",
        "httpcore",
        "aiohttp.access",
        "stripe",
        "aiosqlite",
        "psycopg",
        "telegram",
        "uvicorn",
        "alembic",
    ):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # It warns of each request that cannot be parsed: strangers could fill the disk with that.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
