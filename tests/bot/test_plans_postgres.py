"""PostgreSQL plans a statement for good after five runs, perhaps while the book is empty: a large book must be read by the same plan."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from bot import courier, guarding, settling
from bot.payments.checkout import PaymentStatus, SessionStatus
from bot.settling import Record
from bot.store import attempts, donations, donors, entrance, inbox, updates
from bot.store.database import Database
from bot.store.inbox import Hint
from bot.store.sql import Tx
from tests.bot.engines import JOHN, NOW, opened, people
from tests.bot.test_rates import SETTINGS, page

_GROW = {
    *(
        "acts",
        "declines",
        "deliveries",
        "donations",
        "donors",
        "inbox",
        "ledger",
        "monthly_gifts",
        "payments",
    ),
    *("pledges", "receipts", "refunds", "sums", "updates"),
}
_PREPARED = "SELECT name, statement, coalesce(array_length(parameter_types, 1), 0) AS places FROM pg_prepared_statements"


async def test_what_a_gift_asks_is_found_by_index_also_where_the_tables_were_empty_when_it_was_planned(
    postgres_url: str,
) -> None:
    db = Database(postgres_url)
    await db.open()
    await db.write(lambda tx: tx.plain("SET plan_cache_mode = force_generic_plan"))
    await db.write(people)
    await _gives(db)
    plans = await db.write(lambda tx: dict(_plan(tx, row) for row in tx.plain(_PREPARED)))
    await db.close()
    assert len([one for one in plans if "donations" in one]) >= 12
    assert {statement: read for statement, plan in plans.items() if (read := _read_whole(plan))} == {}
    for table in ("deliveries", "donations", "donors"):
        by_id = {one: plan for one, plan in plans.items() if re.search(rf"WHERE {table}\.id = \$", one)}
        assert by_id
        assert {one: plan for one, plan in by_id.items() if f"using pk_{table} " not in plan} == {}
    of_donor = {one: plan for one, plan in plans.items() if "donations.donor_id = $" in one}
    assert of_donor
    assert {one: plan for one, plan in of_donor.items() if "ix_donations_created_at" in plan} == {}


async def _gives(db: Database) -> None:
    """John, from his first word to what is written down of the thanks."""
    gift = "aaaaaaaaaa"
    await db.write(lambda tx: entrance.read(tx, (), JOHN, 1))
    await db.write(lambda tx: updates.done(tx, 1, NOW))
    await db.write(lambda tx: guarding.soon_lately(tx, SETTINGS, 1, NOW)())
    await db.write(lambda tx: donations.soon_open(tx, 1, 1)())
    donation = await db.write(lambda tx: opened(tx, gift, 1))
    await db.write(lambda tx: attempts.add_opened(tx, NOW))
    await db.write(lambda tx: donors.move(tx, 1, message_id=5, awaiting=f"gift-{gift}"))
    await db.write(lambda tx: donations.change(tx, gift, session_id=f"cs_{gift}"))
    hint = Hint("evt_1", "checkout.session.completed", f"cs_{gift}")
    await db.write(lambda tx: inbox.add(tx, hint=hint, source="webhook", now=NOW)())
    await db.write(lambda tx: inbox.waiting(tx, 10))
    session = page(donation, SessionStatus.COMPLETE, PaymentStatus.PAID)
    facts = Record(session, SETTINGS, NOW, event_id="evt_1")
    await _kept(db, partial(settling._write, donation_id=gift, facts=facts))
    parcels, _ = await _kept(db, partial(courier._claim, now=NOW, owner="us"))
    await db.write(lambda tx: courier._sent(tx, parcels[0], None, 6, NOW))


async def _kept(db: Database, work: Callable[[Tx], Callable[[], Any]]) -> Any:
    return (await db.write(work))()


def _plan(tx: Tx, row: Any) -> tuple[str, str]:
    nothing = f"({', '.join(['NULL'] * row['places'])})" if row["places"] else ""
    lines = tx.plain(f"EXPLAIN EXECUTE {row['name']}{nothing}")
    return row["statement"], "\n".join(line[0] for line in lines)


def _read_whole(plan: str) -> set[str]:
    return set(re.findall(r"Seq Scan on (\w+)", plan)) & _GROW
