"""What `entraide check` says of the database."""

from pathlib import Path

from bot.checking import _database
from bot.config import Settings
from bot.store.migrate import HEAD, migrate


def settings(url: str) -> Settings:
    return Settings(_env_file=None, database_url=url)  # pyright: ignore[reportCallIssue]


async def test_postgresql_is_right_once_its_tables_are_there(postgres_url: str) -> None:
    found = await _database(settings(postgres_url))
    assert found.is_right
    assert found.seen == f"127.0.0.1/{postgres_url.rsplit('/', 1)[1]}, up to date"


async def test_postgresql_without_tables_is_to_be_migrated(empty_postgres_url: str) -> None:
    found = await _database(settings(empty_postgres_url.replace("postgresql:", "postgres:")))
    assert not found.is_right
    assert "at version None" in found.seen
    assert "entraide migrate" in found.mend


async def test_postgresql_that_cannot_be_reached_is_named_without_its_password() -> None:
    found = await _database(settings("postgresql+psycopg://me:hunter2@127.0.0.1:1/book"))
    assert not found.is_right
    assert found.seen.startswith("127.0.0.1/book cannot be used: ")
    assert "hunter2" not in found.seen + repr(settings("postgresql://me:hunter2@127.0.0.1:1/book"))


async def test_a_file_is_made_at_the_first_start_and_then_up_to_date(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/book.db"
    assert (await _database(settings(url))).seen.endswith("will be made at the first start")
    migrate(url)
    whole = f"{tmp_path}/book.db, up to date and whole: version {HEAD}, 0 gifts of 0 donors"
    assert (await _database(settings(url))).seen.startswith(whole)
