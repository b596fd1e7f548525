"""Imports of what we use, without what it could use: libraries look for others that happen to be installed.

httpx (through python-telegram-bot) takes rich and pygments for a command line of its own, stripe takes requests for a
transport that is not ours: together 9 MiB and a tenth of the start.
"""

import importlib
import sys
from collections.abc import Generator
from contextlib import contextmanager

_NEEDLESS = ("rich", "pygments", "requests")


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


def load() -> None:
    """Import the libraries that look for others, before anything else does."""
    with without(*_NEEDLESS):
        for name in ("telegram.ext", "stripe", "structlog"):
            importlib.import_module(name)
