"""What SQLite and PostgreSQL say differently. What SQLite is told must stay as it is: books were made by it."""

from typing import Any

import sqlalchemy as sa
from alembic import op

# On PostgreSQL refused as what it is: an integrity error, of the class that this code stands for.
_REFUSE = (
    "CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION '{words}' USING ERRCODE = '23000'; END $$"
)


def is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def partial(condition: str) -> dict[str, Any]:
    """For an index over the rows that are so; without it PostgreSQL would make it over all."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def add_column(table: str, column: str) -> None:
    """`column` is SQLite's text, "rate_at INTEGER": INTEGER has 64 bits there, and TEXT compares by bytes."""
    if not is_sqlite():
        column = column.replace(" INTEGER", " BIGINT", 1).replace(" TEXT", ' TEXT COLLATE "C"', 1)
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column}")


def append_only(table: str, words: str) -> None:
    """Refuse to change or forget a row of this table, with these words."""
    if not is_sqlite():
        _append_only_on_postgres(table, words)
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )


def _append_only_on_postgres(table: str, words: str) -> None:
    op.execute(_REFUSE.format(table=table, words=words))
    for name, when in (
        ("no_change", "UPDATE OR DELETE ON {} FOR EACH ROW"),
        ("no_truncate", "TRUNCATE ON {} FOR EACH STATEMENT"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_{name} BEFORE {when.format(table)} EXECUTE FUNCTION {table}_append_only()"
        )
