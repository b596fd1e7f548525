"""Donors: a Telegram id, a language, a currency and the screen in front of them; no name, no address."""

from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.sqlite import insert

from bot.model import Donor, DonorState
from bot.store.tables import donors


def find(tx: Connection, telegram_id: int) -> Donor | None:
    row = tx.execute(select(donors).where(donors.c.telegram_id == telegram_id)).one_or_none()
    return None if row is None else noun(row)


def get(tx: Connection, donor_id: int) -> Donor | None:
    """The donor, or None when erased."""
    row = tx.execute(
        select(donors).where(donors.c.id == donor_id, donors.c.telegram_id.is_not(None))
    ).one_or_none()
    return None if row is None else noun(row)


def add(tx: Connection, telegram_id: int, language: str, currency: str, now: int) -> Donor:
    """The donor with this Telegram id, made if new."""
    values = {"telegram_id": telegram_id, "language": language, "currency": currency, "created_at": now}
    fresh = (
        insert(donors)
        .values(**values, state=DonorState.ACTIVE)
        .on_conflict_do_nothing(index_elements=["telegram_id"])
    )
    tx.execute(fresh)
    return noun(tx.execute(select(donors).where(donors.c.telegram_id == telegram_id)).one())


def move(tx: Connection, donor_id: int, **changes: str | int | None) -> None:
    """Change what is kept of a donor; column names are those of the table."""
    tx.execute(update(donors).where(donors.c.id == donor_id).values(**changes))


def park(tx: Connection, telegram_id: int, state: DonorState) -> None:
    """Telegram said that this person blocked or unblocked the bot; an erased donor has no row to find."""
    tx.execute(update(donors).where(donors.c.telegram_id == telegram_id).values(state=state))


def erase(tx: Connection, donor_id: int) -> None:
    """Forget who this was; the gifts stay, pointing at a row without identity."""
    blank = {"telegram_id": None, "awaiting": None, "message_id": None, "source": None}
    tx.execute(update(donors).where(donors.c.id == donor_id).values(state=DonorState.ERASED, **blank))


def noun(row: Row[Any]) -> Donor:
    return Donor(
        id=row.id,
        telegram_id=row.telegram_id,
        language=row.language,
        currency=row.currency,
        state=DonorState(row.state),
        awaiting=row.awaiting,
        message_id=row.message_id,
        source=row.source,
    )
