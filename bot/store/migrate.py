"""Bring the database to this version's tables. Alembic is imported only where something is to be done.

Both functions wait for the database, and for PostgreSQL run a loop of their own: within a loop, call them in a thread.
"""

import sqlite3
from pathlib import Path

from bot.store.database import alone, engine_of
from bot.store.sql import Tx

HEAD = "0012"
_HERE = Path(__file__).resolve().parent / "migrations"
_VERSION = "SELECT version_num FROM alembic_version"


def migrate(url: str, to: str = HEAD) -> bool:
    """True when something was changed. Safe to run again, and from many processes: the others wait, and find it done."""
    target = _target(url)
    if engine_of(target) == "sqlite":
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        # Before SQLite makes it, which would let everybody read it.
        Path(target).touch(mode=0o600)
    if version(url) == to:
        return False
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"target": target})
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    command.upgrade(config, to)
    return True


def version(url: str) -> str | None:
    """The migration that the database is at, or None for an empty one."""
    target = _target(url)
    if engine_of(target) == "postgresql":
        return alone(target, _version_of_postgres)
    return _version_of_sqlite(target)


def _target(url: str) -> str:
    """A URL that libpq reads, or the path of SQLite's file."""
    if engine_of(url) == "postgresql":
        return f"postgresql://{url.partition('://')[2]}"
    return url.removeprefix("sqlite:///")


def _version_of_postgres(tx: Tx) -> str | None:
    if not tx.plain("SELECT 1 WHERE to_regclass('alembic_version') IS NOT NULL"):
        return None
    rows = tx.plain(_VERSION)
    return rows[0][0] if rows else None


def _version_of_sqlite(path: str) -> str | None:
    if not Path(path).exists():
        return None
    connection = sqlite3.connect(path)
    try:
        row = connection.execute(_VERSION).fetchone()
    except sqlite3.OperationalError:
        return None
    finally:
        connection.close()
    return row[0] if row else None
