"""The composer: staff write a broadcast, see exactly who gets it, have it approved, and watch it go."""

import contextlib
import json
from collections.abc import AsyncGenerator
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.broadcasts import BroadcastState
from bot.i18n import ZONE
from bot.nights import Quiet
from sandbox.app import Sandbox
from sandbox.telegram import Phone
from tests.stage import Stage, bot_beside, labels, press, session_of, settings_for, shows

# Other work on the machine may slow a step down.
PACED = 15
SALMA = 1901


@contextlib.asynccontextmanager
async def desk_of(sandbox: Sandbox, folder: Path, **more: Any) -> AsyncGenerator[Stage]:
    """Karim and Salma may speak, and read English; nobody is held out, so that every number is known."""
    values = {"admin_ids": (1900, SALMA), "holdout": 0, **more}
    for admin in (1900, SALMA):
        sandbox.telegram.phones[admin].person["language_code"] = "en"
    async with bot_beside(sandbox, settings_for(sandbox, folder, webhook=True, **values)) as one:
        for phone in (one.amina(), one.yasmine(), one.john(), one.karim()):
            await come(phone)
        yield one


async def come(phone: Phone) -> Phone:
    await phone.start()
    await phone.until(lambda one: any(message.sender == "bot" for message in one.messages), PACED)
    return phone


def salma(stage: Stage) -> Phone:
    return stage.telegram.phones[SALMA]


async def written(stage: Stage, text: str = "Hello everybody", author: Phone | None = None) -> Phone:
    """Karim's draft, or another author's, with one message in English, which everybody gets."""
    karim = author or stage.karim()
    await karim.send("/broadcast")
    await karim.says("Send me the message as it should look", PACED)
    await karim.send(text)
    await karim.says("In which language is it?", PACED)
    await press(karim, "English ✓", "Nothing is written yet in")
    for tab in ("Français ?", "العربية ?"):
        await press(karim, tab, "Nothing is written in this language")
        await press(karim, "They get: English", "For whom:")
    return karim


async def test_nothing_goes_before_every_language_is_decided(sandbox: Sandbox, tmp_path: Path) -> None:
    async with desk_of(sandbox, tmp_path) as desk:
        karim = desk.karim()
        await karim.send("/broadcast")
        await karim.says("Send me the message as it should look", PACED)
        await karim.send("Hello everybody")
        await karim.says("In which language is it?", PACED)
        await press(karim, "English ✓", "for 1 person. Tap the language")
        assert not shows(karim, "Send to")
        await press(karim, "Français ?", "Nothing is written in this language")
        await press(karim, "They get: English", "3 people get it")
        assert not shows(karim, "Send to")
        await press(karim, "العربية ?", "Nothing is written in this language")
        await press(karim, "Leave them out", "1 no message in their language")
        await press(karim, "Send to 3 people", "Send it to 3 people?")
        await karim.tap("Yes: Send to 3 people")
        for phone in (desk.yasmine(), desk.john()):
            await phone.says("Hello everybody", PACED)
            assert len(labels(phone)) == 1
        await desk.until_rows("SELECT state, total, sent FROM broadcasts", [("done", 3, 3)])
        assert not any("Hello" in message.text for message in desk.amina().messages)


async def test_a_message_in_three_languages_with_its_buttons_is_previewed_as_it_will_look(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    async with desk_of(sandbox, tmp_path) as desk:
        karim = desk.karim()
        await karim.send("/broadcast")
        await press(karim, "Write it per language", "Send me the message now")
        for tab, text in (("English ?", "Winter"), ("Français ?", "Hiver"), ("العربية ?", "الشتاء")):
            await press(karim, tab, "Nothing is written in this language")
            await press(karim, "Write it", "Send me the message in this language")
            await karim.send(text)
            await karim.says("For whom:", PACED)
        await karim.says("4 people get it: العربية 1 · English 2 · Français 1")
        await press(karim, "Buttons", "None yet")
        await press(karim, "Add: give", "Which campaign is the button for?")
        campaign = labels(karim)[0]
        await press(karim, campaign, "which amount does the button name?")
        await karim.send("150")
        await karim.says("gives 150 MAD to", PACED)
        await press(karim, "Add: link", "Send me the address")
        await karim.send("http://example.org")
        await karim.says("This is no address", PACED)
        await karim.send("https://example.org/winter")
        await karim.says("opens https://example.org/winter", PACED)
        await press(karim, "Change 2", "In which language shall it say")
        await press(karim, "English", "Write what the button says")
        await karim.send("Read the story")
        await karim.says("Read the story", PACED)
        await press(karim, "Back to the broadcast", "For whom:")
        await karim.tap("Preview")
        await karim.until(lambda one: one.messages[-2].text == "Hiver", PACED)
        seen = [message for message in karim.messages if message.sender == "bot"][-7:-1]
        assert [one.text for one in seen[::2]] == [
            "👁 Preview: \u2068العربية\u2069",
            "👁 Preview: \u2068English\u2069",
            "👁 Preview: \u2068Français\u2069",
        ]
        assert [one.text for one in seen[1::2]] == ["الشتاء", "Winter", "Hiver"]
        said = [button.text for button in seen[3].buttons]
        assert said == ["Give \u2068150\u00a0MAD\u2069", "Read the story", "Stop these messages"]
        assert [button.text for button in seen[5].buttons][-1] == "Arrêter ces messages"


async def test_pressing_send_ten_times_sends_once(sandbox: Sandbox, tmp_path: Path) -> None:
    async with desk_of(sandbox, tmp_path) as desk:
        karim = await written(desk)
        await press(karim, "Send to 4 people", "Send it to 4 people?")
        for _ in range(10):
            desk.telegram.tapped(karim, karim.chat, karim.last, karim.button("Yes"))
        await desk.until_rows("SELECT state, total, sent FROM broadcasts", [("done", 4, 4)], PACED)
        acts = await desk.rows("SELECT act, count(*) FROM acts WHERE act = 'broadcast.schedule' GROUP BY act")
        assert acts == [("broadcast.schedule", 1)]
        assert [one.text for one in desk.john().messages].count("Hello everybody") == 1


async def asked(stage: Stage, text: str = "Hello everybody") -> tuple[Phone, Phone]:
    """Karim has asked Salma to approve."""
    second = await come(salma(stage))
    karim = await written(stage, text)
    await press(karim, "Ask to approve: 5 people", "1 person of the staff is asked")
    await second.says("asks you to approve a broadcast", PACED)
    return karim, second


async def test_a_second_admin_sees_the_same_and_approves(sandbox: Sandbox, tmp_path: Path) -> None:
    async with desk_of(sandbox, tmp_path, approval_above=1) as desk:
        karim, second = await asked(desk)
        await second.says("5 people get it: English 5")
        await second.tap("See it as they will")
        await second.until(lambda one: one.messages[-2].text == "Hello everybody", PACED)
        for _ in range(5):
            desk.telegram.tapped(second, second.chat, second.last, second.button("Approve"))
        await second.says("You approved it", PACED)
        await desk.until_rows("SELECT state, total, sent FROM broadcasts", [("done", 5, 5)], PACED)
        await karim.until(lambda one: any("approved it" in message.text for message in one.messages), PACED)
        acts = await desk.rows("SELECT by, act FROM acts WHERE act IN ('broadcast.ask', 'broadcast.approve')")
        assert [act for _, act in acts] == ["broadcast.ask", "broadcast.approve"]
        assert acts[0][0] != acts[1][0]


async def test_nobody_approves_their_own(sandbox: Sandbox, tmp_path: Path) -> None:
    async with desk_of(sandbox, tmp_path, approval_above=1) as desk:
        karim, _ = await asked(desk)
        [(id, version)] = await desk.rows("SELECT id, version FROM broadcasts")
        forged = type(karim.last.buttons[0])("x", f"castreview-approve-{version}-{id}")
        desk.telegram.tapped(karim, karim.chat, karim.last, forged)
        await press(karim, "Copy it", "For whom:")
        assert await desk.rows(f"SELECT state, approved_by FROM broadcasts WHERE id = {id}") == [
            ("waiting", None)
        ]


async def test_a_refusal_reaches_the_author_with_its_reason_and_the_next_request_says_what_changed(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    async with desk_of(sandbox, tmp_path, approval_above=1) as desk:
        karim, second = await asked(desk)
        await press(second, "Refuse", "Why not?")
        await second.send("The goal is wrong")
        await second.says("You refused it", PACED)
        await karim.says("The goal is wrong", PACED)
        await press(karim, "Open the broadcast", "For whom:")
        await press(karim, "English ✓", "text, 15 of 4,096")
        await press(karim, "Replace it", "Send me the message in this language")
        await karim.send("Hello again")
        await press(karim, "When", "At once", first="For whom:", on="buttons")
        await press(karim, "10:00", "For whom:")
        await press(karim, "Ask to approve: 5 people", "1 person of the staff is asked")
        await second.says("Changed since you were asked before", PACED)
        assert "the message in \u2068English\u2069 · the time" in second.last.text


async def test_an_edit_ends_the_approval_and_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    async with desk_of(sandbox, tmp_path, approval_above=1) as desk:
        second = await come(salma(desk))
        karim = await written(desk)
        await press(karim, "When", "At once", on="buttons")
        await press(karim, "10:00", "Morocco’s time")
        await press(karim, "Ask to approve: 5 people", "1 person of the staff is asked")
        await second.says("asks you to approve", PACED)
        old = second.last
        await press(second, "Approve", "You approved it")
        await karim.says("approved it", PACED)
        await desk.until_rows("SELECT state FROM broadcasts", [(BroadcastState.SCHEDULED,)])
        await press(karim, "Open the broadcast", "Approved by")
        await press(karim, "Take it back to change it", "the approval no longer holds")
        assert await desk.rows("SELECT state, approved_by FROM broadcasts") == [("draft", None)]
        desk.telegram.tapped(second, second.chat, old, old.buttons[1])
        await second.says("There is nothing to approve any more", PACED)
        assert await desk.rows("SELECT state FROM broadcasts") == [("draft",)]


async def test_without_a_second_admin_it_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    async with desk_of(sandbox, tmp_path, approval_above=1, admin_ids=(1900,)) as desk:
        karim = await written(desk)
        await press(karim, "Ask to approve: 4 people", "somebody else of the staff has to approve")
        assert "/roles" in karim.last.text
        assert await desk.rows("SELECT state FROM broadcasts") == [("draft",)]


async def test_who_had_enough_this_week_counts_for_the_approval(sandbox: Sandbox, tmp_path: Path) -> None:
    async with desk_of(sandbox, tmp_path, approval_above=3, broadcasts_per_week=1) as desk:
        karim = await written(desk)
        await press(karim, "For whom", "4 people get it")
        await press(karim, "The staff alone", "1 person gets it")
        await press(karim, "Back to the broadcast", "The staff alone")
        await press(karim, "Send to 1 person", "Send it to 1 person?")
        await karim.tap("Yes")
        await desk.until_rows("SELECT state, sent FROM broadcasts", [("done", 1)], PACED)
        await karim.until(lambda one: any("Report at the end" in each.text for each in one.messages), PACED)
        await written(desk, "Hello again")
        # Three would get it today; the fourth may be free again when it goes.
        assert "3 people get it" in _plain(karim.last.text)
        assert "1 had enough this week" in _plain(karim.last.text)
        await press(karim, "Ask to approve: 3 people", "somebody else of the staff has to approve")
        assert await desk.rows("SELECT state FROM broadcasts ORDER BY id") == [("done",), ("draft",)]


async def test_a_time_is_typed_and_must_be_in_the_next_sixty_days(sandbox: Sandbox, tmp_path: Path) -> None:
    async with desk_of(sandbox, tmp_path) as desk:
        karim = await written(desk)
        await press(karim, "When", "Tap a time or type one")
        await karim.send("soon")
        await karim.says("I cannot read that as a time", PACED)
        await karim.send("28/11/2019 18:30")
        await karim.says("This time is past", PACED)
        await karim.send("23:59")
        await karim.says("11:59", PACED)
        await press(karim, "Send to 4 people", "Send it to 4 people?")
        await press(karim, "Yes", "planned")
        assert await desk.rows("SELECT state FROM broadcasts") == [("scheduled",)]
        await press(karim, "Throw it away", "Throw it away?")
        await press(karim, "Yes, throw it away", "Nobody gets it")
        assert await desk.rows("SELECT state FROM broadcasts") == [("canceled",)]
        await karim.send("/broadcasts")
        await karim.says("none yet", PACED)


async def test_quiet_hours_and_the_price_of_speed_are_said_before(sandbox: Sandbox, tmp_path: Path) -> None:
    always = Quiet(0, 23) if datetime.now(ZONE).hour < 23 else Quiet(23, 0)
    async with desk_of(sandbox, tmp_path, quiet_hours=always, allow_paid_broadcast=True) as desk:
        karim = await written(desk)
        assert "It begins in quiet hours" in karim.last.text
        await press(karim, "When", "The paid speed would cost 1 Star")
        await press(karim, "Pay 1 Star for speed", "Paid speed: up to 1,000 messages a second")
        await press(karim, "Back to the broadcast", "For whom:")
        await press(karim, "Send to 4 people", "Paid speed: 1 Star at most")
        await press(karim, "Yes", "being sent")
        # The night is everybody's: nothing is sent, and the card says why.
        await karim.until(
            lambda one: any("4 people wait for the morning" in _plain(each.text) for each in one.messages),
            PACED,
        )
        assert await desk.rows("SELECT state, sent, is_paid FROM broadcasts") == [("running", 0, 1)]
        await karim.tap("Cancel")
        await press(karim, "Yes, cancel it", "canceled", first="4 people have not got it yet")


async def test_the_card_pauses_resumes_and_cancels(sandbox: Sandbox, tmp_path: Path) -> None:
    async with desk_of(sandbox, tmp_path, telegram_rate=1) as desk:
        karim = await written(desk)
        await press(karim, "Send to 4 people", "Send it to 4 people?")
        await karim.tap("Yes")
        await desk.until_rows("SELECT count(*) FROM broadcasts WHERE card_id IS NOT NULL", [(1,)], PACED)
        [(id, card)] = await desk.rows("SELECT id, card_id FROM broadcasts")

        def on_card(words: str) -> bool:
            return words in karim.chat.messages[card].text

        await karim.tap("Pause", card)
        await karim.until(lambda _: on_card("Paused"), PACED)
        assert await desk.rows(f"SELECT state FROM broadcasts WHERE id = {id}") == [("paused",)]
        await karim.tap("Resume", card)
        await karim.until(lambda _: on_card("being sent"), PACED)
        await karim.tap("Pause", card)
        await karim.until(lambda _: on_card("Paused"), PACED)
        await karim.tap("Cancel", card)
        await karim.says("Cancel it for good?", PACED)
        await press(karim, "Yes, cancel it", "canceled")
        await karim.until(lambda _: on_card("canceled"), PACED)
        acts = await desk.rows("SELECT act FROM acts WHERE act LIKE 'broadcast.%' ORDER BY id")
        assert [act for (act,) in acts][-4:] == [
            "broadcast.pause",
            "broadcast.resume",
            "broadcast.pause",
            "broadcast.cancel",
        ]


async def test_the_report_tells_what_arrived_what_was_tapped_and_what_was_given(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    async with desk_of(sandbox, tmp_path) as desk:
        karim = await written(desk)
        await press(karim, "Buttons", "None yet")
        await press(karim, "Add: give", "Which campaign")
        await press(karim, labels(karim)[0], "which amount")
        await press(karim, "200 MAD", "gives 200 MAD to")
        await press(karim, "Back to the broadcast", "For whom:")
        await press(karim, "Send to 4 people", "Send it to 4 people?")
        await karim.tap("Yes")
        await desk.until_rows("SELECT state, sent FROM broadcasts", [("done", 4)], PACED)
        await karim.until(
            lambda one: any("Report at the end" in message.text for message in one.messages), PACED
        )
        john = desk.john()
        await press(john, "Give 200 MAD", "200 MAD", first="Hello everybody")
        await john.tap("Pay")
        await john.until(lambda one: any(each.url for each in one.last.buttons), PACED)
        desk.stripe.pay(session_of(john))
        await john.says("Received: 200 MAD", PACED)
        stop = next(one for one in desk.yasmine().messages if one.text == "Hello everybody")
        desk.telegram.tapped(desk.yasmine(), desk.yasmine().chat, stop, stop.buttons[-1])
        await desk.until_rows("SELECT count(*) FROM broadcast_taps", [(2,)], PACED)
        await karim.send("/broadcasts")
        await press(karim, "No. 1", "sent")
        await press(karim, "Report", "Report until now")
        said = _plain(karim.last.text)
        for line in (
            "Delivered: 4 of 4",
            "Stopped these messages: 1",
            "Taps on button 1: 1",
            "1 gift from those who got it since then: 200 MAD net of refunds",
            "Nobody was held out",
        ):
            assert line in said
        await karim.tap("As a file (CSV)")
        await karim.until(lambda one: one.last.document is not None, PACED)
        assert karim.last.document is not None
        file = set(karim.last.document.content.decode("utf-8-sig").replace("200.00", "200").splitlines())
        assert {"sent,en,4,,", "tapped,give0,1,,", "tapped,stop,1,,", "given,sent,,200,MAD"} <= file


def _plain(text: str) -> str:
    return text.translate({0x2068: None, 0x2069: None, 0xA0: " "})


async def test_what_a_bot_cannot_send_again_and_what_is_too_long_is_said_kindly(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    async with desk_of(sandbox, tmp_path) as desk:
        karim = desk.karim()
        await karim.send("/broadcast")
        await karim.says("Send me the message", PACED)
        await karim.send_contact(1003)
        await karim.says("cannot be sent again by a bot", PACED)
        await karim.send_photo("x" * 1030)
        await karim.says("6 characters too long", PACED)
        await karim.send_photo("A photo")
        await karim.says("photo, 7 of 1,024 characters", PACED)
        assert await desk.rows("SELECT count(*) FROM broadcast_parts") == [(1,)]


async def test_an_album_comes_part_by_part_and_is_one_message(sandbox: Sandbox, tmp_path: Path) -> None:
    async with desk_of(sandbox, tmp_path) as desk:
        karim = desk.karim()
        await karim.send("/broadcast")
        await karim.says("Send me the message", PACED)
        await karim.send_album("Three", media=("photo", "photo", "video"))
        await karim.says("album, 5 of 1,024", PACED)
        await desk.until_rows("SELECT content LIKE '%video%' FROM broadcast_parts", [(1,)], PACED)
        [(content,)] = await desk.rows("SELECT content FROM broadcast_parts")
        assert len(json.loads(content)[3]) == 3
        await press(karim, "Français", "For whom:")
        await press(karim, "Français ✓", "3 files")


async def test_places_that_are_not_filled_in_are_pointed_out(sandbox: Sandbox, tmp_path: Path) -> None:
    async with desk_of(sandbox, tmp_path) as desk:
        karim = await written(desk, "Hello {first_name}, {city}")
        assert "{city} is nothing that I fill in" in karim.last.text.translate({0x2068: "", 0x2069: ""})
        assert "is not allowed here" in karim.last.text
        assert not shows(karim, "Send to")


async def test_the_audience_is_narrowed_with_an_exact_count(sandbox: Sandbox, tmp_path: Path) -> None:
    async with desk_of(sandbox, tmp_path) as desk:
        karim = await written(desk)
        await press(karim, "For whom", "4 people get it")
        await press(karim, "Languages", "Which languages?")
        await press(karim, "Français", "Français ✓", on="buttons")
        await press(karim, "Back to the audience", "1 person gets it")
        await press(karim, "Gave or not", "Who is meant by what they gave?")
        await karim.send("120")
        await karim.says("but not for 120 days", PACED)
        await karim.says("Nobody gets it")
        await press(karim, "Source", "By which link did they come?")
        await karim.send("no such thing!")
        await karim.says("A source has letters", PACED)
        await karim.send("mosque7")
        await karim.says("who came by mosque7", PACED)
        await press(karim, "The staff alone", "1 person gets it")
        await press(karim, "Back to the broadcast", "The staff alone")


async def test_a_draft_is_taken_up_again_copied_and_seen_by_others(sandbox: Sandbox, tmp_path: Path) -> None:
    async with desk_of(sandbox, tmp_path) as desk:
        karim = await written(desk)
        await karim.send("/broadcast")
        await karim.says("goes on here", PACED)
        second = await come(salma(desk))
        await second.send("/broadcasts")
        await press(second, "No. 1", "is writing it")
        await press(second, "Copy it", "draft")
        await press(second, "Throw it away", "Throw it away?")
        states = await desk.rows("SELECT id, state FROM broadcasts ORDER BY id")
        assert states == [(1, "draft"), (2, "draft")]
        await press(karim, "Begin a new one", "Send me the message as it should look")
        assert await desk.rows("SELECT count(*) FROM broadcasts") == [(3,)]


async def test_a_stranger_learns_nothing_of_it(sandbox: Sandbox, tmp_path: Path) -> None:
    async with desk_of(sandbox, tmp_path) as desk:
        await written(desk)
        john = desk.john()
        await john.send("/nosuchthing")
        await john.until(lambda one: one.messages[-1].sender == "bot", PACED)
        unknown = john.last.text
        for command in ("/broadcast", "/broadcasts"):
            sent = await john.send(command)
            await desk.telegram.acknowledged(sent, PACED)
            await john.until(lambda one: one.messages[-1].sender == "bot", PACED)
            assert john.last.text == unknown
        for data in ("cast-1", "compose-preview-1", "castsend-yes-5-1", "caststeer-stop-page-1"):
            forged = type(desk.karim().last.buttons[0])("x", data)
            tap = desk.telegram.tapped(john, john.chat, john.last, forged)
            await desk.telegram.acknowledged(tap, PACED)
        assert not any("Hello" in message.text for message in john.messages)
        assert await desk.rows("SELECT state FROM broadcasts") == [("draft",)]
