"""What holds at the end of every journey, however often somebody died on the way."""

import asyncio
import os
import time

from bot import auditing, comparing
from tests.stage import Stage

# With `make test-faults` all that can be tried is; with the other tests as much as keeps each of these tests whole.
IS_WHOLE = os.environ.get("JOURNEYS") == "all"
# What is owed for later (a reminder) may wait; what is due now, may not.
_OPEN = {
    "deliveries": "SELECT kind, state, error FROM deliveries WHERE state IN ('owed', 'sending') AND due_at <= {soon}",
    "inbox": "SELECT type, object_id FROM inbox WHERE processed_at IS NULL",
    "updates": "SELECT update_id FROM updates WHERE raw IS NOT NULL",
    "refunds": "SELECT id, state FROM refund_orders WHERE state = 'ordered'",
    "monthly": "SELECT id FROM monthly_gifts WHERE wanted = 1",
    "letters": "SELECT id, state FROM letters WHERE state IN ('waiting', 'sending')",
}
# Paid and not thanked for, thanked for and not paid, or paid twice.
_ODD = {
    "paid without thanks": "SELECT id FROM donations WHERE state IN ('paid', 'partly_refunded', 'refunded', 'disputed') "
    "AND NOT EXISTS (SELECT 1 FROM deliveries WHERE donation_id = donations.id AND kind = 'thanks')",
    "one session, two payments": "SELECT subject FROM payments GROUP BY subject HAVING count(*) > 1",
    "one key owed twice": "SELECT dedupe_key FROM deliveries GROUP BY dedupe_key HAVING count(*) > 1",
    "given up": "SELECT kind, error FROM deliveries WHERE state = 'failed'",
}


async def well(stage: Stage, timeout: float = 40) -> None:
    """Wait until nothing is owed or unheard, then look through the books. AssertionError names what is wrong."""
    await settled(stage, timeout)
    for what, sql in _ODD.items():
        assert await stage.rows(sql) == [], what
    assert await auditing.audit_books(stage.services) == []
    assert await comparing.audit_stripe(stage.services) == []
    paid = await stage.rows("SELECT count(*) FROM payments WHERE payment_intent IS NOT NULL")
    assert paid == [(len(stage.stripe.charges),)], "each charge is in the books, and once"


async def settled(stage: Stage, timeout: float = 40) -> None:
    """Nothing is left owed, unheard or unanswered."""
    until = time.monotonic() + timeout
    while left := await _left(stage):
        assert time.monotonic() < until, f"still open: {left}"
        await asyncio.sleep(0.01)


async def _left(stage: Stage) -> dict[str, object]:
    soon = int(stage.services.clock().timestamp()) + 5
    left: dict[str, object] = {
        name: rows for name, sql in _OPEN.items() if (rows := await stage.rows(sql.format(soon=soon)))
    }
    if stage.telegram.updates.waiting:
        left["Telegram's"] = list(stage.telegram.updates.waiting)
    return left
