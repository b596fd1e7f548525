"""Bring the database to this version's tables. Alembic is imported only where something is to be done.

Both functions wait for the database, and for PostgreSQL run a loop of their own: within a loop, call them in a thread.
"""

import asyncio
import sqlite3
from importlib import import_module
from pathlib import Path

HEAD = "0009"
_HERE = Path(__file__).resolve().parent / "migrations"
_VERSION = "SELECT version_num FROM alembic_version"


def migrate(url: str, to: str = HEAD) -> bool:
    """True when something was changed. Safe to run again, and from many processes: the others wait, and find it done."""
    target = _target(url)
    if not target.startswith("postgresql://"):
        Path(target).parent.mkdir(parents=True, exist_ok=True)
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
    if target.startswith("postgresql://"):
        return asyncio.run(_version_of_postgres(target))
    return _version_of_sqlite(target)


def _target(url: str) -> str:
    """A URL that asyncpg reads, or the path of SQLite's file."""
    scheme, _, rest = url.partition("://")
    if scheme in ("postgres", "postgresql", "postgresql+asyncpg"):
        return f"postgresql://{rest}"
    return url.removeprefix("sqlite:///")


async def _version_of_postgres(url: str) -> str | None:
    asyncpg = import_module("asyncpg")
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(_VERSION)
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await connection.close()


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
