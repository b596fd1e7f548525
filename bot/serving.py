"""From nothing to a bot that serves: the settings, the imports, the logs, the loop. What is wrong is said in a line, with an exit code."""

import asyncio
import gc
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn

from pydantic import ValidationError

from bot.config import Settings
from bot.errors import EntraideError

_NO_KEYS = (
    "TELEGRAM_BOT_TOKEN and STRIPE_SECRET_KEY are needed: copy .env.example to .env, or try `make demo`."
)
_NO_URL = "PUBLIC_URL is needed: without it Telegram is asked for updates, by `entraide worker`."
_NO_SENTRY = "SENTRY_DSN is set, but sentry-sdk is not installed: pip install sentry-sdk"


def settings() -> Settings:
    """The settings, or one line a fault and exit code 2."""
    try:
        return Settings()
    except ValidationError as error:
        faults = (
            f"{str(one['loc'][0]).upper() if one['loc'] else ''} {one['msg'].removeprefix('Value error, ')}"
            for one in error.errors()
        )
        _end(2, "\n".join(one.strip() for one in faults))


def serve(part: str) -> None:
    """Until SIGTERM; `part` is "run", "web" or "worker"."""
    # What imports make stays: looking for garbage in it takes a fifth of the start, and each later look less without it.
    gc.disable()
    from bot import heap, lean

    lean.load()
    from bot import logs
    from bot.app import App, Part

    heap.settle()
    chosen = settings()
    if part == Part.WEB and not chosen.public_url:
        _end(2, _NO_URL)
    if not chosen.telegram_bot_token.get_secret_value() or not chosen.stripe_secret_key.get_secret_value():
        _end(2, _NO_KEYS)
    logs.set_up(chosen.log_format)
    _tell_sentry(chosen)

    async def work() -> None:
        app = App(chosen, part=Part(part))
        app.stop_on_signals()
        await app.run()

    try:
        _run(work())
    except EntraideError as error:
        _end(1, str(error))


def _end(code: int, said: str) -> NoReturn:
    sys.stderr.write(f"{said}\n")
    raise SystemExit(code)


def _tell_sentry(chosen: Settings) -> None:
    if dsn := chosen.sentry_dsn.get_secret_value():
        from bot import sentry

        try:
            sentry.set_up(dsn)
        except ImportError:
            _end(2, _NO_SENTRY)


def _run(work: Coroutine[Any, Any, None]) -> None:
    if sys.platform == "win32":
        asyncio.run(work)
        return
    import uvloop

    uvloop.run(work)
