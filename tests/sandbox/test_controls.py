"""The drawer's controls over HTTP: each does its work at Stripe, says so plainly, and refuses kindly what cannot be."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from sandbox.app import Sandbox
from sandbox.drawer.sentences import SENTENCES
from tests.sandbox.asking import Asking
from tests.sandbox.asking_monthly import invoices, monthly, monthly_session, plain

PLAIN = str.maketrans({"\u2068": "", "\u2069": "", "\u00a0": " ", "\u202f": " "})


@dataclass
class Hand:
    """Somebody at the drawer."""

    http: aiohttp.ClientSession
    base: str

    async def does(self, name: str, **body: Any) -> str:
        status, told = await self.tries(name, **body)
        assert status == 200, told
        return told

    async def cannot(self, name: str, **body: Any) -> str:
        status, told = await self.tries(name, **body)
        assert status == 400, told
        return told

    async def tries(self, name: str, **body: Any) -> tuple[int, str]:
        async with self.http.post(f"{self.base}/controls/{name}", json=body) as answer:
            told = await answer.json()
        return answer.status, (told.get("said") or told["error"]).translate(PLAIN)

    async def sees(self, lang: str = "en") -> Any:
        async with self.http.get(f"{self.base}/controls", params={"lang": lang}) as answer:
            return json.loads((await answer.text()).translate(PLAIN))


@pytest.fixture
async def hand(sandbox: Sandbox) -> AsyncIterator[Hand]:
    async with aiohttp.ClientSession() as http:
        yield Hand(http, sandbox.base)


async def charge_id(asking: Asking, session: str) -> str:
    return (await asking.charge_of(session))["id"]


async def test_a_payment_is_refunded_in_part_then_whole_then_no_more(asking: Asking, hand: Hand) -> None:
    charge = await charge_id(asking, await asking.paid())
    assert await hand.does("refund", id=charge, amount="50,5") == "50.50 MAD was given back."
    assert "more than what can still go back: 149.50 MAD" in await hand.cannot(
        "refund", id=charge, amount="150"
    )
    for typed in ("0", "-3", "many", "1.005", "nan", "Infinity", "1e9"):
        assert "is not an amount" in await hand.cannot("refund", id=charge, amount=typed)
    assert [one["state"] for one in (await hand.sees())["payments"]] == ["partly_refunded"]
    assert await hand.does("refund", id=charge) == "149.50 MAD was given back."
    assert "Nothing is left" in await hand.cannot("refund", id=charge)
    [row] = (await hand.sees())["payments"]
    assert (row["state"], row["left"], [one["amount"] for one in row["refunds"]]) == (
        "refunded",
        None,
        ["149.50 MAD", "50.50 MAD"],
    )
    assert asking.told("refund.created", "charge.refunded") == ["refund.created", "charge.refunded"] * 2


async def test_a_refund_waits_at_the_bank_until_a_hand_decides(asking: Asking, hand: Hand) -> None:
    charge = await charge_id(asking, await asking.paid())
    assert "wait at the bank" in await hand.does("next_refunds", status="pending")
    assert "on its way back" in await hand.does("refund", id=charge)
    [refund] = (await hand.sees())["payments"][0]["refunds"]
    assert refund["status"] == "pending"
    assert (
        await hand.does("refund_fate", id=refund["id"], status="succeeded")
        == "The refund of 200.00 MAD has arrived."
    )
    assert "arrived already" in await hand.cannot("refund_fate", id=refund["id"], status="succeeded")
    assert "has failed" in await hand.does("refund_fate", id=refund["id"], status="failed")
    assert "has failed already" in await hand.cannot("refund_fate", id=refund["id"], status="failed")
    assert (await hand.sees())["payments"][0]["state"] == "paid"
    assert "refund.failed" in asking.told()
    assert "arrive at once" in await hand.does("next_refunds", status="succeeded")
    assert asking.account.next_refunds == "succeeded"


async def test_a_dispute_is_opened_answered_and_won(asking: Asking, hand: Hand) -> None:
    charge = await charge_id(asking, await asking.paid())
    assert "took back 200.00 MAD. An answer is due by" in await hand.does("dispute", id=charge)
    assert "contests this payment already" in await hand.cannot("dispute", id=charge)
    assert "cannot be refunded as well" in await hand.cannot("refund", id=charge)
    [row] = (await hand.sees())["payments"]
    assert (row["state"], row["left"]) == ("disputed", None)
    dispute = row["dispute"]["id"]
    assert "handed in" in await hand.does("dispute_step", id=dispute, step="evidence")
    assert "with the bank already" in await hand.cannot("dispute_step", id=dispute, step="evidence")
    assert "full dispute already" in await hand.cannot("dispute_step", id=dispute, step="escalate")
    assert "is won: 200.00 MAD came back" in await hand.does("dispute_step", id=dispute, step="won")
    assert "is over" in await hand.cannot("dispute_step", id=dispute, step="lost")
    assert "does so once" in await hand.cannot("dispute", id=charge)
    assert (await hand.sees())["payments"][0]["state"] == "paid"
    assert asking.told()[-2:] == ["charge.dispute.closed", "charge.dispute.funds_reinstated"]


async def test_a_question_of_the_bank_becomes_a_dispute_and_is_lost(asking: Asking, hand: Hand) -> None:
    charge = await charge_id(asking, await asking.paid())
    assert "no money has moved" in await hand.does("dispute", id=charge, warning=True)
    [row] = (await hand.sees())["payments"]
    assert (row["state"], row["left"]) == ("inquiry", "200.00 MAD")
    dispute = row["dispute"]["id"]
    assert "only asks so far" in await hand.cannot("dispute_step", id=dispute, step="won")
    assert "has become a dispute" in await hand.does("dispute_step", id=dispute, step="escalate")
    assert "is lost: 200.00 MAD stays" in await hand.does("dispute_step", id=dispute, step="lost")
    seen = await hand.sees()
    assert seen["payments"][0]["state"] == "charged_back"
    assert seen["books"][0]["rows"]["kept"] == "0.00 MAD"


async def test_a_question_of_the_bank_is_closed(asking: Asking, hand: Hand) -> None:
    charge = await charge_id(asking, await asking.paid())
    await hand.does("dispute", id=charge, warning=True)
    dispute = (await hand.sees())["payments"][0]["dispute"]["id"]
    assert "is satisfied" in await hand.does("dispute_step", id=dispute, step="warning_closed")
    assert (await hand.sees())["payments"][0]["state"] == "paid"


async def test_the_late_fee_is_known_now_and_stands_in_the_books(asking: Asking, hand: Hand) -> None:
    charge = await charge_id(asking, await asking.paid())
    assert (await hand.sees())["payments"][0]["fee_known"] is False
    said = await hand.does("fee", id=charge)
    assert said == "Stripe now knows what it keeps of 200.00 MAD: 0.78 EUR; 17.62 EUR stay."
    assert "knows the fee of this payment already" in await hand.cannot("fee", id=charge)
    assert asking.told("charge.updated") == ["charge.updated"]
    mad, eur = (await hand.sees())["books"]
    assert mad == {
        "currency": "MAD",
        "rows": {
            "charged": "200.00 MAD",
            "refunded": "0.00 MAD",
            "disputed": "0.00 MAD",
            "reinstated": "0.00 MAD",
            "kept": "200.00 MAD",
        },
    }
    assert eur == {"currency": "EUR", "rows": {"fees": "\u22120.78 EUR", "net": "17.62 EUR"}}


async def test_months_pass_and_what_stripe_told_is_named(asking: Asking, hand: Hand) -> None:
    gift = await monthly(asking)
    said = await hand.does("month", id=gift)
    assert "until the next charge" in said
    assert "invoice.upcoming" in said
    assert "invoice.paid" in said
    assert [one["paid"] for one in (await hand.sees())["monthly"]] == [2]
    assert await invoices(asking, gift) == [("paid", 2000)] * 2


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("insufficient_funds", "not enough money"),
        ("card_declined", "declined"),
        ("expired_card", "expired"),
        ("authentication_required", "to confirm"),
    ],
)
async def test_a_charge_fails_for_a_reason_and_is_paid_by_hand(
    asking: Asking, hand: Hand, code: str, words: str
) -> None:
    gift = await monthly(asking)
    assert "No month waits" in await hand.cannot("pay_now", id=gift)
    assert words in await hand.does("fail_next", id=gift, code=code)
    assert (await hand.sees())["monthly"][0]["failing"] == [code]
    assert "invoice.payment_failed" in await hand.does("month", id=gift)
    [row] = (await hand.sees())["monthly"]
    assert (row["state"], row["is_open"], row["failing"]) == ("past_due", True, [])
    errors = [
        one["last_payment_error"] for one in asking.account.intents.values() if one["last_payment_error"]
    ]
    assert [one["decline_code"] for one in errors] == [code]
    assert await hand.does("pay_now", id=gift) == "20.00 EUR was paid."
    assert (await hand.sees())["monthly"][0]["state"] == "active"


async def test_another_card_pays_at_the_next_attempt(asking: Asking, hand: Hand) -> None:
    gift = await monthly(asking)
    await hand.does("fail_next", id=gift)
    assert await hand.does("new_card", id=gift) == "The donor gave another card, and it works."
    assert (await hand.sees())["monthly"][0]["failing"] == []
    await hand.does("fail_next", id=gift)
    await hand.does("month", id=gift)
    assert "Stripe tries again on" in await hand.does("new_card", id=gift)
    assert "invoice.paid" in await hand.does("clock", to="next")


async def test_a_gift_is_stopped_goes_on_and_is_ended(asking: Asking, hand: Hand) -> None:
    gift = await monthly(asking)
    assert "nothing is charged after it" in await hand.does("stop", id=gift)
    [row] = (await hand.sees())["monthly"]
    assert (row["is_last"], row["next"]) == (True, None)
    assert "goes on" in await hand.does("stop", id=gift, stops=False)
    assert (await hand.sees())["monthly"][0]["is_last"] is False
    assert "has ended, at once" in await hand.does("cancel", id=gift)
    assert (await hand.sees())["monthly"][0]["state"] == "ended"
    for control in ("month", "fail_next", "pay_now", "new_card", "stop", "cancel"):
        assert "has ended" in await hand.cannot(control, id=gift)


async def test_time_passes_by_the_hour_the_day_the_month_and_to_what_comes_next(
    asking: Asking, hand: Hand
) -> None:
    assert "Nothing is due" in await hand.cannot("clock", to="next")
    assert asking.account.passed == 0
    await asking.session()
    assert await hand.does("clock", seconds=3600) == "60 minutes passed. Nothing happened meanwhile."
    assert await hand.does("clock", seconds=7200) == "2 hours passed. Nothing happened meanwhile."
    assert await hand.does("clock", to="next") == "21 hours passed. Stripe told: checkout.session.expired."
    before = asking.account.passed
    assert " days passed." in await hand.does("clock", to="month")
    assert 28 <= (asking.account.passed - before) / 86400 <= 31
    assert (await hand.sees())["aged"].endswith("days")
    assert await hand.cannot("clock", seconds=-1) == "Time only goes forward."
    assert "At most a year" in await hand.cannot("clock", seconds=10**9)
    assert "no such choice" in await hand.cannot("clock", to="yesterday")


async def test_a_gift_begun_after_time_was_moved_keeps_the_months_of_the_bots_calendar(
    asking: Asking, hand: Hand
) -> None:
    """Its dates are told on the bot's clock; counted on another calendar, an end could swallow a month."""
    account = asking.account
    account.clock.source = lambda: 1_795_600_000.0  # 25 November 2026
    await hand.does("clock", to="month")
    session = await monthly_session(asking)
    account.pay(session)
    gift = account.sessions[session]["subscription"]
    end = (await plain(asking, gift))["items"]["data"][0]["current_period_end"]
    assert end == 1_795_600_000 + 30 * 86400


async def test_what_is_not_there_is_said_kindly_in_three_languages(hand: Hand) -> None:
    lacking = {"refund": "payment", "dispute": "payment", "fee": "payment", "month": "gift"}
    for control, noun in lacking.items():
        for lang, sentences in SENTENCES.items():
            assert await hand.cannot(control, id="ch_gone", lang=lang) == sentences[f"no_{noun}"]
    assert "no such refund" in await hand.cannot("refund_fate", id="re_gone", status="failed")
    assert "no such dispute" in await hand.cannot("dispute_step", id="dp_gone", step="won")
    assert await hand.cannot("refund") == "This control needs “id”."
    assert (await hand.tries("nothing_like_it"))[0] == 404


async def test_impossible_choices_are_refused(asking: Asking, hand: Hand) -> None:
    charge = await charge_id(asking, await asking.paid())
    gift = await monthly(asking)
    await hand.does("refund", id=charge, amount="1")
    refund = next(iter(asking.account.account.refunds))
    await hand.does("dispute", id=charge)
    dispute = next(iter(asking.account.account.disputes))
    for control, body in (
        ("next_refunds", {"status": "never"}),
        ("refund_fate", {"id": refund, "status": "lost"}),
        ("dispute_step", {"id": dispute, "step": "draw"}),
        ("fail_next", {"id": gift, "code": "bad_mood"}),
    ):
        assert "no such choice" in await hand.cannot(control, **body)


def test_each_sentence_is_there_in_each_language_with_the_same_facts() -> None:
    def facts(sentence: str) -> set[str]:
        return {
            word.strip(".,;:»”")
            for word in sentence.replace("«", " ").replace("“", " ").split()
            if "$" in word
        }

    for key, sentence in SENTENCES["en"].items():
        for lang in ("fr", "ar"):
            assert set(SENTENCES[lang]) == set(SENTENCES["en"])
            assert {one.strip("؛،") for one in facts(SENTENCES[lang][key])} == facts(sentence), (lang, key)


async def test_amounts_are_written_as_each_language_does(asking: Asking, hand: Hand) -> None:
    await asking.paid(123456, "mad")
    amounts = {lang: (await hand.sees(lang))["payments"][0]["amount"] for lang in ("en", "fr", "ar")}
    assert amounts == {"en": "1,234.56 MAD", "fr": "1 234,56 MAD", "ar": "1.234,56 MAD"}
    await asking.paid(500, "jpy")
    assert (await hand.sees())["payments"][0]["amount"] == "500 JPY"


async def test_the_drawer_hears_once_however_much_changed_at_once(
    asking: Asking, hand: Hand, sandbox: Sandbox
) -> None:
    async with hand.http.get(f"{hand.base}/phone/events") as stream, asyncio.timeout(40):
        assert await stream.content.readline() == b": hello\n"
        gift = await monthly(asking)
        heard = len(asking.account.events)
        await hand.does("month", id=gift)
        assert len(asking.account.events) > heard + 3
        await sandbox.telegram.phones[1003].send("Hello")
        news: list[bytes] = []
        while not news or b"1003" not in news[-1]:
            line = await stream.content.readline()
            news += [line] if line.startswith(b"data") else []
    # The page made, the page paid, the month that passed; then a message in John's chat.
    assert news == [b'data: {"chat": 0}\n'] * 3 + [b'data: {"chat": 1003}\n']
