"""Campaigns run from the chat: created from nothing, changed, opened, paused, closed, put in order."""

from tests.stage import Stage, labels, press, shows, to_the_bridge

STORY = "Sans hiver au chaud, pas d'école. " * 3


async def answered(stage: Stage, text: str, then: str) -> None:
    await stage.karim().send(text)
    await stage.karim().says(then)


async def begun(stage: Stage, title: str = "Un hiver au chaud") -> None:
    """Karim begins a campaign, as far as its summary."""
    await stage.karim().send("/campaigns")
    await press(stage.karim(), "Nouvelle campagne", "Comment s'appelle", first="3 campagnes")
    await answered(stage, title, "À quoi sert-elle")


async def a_draft(stage: Stage, title: str = "Un hiver au chaud") -> None:
    """A draft with French texts and a goal, its card in front."""
    await begun(stage, title)
    await answered(stage, "Des couvertures pour les villages.", "Quelle est son histoire")
    await answered(stage, STORY, "Langue : العربية")
    await press(stage.karim(), "Passer", "Langue : English")
    await press(stage.karim(), "Passer", "Quel est l'objectif")
    await answered(stage, "120000", "Ces montants sont proposés")
    await press(stage.karim(), "Continuer", "À partir de quel jour")
    await stage.karim().tap("Terminer plus tard")
    await stage.karim().until(lambda one: shows(one, "Ouvrir"))


async def test_a_campaign_is_created_from_nothing_to_its_first_gift(stage: Stage) -> None:
    await a_draft(stage)
    assert await stage.rows("SELECT slug, state, goal_minor FROM campaigns WHERE state = 'draft'") == [
        ("un-hiver-au-chaud", "draft", 12000000)
    ]
    await press(stage.karim(), "Ouvrir", "Ouvrir « ")
    await press(stage.karim(), "Oui, ouvrir", "✅ Elle est ouverte")
    session = await to_the_bridge(stage, stage.yasmine(), link="c_un-hiver-au-chaud")
    stage.stripe.pay(session)
    await stage.yasmine().says("Bien reçu : 200 MAD")
    assert labels(stage.karim())
