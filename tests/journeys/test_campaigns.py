"""Campaigns run from the chat: created from nothing, changed, opened, paused, closed, put in order."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot import auditing, campaigning
from bot.actions import Give
from bot.campaigns_file import changes, load, read_file
from bot.chores import load_campaigns
from bot.drafting import Fault, Part, Refusal
from bot.errors import CampaignNotOpen, CampaignsFileError
from bot.giving import open_checkout
from bot.i18n import ZONE
from bot.model import CampaignState
from bot.money import Money
from bot.staff import Member, Role
from bot.store import campaigns, donors, staff
from sandbox.app import Sandbox
from sandbox.telegram import Phone
from sandbox.telegram.people import Button
from tests.picturing import sends
from tests.stage import ROOT, Stage, bot_beside, labels, press, settings_for, shows, to_the_bridge

STORY = "Sans hiver au chaud, pas d'école. " * 3
NEW = "SELECT id FROM campaigns WHERE slug = 'un-hiver-au-chaud'"
ACTS = "SELECT act, subject, before, after FROM acts ORDER BY id"


async def answered(stage: Stage, text: str, then: str) -> None:
    await stage.karim().send(text)
    await stage.karim().says(then)


def plain(phone: Phone) -> str:
    """What the bot said last, as a person reads it."""
    return phone.last.text.translate(
        str.maketrans({"\u2068": "", "\u2069": "", "\u00a0": " ", "\u202f": " "})
    )


async def begun(stage: Stage, title: str = "Un hiver au chaud") -> None:
    """Karim begins a campaign, as far as its summary."""
    await stage.karim().send("/campaigns")
    await press(stage.karim(), "Nouvelle campagne", "Comment s’appelle", first="campagnes")
    await answered(stage, title, "À quoi sert-elle")


async def a_draft(stage: Stage, title: str = "Un hiver au chaud") -> int:
    """A draft with French texts and a goal, its card in front; its id."""
    karim = stage.karim()
    await begun(stage, title)
    await answered(stage, "Des couvertures pour les villages.", "Quelle est son histoire")
    await answered(stage, STORY, "Langue : العربية")
    await press(karim, "Passer", "Langue : English")
    await press(karim, "Passer", "Quel est l’objectif")
    await answered(stage, "120000", "Ces montants sont proposés")
    await press(karim, "Continuer", "À partir de quel jour")
    await karim.tap("Terminer plus tard")
    await karim.until(lambda one: shows(one, "Ouvrir"))
    [(campaign_id,)] = await stage.rows("SELECT max(id) FROM campaigns")
    return campaign_id


async def an_open_one(stage: Stage) -> int:
    campaign_id = await a_draft(stage)
    await press(stage.karim(), "Ouvrir", "Ouvrir «")
    await press(stage.karim(), "Oui, ouvrir", "✅ Elle est ouverte")
    return campaign_id


async def card(stage: Stage, campaign_id: int, says: str = "Lien :") -> None:
    """Karim looks at one campaign."""
    karim = stage.karim()
    stage.telegram.tapped(karim, karim.chat, karim.last, Button("x", f"camp-{campaign_id}"))
    await karim.says(says)


async def tapped(stage: Stage, data: str, says: str) -> None:
    """Karim presses a button of an older screen."""
    karim = stage.karim()
    stage.telegram.tapped(karim, karim.chat, karim.last, Button("x", data))
    await karim.says(says)


async def test_a_campaign_is_created_from_nothing_to_its_first_gift(stage: Stage) -> None:
    await an_open_one(stage)
    assert await stage.rows("SELECT state, goal_minor, currency FROM campaigns WHERE id = 4") == [
        ("open", 12000000, "MAD")
    ]
    session = await to_the_bridge(stage, stage.yasmine(), link="c_un-hiver-au-chaud")
    stage.stripe.pay(session)
    await stage.yasmine().says("Bien reçu : 200 MAD")
    assert await stage.rows("SELECT received_minor, campaign_id FROM totals") == [(20000, 4)]
    assert [row[:2] for row in await stage.rows(ACTS)][::3] == [
        ("campaign.add", "un-hiver-au-chaud"),
        ("campaign.edit", "un-hiver-au-chaud"),
    ]
    assert await auditing.audit_books(stage.services) == []


async def test_every_question_can_be_answered(stage: Stage) -> None:
    karim = stage.karim()
    await begun(stage)
    for text, then in (
        ("Des couvertures.", "Quelle est son histoire"),
        (STORY, "Langue : العربية"),
        ("شتاء دافئ", "À quoi sert-elle"),
        ("أغطية للقرى.", "Quelle est son histoire"),
        ("قصة طويلة.", "Langue : English"),
        ("A warm winter", "À quoi sert-elle"),
        ("Blankets.", "Quelle est son histoire"),
        ("A long story.", "Quel est l’objectif"),
        ("20 000 EUR", "Ces montants sont proposés"),
    ):
        await answered(stage, text, then)
    await press(karim, "MAD : montants proposés", "Quels montants proposer en MAD")
    await answered(stage, "30\n60 = une couverture\n1 000", "30 MAD")
    assert "une couverture" in karim.last.text
    await press(karim, "MAD : minimum", "Quel est le don minimal")
    await answered(stage, "25", "de 25 MAD à")
    await press(karim, "MAD : maximum", "Quel est le don maximal")
    await answered(stage, "9000", "à 9 000 MAD")
    await karim.tap("Ne plus prendre USD")
    await karim.until(lambda one: shows(one, "Prendre aussi USD"))
    await press(karim, "Retour à la campagne", "Rien ne manque")
    await press(karim, "Continuer les questions", "À partir de quel jour")
    await answered(stage, "01/12/2026", "Quel est le dernier jour")
    await answered(stage, "31/12/2027", "Quel numéro d’autorisation")
    await answered(stage, "AUT-2026/7", "Que montrera le relevé")
    await answered(stage, "hiver", "Envoyez la photo")
    await sends(karim)
    await karim.says("Elle a une photo")
    text = karim.last.text
    assert all(one in text for one in ("1 décembre 2026", "31 décembre 2027", "AUT-2026/7", "HIVER")) or (
        "1er décembre 2026" in text
    )
    assert not shows(karim, "Continuer les questions"), "nothing is left to ask"
    [(limits, presets, starts, ends)] = await stage.rows(
        "SELECT limits, presets, starts_at, ends_at FROM campaigns WHERE id = 4"
    )
    assert json.loads(limits) == {"EUR": [200, 500000], "MAD": [2500, 900000]}
    assert json.loads(presets)["MAD"] == [[3000, {}], [6000, {"fr": "une couverture"}], [100000, {}]]
    assert (starts, ends) == (
        int(datetime(2026, 12, 1, tzinfo=ZONE).timestamp()),
        int(datetime(2028, 1, 1, tzinfo=ZONE).timestamp()),
    )


async def test_a_draft_is_resumed_where_it_was_left(stage: Stage) -> None:
    karim = stage.karim()
    await begun(stage)
    await answered(stage, "Des couvertures.", "Quelle est son histoire")
    await karim.send("/start")
    await karim.says("3 campagnes")
    await karim.send("/campaigns")
    await press(karim, "Un hiver au chaud", "Avant de l’ouvrir", first="4 campagnes")
    assert "Histoire · Objectif" in karim.last.text
    assert labels(karim)[0] == "Continuer les questions"
    await press(karim, "Continuer les questions", "Quelle est son histoire")
    await answered(stage, STORY, "Langue : العربية")


async def test_a_title_that_was_heard_twice_is_one_draft(stage: Stage) -> None:
    first = await campaigning.begin(stage.services, "staff 1", "fr", "Un hiver  au chaud")
    again = await campaigning.begin(stage.services, "staff 1", "fr", "Un hiver au chaud")
    other = await campaigning.begin(stage.services, "staff 1", "ar", "Un hiver au chaud")
    assert not isinstance(first, Refusal)
    assert not isinstance(other, Refusal)
    assert again == await stage.services.db.read(lambda tx: campaigns.get(tx, first.id))
    assert other.slug == "un-hiver-au-chaud-2"
    assert await stage.rows("SELECT count(*) FROM campaigns WHERE state = 'draft'") == [(2,)]


async def test_nobody_but_staff_sees_a_draft(stage: Stage) -> None:
    campaign_id, john = await a_draft(stage), stage.john()
    for link in ("c_un-hiver-au-chaud", "c_un-hiver-au-chaud_200_MAD", f"campaign-{campaign_id}"):
        await john.start(link)
        await john.says("3 campaigns, run by")
    for data in (f"story-{campaign_id}", f"amount-{campaign_id}-mad", f"give-{campaign_id}-20000-mad"):
        await stage.telegram.acknowledged(
            stage.telegram.tapped(john, john.chat, john.last, Button("x", data))
        )
        assert "hiver" not in john.last.text.casefold()
    await john.send("/campaigns")
    await john.says("How to give")
    for data in (
        f"camp-{campaign_id}",
        f"cview-card-fr-{campaign_id}",
        f"cmove-yes-open-{campaign_id}",
        "cnew",
    ):
        await stage.telegram.acknowledged(
            stage.telegram.tapped(john, john.chat, john.last, Button("x", data))
        )
        assert "hiver" not in john.last.text.casefold()
    donor = await stage.read(lambda tx: donors.find(tx, john.id))
    assert donor is not None
    with pytest.raises(CampaignNotOpen):
        await open_checkout(stage.services, donor, Give(campaign_id, 20000, "mad"))
    assert await stage.rows("SELECT state FROM campaigns WHERE id = 4") == [("draft",)]


async def test_a_campaign_is_paused_opened_again_closed_and_opened_again(stage: Stage) -> None:
    karim, campaign_id = stage.karim(), await an_open_one(stage)
    for tap, sure, state, says in (
        ("Mettre en pause", "Oui, mettre en pause", "paused", "en pause"),
        ("Rouvrir", "Oui, ouvrir", "open", "ouverte"),
        ("Clore", "Oui, clore", "closed", "close"),
        ("Rouvrir", "Oui, ouvrir", "open", "ouverte"),
    ):
        await press(karim, tap, "«")
        assert await stage.rows(f"SELECT count(*) FROM campaigns WHERE id = 4 AND state = '{state}'") == [
            (0,)
        ]
        await press(karim, sure, f"✅ Elle est {says}")
        assert await stage.rows("SELECT state FROM campaigns WHERE id = 4") == [(state,)]
    last = (await stage.rows(ACTS))[-1]
    assert last == ("campaign.open", "un-hiver-au-chaud", '{"state": "closed"}', '{"state": "open"}')
    await tapped(stage, f"cmove-yes-open-{campaign_id}", "✅ Elle est ouverte")
    assert (await stage.rows(ACTS))[-1] == last, "what is so already is no act"


async def test_a_draft_that_lacks_something_cannot_be_opened(stage: Stage) -> None:
    await begun(stage)
    for sure in ("no", "yes"):
        await tapped(stage, f"cmove-{sure}-open-4", "Avant de l’ouvrir, il lui faut")
    for to in ("paused", "closed"):
        await tapped(stage, f"cmove-yes-{to}-4", "On ne peut plus changer cela")
    assert await stage.rows("SELECT state FROM campaigns WHERE id = 4") == [("draft",)]


async def test_a_page_that_is_open_while_its_campaign_closes_may_still_be_paid(stage: Stage) -> None:
    karim, john = stage.karim(), stage.john()
    session = await to_the_bridge(stage, stage.yasmine())
    await john.start("c_humanitarian_200_MAD")
    await john.says("Gift of 200 MAD")
    await karim.send("/campaigns")
    await press(karim, "Associations", "Lien :", first="3 campagnes")
    await press(karim, "Clore", "1 page de paiement est ouverte")
    assert "orientés vers" in karim.last.text
    await press(karim, "Oui, clore", "✅ Elle est close")
    await press(john, "Pay 200 MAD", "takes no gifts at the moment")
    assert "needs help now" in john.last.text
    other = labels(john)[0]
    await john.tap(other)
    await john.until(lambda one: labels(one)[:1] == ["Give"])
    await john.start("c_humanitarian")
    await john.says("needs help now")
    stage.stripe.pay(session)
    await stage.yasmine().says("Bien reçu")
    await karim.says("après la clôture")
    assert await stage.rows("SELECT received_minor FROM totals") == [(20000,)]


async def test_a_changed_goal_is_told_to_donors_for_thirty_days(stage: Stage) -> None:
    karim = stage.karim()
    await card(stage, 1) if labels(karim) else await karim.send("/campaigns")
    await karim.says("campagnes")
    await tapped(stage, "cedit-goal-any-one-1", "Quel est l’objectif")
    await answered(stage, "1500000", "Changer l’objectif")
    assert await stage.rows("SELECT goal_minor FROM campaigns WHERE id = 1") == [(35000000,)]
    await press(karim, "Oui, changer", "✅ Enregistré")
    john = stage.john()
    await john.start("c_humanitarian")
    await john.says("The goal was 350,000 MAD until")
    assert "1,500,000 MAD" in plain(john)
    [(before, after)] = await stage.rows("SELECT before, after FROM acts WHERE act = 'campaign.edit'")
    assert (json.loads(before), json.loads(after)) == ({"goal": "350000.00 MAD"}, {"goal": "1500000.00 MAD"})
    campaign = await stage.services.db.read(lambda tx: campaigns.get(tx, 1))
    assert campaign is not None
    later = datetime.now(UTC) + timedelta(days=31)
    assert campaign.earlier_goal(later) is None


async def test_a_goal_keeps_its_currency_once_donors_have_seen_it(stage: Stage) -> None:
    await stage.karim().send("/campaigns")
    await stage.karim().says("3 campagnes")
    await tapped(stage, "cedit-goal-any-one-1", "Quel est l’objectif")
    await answered(stage, "30000 EUR", "Nous ne pouvons pas lire ce montant")
    await tapped(stage, "csum-goal-100-eur-sure-1", "ne prend pas EUR ici")
    await tapped(stage, "csum-goal-0-mad-sure-1", "Nous ne pouvons pas lire")
    assert await stage.rows("SELECT currency, goal_minor FROM campaigns WHERE id = 1") == [("MAD", 35000000)]


async def test_a_photo_is_shown_and_the_walk_stays_one_message(stage: Stage) -> None:
    await stage.karim().send("/campaigns")
    await stage.karim().says("3 campagnes")
    await tapped(stage, "cedit-photo-any-one-1", "Envoyez la photo")
    await sends(stage.karim(), "document")
    await stage.karim().says("comme photo, pas comme fichier")
    file_id = await sends(stage.karim())
    await stage.karim().says("Elle a une photo")
    john = stage.john()
    await john.start("campaign-1")
    await john.until(lambda one: one.messages[-1].photo is not None)
    assert john.last.photo is not None
    assert john.last.photo.file_id == file_id
    assert "Humanitarian" in john.last.text
    await press(john, "Give", "How much do you want to give")
    assert john.last.photo is None
    await john.until(lambda one: sum(message.sender == "bot" for message in one.messages) == 1)
    await john.tap("Back")
    await john.until(lambda one: one.last.photo is not None)
    await john.until(lambda one: sum(message.sender == "bot" for message in one.messages) == 1)
    await press(john, "All campaigns", "3 campaigns")
    await john.until(lambda one: sum(message.sender == "bot" for message in one.messages) == 1)


async def test_a_photo_that_telegram_no_longer_knows_leaves_the_words(stage: Stage) -> None:
    await stage.services.db.write(lambda tx: tx.plain("UPDATE campaigns SET photo = 'gone' WHERE id = 1"))
    john = stage.john()
    await john.start("c_humanitarian")
    await john.says("Humanitarian")
    assert labels(john)[0] == "Give"
    assert john.last.photo is None


async def test_campaigns_are_put_in_order(stage: Stage) -> None:
    await stage.karim().send("/campaigns")
    await stage.karim().says("3 campagnes")
    ordered = "SELECT slug FROM campaigns ORDER BY position"
    await tapped(stage, "cshift-down-1", "3 campagnes")
    await stage.until_rows(ordered, [("startups",), ("humanitarian",), ("innovation",)])
    for _ in range(2):
        await tapped(stage, "cshift-up-3", "3 campagnes")
    await stage.until_rows(ordered, [("innovation",), ("startups",), ("humanitarian",)])
    await tapped(stage, "cshift-up-3", "3 campagnes")
    await tapped(stage, "cshift-up-999", "3 campagnes")
    acts = await stage.rows("SELECT before, after FROM acts WHERE act = 'campaign.order'")
    assert acts[0] == ('{"place": 1}', '{"place": 2}')
    assert len(acts) == 3


async def test_a_campaign_whose_last_day_has_passed_is_extended(stage: Stage) -> None:
    await stage.services.db.write(
        lambda tx: tx.plain("UPDATE campaigns SET ends_at = 1700000000 WHERE id = 1")
    )
    karim = stage.karim()
    await karim.send("/campaigns")
    await press(karim, "Associations", "son dernier jour était", first="3 campagnes")
    await press(karim, "Prolonger", "Quel est le dernier jour")
    await answered(stage, "31/12/2020", "Le dernier jour est passé")
    await answered(stage, "demain", "Nous ne pouvons pas lire ce jour")
    await answered(stage, "31/12/2030", "🟢 ouverte")
    await press(karim, "Dernier jour", "À présent :")
    assert "31 décembre 2030" in plain(karim)
    await press(karim, "Retirer", "✅ Enregistré")
    assert await stage.rows("SELECT ends_at FROM campaigns WHERE id = 1") == [(None,)]


async def test_a_closed_campaign_whose_last_day_has_passed_needs_a_new_one_first(stage: Stage) -> None:
    await stage.services.db.write(
        lambda tx: tx.plain("UPDATE campaigns SET ends_at = 1700000000, state = 'closed' WHERE id = 1")
    )
    await stage.karim().send("/campaigns")
    await press(stage.karim(), "Associations", "Lien :", first="3 campagnes")
    await press(stage.karim(), "Rouvrir", "Le dernier jour est passé")
    assert await stage.rows("SELECT state FROM campaigns WHERE id = 1") == [("closed",)]


@pytest.mark.parametrize(
    ("question", "text", "says"),
    [
        ("title-fr", "x" * 41, "au plus 40 caractères"),
        ("title-fr", "😀" * 21, "au plus 40 caractères"),
        ("title-fr", "\u2068 \u2069", "sous forme de texte"),
        ("goal-any", "beaucoup", "Nous ne pouvons pas lire ce montant"),
        ("smallest-mad", "5", "inférieur à 10 MAD"),
        ("smallest-mad", "60", "serait hors des limites"),
        ("smallest-eur", "6000", "plus grand que le don maximal"),
        ("largest-mad", "300", "serait hors des limites"),
        ("presets-madfr", "50\n1.000", "n’est pas certain : 1.000"),
        ("presets-madfr", "10", "serait hors des limites"),
        ("presets-madfr", "\n".join(map(str, range(50, 57))), "Au plus 6 montants"),
        ("presets-madfr", f"50 = {'x' * 41}", "au plus 40 caractères"),
        ("start-any", "31/13/2027", "Nous ne pouvons pas lire ce jour"),
        ("statement-any", "é", "2 à 12 signes"),
        ("slug-any", "Aide d'hiver", "Seulement a à z"),
        ("slug-any", "c_aide", "On ne peut plus changer"),
        ("photo-any", "une photo", "comme photo"),
    ],
)
async def test_an_answer_that_cannot_be_is_explained_and_changes_nothing(
    stage: Stage, question: str, text: str, says: str
) -> None:
    await stage.karim().send("/campaigns")
    await stage.karim().says("3 campagnes")
    before = await stage.rows("SELECT * FROM campaigns")
    part, key = question.split("-")
    karim = stage.karim()
    seen = karim.last.text
    stage.telegram.tapped(karim, karim.chat, karim.last, Button("x", f"cedit-{part}-{key}-one-1"))
    await karim.until(lambda one: one.last.text != seen)
    await answered(stage, text, says)
    assert await stage.rows("SELECT * FROM campaigns") == before
    assert await stage.rows("SELECT count(*) FROM acts") == [(0,)]


async def test_an_unclear_goal_is_asked(stage: Stage) -> None:
    karim = stage.karim()
    await karim.send("/campaigns")
    await karim.says("3 campagnes")
    await tapped(stage, "cedit-goal-any-one-1", "Quel est l’objectif")
    await answered(stage, "400.000", "Quel montant voulez-vous dire")
    await press(karim, "400 000 MAD", "Changer l’objectif")
    await press(karim, "Non", "Lien :")
    assert await stage.rows("SELECT goal_minor FROM campaigns WHERE id = 1") == [(35000000,)]


async def test_a_draft_takes_another_name_in_links_but_not_a_taken_one(stage: Stage) -> None:
    await a_draft(stage)
    await press(stage.karim(), "Nom dans les liens", "Comment s’appelle la campagne dans les liens")
    await answered(stage, "humanitarian", "Une autre campagne porte ce nom")
    await answered(stage, "c_Hiver", "✅ Enregistré")
    assert "c_hiver" in stage.karim().last.text
    assert await stage.rows("SELECT slug FROM campaigns WHERE id = 4") == [("hiver",)]


async def test_staff_see_what_donors_of_each_language_see(stage: Stage) -> None:
    await a_draft(stage)
    karim = stage.karim()
    await press(karim, "Voir comme les donateurs", "Ce que voient les donateurs qui lisent : Français")
    await press(karim, "العربية", "كن أول")
    assert "lu dans une autre langue : Français" in plain(karim)
    assert labels(karim)[0] == "تبرع"
    await karim.tap("تبرع")
    await press(karim, "Histoire", "Sans hiver au chaud")
    await press(karim, "Montants", "كم تريد أن تتبرع")
    await press(karim, "Retour à la campagne", "brouillon")


async def test_a_text_is_changed_and_taken_away_but_never_the_last_one(stage: Stage) -> None:
    karim = stage.karim()
    await karim.send("/campaigns")
    await press(karim, "Associations", "Lien :", first="3 campagnes")
    await press(karim, "Textes", "English : complet")
    await press(karim, "EN · Titre", "Langue : English")
    await answered(stage, "Food <b>& help", "✅ Enregistré")
    await stage.john().start("c_humanitarian")
    await stage.john().says("Food <b>& help")
    for language, says in (("en", "English : incomplet"), ("ar", "العربية : incomplet")):
        await tapped(stage, f"cclear-story-{language}-1", says)
    await tapped(stage, "cclear-story-fr-1", "Une campagne que les donateurs voient en a besoin")
    await press(stage.john(), "Read more", "Quand le travail s’arrête")


async def test_a_draft_is_thrown_away_and_an_open_campaign_never(stage: Stage) -> None:
    await a_draft(stage)
    await press(stage.karim(), "Jeter", "Jeter le brouillon")
    await press(stage.karim(), "Oui, jeter", "3 campagnes")
    await tapped(stage, "cdrop-yes-1", "n’existe plus")
    assert await stage.rows("SELECT count(*) FROM campaigns") == [(3,)]
    for data in (
        "camp-4",
        "cedit-goal-any-one-4",
        "ctexts-4",
        "cskip-goal-any-4",
        "cmove-yes-open-4",
        "csum-goal-1-mad-one-4",
    ):
        await tapped(stage, data, "n’existe plus")


async def test_a_button_of_a_draft_that_was_thrown_away_does_nothing_to_the_next(stage: Stage) -> None:
    dropped = await a_draft(stage)
    await press(stage.karim(), "Jeter", "Jeter le brouillon")
    await press(stage.karim(), "Oui, jeter", "3 campagnes")
    draft = await a_draft(stage, "Une école")
    before = await stage.rows(f"SELECT * FROM campaigns WHERE id = {draft}")
    karim = stage.karim()
    for data in ("cdrop-yes", "cmove-yes-open", "cclear-story-fr"):
        await stage.telegram.acknowledged(
            stage.telegram.tapped(karim, karim.chat, karim.last, Button("old", f"{data}-{dropped}"))
        )
        await karim.says("n’existe plus")
    assert await stage.rows(f"SELECT * FROM campaigns WHERE id = {draft}") == before


async def test_no_draft_has_an_id_that_another_had_whichever_was_thrown_away_first(stage: Stage) -> None:
    services = stage.services

    async def begun_as(title: str) -> int:
        fresh = await campaigning.begin(services, "staff 1", "fr", title)
        assert not isinstance(fresh, Refusal)
        return fresh.id

    ids = [await begun_as(title) for title in ("Une", "Deux", "Trois")]
    for one in (ids[2], ids[0], ids[1]):
        assert await campaigning.drop(services, one, "staff 1")
    assert await begun_as("Quatre") > max(ids)


async def test_a_campaign_that_a_file_adds_has_no_id_of_a_draft_that_was_thrown_away(stage: Stage) -> None:
    services, wanted = stage.services, read_file(str(ROOT / "campaigns.toml"))
    draft = await campaigning.begin(services, "staff 1", "fr", "Un hiver au chaud")
    assert not isinstance(draft, Refusal)
    assert await campaigning.drop(services, draft.id, "staff 1")
    added = replace(wanted[0], slug="added")
    await services.db.write(lambda tx: load(tx, [*wanted, added]))
    [(campaign_id,)] = await stage.rows("SELECT id FROM campaigns WHERE slug = 'added'")
    assert campaign_id > draft.id


def _in_euros(folder: Path) -> str:
    """A file where the goal of the first campaign is in euros."""
    text = (ROOT / "campaigns.toml").read_text(encoding="utf-8")
    file = folder / "euros.toml"
    file.write_text(
        text.replace('goal = "350000"\ncurrency = "MAD"', 'goal = "35000"\ncurrency = "EUR"'),
        encoding="utf-8",
    )
    return str(file)


async def test_a_file_never_changes_the_currency_of_a_goal_that_gifts_count_towards(
    stage: Stage, tmp_path: Path
) -> None:
    stage.stripe.pay(await to_the_bridge(stage, stage.john()))
    await stage.john().says("Received")
    stored = "SELECT currency, goal_minor FROM campaigns"
    before = await stage.rows(stored)
    settings = stage.settings.model_copy(update={"campaigns_file": _in_euros(tmp_path)})
    with pytest.raises(
        CampaignsFileError, match="humanitarian: the goal stays in MAD, since there are gifts"
    ):
        await load_campaigns(settings, lambda: True, lambda _: None)
    assert await stage.rows(stored) == before
    assert await auditing.audit_books(stage.services) == []


async def test_a_file_changes_the_currency_of_a_goal_before_the_first_gift(
    stage: Stage, tmp_path: Path
) -> None:
    settings = stage.settings.model_copy(update={"campaigns_file": _in_euros(tmp_path)})
    await load_campaigns(settings, lambda: True, lambda _: None)
    stored = "SELECT currency, goal_minor FROM campaigns WHERE slug = 'humanitarian'"
    assert await stage.rows(stored) == [("EUR", 3500000)]
    await stage.john().start("c_humanitarian")
    await stage.john().says("35,000")


async def test_a_reader_looks_and_changes_nothing(stage: Stage) -> None:
    yasmine = stage.yasmine()
    await stage.services.db.write(lambda tx: staff.put(tx, Member(yasmine.id, Role.READER, "settings", 1)))
    await yasmine.send("/campaigns")
    await yasmine.says("3 campagnes")
    assert not shows(yasmine, "Nouvelle campagne")
    await press(yasmine, "Associations", "Lien :")
    assert not shows(yasmine, "Clore")
    for data in (
        "cmove-yes-closed-1",
        "cedit-title-fr-one-1",
        "cclear-story-en-1",
        "csum-goal-1-mad-sure-1",
        "cnew",
    ):
        await stage.telegram.acknowledged(
            stage.telegram.tapped(yasmine, yasmine.chat, yasmine.last, Button("x", data))
        )
    assert await stage.rows("SELECT state, goal_minor FROM campaigns WHERE id = 1") == [("open", 35000000)]
    assert await stage.rows("SELECT count(*) FROM acts") == [(0,)]


async def test_a_file_shows_that_it_would_undo_what_was_changed_in_the_chat(stage: Stage) -> None:
    services, wanted = stage.services, read_file(str(ROOT / "campaigns.toml"))
    fresh = await campaigning.begin(services, "staff 1", "fr", "Nouvelle")
    assert not isinstance(fresh, Refusal)
    await campaigning.set_photo(services, 1, "staff 1", "file1")
    await campaigning.shift(services, 1, "staff 1", 1)
    await campaigning.set_sum(services, 1, "staff 1", Part.GOAL, Money(100, "MAD"))
    await campaigning.move(services, 2, "staff 1", CampaignState.PAUSED)
    found = await services.db.read(lambda tx: changes(tx, wanted))
    assert [(one.slug, one.field) for one in found] == [
        ("humanitarian", "goal"),
        ("startups", "state"),
        ("campaigns", "order"),
    ]
    now = services.clock()
    await services.db.write(lambda tx: load(tx, wanted, now))
    one = await services.db.read(lambda tx: campaigns.get(tx, 1))
    assert one is not None
    assert (one.photo, one.goal_was, one.goal.minor) == ("file1", Money(100, "MAD"), 35000000)
    assert await services.db.read(lambda tx: changes(tx, wanted)) == []
    every = await services.db.read(campaigns.every)
    assert [each.slug for each in every if each.id != fresh.id] == ["humanitarian", "startups", "innovation"]


async def test_a_draft_without_campaigns_beside_it_has_amounts_of_its_own(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    settings = settings_for(
        sandbox, tmp_path, webhook=True, currencies=("MAD", "JPY", "TND"), floors=("MAD=30",)
    )
    async with bot_beside(sandbox, settings) as stage:
        await stage.services.db.write(
            lambda tx: tx.plain("UPDATE campaigns SET limits = '{}', presets = '{}'")
        )
        fresh = await campaigning.begin(stage.services, "staff 1", "fr", "日本")
        assert not isinstance(fresh, Refusal)
        assert fresh.slug == "campaign"
        assert fresh.limits["MAD"].smallest == Money(3000, "MAD")
        assert [one.money.minor for one in fresh.presets["MAD"]] == [5000, 10000, 20000, 35000]
        assert fresh.limits["JPY"].smallest == Money(50, "JPY")
        assert fresh.presets["JPY"] == fresh.presets["TND"] == ()
        for code in ("JPY", "TND"):
            assert await campaigning.clear(stage.services, fresh.id, "staff 1", Part.AMOUNTS, code.lower())
        after = await campaigning.set_sum(stage.services, fresh.id, "staff 1", Part.GOAL, Money(5, "TND"))
        assert not isinstance(after, Refusal)
        assert set(after.limits) == {"MAD", "TND"}
        assert await campaigning.clear(stage.services, fresh.id, "staff 1", Part.AMOUNTS, "tnd") == Refusal(
            Fault.LACKS
        )
        assert await campaigning.write(stage.services, 99, "staff 1", Part.TITLE, "fr", "x") == Refusal(
            Fault.GONE
        )
