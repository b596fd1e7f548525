"""The bot's database as somebody beside it sees it: to ask, and to stand in everybody's way."""

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg

from bot.store.postgres import WRITERS_LOCK

_SQLITE = "sqlite:///"
_LOCKS = """
import sqlite3, sys, time
one = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
one.execute("BEGIN IMMEDIATE")
time.sleep(float(sys.argv[2]))
one.execute("ROLLBACK")
"""
_LOCKS_POSTGRES = """
import psycopg, sys, time
one = psycopg.connect(sys.argv[1], autocommit=True)
one.execute("SELECT pg_advisory_lock(%s)", [int(sys.argv[3])])
time.sleep(float(sys.argv[2]))
one.close()
"""


class Database:
    """By its DATABASE_URL. Only ever read from here."""

    def __init__(self, url: str) -> None:
        self.url, self._is_sqlite = url, url.startswith(_SQLITE)

    @property
    def _file(self) -> Path:
        return Path(self.url.removeprefix(_SQLITE))

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        if self._is_sqlite:
            with contextlib.closing(
                sqlite3.connect(f"file:{self._file}?mode=ro", uri=True, timeout=30)
            ) as one:
                return one.execute(sql).fetchall()
        with contextlib.closing(psycopg.connect(self.url, autocommit=True)) as one:
            return one.execute(sql.encode()).fetchall()

    def wal(self) -> int:
        """Bytes of SQLite's write-ahead log; a server keeps its own."""
        log = Path(f"{self._file}-wal")
        return log.stat().st_size if self._is_sqlite and log.exists() else 0

    def locked_by_another(self, seconds: float) -> "subprocess.Popen[bytes]":
        """A process that keeps everybody from writing for so long."""
        code, where = (_LOCKS, str(self._file)) if self._is_sqlite else (_LOCKS_POSTGRES, self.url)
        return subprocess.Popen([sys.executable, "-c", code, where, str(seconds), str(WRITERS_LOCK)])
