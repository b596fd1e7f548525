"""Corners of the walk that few donors see, each told plainly."""

import asyncio
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import giving, looking
from bot.actions import Give, parse
from bot.app import App
from bot.payments.checkout import read_session
from bot.services import Services
from bot.store import deliveries
from bot.store.database import Database
from bot.store.deliveries import Owed
from sandbox.app import Sandbox
from sandbox.faults import Fault
from sandbox.telegram import Button
from tests import engine
from tests.stage import Stage, bot_beside, press, session_of, settings_for, shows, to_the_bridge


async def _set(stage: Stage, sql: str) -> None:
    await stage.settled()
    await stage.services.db.write(lambda tx: tx.plain(sql))


async def _tap(stage: Stage, data: str) -> None:
    """Press a button that was forged, or that another screen showed long ago."""
    john = stage.john()
    await john.send("/start")
    await john.says("campaign")
    stage.telegram.tapped(john, john.chat, john.last, Button("old", data))


async def test_a_campaign_that_closed_meanwhile_takes_no_gift(stage: Stage) -> None:
    john = stage.john()
    await john.start("c_humanitarian_200_MAD")
    await john.says("Gift of 200 MAD")
    await _set(stage, "UPDATE campaigns SET state = 'closed' WHERE slug = 'humanitarian'")
    await press(john, "Pay 200 MAD", "takes no gifts at the moment")


async def test_a_gift_paid_after_its_campaign_closed_counts_and_staff_hear(stage: Stage) -> None:
    session = await to_the_bridge(stage, stage.john())
    await _set(stage, "UPDATE campaigns SET state = 'closed' WHERE slug = 'humanitarian'")
    stage.stripe.pay(session)
    await stage.john().says("Received")
    await stage.karim().says("après la clôture")
    assert await stage.rows("SELECT received_minor FROM totals") == [(20000,)]


@pytest.mark.parametrize("fate", ["paid", "canceled"])
async def test_a_tap_on_pay_that_comes_again_after_its_gift_is_over_begins_no_other(
    stage: Stage, fate: str
) -> None:
    john = stage.john()
    session = await to_the_bridge(stage, john)
    if fate == "paid":
        stage.stripe.pay(session)
        await john.says("Received")
    else:
        await press(john, "Cancel", "canceled")
    await stage.until_rows("SELECT state FROM donations", [(fate,)])
    [update] = [
        one.update
        for one in stage.telegram.updates.everyone.values()
        if isinstance(parse(one.update.get("callback_query", {}).get("data", "")), Give)
    ]
    # As where the bot was killed before it was done with the tap.
    await _set(stage, "DELETE FROM updates")
    await stage.comes_again(update)
    assert await stage.rows("SELECT state FROM donations") == [(fate,)]
    assert len(stage.stripe.sessions) == 1
    assert sum("Received" in one.text for one in john.messages) == (fate == "paid")


async def test_without_open_campaigns_home_says_so(stage: Stage) -> None:
    await _set(stage, "UPDATE campaigns SET state = 'paused'")
    await stage.john().send("/start")
    await stage.john().says("No campaign is open")
    await stage.john().start("campaign-1")
    await stage.john().says("takes no gifts at the moment")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("give-1-100-mad", "smallest gift here is 20 MAD"),
        ("give-1-99999999-mad", "largest gift here"),
        ("give-9-20000-mad", "takes no gifts"),
        ("give-1-20000-gbp", "does not take GBP"),
        ("check-9-20000-mad", "3 campaigns"),
        ("amount-9-mad", "3 campaigns"),
        ("campaign-9", "3 campaigns"),
        ("story-9", "3 campaigns"),
        ("look-nobody", "went wrong"),
        ("language-xx", "Choose your language"),
        ("currency-gbp", "3 campaigns"),
        ("gifts-0", "no gift here yet"),
    ],
)
async def test_a_forged_button_is_answered_and_changes_nothing(stage: Stage, data: str, says: str) -> None:
    await _tap(stage, data)
    await stage.john().says(says)
    assert await stage.rows("SELECT count(*) FROM donations") == [(0,)]


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("creating", "being prepared"),
        ("processing", "is on its way"),
        ("paid", "was received"),
        ("expired", "has expired"),
        ("canceled", "is canceled"),
        ("failed", "did not go through"),
        ("review", "a person is checking"),
    ],
)
async def test_an_old_bridge_button_says_how_the_gift_stands_now(stage: Stage, state: str, says: str) -> None:
    john = stage.john()
    session = await to_the_bridge(stage, john)
    reference = stage.stripe.sessions[session]["client_reference_id"]
    await _set(stage, f"UPDATE donations SET state = '{state}', look_at = NULL")
    stage.telegram.tapped(john, john.chat, john.last, Button("old", f"bridge-{reference}"))
    await john.says(says)


async def test_cancel_cancels_the_gift_in_front(stage: Stage) -> None:
    await to_the_bridge(stage, stage.john())
    await stage.john().send("/cancel")
    await stage.john().says("is canceled; nothing was charged")


async def test_a_canceled_gift_is_not_canceled_again(stage: Stage) -> None:
    john = stage.john()
    await to_the_bridge(stage, john)
    data = next(button.data for button in john.last.buttons if button.text == "Cancel")
    await press(john, "Cancel", "is canceled")
    stage.telegram.tapped(john, john.chat, john.last, Button("old", data))
    await john.send("/mygifts")
    await john.says("canceled, nothing charged")


async def test_a_page_that_never_came_about_is_given_up_in_time_and_told(stage: Stage) -> None:
    john = stage.john()
    stage.stripe.faults.add(Fault("503_html", "POST", times=-1))
    await john.start("c_humanitarian_200_MAD")
    await press(john, "Pay 200 MAD", "is being prepared", first="Gift of 200 MAD")
    await _set(stage, "UPDATE donations SET created_at = created_at - 3700, look_at = 0")
    stage.services.bells.looks.set()
    await john.says("has expired; nothing was charged")
    assert await stage.rows("SELECT state, look_at FROM donations") == [("expired", None)]


async def test_a_link_about_to_expire_is_not_handed_out_again(stage: Stage) -> None:
    john = stage.john()
    await to_the_bridge(stage, john)
    await _set(stage, f"UPDATE donations SET expires_at = {int(time.time()) + 30}")
    await john.start("c_humanitarian_200_MAD")
    await press(john, "Pay 200 MAD", "is ready", first="Gift of 200 MAD")
    await stage.until_rows("SELECT state FROM donations ORDER BY state", [("awaiting",), ("canceled",)])
    stage.stripe.pay(session_of(john))
    await john.says("Received")


async def test_a_cancel_while_the_page_is_being_made_closes_it(stage: Stage) -> None:
    john = stage.john()
    stage.stripe.faults.add(Fault("503_html", "POST", times=6))
    await john.start("c_humanitarian_200_MAD")
    await press(john, "Pay 200 MAD", "is being prepared", first="Gift of 200 MAD")
    await john.tap("Cancel")
    await stage.until_rows("SELECT cancel_asked FROM donations", [(1,)])
    stage.stripe.faults.clear()
    # Until its own look has come to its end, it may still write down when the next one is.
    async with asyncio.timeout(30):
        await stage.services.locks.idle()
    await _set(stage, "UPDATE donations SET look_at = 0")
    stage.services.bells.looks.set()
    await john.says("is canceled; nothing was charged", 15)
    assert {session["status"] for session in stage.stripe.sessions.values()} == {"expired"}


async def test_a_delayed_payment_is_looked_at_even_when_its_event_is_lost(stage: Stage) -> None:
    session = await to_the_bridge(stage, stage.john())
    stage.stripe.outbox.next_ones.extend(["send", "lose"])
    stage.stripe.pay_later(session)
    await stage.john().says("is on its way")
    stage.stripe.settle_later(session)
    await _set(stage, "UPDATE donations SET look_at = 0")
    stage.services.bells.looks.set()
    await stage.john().says("Received")


async def test_a_reminder_comes_with_the_amount(stage: Stage) -> None:
    john = stage.john()
    await to_the_bridge(stage, john)
    stage.stripe.forward(2 * 3600 + 60)
    await press(john, "Remind me tomorrow", "tomorrow, once", first="has expired")
    await _set(stage, "UPDATE deliveries SET due_at = 0 WHERE kind = 'reminder'")
    stage.services.bells.courier.set()
    await john.says("You asked us to remind you of your gift of 200 MAD")
    assert shows(john, "Try 200 MAD again")


async def test_a_reminder_for_tomorrow_stays_for_tomorrow_when_a_donor_comes_back(stage: Stage) -> None:
    john = stage.john()
    await to_the_bridge(stage, john)
    stage.stripe.forward(2 * 3600 + 60)
    await press(john, "Remind me tomorrow", "tomorrow, once", first="has expired")
    await stage.telegram.acknowledged(john.block())
    await stage.telegram.acknowledged(john.unblock())
    [(state, is_later)] = await stage.rows(
        f"SELECT state, due_at > {int(time.time()) + 3600} FROM deliveries WHERE kind = 'reminder'"
    )
    assert (state, is_later) == ("owed", 1)


async def test_a_group_that_became_a_supergroup_is_followed(stage: Stage) -> None:
    await to_the_bridge(stage, stage.john())
    [(reference,)] = await stage.rows("SELECT id FROM donations")
    stage.telegram.moved[-5] = -1001
    from bot.model import DeliveryKind

    owed = Owed(DeliveryKind.ALERT, "x", chat_id=-5, donation_id=reference, payload="late")
    await stage.services.db.write(lambda tx: deliveries.owe(tx, owed, stage.services.clock()))
    stage.services.bells.courier.set()
    await stage.until_rows("SELECT state, chat_id FROM deliveries WHERE kind = 'alert'", [("sent", -1001)])


async def test_a_message_to_an_erased_donor_is_not_sent_anywhere(stage: Stage) -> None:
    session = await to_the_bridge(stage, stage.john())
    await _set(stage, "UPDATE donors SET telegram_id = NULL, state = 'erased'")
    stage.stripe.pay(session)
    await stage.until_rows("SELECT state, error FROM deliveries", [("failed", "nobody to tell")])
    assert await stage.rows("SELECT state FROM donations") == [("paid",)]


async def test_a_delivery_that_telegram_refuses_is_set_aside(stage: Stage) -> None:
    session = await to_the_bridge(stage, stage.john())
    stage.telegram.faults.add(Fault("400", "sendMessage"))
    stage.stripe.pay(session)
    await stage.until_rows("SELECT state FROM deliveries", [("failed",)])


async def test_a_delivery_left_in_doubt_by_a_kill_is_sent_again(sandbox: Sandbox, tmp_path: Path) -> None:
    settings = settings_for(sandbox, tmp_path, webhook=True)
    async with bot_beside(sandbox, settings) as stage:
        sandbox.stripe.pay(await to_the_bridge(stage, stage.john()))
        await stage.until_rows("SELECT state FROM deliveries", [("sent",)])
        leased = int(time.time()) + 90
        await _set(stage, f"UPDATE deliveries SET state = 'sending', leased_until = {leased}")
    async with bot_beside(sandbox, settings) as again:
        await again.john().until(
            lambda phone: sum("Received:" in message.text for message in phone.messages) == 2
        )


async def test_a_bot_without_campaigns_file_still_serves(sandbox: Sandbox, tmp_path: Path) -> None:
    async with bot_beside(
        sandbox, settings_for(sandbox, tmp_path, webhook=True, campaigns_file="gone.toml")
    ) as stage:
        await stage.john().send("/help")
        await stage.john().says("No campaign is open")


async def test_what_polling_left_unfinished_goes_on_after_a_restart(sandbox: Sandbox, tmp_path: Path) -> None:
    settings = settings_for(sandbox, tmp_path, webhook=False)
    async with bot_beside(sandbox, settings) as stage:
        john = stage.john()
        await john.send("/help")
        await john.says("How to give")
        update = list(stage.telegram.updates.everyone.values())[-1].update
        await stage.until_rows("SELECT count(*) FROM updates WHERE raw IS NULL", [(1,)])
        import json

        raw = json.dumps(update | {"update_id": update["update_id"] + 1}).replace("'", "''")
        odd = json.dumps({"update_id": 5, "message": {"odd": 1}})
        await _set(
            stage,
            "INSERT INTO updates (update_id, raw, received_at) "
            f"VALUES ({update['update_id'] + 1}, '{raw}', 1), (5, '{odd}', 1)",
        )
    async with bot_beside(sandbox, settings) as again:
        await again.until_rows("SELECT count(*) FROM updates WHERE raw IS NOT NULL", [(0,)])
        assert sum("How to give" in message.text for message in john.messages) == 1, (
            "the newer screen took the older's place"
        )


async def test_polling_survives_a_telegram_that_is_away(polling: Stage) -> None:
    polling.telegram.faults.add(Fault("502", "getUpdates", times=2))
    await polling.john().send("/start")
    await polling.john().says("3 campaigns")
    await polling.john().send("/help")
    await polling.john().says("How to give", 10)


async def test_a_start_waits_for_whoever_keeps_others_from_writing(
    sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_for(sandbox, tmp_path, webhook=True)
    database = Database(engine.make(settings.database_url))
    await database.open()
    await database.write(lambda tx: engine.break_at(tx, "INSERT ON campaigns", is_down=True))

    async def mend() -> None:
        async with asyncio.timeout(30):
            while "the database cannot be written to yet" not in caplog.messages:
                await asyncio.sleep(0.01)
        await database.write(engine.mend)
        await database.close()

    mending = asyncio.create_task(mend())
    async with bot_beside(sandbox, settings) as stage:
        await mending
        await stage.john().send("/start")
        await stage.john().says("3 campaigns")


async def test_a_full_disk_is_not_acknowledged_and_comes_again(stage: Stage) -> None:
    await stage.until_health("ok")
    john = stage.john()
    # What only the start writes is written.
    await stage.until_rows("SELECT count(*) FROM marks WHERE key = 'telegram.menu'", [(1,)])
    async with stage.broken("INSERT ON updates", is_down=True):
        await john.send("/start")
        async with asyncio.timeout(40):
            while not stage.telegram.updates.last_error:
                await asyncio.sleep(0.01)
    await john.says("3 campaigns")


async def test_a_webhook_that_cannot_be_written_down_is_asked_for_again_in_a_line_and_comes(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    session = await to_the_bridge(stage, stage.john())
    async with stage.broken("INSERT ON inbox", is_down=True):
        stage.stripe.pay(session)
        event = stage.stripe.events[-1]
        assert await stage.stripe.deliver(event) == [500]
    await stage.john().says("Received: 200 MAD", 15)
    said = [one.getMessage() for one in caplog.records if one.levelname in ("WARNING", "ERROR")]
    assert "an event comes again" in said
    assert not any("ASGI" in one for one in said)


async def test_old_updates_and_hints_are_forgotten(stage: Stage) -> None:
    await stage.john().send("/start")
    await stage.john().says("3 campaigns")
    await stage.until_rows("SELECT count(*) FROM updates", [(1,)])
    await _set(stage, "UPDATE updates SET received_at = 0")
    await _set(stage, "INSERT INTO inbox VALUES ('evt_x', 'webhook', 't', 'o', 0, 1, 'paid', NULL)")
    await looking.prune(stage.services)
    assert await stage.rows("SELECT (SELECT count(*) FROM updates) + (SELECT count(*) FROM inbox)") == [(0,)]


async def test_the_gift_reads_its_amount_and_never_decides_again(stage: Stage) -> None:
    """The frozen parameters are what Stripe gets, whatever the campaign says later."""
    donor = await stage.services.db.write(_donor)
    donation = await giving.open_checkout(stage.services, donor, Give(1, 20000, "mad"))
    [call] = [call for call in stage.stripe.calls if call.method == "POST"]
    import json

    assert json.loads(donation.params)["line_items"][0]["price_data"]["unit_amount"] == 20000
    assert call.params["line_items"][0]["price_data"]["unit_amount"] == "20000"
    assert call.key == f"cs-{donation.id}-1"


def _donor(tx):
    from bot.store import donors

    return donors.add(tx, 77, "en", "MAD", 0)


@given(
    st.dictionaries(
        st.sampled_from(["status", "payment_status", "mode", "amount_total", "currency", "payment_intent"]),
        st.none() | st.text(max_size=5) | st.integers(),
    )
)
def test_no_answer_of_stripe_crashes_the_reader(odd: dict[str, object]) -> None:
    session = read_session({"id": "cs_x", **odd})
    assert session.id == "cs_x"


async def test_news_at_the_very_moment_of_stopping_keeps_nothing_running(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drain = App._drain

    async def with_news(app: App, services: Services) -> None:
        await drain(app, services)
        for bell in (services.bells.courier, services.bells.inbox, services.bells.looks):
            bell.set()

    monkeypatch.setattr(App, "_drain", with_news)
    async with bot_beside(sandbox, settings_for(sandbox, tmp_path, webhook=True)) as stage:
        await stage.until_health("ok")
    assert stage.running.done()


async def test_a_group_where_the_bot_may_not_write_gives_its_updates_back_only_once(stage: Stage) -> None:
    stage.telegram.faults.add(Fault("400", "sendMessage", 1))
    await stage.telegram.acknowledged(await stage.john().send("/x", -1001))
    tried = [call.status for call in stage.telegram.calls if str(call.params.get("chat_id")) == "-1001"]
    assert tried == [0]
