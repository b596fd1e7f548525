"""Links with a source: made by staff, followed by donors, counted by source; nothing of it is lost on the way."""

from pathlib import Path

import pytest

from bot.papers import code
from sandbox.app import Sandbox
from sandbox.telegram.messages import Button
from sandbox.telegram.people import Phone
from tests.bot.test_poster import dark, modules
from tests.stage import Stage, bot_beside, press, session_of, settings_for, shows, to_the_bridge

CAMPAIGN = "Associations d’aide humanitaire"


async def makes(karim: Phone, amount: str, source: str) -> str:
    """The link's payload."""
    await karim.send("/link")
    await karim.until(lambda one: shows(one, CAMPAIGN))
    await karim.tap(CAMPAIGN)
    await karim.says("Quel montant")
    await karim.send(amount)
    await karim.says("Où ce lien sera-t-il")
    await karim.send(source)
    await karim.until(lambda one: shows(one, "Copier le lien"))
    copied = karim.button("Copier le lien").copy or ""
    assert copied in karim.last.text
    assert copied.startswith("https://t.me/entraide_bot?start=")
    return copied.partition("start=")[2]


async def test_a_link_is_made_in_three_answers_and_followed_to_a_gift_that_is_counted(stage: Stage) -> None:
    karim, john = stage.karim(), stage.john()
    payload = await makes(karim, "200", "Mosquée 3")
    assert payload == "c_humanitarian_200_mad__mosquee3"
    await karim.send("/sources")
    await karim.says("Personne n’est encore venu")
    await john.start(payload)
    await john.until(lambda one: shows(one, "Pay 200 MAD"))
    await john.tap("Pay 200 MAD")
    await john.until(lambda one: shows(one, "Open Stripe"))
    session = session_of(john)
    stage.stripe.pay(session)
    await john.says("Received: 200 MAD")
    await stage.yasmine().start("c_humanitarian__mosquee3")
    await stage.yasmine().says("humanitaire")
    await karim.send("/sources")
    said = (await karim.says("mosquee3")).text
    assert "2\u2069 personnes" in said
    assert "1\u2069 don" in said
    assert "200,00" in said
    stage.stripe.refund(session, 5000)
    await john.says("Refunded: 50 MAD")
    await karim.send("/sources")
    assert "150,00" in (await karim.says("150,00")).text


async def test_the_code_and_the_posters_come_as_files(stage: Stage) -> None:
    karim = stage.karim()
    payload = await makes(karim, "200", "affiche")
    url = f"https://t.me/entraide_bot?start={payload}"
    await karim.tap("Code QR")
    picture = await _file(karim, "qr-humanitarian-affiche.png")
    wanted = code.matrix(url)
    assert modules(dark(picture), len(wanted)) == wanted
    for label, name in (("3 langues", "all"), ("العربية", "ar"), ("Français", "fr"), ("English", "en")):
        await karim.tap(label)
        assert (await _file(karim, f"poster-{name}-humanitarian-affiche.pdf")).startswith(b"%PDF")


async def _file(phone: Phone, name: str) -> bytes:
    def found() -> list[bytes]:
        return [one.document.content for one in phone.messages if one.document and one.document.name == name]

    await phone.until(lambda _: found(), 30)
    return found()[0]


async def test_what_no_link_can_carry_is_asked_for_again(stage: Stage) -> None:
    karim = stage.karim()
    await karim.send("/link")
    await karim.until(lambda one: shows(one, CAMPAIGN))
    await karim.tap(CAMPAIGN)
    await karim.says("Quel montant")
    for amount, said in (
        ("12,50", "montants entiers"),
        ("1", "Le don le plus petit"),
        ("bonjour", "pas à lire ce montant"),
        ("-5", "supérieur à zéro"),
        ("200 MAD svp", "pas à lire ce montant"),
    ):
        await karim.send(amount)
        await karim.says(said)
    await press(karim, "Sans montant", "Où ce lien sera-t-il")
    await karim.send("مسجد")
    await karim.says("lettres latines ou des chiffres")
    await karim.tap("Sans source")
    await karim.until(lambda one: shows(one, "Copier le lien"))
    assert karim.button("Copier le lien").copy == "https://t.me/entraide_bot?start=c_humanitarian"


async def test_forged_buttons_and_strangers_make_nothing(stage: Stage) -> None:
    karim, john = stage.karim(), stage.john()
    await karim.send("/link")
    await karim.says("Pour quelle campagne")
    for data in (
        "lkshow-1-1250-mad-x-look",
        "lkshow-99-0-mad-x-look",
        "lkshow-1-20000-jpy-x-look",
        f"lkshow-1-0-mad-{'a' * 24}-look",
        "lkamount-99",
    ):
        stage.telegram.tapped(karim, karim.chat, karim.last, Button("x", data))
        await karim.says("Pour quelle campagne")
    for written in ("/link", "/sources"):
        await john.send(written)
        await john.says("How to give")
    stage.telegram.tapped(john, john.chat, john.last, Button("x", "lkshow-1-0-mad-x-qr"))
    await john.send("/language")
    await john.says("Choose your language")
    assert not [one for one in john.messages if one.document]


@pytest.mark.parametrize("webhook", [True, False], ids=["webhook", "polling"])
async def test_duty_22_who_came_from_where_is_kept_from_start_to_ledger_through_a_language_switch_and_a_restart(
    sandbox: Sandbox, tmp_path: Path, webhook: bool
) -> None:
    settings = settings_for(sandbox, tmp_path, webhook=webhook)
    async with bot_beside(sandbox, settings) as stage:
        john = stage.john()
        await john.start("c_humanitarian__radio7")
        await john.says("Humanitarian")
        await john.send("/language")
        await press(john, "Français", "humanitaire")
        await stage.until_rows("SELECT source, language FROM donors", [("radio7", "fr")])
    async with bot_beside(sandbox, settings) as stage:
        john = stage.john()
        await john.send("/currency")
        await john.until(lambda one: shows(one, "MAD"))
        john.person["language_code"] = "fr"
        session = await to_the_bridge(stage, john)
        stage.stripe.pay(session)
        await john.says("Bien reçu")
        booked = (
            "SELECT donors.source, donations.source, ledger.kind FROM ledger JOIN donations ON donations.id = ledger.donation "
            "JOIN donors ON donors.id = donations.donor_id WHERE ledger.kind = 'gift'"
        )
        assert await stage.rows(booked) == [("radio7", "radio7", "gift")]
        await stage.karim().send("/sources")
        assert "radio7" in (await stage.karim().says("radio7")).text
