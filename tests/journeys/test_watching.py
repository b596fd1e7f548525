"""Staff hear once when something beneath the bot begins to fail, and once when it is well again."""

import time
from datetime import timedelta

import pytest
from msgspec.structs import replace

from bot import looking
from bot.errors import PaymentsLocked
from bot.store import marks
from bot.watching import BEGINS, ENDS, Watch
from tests import engine
from tests.journeys.test_back import a_paid_gift
from tests.stage import Stage, to_the_bridge

# PostgreSQL's disk is its server's.
DISK = set[str]() if engine.IS_POSTGRES else {"disk"}

TOLD = "SELECT payload, state FROM deliveries WHERE payload LIKE 'watch.%' ORDER BY id"


def watch(stage: Stage) -> Watch:
    return Watch(stage.services, stage.app.seen)


async def looks(one: Watch, times: int) -> list[str]:
    return [news for _ in range(times) for news in await one.look()]


async def test_a_machine_that_is_well_is_no_news(stage: Stage) -> None:
    await a_paid_gift(stage)
    assert await looks(watch(stage), BEGINS + ENDS) == []


async def test_webhooks_that_do_not_arrive_are_told_and_so_is_their_return(stage: Stage) -> None:
    one, john = watch(stage), stage.john()
    await stage.karim().start()
    session = await to_the_bridge(stage, john)
    url, stage.stripe.webhook_url = stage.stripe.webhook_url, None
    stage.stripe.pay(session)
    later = replace(stage.services, clock=lambda: stage.services.clock() + timedelta(minutes=3))
    await looking.sweep(later)
    await john.says("Received: 200 MAD")
    assert await looks(one, BEGINS) == ["webhooks"]
    await stage.karim().says("webhooks de Stripe n’arrivent pas")
    assert await looks(watch(stage), 3) == [], "a restart does not tell it again"
    stage.stripe.webhook_url = url
    await stage.services.db.write(lambda tx: marks.put(tx, "stripe.events.missed", str(int(time.time()) - 5)))
    stage.stripe.refund(session, 5000)
    await john.says("Refunded: 50 MAD")
    assert await looks(one, ENDS) == ["webhooks"]
    await stage.karim().says("arrivent de nouveau")
    await stage.until_rows(TOLD, [("watch.webhooks.begin.0", "sent"), ("watch.webhooks.end.0", "sent")])


async def test_a_key_that_stripe_refuses_is_told_once(stage: Stage) -> None:
    one = watch(stage)
    key, stage.stripe.secret_key = stage.stripe.secret_key, "sk_test_another"
    for _ in range(3):
        with pytest.raises(PaymentsLocked):
            await stage.app.rounds(stage.services).sweep()
    assert await looks(one, 10) == ["key"]
    await stage.karim().says("Stripe refuse notre clé")
    stage.stripe.secret_key = key
    await stage.app.rounds(stage.services).sweep()
    assert await looks(one, 10) == ["key"]
    await stage.karim().says("accepte de nouveau notre clé")


async def test_late_messages_a_full_disk_and_a_wrong_clock_are_told_with_their_numbers(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_paid_gift(stage)
    stage.app.seen.date = ("Fri, 27 Nov 2026 00:00:00 GMT", 1795737600.0 + 7200)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SMALL)
    # Due in a while for the courier, and long ago for a watch that lives ten minutes later.
    soon = int(time.time()) + 180
    await stage.services.db.write(
        lambda tx: tx.plain("UPDATE deliveries SET state = 'owed', due_at = ?", (soon,))
    )
    later = replace(stage.services, clock=lambda: stage.services.clock() + timedelta(minutes=10))
    assert set(await looks(Watch(later, stage.app.seen), BEGINS)) == {"courier", "clock"} | DISK
    await stage.until_rows(
        "SELECT payload FROM deliveries WHERE payload LIKE 'watch.%' ORDER BY payload",
        [(f"watch.{one}",) for one in ("clock.begin.7200", "courier.begin.7", "disk.begin.10")][
            : 2 + len(DISK)
        ],
    )


class SMALL:
    free, total = 10_000_000, 1_000_000_000


async def test_telegrams_date_is_kept_from_each_answer(stage: Stage) -> None:
    await a_paid_gift(stage)
    await stage.app.bot.get_me()
    date = stage.app.requests[0].date
    assert date is not None
    assert "GMT" in date[0]
