"""A dump of a real PostgreSQL, by its own tools."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.dumps import dump
from bot.errors import BackupError
from tests.stage import free_port

NOW = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
TOOLS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/nowhere"))
TABLES = "CREATE TABLE ledger (seq int); CREATE TABLE donations (id text); CREATE TABLE deliveries (id int)"

pytestmark = pytest.mark.skipif(not (TOOLS / "initdb").exists(), reason="PostgreSQL is not installed")


def _run(*command: str) -> None:
    """PostgreSQL refuses to be root."""
    other = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
    subprocess.run([*other, *command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server of this module's own, without a database's name."""
    folder, port = Path(tempfile.mkdtemp(prefix="entraide-pg-")), free_port()
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    data, options = str(folder / "data"), f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    _run(str(TOOLS / "initdb"), "-D", data, "-U", "postgres", "--auth=trust")
    _run(str(TOOLS / "pg_ctl"), "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield f"postgresql://postgres:p%40ss@127.0.0.1:{port}"
    finally:
        _run(str(TOOLS / "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)


def test_a_database_is_dumped_into_one_file_that_can_be_read(server: str, tmp_path: Path) -> None:
    subprocess.run(["psql", "-q", f"{server}/postgres", "-c", TABLES], check=True)
    made = dump(f"{server}/postgres", tmp_path, NOW)
    assert [one.name for one in tmp_path.iterdir()] == [made.file.name]
    assert made.file.stat().st_mode & 0o777 == 0o600
    assert made.file.read_bytes().startswith(b"PGDMP")


@pytest.mark.parametrize(("name", "says"), [("nothing", "does not exist"), ("template1", "no table ledger")])
def test_what_cannot_be_dumped_is_said_and_leaves_nothing(
    server: str, tmp_path: Path, name: str, says: str
) -> None:
    with pytest.raises(BackupError, match=says):
        dump(f"{server}/{name}", tmp_path, NOW)
    assert list(tmp_path.iterdir()) == []
