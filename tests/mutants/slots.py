"""Several mutants are tried at once, each in a process forked from one: every one takes ports of its own."""

import fcntl
import itertools
import os
import tempfile
from pathlib import Path

import pytest

from bot.papers import printing
from tests import stage

_ROOM = 60
_SLOTS = 16


def pytest_collection_finish(session: pytest.Session) -> None:
    """After the tests are imported and before the first begins."""
    del session
    first = 20000 + 1000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    start = first + _ROOM * _free_slot()
    stage._PORTS = itertools.cycle(range(start, start + _ROOM))


def pytest_sessionfinish() -> None:
    """What the next processes are forked from has no thread that they would lack, and no child but them: the tool waits for
    whichever ends. So whoever prints papers is made anew.
    """
    if printing._press.cache_info().currsize:
        printing._press().shutdown()
        printing._office().close()
        for one in (printing._office, printing._press):
            one.cache_clear()


def _free_slot() -> int:
    """The lock falls with the process that holds it, however it ends."""
    for number in range(_SLOTS):
        file = os.open(
            Path(tempfile.gettempdir()) / f"entraide-mutant-{number}", os.O_CREAT | os.O_RDWR, 0o600
        )
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
        else:
            return number
    raise AssertionError("more mutants at once than slots")
