"""Two invariants that need a hand inside: one transaction for all of a payment, and no older answer over a newer one."""

import asyncio

from bot import settling
from sandbox.faults import Fault
from tests.stage import Stage, to_the_bridge

_BOOKS = (
    "SELECT (SELECT state FROM donations), (SELECT count(*) FROM payments), (SELECT count(*) FROM totals), "
    "(SELECT count(*) FROM deliveries), (SELECT count(*) FROM inbox WHERE processed_at IS NOT NULL)"
)


async def test_facts_state_totals_thanks_and_the_hint_are_kept_together_or_not_at_all(stage: Stage) -> None:
    session = await to_the_bridge(stage, stage.john())
    async with stage.broken("INSERT ON deliveries", when="NEW.kind = 'thanks'"):
        stage.stripe.pay(session)
        await stage.until_rows("SELECT count(*) FROM inbox", [(1,)])
        await stage.stripe_heard("GET")
        assert await stage.rows(_BOOKS) == [("awaiting", 0, 0, 0, 0)]
    await stage.until_rows(_BOOKS, [("paid", 1, 1, 1, 1)])
    await stage.john().says("Received: 200 MAD")


async def test_an_older_answer_of_stripe_never_overwrites_a_newer_one(stage: Stage) -> None:
    """The first look hears "open" late. Without the lock the second would be done by then, and undone by the first."""
    session = await to_the_bridge(stage, stage.john())
    [(donation_id,)] = await stage.rows("SELECT id FROM donations")
    stage.stripe.outbox.next_ones.append("lose")
    pages = "/v1/checkout/sessions/"
    stage.stripe.faults.add(Fault("timeout_after", "GET", path=pages))
    first = asyncio.create_task(settling.settle(stage.services, donation_id))
    await stage.stripe_heard("GET", pages)
    stage.stripe.pay(session)
    second = asyncio.create_task(settling.settle(stage.services, donation_id))
    await stage.services.db.read(lambda tx: tx.plain("SELECT 1"))
    asked = [call for call in stage.stripe.calls if call.method == "GET" and call.path.startswith(pages)]
    assert len(asked) == 1, "the second look waits until the first has written"
    assert [(await one).donation.state for one in (first, second)] == ["paid", "paid"]
