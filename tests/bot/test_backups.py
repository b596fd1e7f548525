"""A backup is proven before it has a name, and a restore refuses whatever would lose something unseen."""

import contextlib
import gzip
import os
import sqlite3
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.backups import back_up, newest, restore
from bot.checking import check_all
from bot.command_line import cli
from bot.config import Settings
from bot.dumps import dump
from bot.errors import BackupError, StoreBroken
from bot.ledger import GENESIS, Entry, EntryKind, chained
from bot.store import snapshot
from bot.store.migrate import HEAD, migrate

NOW = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
runner = CliRunner()


def settings_in(folder: Path) -> Settings:
    return Settings(_env_file=None, database_url=f"sqlite:///{folder}/entraide.db")  # pyright: ignore[reportCallIssue]


def file_of(settings: Settings) -> Path:
    assert settings.database_file is not None
    return settings.database_file


def a_database(folder: Path, rows: int = 40) -> Settings:
    """A database with a ledger of so many rows."""
    folder.mkdir(exist_ok=True)
    path, prev = folder / "entraide.db", GENESIS
    migrate(str(path))
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        for seq in range(1, rows + 1):
            row = chained(
                Entry(EntryKind.GIFT, "abcdefghjk", "humanitarian", 20000, "MAD", 1_790_000_000), seq, prev
            )
            prev = row.hash
            values = (
                row.seq,
                row.at,
                str(row.kind),
                row.donation,
                row.campaign,
                row.amount_minor,
                row.currency,
            )
            connection.execute("INSERT INTO ledger VALUES (?,?,?,?,?,?,?,?,?)", (*values, row.prev, row.hash))
    return settings_in(folder)


def with_a_page_overwritten(path: Path) -> None:
    """What a failing disk does: a page in the middle is noise, and the first is whole."""
    size = 4096
    with path.open("rb+") as file:
        file.seek(size * (path.stat().st_size // size // 2))
        file.write(os.urandom(size))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return a_database(tmp_path / "here")


@pytest.mark.parametrize("zipped", [False, True])
def test_what_was_backed_up_comes_back_with_the_same_head(
    settings: Settings, tmp_path: Path, zipped: bool
) -> None:
    made = back_up(settings, None, zipped=zipped, keep=0, now=NOW)
    assert made.proof == snapshot.prove(file_of(settings))
    assert made.file.parent.name == "backups"
    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600
    assert sorted(one.name for one in made.file.parent.iterdir()) == [made.file.name], (
        "nothing half-made stays"
    )
    there = settings_in(tmp_path / "there")
    done = restore(there, made.file, replace=False, now=NOW)
    assert done.proof == made.proof
    assert done.aside is None
    assert stat.S_IMODE(file_of(there).stat().st_mode) == 0o600


def test_a_packed_backup_is_what_gzip_makes(settings: Settings, tmp_path: Path) -> None:
    plain = back_up(settings, tmp_path / "a.db", zipped=False, keep=0, now=NOW)
    packed = back_up(settings, tmp_path / "a.db.gz", zipped=False, keep=0, now=NOW)
    assert gzip.decompress(packed.file.read_bytes()) == plain.file.read_bytes()


def test_a_backup_is_never_written_over_another(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "a.db", zipped=False, keep=0, now=NOW)
    with pytest.raises(BackupError, match="never written over"):
        back_up(settings, tmp_path / "a.db", zipped=False, keep=0, now=NOW)


def test_the_newest_are_kept_and_files_of_other_names_are_not_touched(settings: Settings) -> None:
    for hour in range(4):
        back_up(settings, None, zipped=False, keep=0, now=NOW.replace(hour=hour))
    foreign = newest(settings).parent / "entraide-notes.txt"  # pyright: ignore[reportOptionalMemberAccess]
    foreign.write_text("mine", encoding="ascii")
    back_up(settings, None, zipped=False, keep=2, now=NOW)
    assert [one.name[9:20] for one in sorted(foreign.parent.glob("*.db"))] == ["20261127T03", "20261127T10"]
    assert foreign.exists()


def test_a_damaged_database_is_not_backed_up(settings: Settings) -> None:
    with_a_page_overwritten(file_of(settings))
    with pytest.raises(StoreBroken):
        back_up(settings, None, zipped=False, keep=0, now=NOW)
    assert newest(settings) is None


def test_a_row_of_the_ledger_that_was_touched_is_named(settings: Settings) -> None:
    with contextlib.closing(sqlite3.connect(file_of(settings))) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE ledger SET amount_minor = 1 WHERE seq = 17")
    with pytest.raises(StoreBroken, match="row 17 of the ledger was changed"):
        back_up(settings, None, zipped=False, keep=0, now=NOW)


def test_a_restore_refuses_a_database_that_is_not_empty_and_puts_it_aside_when_told(
    settings: Settings, tmp_path: Path
) -> None:
    made = back_up(settings, None, zipped=False, keep=0, now=NOW)
    newer = a_database(tmp_path / "newer", rows=43)
    with pytest.raises(BackupError, match="is not empty"):
        restore(newer, made.file, replace=False, now=NOW)
    done = restore(newer, made.file, replace=True, now=NOW)
    assert done.lost == 3
    assert snapshot.prove(file_of(newer)).head == made.proof.head  # pyright: ignore[reportOptionalMemberAccess]
    assert done.aside is not None
    assert snapshot.prove(done.aside).rows == 43


def test_a_new_database_is_read_by_its_owner_alone(tmp_path: Path) -> None:
    migrate(str(tmp_path / "entraide.db"))
    assert stat.S_IMODE((tmp_path / "entraide.db").stat().st_mode) == 0o600


def test_tables_without_rows_are_empty(settings: Settings, tmp_path: Path) -> None:
    made = back_up(settings, None, zipped=False, keep=0, now=NOW)
    fresh = settings_in(tmp_path)
    migrate(fresh.database_url)
    assert restore(fresh, made.file, replace=False, now=NOW).lost is None
    assert snapshot.prove(file_of(fresh)) == made.proof


def test_a_restore_refuses_while_the_bot_has_the_database_open(settings: Settings) -> None:
    made = back_up(settings, None, zipped=False, keep=0, now=NOW)
    with contextlib.closing(sqlite3.connect(file_of(settings))) as running:
        running.execute("PRAGMA journal_mode=WAL")
        running.execute("SELECT count(*) FROM ledger").fetchone()
        with pytest.raises(BackupError, match="stop the bot first"):
            restore(settings, made.file, replace=True, now=NOW)
    assert restore(settings, made.file, replace=True, now=NOW).lost == 0


def test_a_log_that_a_dead_bot_left_is_not_taken_for_the_restored_databases_own(
    settings: Settings, tmp_path: Path
) -> None:
    made = back_up(settings, None, zipped=False, keep=0, now=NOW)
    there = settings_in(tmp_path)
    wal = tmp_path / "entraide.db-wal"
    wal.write_bytes(b"of another database")
    done = restore(there, made.file, replace=False, now=NOW)
    assert not wal.exists()
    assert done.aside is not None
    assert done.aside.with_name(done.aside.name + "-wal").read_bytes() == b"of another database"


@pytest.mark.parametrize("what", ["damaged", "no database", "not ours", "cut"])
def test_a_restore_changes_nothing_where_the_backup_does_not_hold(
    settings: Settings, tmp_path: Path, what: str
) -> None:
    made = back_up(settings, None, zipped=what == "cut", keep=0, now=NOW)
    if what == "damaged":
        with_a_page_overwritten(made.file)
    elif what == "cut":
        made.file.write_bytes(made.file.read_bytes()[:-500])
    elif what == "no database":
        made.file.write_text("a shopping list" * 1000, encoding="ascii")
    else:
        made.file.unlink()
        with contextlib.closing(sqlite3.connect(made.file)) as connection:
            connection.execute("CREATE TABLE recipes (name TEXT)")
    before = file_of(settings).read_bytes()
    with pytest.raises((BackupError, StoreBroken)):
        restore(settings, made.file, replace=True, now=NOW)
    assert file_of(settings).read_bytes() == before
    assert not list(tmp_path.rglob("*.part"))
    assert not list(tmp_path.rglob("*.before-*"))


def test_a_backup_of_a_newer_version_waits_for_the_newer_version(settings: Settings, tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(file_of(settings))) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    made = back_up(settings, None, zipped=False, keep=0, now=NOW)
    with pytest.raises(BackupError, match=f"this one knows {HEAD}"):
        restore(settings_in(tmp_path), made.file, replace=False, now=NOW)


def test_broadcasts_that_were_under_way_wait_for_a_person(settings: Settings, tmp_path: Path) -> None:
    """Who got them after the backup is not known, and nobody gets one twice."""
    with contextlib.closing(sqlite3.connect(file_of(settings))) as connection, connection:
        connection.execute(
            "INSERT INTO donors (id, telegram_id, language, currency, state, created_at) VALUES (1, 1, 'fr', 'MAD', 'active', 1)"
        )
        for number, state, due in (
            (1, "running", 5),
            (2, "scheduled", 5),
            (3, "scheduled", 2**40),
            (4, "done", 5),
        ):
            connection.execute(
                "INSERT INTO broadcasts (id, state, by, audience, created_at, due_at) VALUES (?, ?, 1, '{}', 1, ?)",
                (number, state, due),
            )
    made = back_up(settings, None, zipped=False, keep=0, now=NOW)
    done = restore(settings_in(tmp_path), made.file, replace=False, now=NOW)
    assert done.paused == [1, 2]
    assert any("broadcasts 1, 2" in line for line in done.said)


async def test_a_damaged_page_is_said_by_check_with_the_restore_to_run(settings: Settings) -> None:
    made = back_up(settings, None, zipped=False, keep=0, now=NOW)
    found = {one.what: one for one in await check_all(settings)}["Database"]
    assert found.is_right
    assert "ledger: 40 rows" in found.seen
    with_a_page_overwritten(file_of(settings))
    found = {one.what: one for one in await check_all(settings)}["Database"]
    assert not found.is_right
    assert found.mend == f"stop the bot and run `entraide restore --replace {made.file}`"


def test_the_commands_say_the_head_and_end_with_one_where_they_refuse(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    head = snapshot.prove(file_of(settings)).head
    backed_up = runner.invoke(cli, ["backup", "--gzip", "--keep", "7"])
    assert backed_up.exit_code == 0
    assert f"ledger: 40 rows, head {head}" in backed_up.output
    file = backed_up.output.split(": ")[0]
    refused = runner.invoke(cli, ["restore", file])
    assert refused.exit_code == 1
    assert "--replace" in refused.output
    done = runner.invoke(cli, ["restore", file, "--replace"])
    assert done.exit_code == 0
    assert f"head {head}" in done.output
    assert "kept as" in done.output


def test_without_postgresqls_tools_a_dump_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupError, match="pg_dump is not installed"):
        dump("postgresql://somebody@localhost/entraide", tmp_path, NOW)
