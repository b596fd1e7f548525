"""Duties 2, 3 and 13: nobody gives monthly by accident, everybody can stop, and no failed charge is passed over in silence."""

import itertools

from bot.actions import Give, GiveMonthly, parse
from sandbox.telegram.people import Button
from tests.journeys.test_monthly import DAY, PACED, PLAN, agreed, begun, opened, the_id
from tests.stage import Stage, labels, press, to_the_bridge

NAMES = {"en": "every month", "fr": "mois", "ar": "كل شهر"}
TERMS = ("3m", "12m", "open")
PHONES = {"ar": "amina", "fr": "yasmine", "en": "john"}


async def test_duty_2_monthly_is_never_reached_without_a_tap_that_names_it_and_its_end(stage: Stage) -> None:
    """Whatever button begins a monthly gift says so, with its end; the ordinary one begins none; the first message offers Stop."""
    for (language, name), term in itertools.product(PHONES.items(), TERMS):
        phone = getattr(stage, name)()
        await phone.start("c_humanitarian_100_mad")
        await phone.until(lambda one: any("100" in label for label in labels(one)))
        stage.telegram.tapped(phone, phone.chat, phone.last, Button("x", f"each-1-10000-mad-{term}"))
        wanted = NAMES[language]
        await phone.until(lambda one, wanted=wanted: wanted in one.last.text and _beginning(one.last.buttons))
        [begins] = _beginning(phone.last.buttons)
        assert wanted in begins.text, "the tap names it"
        assert any(sign.isdigit() for sign in begins.text.replace("100", "")) or term == "open"
        [once] = [one for one in phone.messages if one.sender == "bot"][-1:]
        assert not [one for one in once.buttons if isinstance(parse(one.data or ""), Give)]
    session = await to_the_bridge(stage, stage.john())
    assert stage.stripe.session(session)["mode"] == "payment"
    stage.stripe.pay(session)
    await stage.john().says("Received: 200 MAD")
    assert stage.stripe.subscriptions == {}
    stage.stripe.pay(await agreed(stage))
    await stage.john().says("Received: 100 MAD", PACED)
    assert "Stop the monthly gift" in labels(stage.john())


def _beginning(buttons: list[Button]) -> list[Button]:
    return [one for one in buttons if isinstance(parse(one.data or ""), GiveMonthly)]


async def test_duty_3_two_taps_stop_it_only_for_its_donor_or_staff_and_nobody_can_move_it(
    stage: Stage,
) -> None:
    await begun(stage, "Until I stop")
    monthly_id, amina = await the_id(stage), stage.amina()
    await amina.start("c_humanitarian")
    await amina.until(lambda one: bool(labels(one)))
    for data in (
        "stop-yes-{}",
        "pause-1-{}",
        "change-yes-50000-{}",
        "card-{}",
        "plan-{}",
        "staffstop-yes-{}",
    ):
        before = amina.last.id
        stage.telegram.tapped(amina, amina.chat, amina.last, Button("x", data.format(monthly_id)))
        await amina.until(lambda one, before=before: one.last.id != before or bool(labels(one)))
        assert "100" not in amina.last.text or "350" in amina.last.text
    await amina.send("/language")
    await amina.says("Choose your language")
    assert await stage.rows("SELECT state, stop, paused_until, amount_minor FROM monthly_gifts") == [
        ("active", None, None, 10000)
    ]
    john = stage.john()
    taps = john.taps
    await opened(john)
    taps = john.taps
    await press(john, "Stop", "Nothing more will be charged from now on")
    await john.tap("Yes, stop it")
    # The news that it is stopped may come before anybody looks.
    await john.until(lambda one: any("It has ended" in message.text for message in one.messages))
    assert john.taps - taps == 2
    await stage.until_rows(PLAN, [("ended", "donor")])
    assert await stage.rows(
        "SELECT count(*) FROM monthly_gifts m JOIN donors d ON d.id = m.donor_id WHERE d.telegram_id = 1003"
    ) == [(1,)]


async def test_duty_13_each_failed_charge_is_told_once_with_its_reason_its_next_try_and_a_way_out(
    stage: Stage,
) -> None:
    subscription, john = await begun(stage, "12 months"), stage.john()
    reasons = {
        "insufficient_funds": "not enough money on the card",
        "expired_card": "the card has expired",
        "authentication_required": "your bank wants you to confirm it",
    }
    days = iter((32, 4, 6))
    for number, (code, words) in enumerate(reasons.items(), 1):
        stage.stripe.fail_next_charge(subscription, code=code)
        stage.stripe.forward(next(days) * DAY)
        await stage.until_rows(
            "SELECT count(*) FROM deliveries WHERE kind = 'renewal_failed' AND state = 'sent'",
            [(number,)],
            15,
        )
        assert words in john.last.text
        assert "Nothing was taken" in john.last.text
        assert "Stripe tries again on" in john.last.text
        assert {"Another card", "Stop"} <= set(labels(john))
    for event in [one for one in stage.stripe.events if one["type"].startswith("invoice.payment")]:
        await stage.stripe.deliver(event, times=3)
    stage.stripe.forward(8 * DAY)
    await john.says("Gift number 2 of your monthly gift", PACED)
    assert await stage.rows("SELECT count(*) FROM deliveries WHERE kind = 'renewal_failed'") == [(3,)]
