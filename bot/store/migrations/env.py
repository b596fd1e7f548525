"""Alembic's entry: all that is missing is applied in one transaction; a second process waits, and finds it done."""

from importlib import import_module

from alembic import context
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from bot.store.tables import metadata

# Any number that nothing else in the database locks by.
_LOCK = int.from_bytes(b"migrates", "big")


def _migrate(connection: Connection) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=is_sqlite)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()


def _on_sqlite(path: str) -> None:
    # isolation_level None: sqlite3 must not commit by itself before each CREATE TABLE.
    engine = create_engine(f"sqlite:///{path}", connect_args={"isolation_level": None})
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=30000")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        _migrate(connection)
    engine.dispose()


def _on_postgres(url: str) -> None:
    # libpq reads the URL by itself, so that all that it may say (sslmode, options) holds here as for the bot.
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: import_module("psycopg").connect(url),
        isolation_level="READ COMMITTED",
        poolclass=NullPool,
    )
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        _migrate(connection)
    engine.dispose()


target = context.config.attributes["target"]
if target.startswith("postgresql://"):
    _on_postgres(target)
else:
    _on_sqlite(target)
