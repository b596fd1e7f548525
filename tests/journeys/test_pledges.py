"""Promised outside Stripe: a reference, staff who match it once, what is promised apart from what is received."""

import asyncio
import json
from pathlib import Path

import pytest

from bot import auditing, comparing, mine, pledging, references
from bot.actions import Promise
from bot.errors import GiftTooSmall, NotYours, NoWays
from bot.money import Money
from bot.store import donors
from bot.store.sql import Broken
from sandbox.app import Sandbox
from sandbox.telegram import Button
from tests.stage import ROOT, Stage, bot_beside, settings_for, shows, to_the_bridge

KEPT = "SELECT received_minor, gifts, promised_minor FROM totals"
BOOKED = "SELECT kind, amount_minor FROM ledger ORDER BY seq"


async def promised(stage: Stage, amount: str = "200 MAD") -> str:
    """Yasmine promises it from the check screen; her reference, as she sees it."""
    yasmine = stage.yasmine()
    await yasmine.start(f"c_humanitarian_{amount.replace(' ', '_')}")
    await yasmine.until(lambda one: shows(one, "Payer au Maroc"))
    await yasmine.tap("Payer au Maroc")
    await yasmine.says("Banque Exemple")
    return yasmine.button("Copier").copy or ""


async def matched(stage: Stage, reference: str, received: str = "") -> None:
    """Karim looks it up and taps twice."""
    karim, label = stage.karim(), f"{received} MAD sont arrivés" if received else "sont arrivés"
    await karim.send(f"/pledges {reference} {received}".strip())
    await karim.until(lambda one: shows(one, label))
    await karim.tap(label)
    # An alert about the same gift may have come below it.
    await karim.until(lambda one: any("✅ Reçu" in message.text for message in one.messages))


async def audited(stage: Stage) -> None:
    assert await auditing.audit_books(stage.services) == []
    assert await comparing.audit_stripe(stage.services) == []


async def test_a_donor_who_cannot_pay_by_card_promises_and_gets_a_reference(stage: Stage) -> None:
    reference = await promised(stage)
    assert references.is_sound(references.normal(reference))
    last = stage.yasmine().last.text.replace("\u00a0", " ")
    assert reference in last
    assert "200,00 MAD" in last
    assert await stage.rows(KEPT) == [(0, 0, 20000)]
    await stage.yasmine().start("c_humanitarian")
    await stage.yasmine().says("Promis, pas encore reçu : 200 MAD")
    assert "Soyez" in stage.yasmine().last.text, "a promise is no progress"
    await audited(stage)


async def test_many_taps_are_one_promise(stage: Stage) -> None:
    await promised(stage)
    await promised(stage)
    assert await stage.rows("SELECT count(*) FROM pledges") == [(1,)]
    assert await stage.rows(KEPT) == [(0, 0, 20000)]


async def test_staff_match_a_pledge_and_its_donor_is_thanked(stage: Stage) -> None:
    reference = await promised(stage)
    await stage.yasmine().tap("J’ai payé")
    await stage.yasmine().says("Vous nous avez dit")
    await stage.karim().says("promesse est payée")
    await matched(stage, reference.lower().replace("-", ""))
    await stage.yasmine().says("Bien reçu : 200 MAD")
    text = stage.yasmine().last.text
    assert "relevé" not in text, "no card statement shows a transfer"
    assert not shows(stage.yasmine(), "Annuler (jusqu"), "Stripe cannot give back what it never had"
    assert await stage.rows(KEPT) == [(20000, 1, 0)]
    assert await stage.rows(BOOKED) == [("pledge", 20000)]
    assert await stage.rows("SELECT donors FROM progress WHERE campaign_id = 1") == [(1,)]
    assert await stage.rows("SELECT number, kind, amount_minor FROM receipts") == [(1, "receipt", 20000)]
    [row] = await stage.rows("SELECT subject, payment_intent, is_matched FROM payments")
    assert row == (references.normal(reference), None, 1)
    await audited(stage)


async def test_another_amount_than_promised_may_arrive(stage: Stage) -> None:
    reference = await promised(stage)
    karim = stage.karim()
    await karim.send(f"/pledges {reference} 180")
    await karim.says("Un autre montant est arrivé : 180 MAD")
    await karim.tap("180 MAD sont arrivés")
    await stage.yasmine().says("Vous aviez promis 200 MAD")
    assert await stage.rows(KEPT) == [(18000, 1, 0)]
    await karim.send(f"/pledges {reference} 180 EUR")
    await karim.says("promis en MAD")
    await audited(stage)


async def test_a_pledge_is_matched_exactly_once_however_many_say_so(stage: Stage) -> None:
    reference = references.normal(await promised(stage))
    received = Money(20000, "MAD")
    found = await asyncio.gather(
        *(pledging.match(stage.services, reference, received, number) for number in range(20))
    )
    assert len({one.pledge.donation_id for one in found}) == 1
    assert await stage.rows("SELECT count(*) FROM donations") == [(1,)]
    assert await stage.rows(BOOKED) == [("pledge", 20000)]
    assert await stage.rows("SELECT count(*) FROM deliveries WHERE kind = 'thanks'") == [(1,)]
    assert await stage.rows(KEPT) == [(20000, 1, 0)]
    await audited(stage)


async def test_two_of_the_staff_tap_at_once_and_it_is_one_gift(stage: Stage) -> None:
    reference = await promised(stage)
    karim = stage.karim()
    await karim.send(f"/pledges {reference}")
    await karim.until(lambda one: shows(one, "sont arrivés"))
    await asyncio.gather(*(karim.tap("sont arrivés") for _ in range(5)))
    await karim.says("✅ Reçu")
    assert await stage.rows(BOOKED) == [("pledge", 20000)]


async def test_a_reference_with_a_slip_is_told_kindly_and_the_right_one_is_offered(stage: Stage) -> None:
    reference = await promised(stage)
    plain = references.normal(reference)
    wrong = plain[:-1] + next(one for one in references.LETTERS if one != plain[-1])
    karim = stage.karim()
    for written in (wrong, plain[1:], plain[1] + plain[0] + plain[2:]):
        # Digits alone are an amount.
        if written == plain or written.isdecimal():
            continue
        await karim.send(f"/pledges {written}")
        await karim.says("n’est pas une de nos références")
        await karim.until(lambda one: shows(one, reference))
    await karim.tap(reference)
    await karim.until(lambda one: shows(one, "sont arrivés"))


async def test_a_reference_that_nobody_was_given_is_said_to_be_unknown(stage: Stage) -> None:
    await stage.karim().send("/pledges K4-27P")
    await stage.karim().says("personne ne l’a reçue")


async def test_staff_search_by_amount_and_see_those_said_to_be_paid_first(stage: Stage) -> None:
    first = await promised(stage, "100 MAD")
    second = await promised(stage, "200 MAD")
    await stage.yasmine().tap("J’ai payé")
    karim = stage.karim()
    await karim.says("promesse est payée")
    await karim.send("/pledges")
    await karim.says("2 promesses ouvertes")
    text = karim.last.text
    assert text.index(second) < text.index(first)
    assert "D1" in text
    assert "Yasmine" not in text
    await karim.send("/pledges 100 MAD")
    await karim.says("Promesses ouvertes de 100 MAD")
    assert first in karim.last.text
    assert second not in karim.last.text
    await karim.send("/pledges 101 MAD")
    await karim.says("Aucune promesse ouverte")


async def test_a_reminder_comes_once_and_only_where_it_was_asked_for(stage: Stage) -> None:
    await promised(stage, "100 MAD")
    await promised(stage, "200 MAD")
    yasmine = stage.yasmine()
    await yasmine.tap("Me le rappeler")
    await yasmine.says("Nous vous le rappellerons")
    assert not shows(yasmine, "Me le rappeler")
    assert await stage.rows("SELECT count(*) FROM deliveries") == [(1,)]
    due = "UPDATE deliveries SET due_at = due_at - 3 * 86400"
    await stage.services.db.write(lambda tx: tx.plain(due))
    stage.services.bells.courier.set()
    await yasmine.says("Vous nous avez demandé de vous rappeler")
    assert shows(yasmine, "J’ai payé")
    await stage.until_rows("SELECT kind, state FROM deliveries", [("pledge_reminder", "sent")])


@pytest.mark.parametrize("end", ["cancel", "match"])
async def test_no_reminder_follows_what_is_matched_or_canceled(stage: Stage, end: str) -> None:
    reference = await promised(stage)
    yasmine = stage.yasmine()
    await yasmine.tap("Me le rappeler")
    await yasmine.says("Nous vous le rappellerons")
    if end == "cancel":
        await yasmine.tap("Annuler")
        await yasmine.says("est annulée")
    else:
        await matched(stage, reference)
    await stage.services.db.write(
        lambda tx: tx.plain("UPDATE deliveries SET due_at = 0 WHERE state = 'owed'")
    )
    stage.services.bells.courier.set()
    await stage.until_rows("SELECT state FROM deliveries WHERE kind = 'pledge_reminder'", [("failed",)])
    assert not any("rappeler" in one.text and "demandé" in one.text for one in yasmine.messages)


async def test_a_canceled_promise_counts_no_more_and_its_money_is_still_found(stage: Stage) -> None:
    reference = await promised(stage)
    await stage.yasmine().tap("Annuler")
    await stage.yasmine().says("est annulée")
    assert await stage.rows(KEPT) == [(0, 0, 0)]
    await stage.karim().send("/pledges")
    await stage.karim().says("Aucune promesse")
    await matched(stage, reference)
    await stage.yasmine().says("Bien reçu : 200 MAD")
    assert await stage.rows(KEPT) == [(20000, 1, 0)]
    await audited(stage)


async def test_a_promise_said_to_be_paid_is_canceled_with_a_second_tap(stage: Stage) -> None:
    await promised(stage)
    yasmine = stage.yasmine()
    await yasmine.tap("J’ai payé")
    await yasmine.says("Vous nous avez dit")
    await yasmine.tap("Annuler")
    await yasmine.says("Annuler quand même")
    assert await stage.rows("SELECT state FROM pledges") == [("said_paid",)]
    await yasmine.tap("Oui, annuler")
    await yasmine.says("est annulée")
    assert await stage.rows("SELECT state FROM pledges") == [("canceled",)]


async def test_a_match_by_mistake_is_corrected_and_the_right_one_follows(stage: Stage) -> None:
    reference = await promised(stage)
    await matched(stage, reference)
    await stage.yasmine().says("Bien reçu : 200 MAD")
    karim = stage.karim()
    await karim.tap("Retirer des comptes")
    await karim.says("Pourquoi")
    await karim.tap("N’était pas arrivé")
    await stage.yasmine().says("Nous nous sommes trompés")
    assert await stage.rows(KEPT) == [(0, 0, 20000)]
    assert await stage.rows(BOOKED) == [("pledge", 20000), ("correction", -20000)]
    assert await stage.rows("SELECT kind FROM receipts ORDER BY number") == [("receipt",), ("credit",)]
    assert await stage.rows("SELECT state FROM pledges") == [("said_paid",)]
    assert await stage.rows("SELECT donors FROM progress WHERE campaign_id = 1") == [(0,)]
    await audited(stage)
    await matched(stage, reference, "150")
    await stage.yasmine().says("Bien reçu : 150 MAD")
    assert await stage.rows(KEPT) == [(15000, 1, 0)]
    subject = references.normal(reference)
    assert await stage.rows("SELECT subject FROM payments ORDER BY received_at, subject") == [
        (subject,),
        (f"{subject}.2",),
    ]
    await audited(stage)
    await stage.yasmine().send("/mygifts")
    await stage.yasmine().says("corrigé, n’est plus compté")


async def test_money_paid_back_from_the_bank_leaves_the_books_and_the_promise_is_over(stage: Stage) -> None:
    reference = await promised(stage)
    await matched(stage, reference)
    await stage.yasmine().says("Bien reçu : 200 MAD")
    karim = stage.karim()
    await karim.tap("Retirer des comptes")
    await karim.says("Pourquoi")
    await karim.tap("Nous l’avons rendu")
    await stage.yasmine().says("vous ont été rendus")
    assert await stage.rows(KEPT) == [(0, 0, 0)]
    assert await stage.rows("SELECT state FROM pledges") == [("canceled",)]
    await audited(stage)


async def test_a_correction_tapped_many_times_is_one(stage: Stage) -> None:
    reference = references.normal(await promised(stage))
    await pledging.match(stage.services, reference, Money(20000, "MAD"), 1)
    await asyncio.gather(*(pledging.unmatch(stage.services, reference, 1) for _ in range(20)))
    assert await stage.rows(BOOKED) == [("pledge", 20000), ("correction", -20000)]
    assert await stage.rows(KEPT) == [(0, 0, 20000)]
    await audited(stage)


async def test_a_gift_that_came_outside_stripe_cannot_be_refunded_there(stage: Stage) -> None:
    reference = await promised(stage)
    await matched(stage, reference)
    [(gift,)] = await stage.rows("SELECT id FROM donations")
    karim = stage.karim()
    for command in (f"/refund {gift}", f"/refund {gift} 50"):
        await karim.send(command)
        await karim.says("hors de Stripe")
        assert shows(karim, "Retirer des comptes")
    assert await stage.rows("SELECT count(*) FROM refund_orders") == [(0,)]


async def test_nobody_touches_anothers_promise(stage: Stage) -> None:
    reference = references.normal(await promised(stage))
    john = stage.john()
    await john.send("/start")
    await john.says("3 campaigns")
    stranger = await stage.read(lambda tx: donors.find(tx, 1003))
    assert stranger is not None
    for act in (pledging.mine, pledging.say_paid, pledging.remind, pledging.cancel):
        with pytest.raises(NotYours):
            await act(stage.services, stranger, reference)
    assert await stage.rows("SELECT state FROM pledges") == [("promised",)]


async def test_a_stranger_who_types_pledges_learns_nothing(stage: Stage) -> None:
    await promised(stage)
    await stage.john().send("/pledges")
    await stage.john().says("How to give")


async def test_my_gifts_lists_the_promise_with_its_state(stage: Stage) -> None:
    reference = await promised(stage)
    yasmine = stage.yasmine()
    await yasmine.send("/mygifts")
    await yasmine.says("promis, pas encore reçu")
    await yasmine.tap(f"Promesse {reference}")
    await yasmine.says("Banque Exemple")


async def test_a_donor_has_only_so_many_open_promises(stage: Stage) -> None:
    for amount in (100, 101, 102, 103, 104):
        await promised(stage, f"{amount} MAD")
    yasmine = stage.yasmine()
    await yasmine.start("c_humanitarian_105_MAD")
    await yasmine.until(lambda one: shows(one, "Payer 105"))
    await yasmine.tap("Payer au Maroc")
    await yasmine.says("déjà 5 promesses ouvertes")
    assert await stage.rows("SELECT count(*) FROM pledges") == [(5,)]


async def test_after_a_refused_card_the_promise_is_offered_and_the_open_page_is_named(stage: Stage) -> None:
    session = await to_the_bridge(stage, stage.yasmine(), "200 MAD")
    stage.stripe.decline(session)
    yasmine = stage.yasmine()
    await yasmine.tap("Ma carte est refusée")
    await yasmine.says("banque a refusé")
    await yasmine.tap("Payer au Maroc")
    await yasmine.says("ne payez que l’un des deux")
    assert shows(yasmine, "Revenir à la carte")
    stage.stripe.pay(session)
    await yasmine.says("Vous avez aussi une promesse ouverte")
    await yasmine.tap("Annuler la promesse")
    await yasmine.says("est annulée")
    assert await stage.rows(KEPT) == [(20000, 1, 0)]
    await audited(stage)


async def test_erasing_cancels_open_promises(stage: Stage) -> None:
    reference = await promised(stage)
    yasmine = stage.yasmine()
    await yasmine.send("/privacy")
    await yasmine.until(lambda one: shows(one, "Effacer"))
    await yasmine.tap("Effacer")
    await yasmine.says("promesse ouverte est annulée")
    await yasmine.tap("Oui, effacer")
    await yasmine.says("Effacé")
    assert await stage.rows("SELECT state FROM pledges") == [("canceled",)]
    assert await stage.rows(KEPT) == [(0, 0, 0)]
    await matched(stage, reference)
    assert await stage.rows(KEPT) == [(20000, 1, 0)]
    await audited(stage)


async def test_a_campaign_without_ways_offers_none_and_refuses_a_forged_tap(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    text = (ROOT / "campaigns.toml").read_text(encoding="utf-8")
    file = tmp_path / "campaigns.toml"
    file.write_text(text.replace('slug = "humanitarian"', 'slug = "humanitarian"\nways = {}'), "utf-8")
    settings = settings_for(sandbox, tmp_path, webhook=True, campaigns_file=str(file))
    async with bot_beside(sandbox, settings) as stage:
        john = stage.john()
        await john.start("c_humanitarian_200_MAD")
        await john.until(lambda one: shows(one, "Pay 200 MAD"))
        assert not shows(john, "Pay in Morocco")
        donor = await stage.read(lambda tx: donors.find(tx, 1003))
        assert donor is not None
        with pytest.raises(NoWays):
            await pledging.promise(stage.services, donor, Promise(1, 20000, "mad"))
        with pytest.raises(GiftTooSmall):
            await pledging.promise(stage.services, donor, Promise(2, 1, "mad"))


STEPS = """
    INSERT ON donations, INSERT ON payments, INSERT ON ledger, UPDATE ON totals, INSERT ON receipts,
    INSERT ON deliveries, UPDATE ON pledges
"""


@pytest.mark.parametrize("step", [one.strip() for one in STEPS.split(",")])
async def test_a_match_that_breaks_at_any_step_leaves_nothing_and_can_be_repeated(
    stage: Stage, step: str
) -> None:
    reference = references.normal(await promised(stage))
    async with stage.broken(step):
        with pytest.raises(Broken, match="broken"):
            await pledging.match(stage.services, reference, Money(20000, "MAD"), 1)
    assert await stage.rows(KEPT) == [(0, 0, 20000)]
    assert await stage.rows("SELECT state FROM pledges") == [("promised",)]
    await audited(stage)
    await pledging.match(stage.services, reference, Money(20000, "MAD"), 1)
    await stage.yasmine().says("Bien reçu : 200 MAD")
    await audited(stage)


async def test_an_audit_names_a_promise_that_does_not_add_up(stage: Stage) -> None:
    reference = references.normal(await promised(stage))
    await stage.services.db.write(lambda tx: tx.plain("UPDATE totals SET promised_minor = 1"))
    await stage.services.db.write(lambda tx: tx.plain("UPDATE pledges SET state = 'matched'"))
    assert await auditing.audit_books(stage.services) == [
        "humanitarian MAD promised: pledges 0, totals 1",
        "humanitarian MAD pledges: kept 1, there are 0",
        f"pledge {reference} is matched, its gift says otherwise",
    ]


async def test_staff_may_write_the_reference_with_a_space_and_are_told_how_to_write(stage: Stage) -> None:
    reference, karim = await promised(stage), stage.karim()
    await karim.send(f"/pledges {reference.replace('-', ' ')} 150")
    await karim.says("Un autre montant est arrivé : 150 MAD")
    await karim.send(f"/pledges {reference} about a hundred")
    await karim.says("Écrivez /pledges K4-27P")


async def test_forged_taps_on_the_desk_change_nothing(stage: Stage) -> None:
    reference = references.normal(await promised(stage))
    john, karim = stage.john(), stage.karim()
    for phone, says in ((john, "3 campaigns"), (karim, "3 campagnes")):
        await phone.send("/start")
        await phone.says(says)
    for word in ("pledges-1", f"match-yes-1-{reference}", f"unmatch-mistake-{reference}"):
        await stage.telegram.acknowledged(
            stage.telegram.tapped(john, john.chat, john.last, Button("old", word))
        )
    assert "campaigns" in john.last.text
    for word in ("match-yes-0-22222", "unmatch-back-22222"):
        stage.telegram.tapped(karim, karim.chat, karim.last, Button("old", word))
        await karim.says("1 promesse ouverte")
    assert await stage.rows("SELECT state FROM pledges") == [("promised",)]
    assert await stage.rows("SELECT count(*) FROM donations") == [(0,)]


async def test_money_for_a_campaign_that_has_closed_is_received_and_staff_are_told(stage: Stage) -> None:
    reference = await promised(stage)
    await stage.services.db.write(lambda tx: tx.plain("UPDATE campaigns SET state = 'closed'"))
    await matched(stage, reference)
    await stage.yasmine().says("Bien reçu : 200 MAD")
    await stage.karim().until(lambda one: any("après la clôture" in message.text for message in one.messages))
    await audited(stage)


async def test_a_reference_that_is_taken_is_not_given_twice(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = iter(["k427p", "k427p", "2222" + references.check_letter("2222")])
    monkeypatch.setattr(references, "fresh", lambda: next(made))
    assert await promised(stage, "100 MAD") == "K4-27P"
    assert references.normal(await promised(stage, "200 MAD")) == "2222" + references.check_letter("2222")
    assert await stage.rows(KEPT) == [(0, 0, 30000)]


async def test_what_a_donor_exports_holds_their_promises(stage: Stage) -> None:
    reference = references.normal(await promised(stage))
    donor = await stage.read(lambda tx: donors.find(tx, 1002))
    assert donor is not None
    [pledge] = json.loads(await mine.export(stage.services, donor))["pledges"]
    assert (pledge["reference"], pledge["state"], pledge["amount_minor"]) == (reference, "promised", 20000)
