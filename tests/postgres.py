"""The run's own PostgreSQL: started once, by the process that leads the run, and gone when the run is over."""

import atexit
import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import psycopg
from pytest_postgresql.executors import PostgreSQLExecutor

from bot.store.migrate import migrate

# Workers find it here. Whoever has a server of their own may name it: an address of a superuser, without a database.
SERVER = "TEST_POSTGRES"
MISSING = "PostgreSQL's programs are not here: on Debian `apt-get install postgresql`"
_USER = "postgres"
TEMPLATE = "entraide_template"
# Nothing in it outlives the run; each worker holds some ten connections.
_OPTIONS = (
    "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300 -c autovacuum=off"
)


def is_here() -> bool:
    return SERVER in os.environ or programs() is not None


@cache
def programs() -> Path | None:
    """The folder of `pg_ctl` and its neighbours: on the path, or where Debian puts them. Root cannot run them by itself."""
    if os.geteuid() == 0 and not (_is_known(_USER) and shutil.which("runuser")):
        return None
    found = [Path(one).parent for one in [shutil.which("pg_ctl")] if one]
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    found += sorted(debian, key=lambda one: one.parent.name.zfill(3), reverse=True)
    return next((one for one in found if all((one / name).exists() for name in _NEEDED)), None)


_NEEDED = ("pg_ctl", "initdb", "postgres")


def _is_known(user: str) -> bool:
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(user))
    return False


def command(tool: str, *said: str) -> list[str]:
    """What to run for one of its programs; as root, as another user. Raises RuntimeError."""
    where = programs()
    if where is None:
        raise RuntimeError(MISSING)
    as_another = ["runuser", "-u", _USER, "--"] if os.geteuid() == 0 else []
    # Some of them may be linked to from elsewhere: the others are where those lead.
    return [*as_another, str((where / "pg_ctl").resolve().with_name(tool)), *said]


def server() -> str:
    """Its address, without a database. In a run without workers it starts here, when the first test asks for it."""
    if SERVER not in os.environ:
        start()
    return os.environ[SERVER]


def start(options: str = _OPTIONS) -> None:
    """Start it, with a migrated database to copy, and see to it that it ends with this process."""
    where = programs()
    if where is None:
        raise RuntimeError(MISSING)
    folder = Path(tempfile.mkdtemp(prefix="entraide-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, _USER)
    one = PostgreSQLExecutor(
        executable=str(_runner(where, folder)),
        host="127.0.0.1",
        port=_free_port(),
        datadir=str(folder / "data"),
        unixsocketdir=str(folder),
        logfile=str(folder / "log"),
        startparams="-w",
        dbname=TEMPLATE,
        user=_USER,
        postgres_options=options,
    )
    _end_with_us(one.executable, folder)
    one.start()
    # Held until then: an executor that nobody holds kills what it started.
    atexit.register(one.stop)
    # It listens a moment before it lets anybody in; `pg_ctl -w` ends when it does.
    if one.process is not None:
        one.process.wait(60)
    os.environ[SERVER] = f"postgresql://{_USER}@127.0.0.1:{one.port}"
    create(TEMPLATE, "template1")
    # The first test that asks may have a loop running.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(migrate, url(TEMPLATE)).result()


def _runner(where: Path, folder: Path) -> Path:
    """What to call as `pg_ctl`: as root, a script that becomes another user first."""
    if os.geteuid() != 0:
        return where / "pg_ctl"
    script = folder / "pg_ctl"
    script.write_text(
        f'#!/bin/sh\ncd /\nexec runuser -u {_USER} -- "{where}/pg_ctl" "$@"\n', encoding="ascii"
    )
    script.chmod(0o755)
    return script


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


# The other end of its input is ours: it closes however we end, also by a signal that leaves no time for anything.
_GUARD = 'cat >/dev/null; "$0" stop -m immediate -D "$1/data"; rm -rf "$1"'


def _end_with_us(pg_ctl: str, folder: Path) -> None:
    guard = subprocess.Popen(
        ["sh", "-c", _GUARD, pg_ctl, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    atexit.register(guard.communicate)


# The databases in it.


def url(name: str) -> str:
    return f"{server()}/{name}"


def create(name: str, template: str = TEMPLATE) -> str:
    """A copy of another database, to which nobody may be connected; its address."""
    _at_server(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    return url(name)


def exists(name: str) -> bool:
    return bool(_at_server(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))


def drop(name: str) -> None:
    _at_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _at_server(sql: str) -> list[tuple[object, ...]]:
    with contextlib.closing(psycopg.connect(url("postgres"), autocommit=True)) as one:
        done = one.execute(sql.encode())
        return done.fetchall() if done.description else []
