"""Card testing meets floors, caps, an alarm and a freeze; whoever only wants to give meets kind words and a way on."""

import asyncio
from pathlib import Path

import pytest

from bot import auditing, giving, guarding, looking
from bot.actions import Give, GiveMonthly
from bot.errors import CheckoutPaused, GiftTooSmall, Pause
from bot.model import Donor
from bot.store import donors
from sandbox.app import Sandbox
from tests.stage import Stage, bot_beside, labels, press, session_of, settings_for, shows, to_the_bridge

COUNT = "SELECT count(*) FROM donations"
ALARMS = "SELECT count(*) FROM deliveries WHERE kind = 'alert'"


async def opened(stage: Stage, amount: int) -> None:
    """John opens a page for this many dirhams."""
    john = stage.john()
    await john.start(f"c_humanitarian_{amount}_MAD")
    await john.until(lambda one: shows(one, f"Pay {amount} MAD"))
    await john.tap(f"Pay {amount} MAD")
    await john.says(f"Your gift of {amount} MAD")


async def a_donor(stage: Stage, number: int = 5000) -> Donor:
    return await stage.services.db.write(lambda tx: donors.add(tx, number, "en", "MAD", 0))


async def test_duty_14_the_sixth_page_in_an_hour_is_refused_kindly_and_staff_are_alarmed(
    stage: Stage,
) -> None:
    for amount in range(101, 106):
        await opened(stage, amount)
    john = stage.john()
    await john.start("c_humanitarian_106_MAD")
    await john.until(lambda one: shows(one, "Pay 106 MAD"))
    await john.tap("Pay 106 MAD")
    await john.says("You have opened 5 payment pages within an hour")
    assert "Nothing was charged" in john.last.text
    assert "You can try again from" in john.last.text
    assert await stage.rows(COUNT) == [(5,)]
    await stage.karim().says("a ouvert 5 pages de paiement")
    assert "John" not in stage.karim().last.text
    # The page that is still open stays within reach, and there is a way without a card.
    assert shows(john, "Pay in Morocco")
    await press(john, "Open my page for 105 MAD", "Your gift of 105 MAD")
    stage.stripe.pay(session_of(john))
    await john.says("Received: 105 MAD")
    assert await auditing.audit_books(stage.services) == []


async def test_the_pause_ends_when_the_hour_has_passed(stage: Stage) -> None:
    for amount in range(101, 106):
        await opened(stage, amount)
    await stage.services.db.write(lambda tx: tx.plain("UPDATE donations SET created_at = created_at - 3600"))
    await opened(stage, 106)
    assert await stage.rows(COUNT) == [(6,)]


async def test_an_open_page_is_shown_again_however_often_it_is_asked_for(stage: Stage) -> None:
    for _ in range(8):
        await opened(stage, 100)
    assert await stage.rows(COUNT) == [(1,)]
    assert await stage.rows(ALARMS) == [(0,)]


async def test_one_incident_is_one_alarm(stage: Stage) -> None:
    donor = await a_donor(stage)
    for minor in range(10000, 10005):
        await giving.open_checkout(stage.services, donor, Give(1, minor, "mad"))
    for minor in range(10005, 10012):
        with pytest.raises(CheckoutPaused) as error:
            await giving.open_checkout(stage.services, donor, Give(1, minor, "mad"))
        assert (error.value.why, error.value.most) == (Pause.DONOR, 5)
    assert await stage.rows(COUNT) == [(5,)]
    assert await stage.rows(ALARMS) == [(1,)]
    await stage.services.db.write(
        lambda tx: tx.plain(
            "UPDATE marks SET value = CAST(CAST(value AS INTEGER) - 3600 AS TEXT) WHERE key LIKE 'alarm.%'"
        )
    )
    with pytest.raises(CheckoutPaused):
        await giving.open_checkout(stage.services, donor, Give(1, 10012, "mad"))
    assert await stage.rows(ALARMS) == [(2,)]


async def test_taps_at_the_same_moment_cannot_pass_together(stage: Stage) -> None:
    donor = await a_donor(stage)
    found = await asyncio.gather(
        *(giving.open_checkout(stage.services, donor, Give(1, 10000 + n, "mad")) for n in range(30)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, CheckoutPaused) for one in found) == 25
    assert await stage.rows(COUNT) == [(5,)]
    assert len(stage.stripe.sessions) == 5


@pytest.mark.parametrize("cap", ["checkouts_open", "checkouts_per_hour"])
async def test_all_donors_together_meet_a_cap_too(sandbox: Sandbox, tmp_path: Path, cap: str) -> None:
    async with bot_beside(sandbox, settings_for(sandbox, tmp_path, webhook=True, **{cap: 3})) as stage:
        people = [await a_donor(stage, 5000 + number) for number in range(4)]
        for donor in people[:3]:
            await giving.open_checkout(stage.services, donor, Give(1, 10000, "mad"))
        with pytest.raises(CheckoutPaused) as error:
            await giving.open_checkout(stage.services, people[3], Give(1, 10000, "mad"))
        assert error.value.why is Pause.ALL
        await stage.karim().says("aucune autre n’est ouverte")
        assert await stage.rows(COUNT) == [(3,)]


async def test_no_campaign_can_undercut_the_floor(sandbox: Sandbox, tmp_path: Path) -> None:
    settings = settings_for(sandbox, tmp_path, webhook=True, floors=("MAD=30",))
    async with bot_beside(sandbox, settings) as stage:
        donor = await a_donor(stage)
        with pytest.raises(GiftTooSmall):
            await giving.open_checkout(stage.services, donor, Give(1, 2500, "mad"))
        john = stage.john()
        await john.start("c_humanitarian_25_MAD")
        await john.says("The smallest gift here is 30 MAD")
        await opened(stage, 30)


async def test_refused_cards_pause_their_donor_and_alarm_staff(sandbox: Sandbox, tmp_path: Path) -> None:
    settings = settings_for(sandbox, tmp_path, webhook=True, declines_per_donor=3, declines_per_hour=4)
    async with bot_beside(sandbox, settings) as stage:
        session, john = await to_the_bridge(stage, stage.john()), stage.john()
        for number in range(1, 4):
            stage.stripe.decline(session)
            [(gift,)] = await stage.rows("SELECT id FROM donations")
            donor = await stage.read(lambda tx: donors.find(tx, 1003))
            assert donor is not None
            for _ in range(3):
                assert (await giving.look(stage.services, donor, gift)).is_declined
            assert await stage.rows("SELECT count(*) FROM declines") == [(number,)], "each card once"
        await stage.karim().says("a eu 3 cartes refusées")
        await john.start("c_humanitarian_300_MAD")
        await press(john, "Pay 300 MAD", "Cards were refused 3 times within an hour")
        assert shows(john, "Pay in Morocco")
        another = await to_the_bridge(stage, stage.yasmine())
        stage.stripe.decline(another)
        await stage.yasmine().tap("Ma carte est refusée")
        await stage.karim().says("tous donateurs confondus")
        # The page that is open can be paid all the same.
        stage.stripe.pay(session)
        await john.says("Received: 200 MAD")


async def test_old_refusals_are_forgotten(stage: Stage) -> None:
    stage.stripe.decline(await to_the_bridge(stage, stage.john()))
    await stage.john().tap("My card was refused")
    await stage.john().says("Your bank refused")
    await stage.services.db.write(lambda tx: tx.plain("UPDATE declines SET at = at - 3 * 86400"))
    await looking.prune(stage.services)
    assert await stage.rows("SELECT count(*) FROM declines") == [(0,)]


async def test_staff_freeze_in_two_taps_and_what_is_open_still_settles(stage: Stage) -> None:
    session = await to_the_bridge(stage, stage.john())
    karim, yasmine = stage.karim(), stage.yasmine()
    await karim.send("/freeze")
    await karim.says("Geler les paiements par carte ?")
    assert "1 pages ouvertes" in karim.last.text.replace("\u2068", "").replace("\u2069", "")
    await yasmine.start("c_humanitarian_200_MAD")
    await yasmine.until(lambda one: shows(one, "Payer 200"))
    await karim.tap("Oui, geler")
    await karim.until(lambda one: any("a gelé les paiements" in message.text for message in one.messages))
    await yasmine.tap("Payer 200")
    await yasmine.says("Les paiements par carte sont suspendus")
    assert shows(yasmine, "Payer au Maroc")
    assert len(stage.stripe.sessions) == 1
    stage.stripe.pay(session)
    await stage.john().says("Received: 200 MAD")
    await karim.send("/start")
    await karim.says("Paiements par carte gelés depuis")
    await karim.says("campagnes")
    await press(yasmine, "Payer au Maroc", "Banque Exemple")
    await karim.send("/unfreeze")
    await karim.says("Rouvrir les paiements par carte ?")
    await karim.tap("Oui, les rouvrir")
    await karim.until(lambda one: any("a rouvert" in message.text for message in one.messages))
    await yasmine.start("c_humanitarian_200_MAD")
    await press(yasmine, "Payer 200", "est prêt")
    assert await auditing.audit_books(stage.services) == []


async def test_a_monthly_gift_meets_the_freeze_and_the_caps_too(stage: Stage) -> None:
    donor = await a_donor(stage)
    for minor in range(10000, 10005):
        await giving.open_checkout(stage.services, donor, GiveMonthly(1, minor, "mad", "6m"))
    with pytest.raises(CheckoutPaused) as error:
        await giving.open_checkout(stage.services, donor, GiveMonthly(1, 10005, "mad", "6m"))
    assert error.value.why is Pause.DONOR
    await guarding.freeze(stage.services, 1)
    with pytest.raises(CheckoutPaused) as error:
        await giving.open_checkout(
            stage.services, await a_donor(stage, 5001), GiveMonthly(1, 10000, "mad", "6m")
        )
    assert error.value.why is Pause.FROZEN
    assert await stage.rows("SELECT count(*) FROM monthly_gifts") == [(5,)]


async def test_the_first_freeze_is_the_one_that_is_kept(stage: Stage) -> None:
    await asyncio.gather(*(guarding.freeze(stage.services, number) for number in range(1, 6)))
    frozen = await stage.services.db.read(guarding.frozen)
    assert frozen is not None
    assert frozen.by == "D1"
    assert await stage.rows(ALARMS) == [(1,)]


@pytest.mark.parametrize("command", ["/freeze", "/unfreeze"])
async def test_a_stranger_who_types_it_learns_nothing_and_changes_nothing(stage: Stage, command: str) -> None:
    await stage.john().send(command)
    await stage.john().says("How to give")
    assert await stage.services.db.read(guarding.frozen) is None
    assert "Yes, freeze them" not in labels(stage.john())
