"""Imports of what we use, without what it could use: libraries look for others that happen to be installed, and load at
once what most never ask for. All of it together was 12 MiB and a fifth of the start.
"""

import importlib
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from types import ModuleType

# stripe takes requests for a transport that is not ours, structlog takes rich.
_NEEDLESS = ("rich", "pygments", "requests", "httpx")
_HTTPX = "telegram.request._httpxrequest"
_TRUST = ("SSL_CERT_FILE", "SSL_CERT_DIR")


@contextmanager
def without(*names: str) -> Generator[None]:
    """Within, these are as if they were not installed; what was imported before stays."""
    hidden = [name for name in names if name not in sys.modules]
    # None means "cannot be imported": the import system's own word, see importlib.
    sys.modules.update(dict.fromkeys(hidden))  # pyright: ignore[reportArgumentType, reportCallIssue]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextmanager
def trusting_nobody() -> Generator[None]:
    """Within, whoever loads the system's certificates finds none: what is made here refuses every server."""
    before = {name: os.environ.get(name) for name in _TRUST}
    os.environ.update(dict.fromkeys(_TRUST, os.devnull))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def load() -> None:
    """Import the libraries that look for others, before anything else does."""
    if _HTTPX not in sys.modules:
        sys.modules[_HTTPX] = _no_httpx()
    # It reads them twice at its import, 20 ms each, for contexts that are not ours: bot/botapi and bot/payments have theirs.
    with trusting_nobody():
        importlib.import_module("aiohttp")
    with without(*_NEEDLESS):
        for name in ("telegram", "stripe", "structlog"):
            importlib.import_module(name)


def _no_httpx() -> ModuleType:
    """Stands where python-telegram-bot keeps its own transport: it asks no more of it than whether ours is one."""
    module = ModuleType(_HTTPX)
    module.HTTPXRequest = type("HTTPXRequest", (), {})  # pyright: ignore[reportAttributeAccessIssue]
    return module
