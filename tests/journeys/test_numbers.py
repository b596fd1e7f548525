"""Figures for staff: today beside yesterday, and the digest of each morning."""

from datetime import UTC, datetime, time, timedelta

from msgspec.structs import replace

from bot import digesting, figuring
from bot.figures import STEPS
from bot.i18n import ZONE
from bot.services import Services
from tests.journeys.test_back import a_paid_gift
from tests.stage import Stage, labels, press

SENT = "SELECT chat_id, payload, state FROM deliveries WHERE kind = 'digest' ORDER BY id"


def at(stage: Stage, moment: datetime) -> Services:
    """The same bot, at another moment, with a digest at nine."""
    settings = stage.settings.model_copy(update={"digest_at": time(9)})
    return replace(stage.services, settings=settings, clock=lambda: moment)


async def test_staff_see_today_beside_yesterday(stage: Stage) -> None:
    await a_paid_gift(stage)
    karim = stage.karim()
    await karim.send("/today")
    await karim.says("Aujourd’hui jusqu’à")
    text = (
        karim.last.text.replace("\u2068", "")
        .replace("\u2069", "")
        .replace("\u00a0", " ")
        .replace("\u202f", " ")
    )
    assert "Dons : 1 (0)" in text
    assert "Reçu : 200 MAD (0 MAD)" in text
    assert "Nouveaux donateurs : 2 (0)" in text or "Nouveaux donateurs : 1 (0)" in text


async def test_a_stranger_gets_what_an_unknown_command_gets(stage: Stage) -> None:
    john = stage.john()
    await john.send("/nonsense")
    await john.says("How to give")
    unknown = john.last.text
    for written in ("/today", "/stats", "/find abcdefghjk", "/export"):
        known = john.last.id
        await john.send(written)
        await john.until(lambda one, known=known: one.last.id != known)
        assert john.last.text == unknown


async def test_the_digest_comes_once_a_day_also_after_restarts_and_changed_clocks(stage: Stage) -> None:
    await a_paid_gift(stage)
    await stage.karim().start()
    await stage.until_rows("SELECT count(*) FROM donors WHERE telegram_id = 1900", [(1,)])
    here = datetime.now(ZONE) - timedelta(days=3)
    first = datetime.combine(here.date(), time(8, 59), ZONE)
    told = [
        await digesting.owe_digest(at(stage, (first + step).astimezone(UTC)))
        for step in (
            timedelta(0),  # the first day that is ever seen: yesterday's hour is past
            timedelta(minutes=1),
            timedelta(minutes=2),
            timedelta(minutes=-30),  # the clock is set back
            timedelta(minutes=5),
            timedelta(days=2),  # down over two mornings: one digest, of the newest day
            timedelta(days=2, minutes=1),
        )
    ]
    assert told == [0, 1, 0, 0, 0, 1, 1]
    days = [(here.date() + timedelta(days=back)).isoformat() for back in (-1, 0, 1)]
    await stage.until_rows(SENT, [(1900, day, "sent") for day in days])
    await stage.karim().says("Hier")


async def test_who_wants_no_digest_gets_none(stage: Stage) -> None:
    karim = stage.karim()
    await karim.start()
    await stage.until_rows("SELECT id FROM donors WHERE telegram_id = 1900", [(1,)])
    moment = datetime.combine(datetime.now(ZONE).date() - timedelta(days=2), time(9), ZONE)
    await digesting.owe_digest(at(stage, moment))
    assert await digesting.owe_digest(at(stage, moment + timedelta(days=1))) == 1
    await karim.says("Hier")
    await press(karim, "Ne plus l’envoyer", "Aujourd’hui")
    assert not await digesting.wants(stage.services, 1)
    assert await digesting.owe_digest(at(stage, moment + timedelta(days=2))) == 0
    assert "Actualiser" in labels(karim)


async def test_the_chart_is_a_picture_of_the_gifts(stage: Stage) -> None:
    await a_paid_gift(stage)
    karim = stage.karim()
    await karim.send("/stats")
    await karim.says("1 don", 15)
    photo = karim.last.photo
    assert photo is not None
    assert photo.content.startswith(b"\x89PNG")
    await press(karim, "7 jours", "90 jours", on="buttons")
    await press(karim, "Startups", "0 don")
    assert await stage.rows("SELECT step, n FROM steps ORDER BY n, step") == [
        ("amount", 1),
        ("campaign", 1),
        ("page", 1),
        ("start", 1),
    ]


async def test_the_funnel_counts_each_donor_once_a_day_and_staff_not_at_all(stage: Stage) -> None:
    yasmine, karim = stage.yasmine(), stage.karim()
    for phone in (yasmine, karim):
        for _ in range(3):
            await phone.start("c_humanitarian__radio")
            await phone.until(lambda one: len(labels(one)) > 1)
            await phone.start()
            await phone.until(lambda one: len(labels(one)) > 1)
    await yasmine.send("/currency")
    await yasmine.until(lambda one: any("MAD" in label for label in labels(one)))
    wanted = [("campaign", "radio", 1), ("start", "radio", 1)]
    await stage.until_rows("SELECT step, source, n FROM steps ORDER BY step", wanted)
    found = await figuring.stats(stage.services, 30, None)
    assert found.funnel is not None
    assert [found.funnel.counts[step] for step in STEPS] == [1, 1, 0, 0]
    assert found.funnel.paid == 0


async def test_counting_steps_reads_nothing_and_writes_one_statement_when_a_donor_comes_further(
    stage: Stage,
) -> None:
    john = stage.john()
    asked: list[str] = []
    await stage.services.db.trace(asked.append)
    for _ in range(3):
        known = len(asked)
        await john.start("c_humanitarian")
        await john.until(lambda one: "Give" in labels(one))
        await stage.until_rows("SELECT count(*) FROM updates WHERE done_at IS NULL", [(0,)])
        assert len(asked) > known
    of_steps = [sql for sql in asked if " steps" in sql]
    assert len(of_steps) == 1
    assert of_steps[0].startswith("INSERT INTO steps")


async def test_whoever_blocked_the_bot_gets_no_pile_of_digests(stage: Stage) -> None:
    await stage.karim().start()
    await stage.until_rows("SELECT count(*) FROM donors", [(1,)])
    await stage.services.db.write(lambda tx: tx.plain("UPDATE donors SET state = 'blocked'"))
    moment = datetime.combine(datetime.now(ZONE).date() - timedelta(days=3), time(9), ZONE)
    told = [await digesting.owe_digest(at(stage, moment + timedelta(days=day))) for day in range(3)]
    assert told == [0, 0, 0]
    assert await stage.rows(SENT) == []
