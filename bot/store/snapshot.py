"""A copy of the SQLite database, taken while the bot writes, and the proof that a file is a whole database of ours.

With sqlite3 alone: what proves a database must also open one that is damaged, or of an older version.
"""

import contextlib
import os
import sqlite3
from collections.abc import Generator, Iterator
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct

from bot.errors import StoreBroken
from bot.ledger import GENESIS, LedgerRow, faults

_LEDGER = (
    "SELECT seq, at, kind, donation, campaign, amount_minor, currency, prev, hash FROM ledger ORDER BY seq"
)
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
SIDES = ("-wal", "-shm")


class Proof(Struct, frozen=True):
    """What a sound database holds: the version of its tables, the ledger's rows and the last one's hash, rows by table."""

    version: str
    rows: int
    head: str
    counts: dict[str, int]

    @property
    def said(self) -> str:
        gifts, donors = self.counts["donations"], self.counts["donors"]
        return f"version {self.version}, {gifts} gifts of {donors} donors, ledger: {self.rows} rows, head {self.head}"


def copy(source: Path, target: Path) -> None:
    """One consistent view of `source` in a new file that needs no other beside it. Writers are not held up.

    Raises StoreBroken.
    """
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with _opened(source, "rw") as live, _opened(target, "rw") as made, _damage_named(source):
        live.backup(made)
        made.execute("PRAGMA journal_mode=DELETE")


def prove(path: Path) -> Proof:
    """Every page, every reference, every row of the ledger. Raises StoreBroken with the first things that do not hold."""
    with _opened(path, "ro") as connection, _damage_named(path):
        if wrong := _wrong(connection, "integrity_check(5)"):
            raise StoreBroken(f"{path}: {wrong}")
        if loose := connection.execute("PRAGMA foreign_key_check").fetchone():
            raise StoreBroken(f"{path}: a row of {loose[0]} refers to nothing")
        return _proven(path, connection)


def refuse_damage(path: Path) -> None:
    """A quick look before the first write: every page can be read and stands where it should. Raises StoreBroken."""
    if path.exists() and path.stat().st_size:
        with _opened(path, "ro") as connection, _damage_named(path):
            if wrong := _wrong(connection, "quick_check(1)"):
                raise StoreBroken(f"{path}: {wrong}")


def is_empty(path: Path) -> bool:
    """Whether nothing would be lost with this file; one that cannot be read is not empty."""
    if not path.exists() or not path.stat().st_size:
        return True
    try:
        with _opened(path, "ro") as connection:
            counts = _counts(connection)
    except sqlite3.DatabaseError:
        return False
    return not any(count for name, count in counts.items() if name != "alembic_version")


def is_in_use(path: Path) -> bool:
    """Whether another process has it open. Where nobody has, what its -wal file held is in the file afterwards."""
    if not path.exists():
        return False
    try:
        with _opened(path, "rw") as connection:
            connection.execute("PRAGMA busy_timeout=0")
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        return "locked" in str(error)
    except sqlite3.DatabaseError:
        # Damaged: what can still be read of it is kept as it is.
        return False
    return False


def _proven(path: Path, connection: sqlite3.Connection) -> Proof:
    counts = _counts(connection)
    if missing := {"alembic_version", "ledger", "donations", "donors"} - counts.keys():
        raise StoreBroken(f"{path}: no table {min(missing)}: this is no database of Entraide")
    if fault := next(faults(_rows(connection)), None):
        raise StoreBroken(f"{path}: row {fault.seq} of the ledger {fault.why}")
    (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    last = connection.execute("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1").fetchone()
    rows, head = last or (0, GENESIS)
    return Proof(version, rows, head, counts)


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    names = [name for (name,) in connection.execute(_TABLES).fetchall()]
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # nosec B608  names that the file itself tells


def _rows(connection: sqlite3.Connection) -> Iterator[LedgerRow]:
    return (LedgerRow(*row) for row in connection.execute(_LEDGER))


def _wrong(connection: sqlite3.Connection, check: str) -> str:
    found = [row[0] for row in connection.execute(f"PRAGMA {check}").fetchall()]
    return "" if found == ["ok"] else "; ".join(" ".join(one.split()) for one in found)


@contextlib.contextmanager
def _damage_named(path: Path) -> Generator[None]:
    try:
        yield
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        raise StoreBroken(f"{path}: {error}") from error


@contextlib.contextmanager
def _opened(path: Path, mode: str) -> Generator[sqlite3.Connection]:
    """`mode` is SQLite's: ro, or rw, which makes no new file."""
    uri = f"file:{quote(str(path.absolute()))}?mode={mode}"
    with contextlib.closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=5)) as connection:
        yield connection
