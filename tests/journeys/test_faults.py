"""The wires break in every way we know of: one gift, one charge, at least one thanks, and never silence."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from msgspec.structs import replace

from sandbox.app import Sandbox
from sandbox.faults import Fault
from tests.stage import QUICK, Stage, bot_beside, press, session_of, settings_for, shows, to_the_bridge

ONE_PAID = [("paid",)]


async def thanked_once(stage: Stage) -> None:
    """Exactly one gift, one charge and one thanks that was sent."""
    await stage.until_rows("SELECT state FROM deliveries WHERE kind = 'thanks'", [("sent",)])
    assert await stage.rows("SELECT state FROM donations") == ONE_PAID
    assert await stage.rows("SELECT received_minor, gifts FROM totals") == [(20000, 1)]
    assert len(stage.stripe.charges) == 1


def thanks_on(phone) -> int:
    return sum("Received: " in message.text for message in phone.messages)


# Webhooks.


@pytest.mark.parametrize("times", [3, 5, 100])
async def test_the_same_event_many_times_at_once_is_one_gift_and_one_thanks(stage: Stage, times: int) -> None:
    john = stage.john()
    session = await to_the_bridge(stage, john)
    stage.stripe.outbox.next_ones.append("lose")
    stage.stripe.pay(session)
    assert set(await stage.stripe.deliver(stage.stripe.events[-1], times)) == {200}
    await thanked_once(stage)
    assert thanks_on(john) == 1


async def test_a_lost_webhook_is_found_when_the_donor_asks(stage: Stage) -> None:
    john = stage.john()
    session = await to_the_bridge(stage, john)
    stage.stripe.outbox.next_ones.append("lose")
    stage.stripe.pay(session)
    await john.tap("I have paid")
    await thanked_once(stage)


async def test_a_lost_webhook_is_found_by_the_sweep(stage: Stage) -> None:
    from bot import looking

    session = await to_the_bridge(stage, stage.john())
    stage.stripe.outbox.next_ones.append("lose")
    stage.stripe.pay(session)
    assert await looking.sweep(stage.services) == 1
    await thanked_once(stage)
    assert await looking.sweep(stage.services) == 0


async def test_a_lost_webhook_is_found_by_the_reconciliation(stage: Stage) -> None:
    from bot import looking

    session = await to_the_bridge(stage, stage.john())
    stage.stripe.outbox.next_ones.append("lose")
    stage.stripe.pay(session)
    assert len(await looking.reconcile(stage.services)) == 1
    assert await looking.reconcile(stage.services) == []
    await thanked_once(stage)


@pytest.mark.parametrize("mode", ["double", "delay"])
async def test_a_webhook_doubled_or_late_changes_nothing(stage: Stage, mode: str) -> None:
    session = await to_the_bridge(stage, stage.john())
    stage.stripe.outbox.next_ones.append(mode)
    stage.stripe.pay(session)
    await thanked_once(stage)


async def test_events_out_of_order_end_in_the_same_state(stage: Stage) -> None:
    session = await to_the_bridge(stage, stage.john())
    stage.stripe.outbox.next_ones.extend(["hold", "hold"])
    stage.stripe.pay_later(session)
    stage.stripe.settle_later(session)
    stage.stripe.outbox.release()
    await thanked_once(stage)


async def test_webhooks_and_polling_together_change_nothing(polling: Stage) -> None:
    session = await to_the_bridge(polling, polling.john())
    polling.stripe.webhook_url = f"{polling.url}/stripe/webhook"
    polling.stripe.pay(session)
    await thanked_once(polling)


def _good(stage: Stage) -> bytes:
    event = stage.stripe.event("checkout.session.completed", next(iter(stage.stripe.sessions.values())))
    return json.dumps(event).encode()


HOSTILE = {
    "no signature": lambda stage, body: (body, None),
    "empty signature": lambda stage, body: (body, ""),
    "wrong secret": lambda stage, body: (body, stage.stripe.sign(body, "whsec_other")),
    "only v0": lambda stage, body: (body, stage.stripe.sign(body).replace("v1=", "v0=")),
    "changed body": lambda stage, body: (body + b" ", stage.stripe.sign(body)),
    "a day old": lambda stage, body: (body, stage.stripe.sign(body, timestamp=int(time.time()) - 86400)),
    "a day ahead": lambda stage, body: (body, stage.stripe.sign(body, timestamp=int(time.time()) + 86400)),
    "letters for a time": lambda stage, body: (body, "t=now,v1=aa"),
    "not ASCII": lambda stage, body: (body, f"t={int(time.time())},v1=\u00e9\u00e9"),
    "not JSON": lambda stage, body: (b"{", stage.stripe.sign(b"{")),
    "not UTF-8": lambda stage, body: (b"\xff\xfe", stage.stripe.sign(b"\xff\xfe")),
    "a list": lambda stage, body: (b"[]", stage.stripe.sign(b"[]")),
    "an empty object": lambda stage, body: (b"{}", stage.stripe.sign(b"{}")),
    "a thin event": lambda stage, body: _signed(
        stage, b'{"id": "evt_1", "object": "v2.core.event", "type": "x"}'
    ),
    "live on a test bot": lambda stage, body: _signed(
        stage, body.replace(b'"livemode": false', b'"livemode": true')
    ),
}


def _signed(stage: Stage, body: bytes) -> tuple[bytes, str]:
    return body, stage.stripe.sign(body)


@pytest.mark.parametrize("name", list(HOSTILE))
async def test_a_webhook_that_proves_nothing_is_refused_and_not_kept(stage: Stage, name: str) -> None:
    await to_the_bridge(stage, stage.john())
    body, header = HOSTILE[name](stage, _good(stage))
    assert await stage.stripe.outbox.post_raw(body, header) == 400
    assert await stage.rows("SELECT count(*) FROM inbox") == [(0,)]


async def test_a_webhook_too_large_is_refused(stage: Stage) -> None:
    body = b"x" * ((1 << 20) + 1)
    assert await stage.stripe.outbox.post_raw(body, stage.stripe.sign(body)) == 413


async def test_the_secret_being_rotated_out_still_counts(stage: Stage) -> None:
    session = await to_the_bridge(stage, stage.john())
    stage.stripe.outbox.next_ones.append("lose")
    stage.stripe.pay(session)
    body = json.dumps(stage.stripe.events[-1]).encode()
    assert await stage.stripe.outbox.post_raw(body, stage.stripe.sign(body, "whsec_old")) == 200
    await thanked_once(stage)


async def test_a_session_of_another_application_is_ignored(stage: Stage) -> None:
    price = {"currency": "eur", "unit_amount": "500", "product_data": {"name": "A mug"}}
    params = {
        "line_items": [{"price_data": price}],
        "success_url": "https://shop.example/",
        "client_reference_id": "order-1",
    }
    session = stage.stripe.create_session(params)
    stage.stripe.pay(session["id"])
    await stage.until_rows("SELECT outcome FROM inbox", [("ignored",)])
    assert await stage.rows("SELECT count(*) FROM donations") == [(0,)]


@pytest.mark.parametrize(
    "change",
    [
        {"amount_total": 100},
        {"currency": "eur"},
        {"livemode": True},
        {"mode": "subscription"},
        {"client_reference_id": "other"},
    ],
)
async def test_money_that_does_not_match_its_gift_goes_to_a_person(
    stage: Stage, change: dict[str, object]
) -> None:
    john, karim = stage.john(), stage.karim()
    session = await to_the_bridge(stage, john)
    stage.stripe.sessions[session] |= change
    stage.stripe.pay(session)
    await john.says("a person is checking it")
    await karim.says("ne correspond pas")
    assert await stage.rows("SELECT state FROM donations") == [("review",)]
    assert await stage.rows("SELECT is_matched FROM payments") == [(0,)]
    assert await stage.rows("SELECT count(*) FROM totals") == [(0,)]


async def test_an_unknown_word_of_stripe_is_reviewed_not_crashed_on(stage: Stage) -> None:
    session = await to_the_bridge(stage, stage.john())
    stage.stripe.sessions[session] |= {"status": "frozen", "payment_status": "perhaps"}
    await stage.stripe.deliver(
        stage.stripe.event("checkout.session.completed", stage.stripe.sessions[session])
    )
    await stage.until_rows("SELECT state FROM donations", [("review",)])


# Taps.


async def test_fifty_parallel_taps_on_pay_are_one_session(stage: Stage) -> None:
    john = stage.john()
    await john.start("c_humanitarian_200_MAD")
    await john.says("Gift of 200 MAD")
    message = john.last
    button = message.buttons[0]
    updates = [stage.telegram.tapped(john, john.chat, message, button) for _ in range(50)]
    await asyncio.gather(*(stage.telegram.acknowledged(one, 20) for one in updates))
    assert len(stage.stripe.sessions) == 1
    stage.stripe.pay(session_of(john))
    await thanked_once(stage)


async def test_the_same_update_twice_changes_nothing(stage: Stage) -> None:
    john = stage.john()
    session = await to_the_bridge(stage, john)
    waiting = [one.update for one in stage.telegram.updates.everyone.values()]
    async with aiohttp.ClientSession(headers=_secret(stage)) as http:
        for update in waiting:
            async with http.post(f"{stage.url}/telegram", json=update) as answer:
                assert answer.status == 200
    assert list(stage.stripe.sessions) == [session]
    assert await stage.rows("SELECT count(*) FROM donations") == [(1,)]
    assert shows(john, "Open Stripe")


def _secret(stage: Stage) -> dict[str, str]:
    assert stage.telegram.updates.webhook is not None
    return {"X-Telegram-Bot-Api-Secret-Token": stage.telegram.updates.webhook.secret or ""}


async def test_an_update_without_the_secret_is_refused(stage: Stage) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{stage.url}/telegram", json={"update_id": 1}) as answer,
    ):
        assert answer.status == 401


@pytest.mark.parametrize(
    "body", ["nonsense", "[]", '{"update_id": 5}', '{"update_id": 6, "message": {"odd": 1}}']
)
async def test_an_update_that_cannot_be_read_does_not_come_for_ever(stage: Stage, body: str) -> None:
    headers = _secret(stage) | {"Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.post(f"{stage.url}/telegram", data=body) as answer,
    ):
        assert answer.status == 200


# Telegram.


@pytest.fixture(params=["webhook", "polling"])
async def either(request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Stage]:
    async with bot_beside(
        sandbox, settings_for(sandbox, tmp_path, webhook=request.param == "webhook")
    ) as one:
        yield one


@pytest.mark.parametrize("kind", ["429", "500", "502", "cut", "cut_after", "timeout", "timeout_after"])
async def test_trouble_on_the_answer_to_start_is_survived(either: Stage, kind: str) -> None:
    either.telegram.faults.add(Fault(kind, "sendMessage"))
    await either.john().send("/start")
    await either.john().says("3 campaigns", 10)


@pytest.mark.parametrize("kind", ["429", "500", "502", "cut", "cut_after", "timeout", "timeout_after"])
async def test_trouble_at_the_thanks_delays_it_and_loses_nothing(stage: Stage, kind: str) -> None:
    john = stage.john()
    session = await to_the_bridge(stage, john)
    stage.telegram.faults.add(Fault(kind, "sendMessage"))
    stage.stripe.pay(session)
    await thanked_once(stage)
    assert thanks_on(john) >= 1


@pytest.mark.parametrize("kind", ["429", "502", "cut", "timeout"])
async def test_trouble_on_a_redraw_is_survived(stage: Stage, kind: str) -> None:
    john = stage.john()
    await john.start("c_humanitarian")
    await john.says("Humanitarian")
    stage.telegram.faults.add(Fault(kind, "editMessageText", times=2 if kind != "429" else 1))
    await press(john, "Give", "How much")


async def test_telegram_that_fails_for_long_is_heard_again_by_redelivery(stage: Stage) -> None:
    stage.telegram.faults.add(Fault("502", "sendMessage", times=5))
    await stage.john().send("/start")
    await stage.john().says("3 campaigns", 10)


async def test_a_tap_that_cannot_be_acknowledged_is_answered_all_the_same(stage: Stage) -> None:
    john = stage.john()
    await john.start("c_humanitarian")
    await john.says("Humanitarian")
    stage.telegram.faults.add(Fault("502", "answerCallbackQuery"))
    await press(john, "Give", "How much")


async def test_a_donor_who_blocked_the_bot_is_thanked_when_they_come_back(stage: Stage) -> None:
    john = stage.john()
    session = await to_the_bridge(stage, john)
    await stage.telegram.acknowledged(john.block())
    stage.stripe.pay(session)
    await stage.until_rows("SELECT state FROM deliveries WHERE kind = 'thanks'", [("undeliverable",)])
    assert await stage.rows("SELECT state FROM donations") == ONE_PAID
    john.unblock()
    await john.says("Received")
    await thanked_once(stage)


async def test_a_deactivated_chat_does_not_come_for_ever(stage: Stage) -> None:
    john = stage.john()
    stage.telegram.faults.add(Fault("403", "sendMessage"))
    await stage.telegram.acknowledged(await john.send("/start"))
    assert await stage.rows("SELECT state FROM donors") == [("blocked",)]


async def test_a_message_that_was_deleted_is_sent_anew(stage: Stage) -> None:
    john = stage.john()
    await john.start("c_humanitarian")
    await john.says("Humanitarian")
    message = john.last
    del john.chat.messages[message.id]
    stage.telegram.tapped(john, john.chat, message, next(b for b in message.buttons if b.text == "Give"))
    await john.says("How much")


# Stripe.


@pytest.mark.parametrize(
    "kind", ["429", "500", "503_html", "timeout", "timeout_after", "cut", "cut_after", "cut_body"]
)
async def test_trouble_at_the_link_ends_in_one_session(stage: Stage, kind: str) -> None:
    john = stage.john()
    stage.stripe.faults.add(Fault(kind, "POST", path="/v1/checkout/sessions"))
    await john.start("c_humanitarian_200_MAD")
    await john.says("Gift of 200 MAD")
    await john.tap("Pay 200 MAD")
    await john.until(lambda phone: shows(phone, "Open Stripe"), 15)
    assert len(stage.stripe.sessions) == 1
    stage.stripe.pay(session_of(john))
    await thanked_once(stage)


async def test_stripe_down_at_the_link_is_said_and_the_link_follows(stage: Stage) -> None:
    john = stage.john()
    stage.stripe.faults.add(Fault("503_html", "POST", times=-1, path="/v1/checkout/sessions"))
    await john.start("c_humanitarian_200_MAD")
    await press(john, "Pay 200 MAD", "is being prepared", first="Gift of 200 MAD")
    stage.stripe.faults.clear()
    await stage.services.db.write(lambda tx: tx.plain("UPDATE donations SET look_at = 0"))
    await john.until(lambda phone: shows(phone, "Open Stripe"), 15)
    stage.stripe.pay(session_of(john))
    await thanked_once(stage)


async def test_a_refused_key_is_told_to_staff_and_kindly_to_the_donor(stage: Stage) -> None:
    john, karim = stage.john(), stage.karim()
    stage.stripe.faults.add(Fault("401", "POST"))
    await john.start("c_humanitarian_200_MAD")
    await press(
        john, "Pay 200 MAD", "Gifts are not possible right now; nothing was charged", first="Gift of 200 MAD"
    )
    await karim.says("refuse notre clé")


async def test_a_key_refused_in_the_background_is_told_to_the_donor_too(stage: Stage) -> None:
    john = stage.john()
    stage.stripe.faults.add(Fault("cut", "POST", times=3))
    stage.stripe.faults.add(Fault("401", "POST"))
    await john.start("c_humanitarian_200_MAD")
    await press(john, "Pay 200 MAD", "is being prepared", first="Gift of 200 MAD")
    await john.says("did not go through; nothing was received", 10)
    assert await stage.rows("SELECT state FROM donations") == [("failed",)]


async def test_a_page_that_answers_just_too_late_is_shown_not_forgotten(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    hasty = replace(QUICK, patience=0.2, stripe_read=5)
    async with bot_beside(sandbox, settings_for(sandbox, tmp_path, webhook=True), hasty) as stage:
        john = stage.john()
        stage.stripe.faults.add(Fault("slow", "POST", seconds=0.6))
        await john.start("c_humanitarian_200_MAD")
        await john.says("Gift of 200 MAD")
        await john.tap("Pay 200 MAD")
        await john.until(lambda phone: shows(phone, "Open Stripe"), 15)
        assert len(stage.stripe.sessions) == 1


async def test_an_unknown_older_page_that_expires_says_nothing_of_the_open_one(stage: Stage) -> None:
    session = await to_the_bridge(stage, stage.john())
    twin = {**stage.stripe.sessions[session], "id": session + "twin", "status": "expired", "url": None}
    stage.stripe.sessions[twin["id"]] = twin
    await stage.stripe.deliver(stage.stripe.event("checkout.session.expired", twin))
    await stage.until_rows("SELECT processed_at IS NOT NULL FROM inbox", [(1,)])
    assert await stage.rows("SELECT state FROM donations") == [("awaiting",)]
    stage.stripe.pay(session)
    await thanked_once(stage)


async def test_a_second_payment_for_the_same_gift_goes_to_a_person(stage: Stage) -> None:
    session = await to_the_bridge(stage, stage.john())
    stage.stripe.pay(session)
    await stage.john().says("Received")
    twin = {**stage.stripe.sessions[session], "id": session + "twin", "payment_intent": "pi_other"}
    stage.stripe.sessions[twin["id"]] = twin
    await stage.stripe.deliver(stage.stripe.event("checkout.session.completed", twin))
    await stage.karim().says("ne correspond pas")
    assert await stage.rows("SELECT received_minor, gifts FROM totals") == [(20000, 1)]
    assert await stage.rows("SELECT count(*) FROM payments") == [(2,)]


@pytest.mark.parametrize("kind", ["429", "500", "503_html", "timeout", "cut", "cut_body"])
async def test_trouble_while_confirming_is_survived(stage: Stage, kind: str) -> None:
    john = stage.john()
    session = await to_the_bridge(stage, john)
    stage.stripe.faults.add(Fault(kind, "GET", path="/v1/checkout/sessions/", times=4))
    stage.stripe.pay(session)
    await thanked_once(stage)


async def test_stripe_that_cannot_cancel_now_cancels_later(stage: Stage) -> None:
    john = stage.john()
    session = await to_the_bridge(stage, john)
    stage.stripe.faults.add(Fault("503_html", "POST", times=3))
    await press(john, "Cancel", "We are canceling")
    await stage.services.db.write(lambda tx: tx.plain("UPDATE donations SET look_at = 0"))
    await john.says("is canceled; nothing was charged")
    assert stage.stripe.sessions[session]["status"] == "expired"


# Starting and stopping.


async def test_health_says_how_the_parts_do(stage: Stage) -> None:
    await stage.until_health("ok")


async def test_health_names_the_part_that_is_down(stage: Stage) -> None:
    await stage.until_health("ok")
    stage.telegram.faults.add(Fault("502", "getMe"))
    await stage.until_health("telegram: cannot be reached: NetworkError")
    await stage.until_health("ok")


async def test_health_names_stripe_when_it_is_down(polling: Stage) -> None:
    await polling.until_health("ok")
    polling.stripe.faults.add(Fault("503_html", "GET", times=-1))
    await polling.until_health("stripe: does not answer")
    polling.stripe.faults.clear()
    await polling.until_health("ok")


async def test_health_says_when_the_database_is_gone(stage: Stage) -> None:
    await stage.until_health("ok")
    await stage.services.db.close()
    await stage.services.db.open()
    await stage.until_health("ok")


async def test_the_bot_starts_while_telegram_is_down(sandbox: Sandbox, tmp_path) -> None:
    sandbox.telegram.faults.add(Fault("502", "getMe", times=3))
    async with bot_beside(sandbox, settings_for(sandbox, tmp_path, webhook=True)) as stage:
        await stage.john().send("/start")
        await stage.john().says("3 campaigns")


async def test_a_bot_that_starts_while_telegram_is_down_hears_of_money_and_thanks_for_it_afterwards(
    sandbox: Sandbox, tmp_path
) -> None:
    settings = settings_for(sandbox, tmp_path, webhook=True)
    async with bot_beside(sandbox, settings) as stage:
        session = await to_the_bridge(stage, stage.john())
    sandbox.telegram.faults.add(Fault("502", times=-1))
    async with bot_beside(sandbox, settings) as again:
        await again.until_health("telegram: cannot be reached: NetworkError")
        sandbox.stripe.pay(session)
        await again.until_rows("SELECT state FROM donations", [("paid",)])
        sandbox.telegram.calls.clear()
        sandbox.telegram.faults.clear()
        await again.john().says("Received")
        await thanked_once(again)
        async with asyncio.timeout(20):
            while "setWebhook" not in {call.method for call in sandbox.telegram.calls}:
                await asyncio.sleep(0.01)
        await again.until_health("ok")
        await again.john().send("/start")
        await again.john().says("3 campaigns")


async def test_a_bot_that_was_renamed_while_telegram_was_down_says_so_and_knows_its_name_at_the_next_start(
    sandbox: Sandbox, tmp_path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_for(sandbox, tmp_path, webhook=True)
    async with bot_beside(sandbox, settings) as stage:
        old = stage.services.username
    down = Fault("502", "getMe", times=-1)
    sandbox.telegram.faults.add(down)
    async with bot_beside(sandbox, settings) as again:
        assert again.services.username == old
        sandbox.telegram.username = "renamed_bot"
        sandbox.telegram.faults.drop(down)
        await again.until_health("ok")
        said = "the bot has another name now: start it again, or its links lead to nobody"
        assert said in [one.message for one in caplog.records if one.levelname == "ERROR"]
    async with bot_beside(sandbox, settings) as third:
        assert third.services.username == "renamed_bot"


async def test_a_bot_whose_webhook_telegram_refuses_is_not_well_although_telegram_answers(
    sandbox: Sandbox, tmp_path
) -> None:
    settings = settings_for(sandbox, tmp_path, webhook=True)
    async with bot_beside(sandbox, settings) as stage:
        await stage.until_health("ok")
    sandbox.telegram.faults.add(Fault("502", "setWebhook", times=-1))
    async with bot_beside(sandbox, settings) as again:
        await again.until_health("telegram: cannot be reached: NetworkError")
        asked = len(sandbox.telegram.calls)
        async with asyncio.timeout(20):
            while "getMe" not in {call.method for call in sandbox.telegram.calls[asked + 1 :]}:
                await asyncio.sleep(0.01)
        await again.until_health("telegram: cannot be reached: NetworkError")
        sandbox.telegram.faults.clear()
        await again.until_health("ok")


async def test_stopping_finishes_what_was_begun(sandbox: Sandbox, tmp_path) -> None:
    settings = settings_for(sandbox, tmp_path, webhook=True)
    async with bot_beside(sandbox, settings) as stage:
        session = await to_the_bridge(stage, stage.john())
    sandbox.stripe.outbox.next_ones.append("lose")
    sandbox.stripe.pay(session)
    async with bot_beside(sandbox, settings) as again:
        await again.john().says("Received")
        await thanked_once(again)
