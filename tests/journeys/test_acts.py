"""What staff do is written down: each act leaves one row, in the transaction of the act; the rows stay; `/audit` reads them."""

import asyncio
import json
from datetime import timedelta

import pytest

from bot import guarding, pledging, refunding, settling
from bot.money import Money
from bot.staff import Member, Right, Role
from bot.store import acts, staff
from bot.store.sql import Broken, Tx
from sandbox.faults import Fault
from tests.journeys.test_back import a_paid_gift
from tests.journeys.test_monthly import begun
from tests.journeys.test_pledges import matched, promised
from tests.reading import sent_file
from tests.stage import Stage, press, shows

ACTS = "SELECT act FROM acts ORDER BY id"
ALERTS = "SELECT chat_id FROM deliveries WHERE kind = 'alert' ORDER BY chat_id"


async def the_act(stage: Stage, act: str) -> tuple[str, dict[str, object], dict[str, object]]:
    """The only row there is: what it was done to, and what it says of before and after."""
    [(found, by, subject, before, after)] = await stage.rows(
        "SELECT act, by, subject, before, after FROM acts"
    )
    assert found == act
    [(karim,)] = await stage.rows("SELECT id FROM donors WHERE telegram_id = 1900")
    assert by == f"staff {karim}"
    return subject, json.loads(before), json.loads(after)


async def test_a_refund_is_written_down_once_however_often_it_is_pressed(stage: Stage) -> None:
    await a_paid_gift(stage)
    [(gift,)] = await stage.rows("SELECT id FROM donations")
    karim = stage.karim()
    # Stripe is slow, so that the second press meets the order of the first.
    stage.stripe.faults.add(Fault("500", "POST", path="/v1/refunds"))
    await karim.send(f"/refund {gift} 50")
    await press(karim, "Une erreur de notre part", "50", first="Pourquoi")
    await karim.until(lambda one: shows(one, "Oui, rembourser"))
    last = karim.last
    button = karim.button("Oui, rembourser")
    first = stage.telegram.tapped(karim, karim.chat, last, button)
    second = stage.telegram.tapped(karim, karim.chat, last, button)
    await stage.telegram.acknowledged(first, 15)
    await stage.telegram.acknowledged(second, 15)
    found = await stage.rows("SELECT count(*) FROM refund_orders")
    subject = await stage.rows("SELECT subject, after FROM acts WHERE act = 'refund'")
    assert len(subject) == found[0][0]
    assert subject[0] == (gift, '{"currency": "MAD", "minor": 5000, "reason": "mistake"}')


async def test_a_donors_own_undo_is_no_act_of_staff(stage: Stage) -> None:
    await a_paid_gift(stage)
    await press(stage.john(), "Undo", "Take back your gift")
    await press(stage.john(), "Yes, take it back", "Refunded: 200 MAD")
    assert await stage.rows(ACTS) == []


async def test_a_match_and_its_correction_are_written_down(stage: Stage) -> None:
    reference = await promised(stage)
    await matched(stage, reference)
    subject, before, after = await the_act(stage, "pledge.match")
    assert subject.upper() == reference.replace("-", "")
    assert before == {"state": "promised", "minor": 20000, "currency": "MAD"}
    assert after == {"state": "matched", "minor": 20000, "currency": "MAD"}
    karim = stage.karim()
    await karim.send(f"/pledges {reference}")
    await press(karim, "Retirer", "Pourquoi")
    await press(karim, "pas arrivé", "sont arrivés", on="buttons")
    assert await stage.rows(ACTS) == [("pledge.match",), ("pledge.unmatch",)]


async def test_twenty_who_match_the_same_pledge_leave_one_act(stage: Stage) -> None:
    reference = (await promised(stage)).replace("-", "").lower()
    money = Money(20000, "MAD")
    await asyncio.gather(*(pledging.match(stage.services, reference, money, number) for number in range(20)))
    assert await stage.rows(ACTS) == [("pledge.match",)]
    await asyncio.gather(*(pledging.unmatch(stage.services, reference, 1, paid_back=True) for _ in range(20)))
    assert await stage.rows(ACTS) == [("pledge.match",), ("pledge.unmatch",)]


async def test_a_rate_is_written_down_with_the_one_before(stage: Stage) -> None:
    karim = stage.karim()
    await karim.send("/rate EUR 10,85")
    await press(karim, "Utiliser", "Est-ce bien sûr", first="1 EUR = 10.85 MAD")
    assert await stage.rows(ACTS) == []
    await karim.tap("Oui, garder")
    await stage.until_rows(ACTS, [("rate",)])
    assert await the_act(stage, "rate") == ("EUR/MAD", {}, {"rate": "10.85"})


async def test_a_freeze_and_its_end_are_written_down_once_each(stage: Stage) -> None:
    await asyncio.gather(*(guarding.freeze(stage.services, 7) for _ in range(5)))
    await asyncio.gather(*(guarding.unfreeze(stage.services, 8) for _ in range(5)))
    assert await stage.rows("SELECT act, by FROM acts ORDER BY id") == [
        ("freeze", "staff 7"),
        ("unfreeze", "staff 8"),
    ]


async def test_a_monthly_gift_stopped_by_staff_is_written_down(stage: Stage) -> None:
    await begun(stage)
    [(donation_id, monthly_id)] = await stage.rows("SELECT id, monthly_id FROM donations")
    karim = stage.karim()
    await karim.send(f"/refund {donation_id}")
    await press(karim, "Arrêter le don mensuel", "Arrêter le don mensuel de cette personne")
    await press(karim, "Oui, l’arrêter", "la personne en est informée")
    assert await the_act(stage, "monthly.stop") == (monthly_id, {"state": "active"}, {})


async def test_a_report_taken_as_a_file_is_written_down_and_one_looked_at_is_not(stage: Stage) -> None:
    karim = stage.karim()
    await karim.send("/report")
    await karim.until(lambda one: shows(one, "XLSX"))
    assert await stage.rows(ACTS) == []
    await karim.tap("XLSX")
    file = await sent_file(karim, "report-")
    assert file.document is not None
    assert (await the_act(stage, "report"))[0] == file.document.name


@pytest.mark.parametrize("change", ["UPDATE acts SET act = 'nothing'", "DELETE FROM acts"])
async def test_what_was_done_stays_written(stage: Stage, change: str) -> None:
    await guarding.freeze(stage.services, 1)
    with pytest.raises(Broken, match="stays written"):
        await stage.services.db.write(lambda tx: tx.plain(change))
    assert await stage.rows(ACTS) == [("freeze",)]


async def test_the_audit_log_is_read_page_by_page(stage: Stage) -> None:
    now = stage.services.clock()

    def write(tx: Tx) -> None:
        for number in range(20):
            moment = now - timedelta(minutes=20 - number)
            acts.record(
                tx,
                moment,
                f"staff {number}",
                "campaign.frobnicate",
                f"slug{number}",
                before={"state": "open"},
            )

    await stage.services.db.write(write)
    await guarding.freeze(stage.services, 7)
    karim = stage.karim()
    await karim.says("D7 a gelé")
    await karim.send("/audit")
    await karim.says("Paiements par carte gelés")
    assert "D19" in karim.last.text
    # An act that nobody has put into words is shown as it is written.
    assert "campaign.frobnicate" in karim.last.text
    await press(karim, "Plus ancien", "slug12")
    assert "slug13" not in karim.last.text
    await press(karim, "Plus ancien", "slug0")
    assert not shows(karim, "Plus ancien")
    await press(karim, "Les plus récents", "Paiements par carte gelés")


# Who hears of what.


async def test_alerts_about_money_go_to_all_who_have_the_right_in_their_language(stage: Stage) -> None:
    john, yasmine = stage.john(), stage.yasmine()
    for phone in (john, yasmine, stage.karim()):
        await phone.send("/help")
        await phone.until(lambda one: any(message.sender == "bot" for message in one.messages))
    await stage.services.db.write(lambda tx: _hired(tx, 1003, Role.FINANCE))
    await stage.services.db.write(lambda tx: _hired(tx, 1002, Role.READER))
    await guarding.freeze(stage.services, 7)
    await john.until(lambda one: any("froze card payments" in message.text for message in one.messages))
    await stage.karim().until(lambda one: any("a gelé" in message.text for message in one.messages))
    assert await stage.rows(ALERTS) == [(1003,), (1900,)]


async def test_what_staff_could_not_be_told_waits_until_they_unblock_the_bot(stage: Stage) -> None:
    john = stage.john()
    await john.send("/help")
    await john.until(lambda one: any(message.sender == "bot" for message in one.messages))
    await stage.services.db.write(lambda tx: _hired(tx, 1003, Role.FINANCE))
    await stage.telegram.acknowledged(john.block())
    await guarding.freeze(stage.services, 7)
    parked = "SELECT state FROM deliveries WHERE chat_id = 1003"
    await stage.until_rows(parked, [("undeliverable",)])
    john.unblock()
    await john.until(lambda one: any("froze card payments" in message.text for message in one.messages))
    await stage.until_rows(parked, [("sent",)])


async def test_an_alert_leaves_what_staff_look_at_where_it_is(stage: Stage) -> None:
    await a_paid_gift(stage)
    [(gift,)] = await stage.rows("SELECT id FROM donations")
    karim = stage.karim()
    await karim.send(f"/refund {gift}")
    await karim.says(gift.upper())
    seen = karim.last
    found = await refunding.facts(stage.services, gift)
    assert found is not None
    donation, now = found.donation, stage.services.clock()
    await stage.services.db.write(lambda tx: settling.alert(tx, donation, "review", (1900,), now))
    stage.services.bells.courier.set()
    await karim.until(
        lambda one: any(gift.upper() in message.text and message.id > seen.id for message in one.messages)
    )
    await stage.until_rows("SELECT count(*) FROM deliveries WHERE state != 'sent'", [(0,)])
    assert seen.id in [message.id for message in karim.messages]
    assert await stage.rows("SELECT awaiting FROM donors WHERE telegram_id = 1900") == [(f"gift-{gift}",)]


def _hired(tx: Tx, person: int, role: Role) -> None:
    staff.put(tx, Member(person, role, "D1", 1))


async def test_the_first_owners_come_first_and_nobody_twice(stage: Stage) -> None:
    await stage.services.db.write(lambda tx: _hired(tx, 1900, Role.READER))
    await stage.services.db.write(lambda tx: _hired(tx, 1003, Role.MESSAGES))
    read = stage.services.db.read
    assert await read(lambda tx: staff.chats(tx, (1900,), Right.SPEAK)) == [1900, 1003]
    assert await read(lambda tx: staff.chats(tx, (1900,), Right.MONEY)) == [1900]
    assert await read(lambda tx: staff.standing(tx, (1900,), 1900)) is Role.OWNER
