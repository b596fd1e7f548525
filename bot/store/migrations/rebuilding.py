"""A CHECK that allows more than before"""

from alembic import op

from bot.store.migrations.both import is_sqlite


def widened(table: str, old: str, new: str, *, check: str, to: str) -> None:
    """SQLite cannot do it in place, and puts `new` for `old` in the table's text; PostgreSQL sets `check` to `to`."""
    if is_sqlite():
        _rebuilt(table, old, new)
        return
    name = f"ck_{table}_{check}"
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} CHECK ({to})")


def _rebuilt(table: str, old: str, new: str) -> None:
    """The table is made again under its own text; its rows, indexes and triggers move over."""
    made = (
        op.get_bind()
        .exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type != 'table'",
            (table,),
        )
        .scalars()
        .all()
    )
    assert old in made[0], made[0]  # noqa: S101  a database that is not ours must not be rebuilt
    columns = made[0].replace(old, new).partition("(")[2]
    op.execute(f"CREATE TABLE {table}_new ({columns}")
    op.execute(f"INSERT INTO {table}_new SELECT * FROM {table}")  # nosec B608  names of our own tables
    op.execute(f"DROP TABLE {table}")
    op.execute(f"ALTER TABLE {table}_new RENAME TO {table}")
    for beside in made[1:]:
        op.execute(beside)
