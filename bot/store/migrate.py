"""Bring the database to this version's tables. Alembic is imported only where something is to be done."""

import sqlite3
from pathlib import Path

HEAD = "0008"
_HERE = Path(__file__).resolve().parent / "migrations"


def migrate(path: str, to: str = HEAD) -> bool:
    """True when something was changed. Safe to run again, and from two processes: the second waits, and finds it done."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    if version(path) == to:
        return False
    # Before SQLite makes it, which would let everybody read it.
    Path(path).touch(mode=0o600)
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.set_main_option("sqlalchemy.url", f"sqlite:///{path}")
    command.upgrade(config, to)
    return True


def version(path: str) -> str | None:
    """The migration that the database is at, or None for an empty one."""
    if not Path(path).exists():
        return None
    connection = sqlite3.connect(path)
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError:
        return None
    finally:
        connection.close()
    return row[0] if row else None
