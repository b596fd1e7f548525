"""Alembic's entry: all that is missing is applied in one transaction; a second process waits, and finds it done."""

from alembic import context
from sqlalchemy import create_engine

from bot.store.tables import metadata

# isolation_level None: sqlite3 must not commit by itself before each CREATE TABLE.
engine = create_engine(
    context.config.get_main_option("sqlalchemy.url") or "", connect_args={"isolation_level": None}
)
with engine.connect() as connection:
    connection.exec_driver_sql("PRAGMA busy_timeout=30000")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
engine.dispose()
