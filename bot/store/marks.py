"""Small remembered values: cursors, hashes, dates."""

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from bot.store.sql import Statement, Tx, at, places
from bot.store.tables import marks

_GET = Statement(select(marks.c.value).where(marks.c.key == at("key")))
_PUT = Statement(
    insert(marks)
    .values(places("key", "value"))
    .on_conflict_do_update(index_elements=["key"], set_={"value": at("value")})
)


def get(tx: Tx, key: str) -> str | None:
    return tx.value(_GET, key=key)


def put(tx: Tx, key: str, value: str) -> None:
    tx.run(_PUT, key=key, value=value)
