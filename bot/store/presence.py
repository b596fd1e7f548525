"""Who may serve from a database: one process that does everything, or several that share it; never both.

Proven by a lock of the operating system or of the server, which ends with the process that held it, however it ended.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import IO

from bot.errors import DatabaseTaken

if sys.platform != "win32":
    import fcntl

_PAUSE = 0.1
_IN_THE_WAY = {
    True: "another process serves from this database: stop it first (`entraide run` does everything alone)",
    False: "an `entraide run` serves from this database, and does everything alone: stop it first",
}


@contextlib.asynccontextmanager
async def present(path: Path, *, alone: bool, patience: float) -> AsyncGenerator[None]:
    """Whoever was here before may take `patience` seconds to end, as at a deployment. Raises DatabaseTaken."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Beside the database: SQLite's own locks end where any handle of its file in this process is closed.
    with path.with_name(f"{path.name}.lock").open("ab") as file:
        await _locked(file, alone=alone, patience=patience)
        yield


async def _locked(file: IO[bytes], *, alone: bool, patience: float) -> None:
    try:
        async with asyncio.timeout(patience):
            while not _is_locked(file, alone=alone):
                await asyncio.sleep(_PAUSE)
    except TimeoutError:
        raise DatabaseTaken(_IN_THE_WAY[alone]) from None


def _is_locked(file: IO[bytes], *, alone: bool) -> bool:
    if sys.platform == "win32":
        # No such locks: there, one process does everything.
        return alone
    try:
        fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
