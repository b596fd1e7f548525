"""Small remembered values: cursors, hashes, dates."""

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from bot.store.tables import marks


def get(tx: Connection, key: str) -> str | None:
    return tx.execute(select(marks.c.value).where(marks.c.key == key)).scalar()


def put(tx: Connection, key: str, value: str) -> None:
    upsert = insert(marks).values(key=key, value=value)
    tx.execute(upsert.on_conflict_do_update(index_elements=["key"], set_={"value": value}))
