"""The desk's corners: what is written badly, old buttons, forged ones, and Stripe being slow while staff give money back."""

from sandbox.faults import Fault
from sandbox.telegram.people import Button
from tests.journeys.test_back import a_paid_gift
from tests.stage import Stage, press, shows

NOWHERE = "abcdefghjk"


async def the_gift(stage: Stage) -> str:
    await a_paid_gift(stage)
    [(gift,)] = await stage.rows("SELECT id FROM donations")
    return gift


async def test_what_is_written_badly_is_explained(stage: Stage) -> None:
    gift, karim = await the_gift(stage), stage.karim()
    for written, said in (
        ("/refund", "Écrivez /refund"),
        (f"/refund {NOWHERE}", "Aucun don ne porte cette référence"),
        (f"/refund {gift} 50 fois", "Écrivez /refund"),
        (f"/refund {gift} 201", "au plus"),
        (f"/refund {gift.upper()}", gift.upper()),
    ):
        await karim.send(written)
        await karim.says(said)
    assert await stage.rows("SELECT state FROM donations") == [("paid",)]


async def test_old_and_forged_buttons_give_nothing_back(stage: Stage) -> None:
    gift, karim, john = await the_gift(stage), stage.karim(), stage.john()
    await karim.send(f"/refund {gift}")
    await karim.says(gift.upper())
    for data, said in (
        (f"gift-{NOWHERE}", "Aucun don ne porte cette référence"),
        (f"refund-yes-asked-100-20000-{NOWHERE}", "Aucun don ne porte cette référence"),
        (f"refund-yes-asked-20001-20000-{gift}", "au plus"),
        (f"refund-yes-asked-0-20000-{gift}", "au plus"),
        (f"refund-yes-greed-100-20000-{gift}", "Pourquoi"),
    ):
        stage.telegram.tapped(karim, karim.chat, karim.last, Button("x", data))
        await karim.says(said)
    for data in (f"gift-{gift}", f"refund-yes-asked-20000-20000-{gift}"):
        stage.telegram.tapped(john, john.chat, john.last, Button("x", data))
    await john.send("/language")
    await john.says("Choose your language")
    assert await stage.rows("SELECT state FROM donations") == [("paid",)]
    assert await stage.rows("SELECT count(*) FROM refund_orders") == [(0,)]


async def test_while_stripe_is_slow_the_order_is_kept_and_done(stage: Stage) -> None:
    gift, karim = await the_gift(stage), stage.karim()
    for _ in range(3):
        stage.stripe.faults.add(Fault("timeout", "POST", path="/v1/refunds"))
    await karim.send(f"/refund {gift} 50")
    await press(karim, "Une erreur de notre part", "50", first="Pourquoi")
    await karim.until(lambda one: shows(one, "Oui, rembourser"))
    await karim.tap("Oui, rembourser")
    await karim.says("Stripe ne l’a pas encore confirmé", 15)
    await stage.until_rows("SELECT state FROM donations", [("partly_refunded",)], 30)
    await stage.john().says("Refunded: 50 MAD", 15)
