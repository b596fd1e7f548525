"""A donor gives: with webhooks and without, in three languages, by tap and by typing."""

import time

import pytest

from sandbox.telegram import Phone
from tests.stage import Stage, labels, press, session_of, shows, to_the_bridge


async def test_a_donor_gives_and_is_thanked(stage: Stage) -> None:
    john = stage.john()
    stage.stripe.pay(await to_the_bridge(stage, john))
    await john.says("Received: 200 MAD")
    assert await stage.rows("SELECT state, amount_minor, currency FROM donations") == [("paid", 20000, "MAD")]
    assert await stage.rows("SELECT amount_minor, currency FROM payments") == [(20000, "MAD")]
    assert await stage.rows("SELECT received_minor, gifts FROM totals") == [(20000, 1)]


async def test_a_donor_gives_without_a_public_url(polling: Stage) -> None:
    john = polling.john()
    session = await to_the_bridge(polling, john)
    polling.stripe.pay(session)
    await john.says("Received: 200 MAD")
    assert await polling.rows("SELECT state FROM donations") == [("paid",)]


@pytest.mark.parametrize(
    ("who", "thanks"), [("amina", "توصلنا بتبرعك"), ("yasmine", "Bien reçu"), ("john", "Received")]
)
async def test_each_donor_is_spoken_to_in_their_language(stage: Stage, who: str, thanks: str) -> None:
    phone: Phone = getattr(stage, who)()
    stage.stripe.pay(await to_the_bridge(stage, phone))
    await phone.says(thanks)
    assert "200 MAD" in phone.last.text.replace("\u00a0", " ")


async def test_three_taps_lead_from_a_campaign_link_to_the_stripe_button(stage: Stage) -> None:
    john = stage.john()
    await to_the_bridge(stage, john)
    assert john.taps == 3
    url = stage.stripe.sessions[session_of(john)]["url"]
    assert next(button.url for button in john.last.buttons if button.url) == url


async def test_no_personal_field_is_asked_or_kept(stage: Stage) -> None:
    john = stage.john()
    stage.stripe.pay(await to_the_bridge(stage, john))
    await john.says("Received")
    everything = str([await stage.rows(f"SELECT * FROM {table}") for table in await stage.tables()])
    assert "John" not in everything
    sent = [call.params for call in stage.stripe.calls if call.method == "POST"]
    assert "1003" not in str(sent)
    assert not {"customer_email", "phone_number_collection[enabled]"} & set(str(sent).split("'"))


async def test_a_typed_amount_walks_on(stage: Stage) -> None:
    john = stage.john()
    await john.start("c_humanitarian")
    await press(john, "Give", "How much")
    await john.send("150 dh")
    await john.says("Gift of 150 MAD")
    await press(john, "Pay 150 MAD", "is ready")
    assert [m.text for m in john.messages if m.sender == "bot"] == [john.last.text], "one living message"


async def test_an_amount_before_a_campaign_asks_which(stage: Stage) -> None:
    john = stage.john()
    await john.send("20 EUR")
    await john.says("20 EUR: for which campaign?")
    await press(john, "Startups", "Gift of 20 EUR")


async def test_an_amount_with_a_campaign_names_both(stage: Stage) -> None:
    john = stage.john()
    await john.send("150 humanitarian")
    await john.says("Gift of 150 MAD to Humanitarian aid")


async def test_an_unclear_number_is_asked_back_and_never_guessed(stage: Stage) -> None:
    john = stage.john()
    await john.start("c_humanitarian")
    await press(john, "Give", "How much")
    await john.send("1.000")
    await john.says("Which amount do you mean?")
    assert labels(john)[:2] == ["1,000 MAD", "1 MAD"]
    await press(john, "1,000 MAD", "Gift of 1,000 MAD")


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("5", "smallest gift here is 20 MAD"),
        ("60000", "largest gift here is 50,000 MAD"),
        ("-5", "more than zero"),
        ("0", "more than zero"),
        ("1e9", "plain digits"),
        ("20 GBP", "cannot take this currency"),
        ("10 20", "several numbers"),
        ("12.345678", "too many decimals"),
        ("🎉", "Write an amount"),
        ("hello", "Write an amount"),
        ("<b>x</b> & y", "Write an amount"),
    ],
)
async def test_a_bad_amount_gets_a_kind_answer(stage: Stage, written: str, answer: str) -> None:
    john = stage.john()
    await john.start("c_humanitarian")
    await press(john, "Give", "How much")
    await john.send(written)
    await john.says(answer)
    assert await stage.rows("SELECT count(*) FROM donations") == [(0,)]


async def test_the_source_of_a_link_is_kept_to_the_donation(stage: Stage) -> None:
    john = stage.john()
    await john.start("c_humanitarian_200_MAD__poster3")
    await press(john, "Pay 200 MAD", "is ready", first="Gift of 200 MAD")
    assert await stage.rows("SELECT source, amount_minor FROM donations") == [("poster3", 20000)]


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "x" * 64,
        "c_nothing",
        "give-1-20000-mad",
        "erase-yes",
        "r_nobody1234",
        "c_humanitarian_9e9_MAD",
        "'; DROP TABLE donors--",
    ],
)
async def test_a_strange_link_leads_home_and_changes_nothing(stage: Stage, payload: str) -> None:
    john = stage.john()
    await john.start(payload)
    await john.until(lambda phone: phone.messages[-1].sender == "bot")
    assert await stage.rows("SELECT count(*) FROM donations") == [(0,)]
    assert shows(john, "All campaigns") or shows(john, "My gifts")


async def test_home_puts_the_campaign_furthest_from_its_goal_first(stage: Stage) -> None:
    john = stage.john()
    stage.stripe.pay(await to_the_bridge(stage, john))
    await john.says("Received")
    await john.send("/start")
    await john.says("3 campaigns")
    assert labels(john)[2] == "Humanitarian aid organisations"


async def test_a_person_whose_language_is_unknown_is_asked_first_and_resumes(stage: Stage) -> None:
    ana = stage.telegram.person(1004, "Ana", "pt-br")
    await ana.start("c_humanitarian")
    await ana.says("Choose your language")
    await press(ana, "English", "Humanitarian aid organisations")


async def test_the_language_can_be_changed_in_mid_walk(stage: Stage) -> None:
    john = stage.john()
    await john.start("c_humanitarian")
    await press(john, "Give", "How much")
    await john.send("/language")
    await john.says("Choose your language")
    await press(john, "العربية", "3 حملات")
    assert await stage.rows("SELECT language FROM donors") == [("ar",)]


async def test_the_currency_can_be_changed(stage: Stage) -> None:
    john = stage.john()
    await john.send("/currency")
    await press(john, "EUR", "3 campaigns", first="Which currency")
    await press(john, "Where it is needed most", "10 EUR", first="3 campaigns", on="buttons")


async def test_a_declined_card_leaves_the_page_open_to_pay_again(stage: Stage) -> None:
    john = stage.john()
    session = await to_the_bridge(stage, john)
    stage.stripe.decline(session)
    await press(john, "I have paid", "Your bank refused")
    stage.stripe.pay(session)
    await john.says("Received")
    assert len(stage.stripe.charges) == 1


async def test_my_card_was_refused_explains_and_offers_the_page(stage: Stage) -> None:
    john = stage.john()
    await to_the_bridge(stage, john)
    await press(john, "My card was refused", "Your bank refused")
    assert john.button("Try another card").url


async def test_a_delayed_payment_is_confirmed_later(stage: Stage) -> None:
    john = stage.john()
    session = await to_the_bridge(stage, john)
    stage.stripe.pay_later(session)
    await john.says("is on its way")
    assert await stage.rows("SELECT count(*) FROM payments") == [(0,)]
    stage.stripe.settle_later(session)
    await john.says("Received")


async def test_a_delayed_payment_that_fails_is_told(stage: Stage) -> None:
    john = stage.john()
    session = await to_the_bridge(stage, john)
    stage.stripe.pay_later(session)
    await john.says("is on its way")
    stage.stripe.fail_later(session)
    await john.says("did not go through")
    assert await stage.rows("SELECT state FROM donations") == [("failed",)]


async def test_an_expired_link_is_told_and_can_be_tried_again(stage: Stage) -> None:
    john = stage.john()
    await to_the_bridge(stage, john)
    stage.stripe.forward(2 * 3600 + 60)
    await john.says("has expired; nothing was charged")
    await press(john, "Try 200 MAD again", "is ready")
    stage.stripe.pay(session_of(john))
    await john.says("Received")


async def test_a_reminder_is_owed_once_for_tomorrow(stage: Stage) -> None:
    john = stage.john()
    await to_the_bridge(stage, john)
    stage.stripe.forward(2 * 3600 + 60)
    await john.says("has expired")
    await press(john, "Remind me tomorrow", "tomorrow, once")
    [(state, hours)] = await stage.rows(
        f"SELECT state, (due_at - {int(time.time())} + 1800) / 3600 FROM deliveries WHERE kind = 'reminder'"
    )
    assert (state, hours) == ("owed", 24)


async def test_a_canceled_gift_cannot_be_paid(stage: Stage) -> None:
    john = stage.john()
    session = await to_the_bridge(stage, john)
    await press(john, "Cancel", "is canceled; nothing was charged")
    assert stage.stripe.sessions[session]["status"] == "expired"
    assert await stage.rows("SELECT state FROM donations") == [("canceled",)]


async def test_a_gift_paid_before_its_cancel_is_thanked(stage: Stage) -> None:
    john = stage.john()
    session = await to_the_bridge(stage, john)
    stage.stripe.outbox.next_ones.append("lose")
    stage.stripe.pay(session)
    await john.tap("Cancel")
    await john.until(lambda phone: any("Received" in m.text for m in phone.messages))
    assert await stage.rows("SELECT state FROM donations") == [("paid",)]


async def test_a_changed_amount_closes_the_older_page(stage: Stage) -> None:
    john = stage.john()
    old = await to_the_bridge(stage, john)
    await press(john, "Change the amount", "How much")
    await press(john, "100 MAD", "Gift of 100 MAD")
    await press(john, "Pay 100 MAD", "is ready")
    await stage.until_rows(
        "SELECT state FROM donations ORDER BY amount_minor", [("awaiting",), ("canceled",)]
    )
    assert stage.stripe.sessions[old]["status"] == "expired"


async def test_back_from_stripe_the_donor_sees_how_it_stands(stage: Stage) -> None:
    john = stage.john()
    session = await to_the_bridge(stage, john)
    reference = stage.stripe.sessions[session]["client_reference_id"]
    await john.start(f"x_{reference}")
    await john.says("Waiting for Stripe")
    stage.stripe.outbox.next_ones.append("lose")
    stage.stripe.pay(session)
    await john.start(f"r_{reference}")
    await john.until(lambda phone: any("Received" in m.text for m in phone.messages))


async def test_a_stranger_learns_nothing_of_anothers_gift(stage: Stage) -> None:
    reference = stage.stripe.sessions[await to_the_bridge(stage, stage.john())]["client_reference_id"]
    yasmine = stage.yasmine()
    await yasmine.start(f"r_{reference}")
    await yasmine.until(lambda phone: phone.messages[-1].sender == "bot")
    assert "200" not in yasmine.last.text


async def test_my_gifts_lists_states(stage: Stage) -> None:
    john = stage.john()
    await john.send("/mygifts")
    await john.says("no gift here yet")
    stage.stripe.pay(await to_the_bridge(stage, john))
    await john.says("Received")
    await john.send("/mygifts")
    await john.says("✅ received")


async def test_what_is_kept_can_be_seen_sent_and_erased(stage: Stage) -> None:
    john = stage.john()
    stage.stripe.pay(await to_the_bridge(stage, john))
    await john.says("Received")
    await john.send("/privacy")
    await press(john, "Send me the file", "Everything we keep", first="What we keep about you")
    document = john.last.document
    assert document is not None
    assert b'"amount_minor": 20000' in document.content
    await john.send("/privacy")
    await press(john, "Erase", "Erase everything", first="What we keep about you")
    await press(john, "Yes, erase", "Erased.")
    assert await stage.rows("SELECT telegram_id, state, source FROM donors") == [(None, "erased", None)]
    assert await stage.rows("SELECT received_minor FROM totals") == [(20000,)]


async def test_nothing_is_erased_while_a_payment_is_under_way(stage: Stage) -> None:
    john = stage.john()
    await to_the_bridge(stage, john)
    await john.send("/privacy")
    await press(john, "Erase", "Erase everything", first="What we keep about you")
    await press(john, "Yes, erase", "still under way")


async def test_in_a_group_the_bot_only_shows_the_way(stage: Stage) -> None:
    john = stage.john()
    group = stage.telegram.chats[-1001]
    await john.send("/mygifts@entraide_bot", group.id)
    await stage.until_in(group, "private chat")
    [message] = [m for m in group.messages.values() if m.sender == "bot"]
    assert message.buttons[0].url == "https://t.me/entraide_bot?start=home"


async def test_every_command_answers_in_its_language(stage: Stage) -> None:
    amina = stage.amina()
    seen: set[str] = set()
    for command in (
        "start",
        "donate",
        "mygifts",
        "language",
        "currency",
        "help",
        "privacy",
        "cancel",
        "nonsense",
    ):
        before = amina.chat.last_id
        await amina.send(f"/{command}")
        await amina.until(lambda phone, before=before: phone.chat.last_id >= before + 2)
        seen.add(amina.last.text)
    assert len(seen) >= 6
    assert all(any("\u0600" <= char <= "\u06ff" for char in text) for text in seen)


async def test_commands_are_set_per_language_and_only_once(stage: Stage) -> None:
    await stage.until_rows("SELECT count(*) FROM marks WHERE key = 'telegram.menu'", [(1,)])
    assert {one["description"] for one in stage.telegram.commands("fr")} >= {"Mes dons"}
    assert {one["description"] for one in stage.telegram.commands("ar")} >= {"تبرعاتي"}
    before = len([call for call in stage.telegram.calls if call.method == "setMyCommands"])
    from handlers.menu import publish

    assert await publish(stage.services, stage.app.bot) is False
    assert len([call for call in stage.telegram.calls if call.method == "setMyCommands"]) == before


async def test_an_old_button_shows_the_current_screen(stage: Stage) -> None:
    john = stage.john()
    await john.send("/start")
    await john.says("3 campaigns")
    message = john.last
    from sandbox.telegram import Button

    stage.telegram.tapped(john, john.chat, message, Button("old", "v0:whatever"))
    await john.send("/help")
    await john.says("How to give")


async def test_story_currencies_and_second_page(stage: Stage) -> None:
    john = stage.john()
    await john.start("campaign-1")
    await press(john, "Read more", "When work stops", first="Humanitarian")
    await press(john, "Back", "Goal: 350,000 MAD")
    for amount in range(20, 27):
        await john.send(f"{amount} humanitarian")
        await john.says(f"Gift of {amount} MAD")
        await press(john, f"Pay {amount} MAD", "is ready")
        # One an hour: more would meet the cap on pages.
        await stage.services.db.write(
            lambda tx: tx.plain("UPDATE donations SET created_at = created_at - 3600")
        )
    await john.send("/mygifts")
    await press(john, "Older", "waiting", first="Your gifts")
    await john.until(lambda phone: shows(phone, "Newer"))
