"""Duties 5, 6, 9, 10, 11, 12 and 21 of the conversation: what users of such systems complain about most."""

import asyncio
import io
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from openpyxl import load_workbook

from bot import auditing, comparing, giving, looking, references
from bot.actions import Give
from bot.chores import publish_ledger
from bot.store import donors
from sandbox.app import Sandbox
from sandbox.faults import Fault
from sandbox.telegram import Phone
from sandbox.telegram.people import Message
from tests import engine
from tests.reading import content_of, plain, sent_file, text_of
from tests.stage import Stage, bot_beside, labels, press, session_of, settings_for, shows, to_the_bridge

# Nothing else in a database, a hash or a paper looks like these.
TELEGRAM_ID = 7_318_465_092
PERSONAL = ("Zulaykha", "Qarawiyyin", "zulaykha_q", str(TELEGRAM_ID))


async def audited(stage: Stage) -> None:
    """Our books hold in themselves, and beside Stripe's."""
    assert await auditing.audit_books(stage.services) == []
    assert await comparing.audit_stripe(stage.services) == []


def zulaykha(stage: Stage, language: str = "en") -> Phone:
    """A donor with a first name, a last name and a username."""
    phone = stage.telegram.person(TELEGRAM_ID, "Zulaykha", language)
    phone.person |= {"last_name": "Qarawiyyin", "username": "zulaykha_q"}
    return phone


async def pays(stage: Stage, phone: Phone, amount: str = "200 MAD") -> str:
    """A gift that was paid and thanked for; the session's id."""
    session = await to_the_bridge(stage, phone, amount)
    stage.stripe.pay(session)
    await phone.until(lambda one: one.last.text.startswith("✅"))
    # The phone has it a moment before the courier has written that it was sent.
    thanks = "SELECT count(*) FROM deliveries WHERE kind = 'thanks' AND state != 'sent'"
    await stage.until_rows(thanks, [(0,)])
    return session


async def cells(stage: Stage) -> dict[str, list[Any]]:
    """Every value of every row, by table and column."""
    found: dict[str, list[Any]] = {}
    for table in await stage.tables():
        columns = await stage.services.db.read(lambda tx, table=table: engine.columns(tx, table))
        rows = await stage.rows(f"SELECT * FROM {table}")
        for place, column in enumerate(columns):
            found[f"{table}.{column}"] = [row[place] for row in rows]
    return found


async def places_of(stage: Stage, personal: tuple[str, ...] = PERSONAL) -> list[str]:
    """The columns in which something personal stands."""
    found = await cells(stage)
    return sorted(place for place, values in found.items() if any(_holds(one, personal) for one in values))


def _holds(value: object, personal: tuple[str, ...]) -> bool:
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return any(one.casefold() in text.casefold() for one in personal)


# Duty 5: thanked though unpaid; or told "error" and paid again.


@pytest.mark.parametrize("ends_well", [True, False], ids=["then_paid", "then_failed"])
async def test_duty_5_a_completed_page_without_money_is_no_gift_and_no_error(
    stage: Stage, ends_well: bool
) -> None:
    john, karim = stage.john(), stage.karim()
    session = await to_the_bridge(stage, john)
    stage.stripe.pay_later(session)
    await john.says("is on its way")
    assert stage.stripe.session(session)["status"] == "complete"
    assert stage.stripe.session(session)["payment_status"] == "unpaid"
    for fact in ("payments", "receipts", "ledger", "totals"):
        assert await stage.rows(f"SELECT count(*) FROM {fact}") == [(0,)], fact
    assert await stage.rows("SELECT count(*) FROM deliveries WHERE kind = 'thanks'") == [(0,)]
    # Whoever asks hears the same everywhere, however often the bot looks.
    await looking.reconcile(stage.services)
    await john.send("/receipt")
    await john.says("no receipt")
    await john.start("c_humanitarian")
    await john.says("Goal: 350,000 MAD")
    assert "received of" not in plain(john.last.text)
    await karim.send("/report")
    await karim.says("Toutes les campagnes")
    assert "200" not in plain(karim.last.text)
    # Back from Stripe, or in doubt: the same answer, and nothing to pay with again.
    [(gift,)] = await stage.rows("SELECT id FROM donations")
    await john.start(f"r_{gift}")
    await john.says("is on its way")
    assert not any(button.url for button in john.last.buttons)
    assert not shows(john, "Pay ")
    seen = " ".join(message.text for message in john.messages if message.sender == "bot")
    assert not re.search("Received|error|went wrong|refused", seen)
    if ends_well:
        stage.stripe.settle_later(session)
        await john.says("Received: 200 MAD")
    else:
        stage.stripe.fail_later(session)
        await john.says("did not go through")
    kept = [(1 if ends_well else 0,)]
    assert await stage.rows("SELECT count(*) FROM receipts") == kept
    assert await stage.rows("SELECT count(*) FROM totals WHERE received_minor = 20000") == kept
    await audited(stage)


# Duty 6: $1,000 became $1; typed 5, charged 10.

ONE_OR_THOUSAND = ["1,000 MAD", "1 MAD"]


@pytest.mark.parametrize(
    ("written", "understood", "minor"),
    [
        ("1 000", "1,000 MAD", 100000),
        ("1\u202f000", "1,000 MAD", 100000),
        ("١٠٠٠", "1,000 MAD", 100000),
        ("١٬٠٠٠", "1,000 MAD", 100000),
        ("100dh", "100 MAD", 10000),
        ("25,50", "25.50 MAD", 2550),
        ("1.000,50", "1,000.50 MAD", 100050),
        ("12,5 EUR", "12.50 EUR", 1250),
        ("12,5 €", "12.50 EUR", 1250),
    ],
)
async def test_duty_6_what_is_written_is_what_is_shown_and_what_is_charged(
    stage: Stage, written: str, understood: str, minor: int
) -> None:
    john = await _asked_how_much(stage)
    await john.send(written)
    await john.says(f"Gift of {understood}")
    await john.tap(f"Pay {understood}")
    await john.until(lambda one: shows(one, "Open Stripe"))
    session = stage.stripe.session(session_of(john))
    assert (session["amount_total"], session["currency"]) == (minor, understood[-3:].lower())
    assert await stage.rows("SELECT amount_minor, currency FROM donations") == [(minor, understood[-3:])]


@pytest.mark.parametrize("written", ["1.000", "1,000", "١٫٠٠٠", "1.000 dh"])
@pytest.mark.parametrize(("meant", "minor"), [("1,000 MAD", 100000), ("1 MAD", None)])
async def test_duty_6_an_unclear_number_is_echoed_and_asked_and_the_answer_alone_is_charged(
    stage: Stage, written: str, meant: str, minor: int | None
) -> None:
    john = await _asked_how_much(stage)
    await john.send(written)
    await john.says(f"You wrote {written}. Which amount do you mean?")
    assert labels(john)[:2] == ONE_OR_THOUSAND
    [first, second] = john.last.buttons[:2]
    stage.telegram.tapped(john, john.chat, john.last, first if minor else second)
    if minor is None:
        # One dirham is less than the smallest gift: said, and never raised to it.
        await john.says("The smallest gift here is 20 MAD")
        assert not shows(john, "Pay ")
        assert await stage.rows("SELECT count(*) FROM donations") == [(0,)]
        return
    await john.says(f"Gift of {meant}")
    await john.tap(f"Pay {meant}")
    await john.until(lambda one: shows(one, "Open Stripe"))
    assert stage.stripe.session(session_of(john))["amount_total"] == minor


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("0", "more than zero"),
        ("٠", "more than zero"),
        ("0,00", "more than zero"),
        ("-5", "more than zero"),
        ("−5", "more than zero"),
        ("1e9", "plain digits"),
        ("5", "The smallest gift here is 20 MAD"),
        ("12,5", "The smallest gift here is 20 MAD"),
        ("19,99", "The smallest gift here is 20 MAD"),
        ("50000,01", "The largest gift here is 50,000 MAD"),
    ],
)
async def test_duty_6_an_amount_that_cannot_be_given_is_explained_and_never_bent(
    stage: Stage, written: str, answer: str
) -> None:
    john = await _asked_how_much(stage)
    await john.send(written)
    await john.says(answer)
    assert not shows(john, "Pay ")
    assert await stage.rows("SELECT count(*) FROM donations") == [(0,)]
    assert not stage.stripe.sessions
    # Nothing is lost: the next number goes to the same campaign.
    await john.send("25")
    await john.says("Gift of 25 MAD to Humanitarian")


async def _asked_how_much(stage: Stage) -> Phone:
    john = stage.john()
    await john.start("c_humanitarian")
    await press(john, "Give", "How much")
    return john


# Duty 9: refunds that are not mirrored; that only admins can make.


async def test_duty_9_a_refund_in_the_dashboard_and_one_in_the_chat_end_in_the_same_books(
    stage: Stage,
) -> None:
    john, yasmine, amina = stage.john(), stage.yasmine(), stage.amina()
    await pays(stage, john)
    dashboard = await pays(stage, yasmine)
    await pays(stage, amina)
    # John takes his back himself, without anyone of the staff; Yasmine's goes back in Stripe's dashboard.
    await john.tap("Undo")
    await press(john, "Yes, take it back", "Refunded: 200 MAD", first="Take back your gift")
    stage.stripe.refund(dashboard)
    await yasmine.says("Remboursé : 200 MAD")
    assert await _books_of(stage, john) == await _books_of(stage, yasmine)
    assert await _books_of(stage, john) == {
        "state": ["refunded"],
        "ledger": [("gift", 20000, "MAD", "humanitarian"), ("refund", -20000, "MAD", "humanitarian")],
        "receipts": [("receipt", 20000, "MAD"), ("credit", 20000, "MAD")],
        "refunds": [(20000, "MAD", "succeeded")],
    }
    # Only Amina's gift is left of the three.
    assert await stage.rows("SELECT received_minor FROM totals") == [(20000,)]
    assert stage.stripe.books()["mad"].refunded == 40000
    await audited(stage)


async def test_duty_9_a_part_given_back_by_staff_or_in_the_dashboard_is_the_same_in_the_books(
    stage: Stage,
) -> None:
    john, yasmine, karim = stage.john(), stage.yasmine(), stage.karim()
    await pays(stage, john)
    [(gift,)] = await stage.rows("SELECT id FROM donations")
    dashboard = await pays(stage, yasmine)
    await karim.send(f"/refund {gift} 50")
    await karim.until(lambda one: shows(one, "Payé deux fois"))
    await karim.tap("Payé deux fois")
    await karim.until(lambda one: shows(one, "Oui, rembourser 50 MAD"))
    await karim.tap("Oui, rembourser 50 MAD")
    await john.says("Refunded: 50 MAD")
    stage.stripe.refund(dashboard, 5000)
    await yasmine.says("Remboursé : 50 MAD")
    books = await _books_of(stage, john)
    assert books == await _books_of(stage, yasmine)
    assert (books["state"], books["refunds"]) == (["partly_refunded"], [(5000, "MAD", "succeeded")])
    assert await stage.rows("SELECT received_minor FROM totals") == [(30000,)]
    await audited(stage)


async def _books_of(stage: Stage, phone: Phone) -> dict[str, list[Any]]:
    """All that the books say of the gifts of one donor, without numbers and ids."""
    gifts = (
        "(SELECT donations.id FROM donations JOIN donors ON donors.id = donor_id "
        f"WHERE telegram_id = {phone.id})"
    )
    return {
        "state": [row[0] for row in await stage.rows(f"SELECT state FROM donations WHERE id IN {gifts}")],
        "ledger": await stage.rows(
            f"SELECT kind, amount_minor, currency, campaign FROM ledger WHERE donation IN {gifts} ORDER BY seq"
        ),
        "receipts": await stage.rows(
            f"SELECT kind, amount_minor, currency FROM receipts WHERE donation_id IN {gifts} ORDER BY number"
        ),
        "refunds": await stage.rows(
            f"SELECT amount_minor, currency, status FROM refunds WHERE donation_id IN {gifts}"
        ),
    }


# Duty 10: charged twice by a double tap or a lag.


@pytest.mark.parametrize("webhook", [True, False], ids=["webhook", "polling"])
@pytest.mark.parametrize("stripe", ["quick", "slow"])
async def test_duty_10_fifty_taps_at_once_are_one_session_and_one_charge(
    sandbox: Sandbox, tmp_path: Path, webhook: bool, stripe: str
) -> None:
    async with bot_beside(sandbox, settings_for(sandbox, tmp_path, webhook=webhook)) as stage:
        john = stage.john()
        await john.start("c_humanitarian_200_MAD")
        await john.until(lambda one: shows(one, "Pay 200 MAD"))
        if stripe == "slow":
            # It made the session, but nobody heard: the next try must be the same request.
            stage.stripe.faults.add(Fault("timeout_after", "POST"))
        check, pay = john.last, john.button("Pay 200 MAD")
        taps = [stage.telegram.tapped(john, john.chat, check, pay) for _ in range(50)]
        await asyncio.gather(*(stage.telegram.acknowledged(tap, 30) for tap in taps))
        await john.until(lambda one: shows(one, "Open Stripe"), 15)
        [session] = stage.stripe.sessions
        assert session_of(john) == session
        assert await stage.rows("SELECT state, session_id FROM donations") == [("awaiting", session)]
        assert not any(button.data == pay.data for button in john.last.buttons), "the button died on the tap"
        stage.stripe.pay(session)
        await john.says("Received: 200 MAD")
        assert len(stage.stripe.charges) == 1
        await audited(stage)


async def test_duty_10_fifty_updates_in_flight_together_are_one_session(stage: Stage) -> None:
    """Telegram keeps one person's taps in order; a bot that trusted in it would fail here."""
    john = stage.john()
    await john.start("c_humanitarian_200_MAD")
    await john.until(lambda one: shows(one, "Pay 200 MAD"))
    donor = await stage.read(lambda tx: donors.find(tx, john.id))
    assert donor is not None
    opened = (giving.open_checkout(stage.services, donor, Give(1, 20000, "mad")) for _ in range(50))
    gifts = await asyncio.gather(*opened)
    assert len({gift.id for gift in gifts}) == 1
    assert len(stage.stripe.sessions) == 1
    [session] = stage.stripe.sessions
    await john.tap("Pay 200 MAD")
    await john.until(lambda one: shows(one, "Open Stripe"))
    assert session_of(john) == session
    # Another amount is another page, and the older one can no longer be paid.
    await press(john, "Change the amount", "How much")
    await press(john, "100 MAD", "Gift of 100 MAD")
    await press(john, "Pay 100 MAD", "is ready")
    await stage.until_rows(
        "SELECT amount_minor, state FROM donations ORDER BY amount_minor",
        [(10000, "awaiting"), (20000, "canceled")],
    )
    assert stage.stripe.session(session)["status"] == "expired"


async def test_duty_10_fifty_taps_on_taking_it_back_are_one_refund(stage: Stage) -> None:
    john = stage.john()
    await pays(stage, john)
    await john.tap("Undo")
    await john.says("Take back your gift")
    asked, yes = john.last, john.button("Yes, take it back")
    taps = [stage.telegram.tapped(john, john.chat, asked, yes) for _ in range(50)]
    await asyncio.gather(*(stage.telegram.acknowledged(tap, 30) for tap in taps))
    await stage.until_rows("SELECT state FROM donations", [("refunded",)])
    assert await stage.rows("SELECT count(*), sum(amount_minor) FROM refunds") == [(1, 20000)]
    assert stage.stripe.books()["mad"].refunded == 20000
    await audited(stage)


# Duty 11: the anonymous donor is told to others.


async def test_duty_11_nobody_else_ever_reads_who_gave(
    sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "entraide")
    settings = settings_for(sandbox, tmp_path, webhook=True, checkouts_per_donor=3)
    async with bot_beside(sandbox, settings) as stage:
        donor = zulaykha(stage)
        first = await pays(stage, donor)
        disputed = await pays(stage, donor, "100 MAD")
        stage.stripe.refund(first, 5000)
        await donor.says("Refunded: 50 MAD")
        await donor.send("/receipt")
        scanned = re.search(r"\?start=(v_\w+)", text_of(content_of(await sent_file(donor, "receipt-"))))
        assert scanned is not None
        await _promises(donor)
        await _is_paused(donor)
        await donor.send("/privacy@entraide_bot", -1001)
        await stage.until_in(stage.telegram.chats[-1001], "private chat")
        stage.stripe.dispute(disputed)
        await sent_file(stage.karim(), "evidence-")
        await _staff_look_everywhere(stage)
        await stage.yasmine().start(scanned[1])
        await stage.yasmine().says("Ce document est authentique")
        await stage.yasmine().start("c_humanitarian")
        await stage.yasmine().says("reçus")
        await publish_ledger(stage.settings, tmp_path / "ledger.jsonl")
        async with aiohttp.ClientSession() as web, web.get(f"{stage.url}/healthz") as answer:
            health = await answer.text()
        others = [phone for phone in stage.telegram.phones.values() if phone is not donor]
        read = {phone.person["first_name"]: " ".join(_read_on(phone.messages)) for phone in others}
        read["group"] = " ".join(_read_on(_of_the_bot(stage.telegram.chats[-1001].messages.values())))
        read["ledger"] = (tmp_path / "ledger.jsonl").read_text()
        read["log"] = " ".join(str(vars(record)) + record.getMessage() for record in caplog.records)
        read["stripe"] = str([call.params for call in stage.stripe.calls])
        read["healthz"] = health
        # The other side of each was really there to be read.
        assert "D1" in read["Karim"]
        assert "humanitarian" in read["ledger"]
        assert "turn" in read["log"]
        assert [who for who, text in read.items() if _holds(text, PERSONAL)] == []
        # Hidden, and counted all the same.
        assert await stage.rows("SELECT donors FROM progress WHERE campaign_id = 1") == [(1,)]


async def _promises(donor: Phone) -> None:
    await donor.start("c_humanitarian_300_MAD")
    await press(donor, "Pay in Morocco", "Example Bank")


async def _is_paused(donor: Phone) -> None:
    """Opens pages until there are too many: staff are alarmed about this donor."""
    for amount in (101, 102):
        await donor.start(f"c_humanitarian_{amount}_MAD")
        await donor.until(lambda one, amount=amount: shows(one, f"Pay {amount} MAD"))
        await donor.tap(f"Pay {amount} MAD")
        await donor.says("is ready" if amount == 101 else "You have opened 3 payment pages")


async def _staff_look_everywhere(stage: Stage) -> None:
    karim = stage.karim()
    await karim.until(lambda one: any("a ouvert 3 pages" in plain(message.text) for message in one.messages))
    for (gift,) in await stage.rows("SELECT id FROM donations"):
        await karim.send(f"/refund {gift}")
        await karim.says(gift.upper())
    [(reference,)] = await stage.rows("SELECT id FROM pledges")
    await karim.send("/pledges")
    await karim.says("300")
    await karim.send(f"/pledges {reference}")
    await karim.says(references.shown(reference))
    await karim.send("/report")
    await karim.says("Toutes les campagnes")
    await karim.tap("PDF")
    await sent_file(karim, "report-all-")
    await karim.tap("XLSX")
    await karim.until(lambda one: one.last.document and one.last.document.name.endswith(".xlsx"))


def _of_the_bot(messages: Any) -> list[Message]:
    return [message for message in messages if message.sender == "bot"]


def _read_on(messages: Any) -> Iterator[str]:
    """All that stands on a phone: texts, buttons with what is behind them, and files as they are read."""
    for message in messages:
        yield message.text
        yield from (str(button) for button in message.buttons)
        if message.document is not None:
            yield message.document.name
            yield _inside(message.document.name, content_of(message))


def _inside(name: str, content: bytes) -> str:
    if name.endswith(".pdf"):
        return text_of(content)
    if name.endswith(".xlsx"):
        return str([list(sheet.values) for sheet in load_workbook(io.BytesIO(content)).worksheets])
    return content.decode()


# Duty 12: the account wall.


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
@pytest.mark.parametrize("webhook", [True, False], ids=["webhook", "polling"])
async def test_duty_12_the_flow_ends_with_no_personal_field_asked_for_or_stored(
    sandbox: Sandbox, tmp_path: Path, webhook: bool, language: str
) -> None:
    async with bot_beside(sandbox, settings_for(sandbox, tmp_path, webhook=webhook)) as stage:
        donor = zulaykha(stage, language)
        await pays(stage, donor)
        assert donor.taps == 3, "from the campaign to Stripe, with nothing to fill in"
        # Of the person only the number of the chat is kept, to answer in; a polled update not even for its text.
        await stage.until_rows("SELECT count(*) FROM updates WHERE raw IS NOT NULL", [(0,)])
        assert await places_of(stage) == ["donors.telegram_id"]
        personal = re.compile("name|mail|phone|address|birth|user|contact")
        # A lease's name is that of a piece of work, and goes with it.
        named = [place for place in await cells(stage) if personal.search(place)]
        assert named == ["appeals.contact", "leases.name"]
        # Telegram was never told to ask for a phone number or a place, and the bot never asked in words.
        shown = str([call.params for call in stage.telegram.calls])
        assert not re.search("request_contact|request_location|request_users|force_reply", shown)
        said = " ".join(message.text for message in _of_the_bot(donor.messages)).casefold()
        assert not re.search(r"e-?mail|courriel|البريد|phone|téléphone|الهاتف|your name|votre nom|اسمك", said)
        # Nor is Stripe told, or told to ask for more than a card.
        [order] = [call.params for call in stage.stripe.calls if call.method == "POST"]
        assert not _holds(order, PERSONAL)
        assert not {name for name in order if re.match("customer_email|shipping|custom_fields", name)}
        assert (order["phone_number_collection"], order["billing_address_collection"]) == (
            {"enabled": "false"},
            "auto",
        )


async def test_duty_12_a_monthly_gift_leaves_the_address_that_stripe_needs_with_stripe(stage: Stage) -> None:
    donor = zulaykha(stage)
    await donor.start("c_humanitarian_100_MAD")
    await press(donor, "Every month instead", "every month to", first="Once, not every month")
    await press(donor, "3 months", "100 MAD every month until", on="buttons")
    await donor.tap("100 MAD every month")
    await donor.says("is ready")
    session = session_of(donor)
    stage.stripe.pay(session)
    await donor.says("Received: 100 MAD")
    await stage.until_rows("SELECT wanted, next_at IS NULL FROM monthly_gifts", [(0, 0)])
    address = stage.stripe.session(session)["customer_details"]["email"]
    assert "@" in address
    assert await places_of(stage, (*PERSONAL, address)) == ["donors.telegram_id"]


# Duty 21: consent, erasing, opting out.

SUMS = (
    "SELECT campaign_id, currency, received_minor, gifts, promised_minor FROM totals ORDER BY 1, 2",
    "SELECT campaign_id, donors, counted_minor FROM progress ORDER BY 1",
    "SELECT * FROM ledger ORDER BY seq",
    "SELECT * FROM receipts ORDER BY year, number",
    "SELECT * FROM payments ORDER BY subject",
    "SELECT * FROM refunds ORDER BY id",
    "SELECT id, amount_minor, currency, state, counted_minor FROM donations ORDER BY id",
)


@pytest.mark.parametrize("webhook", [True, False], ids=["webhook", "polling"])
async def test_duty_21_erasing_leaves_every_sum_and_nothing_of_the_person(
    sandbox: Sandbox, tmp_path: Path, webhook: bool
) -> None:
    async with bot_beside(sandbox, settings_for(sandbox, tmp_path, webhook=webhook)) as stage:
        donor = zulaykha(stage)
        await pays(stage, donor)
        session = await pays(stage, donor, "100 MAD")
        await pays(stage, stage.yasmine())
        stage.stripe.refund(session, 3000)
        await donor.says("Refunded: 30 MAD")
        before = [await stage.rows(sql) for sql in SUMS]
        assert await places_of(stage) != []
        await _erased(donor)
        await stage.until_rows("SELECT count(*) FROM updates WHERE raw IS NOT NULL", [(0,)])
        assert [await stage.rows(sql) for sql in SUMS] == before
        assert await places_of(stage) == []
        assert await stage.rows("SELECT awaiting, message_id, source FROM donors WHERE state = 'erased'") == [
            (None, None, None)
        ]
        await audited(stage)
        # The accounts go on; the person hears no more of it.
        heard = len(donor.messages)
        stage.stripe.refund(session)
        await looking.reconcile(stage.services)
        await stage.until_rows("SELECT state FROM donations WHERE amount_minor = 10000", [("refunded",)])
        await stage.until_rows("SELECT count(*) FROM deliveries WHERE state IN ('owed', 'sending')", [(0,)])
        assert len(donor.messages) == heard
        assert await places_of(stage) == []
        # Whoever comes back starts afresh.
        await donor.send("/mygifts")
        await donor.says("no gift here yet")
        await audited(stage)


async def test_duty_21_a_tap_that_comes_again_after_erasing_makes_nobody_known_again(stage: Stage) -> None:
    donor = zulaykha(stage)
    await pays(stage, donor)
    await _erased(donor)
    [update] = [
        one.update
        for one in stage.telegram.updates.everyone.values()
        if "erase-yes" in str(one.update.get("callback_query", {}).get("data"))
    ]
    await stage.comes_again(update)
    assert await places_of(stage) == []
    assert sum("Erased." in one.text for one in donor.messages) == 2


async def test_duty_21_what_is_kept_can_be_seen_before_it_is_erased_and_a_promise_goes_too(
    stage: Stage,
) -> None:
    donor = zulaykha(stage)
    await pays(stage, donor)
    kept = await stage.rows("SELECT received_minor FROM totals")
    await _promises(donor)
    await donor.send("/privacy")
    await press(donor, "Send me the file", "Everything we keep", first="What we keep about you")
    exported = content_of(donor.last).decode()
    assert str(TELEGRAM_ID) in exported
    assert "Zulaykha" not in exported
    await _erased(donor)
    assert await stage.rows("SELECT state FROM pledges") == [("canceled",)]
    assert await stage.rows("SELECT promised_minor FROM totals") == [(0,)]
    assert await stage.rows("SELECT received_minor FROM totals") == kept
    assert await places_of(stage) == []


async def _erased(donor: Phone) -> None:
    await donor.send("/privacy")
    await press(donor, "Erase", "Erase everything", first="What we keep about you")
    await press(donor, "Yes, erase", "Erased.")
