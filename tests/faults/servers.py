"""PostgreSQL servers of a test's own, to be killed, started again, and followed by another."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import psycopg
from msgspec import Struct

from tests import postgres
from tests.stage import free_port

# `immediate` kills its processes and not the machine: what was written and not flushed is still there.
_OPTIONS = "-c listen_addresses=127.0.0.1 -c fsync=off -c autovacuum=off"
_IN_STEP = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"


class Server(Struct, frozen=True):
    folder: Path
    port: int

    @property
    def url(self) -> str:
        """Of the bot's database, which is empty at first."""
        return self.at("entraide")

    def at(self, name: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def make(self) -> None:
        with contextlib.closing(psycopg.connect(self.at("postgres"), autocommit=True)) as one:
            one.execute("CREATE DATABASE entraide")

    async def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} {_OPTIONS}"
        await self._control("start", "-o", options, "-l", str(self.folder / "log"))

    async def die(self) -> None:
        """At once, without a word to whoever is connected and without writing down anything more."""
        await self._control("stop", "-m", "immediate")

    async def promote(self) -> None:
        await self._control("promote")

    async def follower(self, folder: Path) -> "Server":
        """Another server that has everything this one has; from now on nothing is committed before it is there too."""
        other = Server(folder, free_port())
        copy = ("-d", self.at("postgres"), "-D", str(folder / "data"))
        await ran("pg_basebackup", *copy, "--write-recovery-conf", "--checkpoint=fast")
        await other.start()
        await asyncio.to_thread(self._wait_for_it)
        return other

    def _wait_for_it(self) -> None:
        with contextlib.closing(psycopg.connect(self.url, autocommit=True)) as one:
            one.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            one.execute("SELECT pg_reload_conf()")
            while one.execute(_IN_STEP).fetchone() != (1,):
                one.execute("SELECT pg_sleep(0.05)")

    async def _control(self, *said: str) -> None:
        await ran("pg_ctl", "-w", "-D", str(self.folder / "data"), *said)


async def ran(tool: str, *said: str) -> None:
    await asyncio.to_thread(_ran, postgres.command(tool, *said))


def _ran(command: list[str]) -> None:
    # A server that is started keeps what it is given: a pipe would never end.
    subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def folder_of_theirs() -> Generator[Path]:
    """Where PostgreSQL's own user may write; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="entraide-server-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextlib.asynccontextmanager
async def server() -> AsyncGenerator[Server]:
    """One with an empty database, running."""
    with folder_of_theirs() as folder:
        one = Server(folder, free_port())
        await ran("initdb", "-D", str(folder / "data"), "-U", "postgres", "--auth=trust", "--no-sync")
        await one.start()
        try:
            await asyncio.to_thread(one.make)
            yield one
        finally:
            await ended(one)


@contextlib.asynccontextmanager
async def follower(of: Server) -> AsyncGenerator[Server]:
    with folder_of_theirs() as folder:
        one = await of.follower(folder)
        try:
            yield one
        finally:
            await ended(one)


async def ended(one: Server) -> None:
    """Whether it lives or not."""
    if (one.folder / "data" / "postmaster.pid").exists():
        await one.die()
