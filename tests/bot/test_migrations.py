"""One book on two engines: what the migrations make is what the tables say, and what may not be changed cannot be."""

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool
from typer.testing import CliRunner

from bot.command_line import cli
from bot.store.migrate import HEAD, migrate, version
from bot.store.tables import metadata

_COLUMNS = """
    SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
"""
_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
_RULES = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'
"""
_ROW = {
    "ledger": "INSERT INTO ledger VALUES (1, 1, 'gift', 'aaaaaaaaaa', 'aid', 5, 'MAD', '0', '1')",
    "acts": """INSERT INTO acts (at, "by", act, subject, before, after) VALUES (1, 'D1', 'x', 's', '', '')""",
}


def rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(psycopg.connect(url, autocommit=True)) as one:
        done = one.execute(sql.encode())
        return sorted(done.fetchall(), key=repr) if done.description else []


def migrated(url: str) -> str:
    migrate(url)
    return url


def test_the_migrations_make_on_postgresql_what_the_tables_say(empty_postgres_url: str) -> None:
    engine = create_engine(
        empty_postgres_url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool
    )
    metadata.create_all(engine)
    said = [rows(empty_postgres_url, sql) for sql in (_COLUMNS, _INDEXES, _RULES)]
    metadata.drop_all(engine)
    migrate(empty_postgres_url)
    assert [rows(empty_postgres_url, sql) for sql in (_COLUMNS, _INDEXES, _RULES)] == said
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_same_indexes_are_partial_and_the_same_states_checked_on_both(
    empty_postgres_url: str, tmp_path: Path
) -> None:
    with contextlib.closing(sqlite3.connect(migrated(str(tmp_path / "book.db")))) as book:
        partial = book.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'")
        names = sorted(name for (name,) in partial)
    migrate(empty_postgres_url)
    assert "ix_refund_orders_asked" in names
    assert [name for name, made in rows(empty_postgres_url, _INDEXES) if " WHERE " in made] == names
    checks = {name for _, name, made in rows(empty_postgres_url, _RULES) if made.startswith("CHECK")}
    assert checks == {
        str(rule.name)
        for table in metadata.tables.values()
        for rule in table.constraints
        if str(rule.name).startswith("ck_")
    }


def test_moments_money_and_telegrams_ids_have_room_and_words_compare_by_bytes(
    empty_postgres_url: str,
) -> None:
    found = {
        (table, column): kind for table, column, kind, *_ in rows(migrated(empty_postgres_url), _COLUMNS)
    }
    long = {column for (_, column), kind in found.items() if kind == "bigint"}
    assert {column for _, column in found if column.endswith(("_at", "_minor", "_until"))} <= long
    assert {"telegram_id", "chat_id", "message_id", "update_id", "seq", "at"} <= long
    assert {one[3] for one in rows(empty_postgres_url, _COLUMNS) if one[2] == "text"} == {"C"}


def test_what_a_campaign_had_counted_stands_apart_afterwards_on_both(
    empty_postgres_url: str, tmp_path: Path
) -> None:
    counted = (
        "INSERT INTO appeals (id, slug, titles, operator, contact) VALUES (1, 'a', '{}', '', '')",
        (
            "INSERT INTO campaigns (id, slug, appeal_id, position, state, currency, goal_minor, texts, presets, limits, "
            "authorisation, statement, donors, counted_minor) VALUES (1, 'aid', 1, 0, 'open', 'MAD', 100, '{}', '{}', '{}', '', '', 5, 700)"
        ),
    )
    book = tmp_path / "book.db"
    migrate(str(book), "0011")
    migrate(empty_postgres_url, "0011")
    with contextlib.closing(sqlite3.connect(book, isolation_level=None)) as one:
        for sql in counted:
            one.execute(sql)
    for sql in counted:
        rows(empty_postgres_url, sql)
    migrated(empty_postgres_url)
    with contextlib.closing(sqlite3.connect(migrated(str(book)))) as one:
        assert one.execute("SELECT * FROM progress").fetchall() == [(1, 5, 700)]
        assert "donors" not in {column for _, column, *_ in one.execute("PRAGMA table_info(campaigns)")}
    assert rows(empty_postgres_url, "SELECT * FROM progress") == [(1, 5, 700)]


@pytest.mark.parametrize(("table", "words"), [("ledger", "append-only"), ("acts", "stays written")])
def test_postgresql_refuses_to_change_or_forget_what_was_booked_or_done(
    empty_postgres_url: str, table: str, words: str
) -> None:
    rows(migrated(empty_postgres_url), _ROW[table])
    for act in (f"UPDATE {table} SET at = 2", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match=words):
            rows(empty_postgres_url, act)
    assert rows(empty_postgres_url, f"SELECT at FROM {table}") == [(1,)]


def test_three_processes_migrate_postgresql_at_once_and_one_does_it(empty_postgres_url: str) -> None:
    code = "import sys; from bot.store.migrate import migrate; print(migrate(sys.argv[1]))"
    started = [
        subprocess.Popen([sys.executable, "-c", code, empty_postgres_url], stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    assert [one.communicate(timeout=60)[0] != b"" and one.returncode for one in started] == [0, 0, 0]
    assert version(empty_postgres_url) == HEAD
    assert rows(empty_postgres_url, "SELECT count(*) FROM alembic_version") == [(1,)]


def test_a_database_is_found_under_each_way_to_write_its_address(empty_postgres_url: str) -> None:
    assert version(empty_postgres_url) is None
    rest = empty_postgres_url.removeprefix("postgresql://postgres@")
    assert migrate(f"postgres://postgres:100%25%20secret@{rest}") is True
    assert version(f"postgresql+psycopg://postgres@{rest}?sslmode=prefer") == HEAD
    assert migrate(empty_postgres_url) is False


def test_a_server_that_is_not_there_is_said_in_one_line_without_the_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://postgres:secret@127.0.0.1:1/book")
    said = CliRunner().invoke(cli, ["migrate"])
    assert said.exit_code == 1
    assert said.output == "connection to server at ..., port 1 failed: Connection refused\n"
