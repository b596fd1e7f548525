"""Roles given by a link or a contact, and taken away; Telegram's menu follows; strangers learn nothing."""

import asyncio
import hashlib
import re
from collections.abc import Iterable
from datetime import timedelta

from bot import digesting, guarding, staffing
from bot.model import Donor
from bot.staff import Member, Refusal, Role
from bot.store import donors, staff
from bot.store.sql import Tx
from sandbox.app import Sandbox
from sandbox.faults import Fault
from sandbox.telegram import Phone
from tests import engine
from tests.stage import Stage, bot_beside, press, settings_for, shows

STAFF = "SELECT telegram_id, role FROM staff ORDER BY telegram_id"
ACTS = "SELECT act, subject FROM acts ORDER BY id"


def menu(stage: Stage, phone: Phone) -> list[str]:
    found = stage.telegram.commands(phone.person["language_code"], phone.id, phone.chat)
    return [one["command"] for one in found]


async def until_menu(stage: Stage, phone: Phone, with_them: Iterable[str], without: Iterable[str]) -> None:
    async with asyncio.timeout(40):
        while not set(with_them) <= set(menu(stage, phone)) or set(without) & set(menu(stage, phone)):
            await asyncio.sleep(0.01)


async def a_link(stage: Stage, role: str) -> str:
    """Karim makes one; the payload of it."""
    karim = stage.karim()
    await karim.send("/roles")
    await press(karim, "Ajouter quelqu’un", "Quel rôle lui donner")
    await press(karim, role, "Envoyez-moi ici le contact")
    await press(karim, "Créer un lien", "Un lien pour le rôle")
    url = karim.button("Copier le lien").copy or ""
    assert url.startswith("https://t.me/entraide_bot?start=j_")
    assert url in karim.last.text.replace("\u2066", "").replace("\u2069", "")
    return url.partition("start=")[2]


async def joined(stage: Stage, phone: Phone, role: str, greeting: str) -> None:
    payload = await a_link(stage, role)
    await phone.start(payload)
    await phone.says(greeting)


async def at_home(phone: Phone) -> None:
    """Whatever was in front of them, the campaigns are now."""
    await phone.start("home")
    await phone.says("nous ne voyons jamais votre carte")


async def donor_of(stage: Stage, phone: Phone) -> Donor:
    await phone.send("/help")
    await stage.until_rows(f"SELECT count(*) FROM donors WHERE telegram_id = {phone.id}", [(1,)])
    found = await stage.read(lambda tx: donors.find(tx, phone.id))
    assert found is not None
    return found


async def test_a_role_is_given_by_a_link_and_taken_away_and_the_menu_follows(stage: Stage) -> None:
    karim, john = stage.karim(), stage.john()
    await john.send("/help")
    await john.until(lambda one: any(message.sender == "bot" for message in one.messages))
    known = john.last.text
    assert "report" not in menu(stage, john)
    await joined(stage, john, "Finances", "Welcome to the staff. Your role: Finance")
    await until_menu(stage, john, ("admin", "report", "refund", "donate"), ("roles", "audit"))
    await john.tap("The desk")
    await john.says("/refund")
    assert "/roles" not in john.last.text
    await karim.until(lambda one: any("a rejoint l’équipe" in message.text for message in one.messages))
    await karim.send("/roles")
    await karim.says("2 personnes dans l’équipe")
    await press(karim, "Finances", "Chiffres et rapports, remboursements")
    await press(karim, "Retirer le rôle", "prend fin aussitôt")
    await press(karim, "Oui, le retirer", "ne fait plus partie de l’équipe")
    await john.says("Your role on the staff has ended")
    await until_menu(stage, john, ("donate",), ("admin", "report", "refund"))
    await john.send("/refund")
    await john.until(lambda one: one.last.text == known)
    assert await stage.rows(STAFF) == []
    by_link = [("role.invite", "link"), ("role.join", "D1"), ("role.take", "D1")]
    assert await stage.rows(ACTS) == by_link


async def test_a_role_is_given_by_a_contact_and_changed(stage: Stage) -> None:
    karim, yasmine = stage.karim(), stage.yasmine()
    await yasmine.send("/help")
    await karim.send("/roles")
    await press(karim, "Ajouter quelqu’un", "Quel rôle lui donner")
    await press(karim, "Lecture", "Envoyez-moi ici le contact")
    await karim.send("elle s'appelle Yasmine")
    await karim.says("Ce n’était pas un contact")
    await karim.send_contact(yasmine.id)
    await karim.says("à consulter seulement")
    await yasmine.says("Bienvenue dans l’équipe")
    await until_menu(stage, yasmine, ("report",), ("refund",))
    await press(karim, "Un autre rôle", "Quel rôle à la place")
    await press(karim, "Finances", "gel des paiements")
    await until_menu(stage, yasmine, ("report", "refund"), ("roles",))
    assert await stage.rows(STAFF) == [(1002, "finance")]
    assert await stage.rows("SELECT before, after FROM acts WHERE act = 'role.give' ORDER BY id") == [
        ("{}", '{"role": "reader"}'),
        ('{"role": "reader"}', '{"role": "finance"}'),
    ]


async def test_somebody_who_never_opened_the_chat_can_be_added_and_finds_the_desk(stage: Stage) -> None:
    karim, john = stage.karim(), stage.john()
    await karim.send("/roles")
    await press(karim, "Ajouter quelqu’un", "Quel rôle lui donner")
    await press(karim, "Lecture", "Envoyez-moi ici le contact")
    await karim.send_contact(john.id)
    await karim.says("n’a pas encore ouvert ce chat")
    await karim.says("T1003")
    await john.send("/admin")
    await john.says("The desk")
    await until_menu(stage, john, ("report",), ("refund",))


async def test_a_link_works_once_and_not_for_ever_and_a_wrong_one_tells_nothing(stage: Stage) -> None:
    john, yasmine = stage.john(), stage.yasmine()
    payload = await a_link(stage, "Lecture")
    secret = payload.removeprefix("j_")
    [(code,)] = await stage.rows("SELECT code FROM invitations")
    assert code == hashlib.sha256(secret.encode()).hexdigest()
    await john.start(payload)
    await john.says("Welcome to the staff")
    for wrong in (payload, "j_" + "x" * 22, "j_", payload[:-1]):
        await at_home(yasmine)
        await yasmine.start(wrong)
        await yasmine.says("Ce lien n’est plus valable.")
    assert await stage.rows(STAFF) == [(1003, "reader")]
    karim = await donor_of(stage, stage.karim())
    old = await staffing.invite(stage.services, karim, Role.FINANCE)
    await stage.services.db.write(lambda tx: _aged(tx, timedelta(hours=24, seconds=1)))
    await at_home(yasmine)
    await yasmine.start(f"j_{old}")
    await yasmine.says("Ce lien n’est plus valable.")
    assert await stage.rows(STAFF) == [(1003, "reader")]


def _aged(tx: Tx, by: timedelta) -> None:
    tx.plain("UPDATE invitations SET expires_at = expires_at - ?", (int(by.total_seconds()),))


async def test_one_link_pressed_by_many_at_once_makes_one_of_them_staff(stage: Stage) -> None:
    karim = await donor_of(stage, stage.karim())
    secret = await staffing.invite(stage.services, karim, Role.READER)
    people = [await donor_of(stage, phone) for phone in (stage.amina(), stage.yasmine(), stage.john())]
    outcomes = await asyncio.gather(*(staffing.join(stage.services, one, str(secret)) for one in people))
    assert len([one for one in outcomes if one is Refusal.LINK]) == 2
    assert await stage.rows("SELECT count(*) FROM staff") == [(1,)]
    assert await stage.rows("SELECT count(*) FROM acts WHERE act = 'role.join'") == [(1,)]


async def test_the_same_update_after_a_kill_greets_again_and_gives_nothing_twice(stage: Stage) -> None:
    karim, john = await donor_of(stage, stage.karim()), await donor_of(stage, stage.john())
    secret = str(await staffing.invite(stage.services, karim, Role.READER))
    once = await staffing.join(stage.services, john, secret)
    assert not isinstance(once, Refusal)
    assert await staffing.join(stage.services, john, secret) == once
    other = str(await staffing.invite(stage.services, karim, Role.OWNER))
    assert await staffing.join(stage.services, john, other) is Refusal.ALREADY
    assert await staffing.join(stage.services, karim, other) is Refusal.ALREADY
    assert await stage.rows("SELECT count(*) FROM invitations WHERE used_at IS NULL") == [(1,)]


async def test_nobody_raises_themselves_and_the_settings_owner_stays(stage: Stage) -> None:
    services, karim, john = (
        stage.services,
        await donor_of(stage, stage.karim()),
        await donor_of(stage, stage.john()),
    )
    assert await staffing.give(services, karim, 1900, Role.READER) is Refusal.FIRST
    assert await staffing.take(services, karim, 1900) is Refusal.FIRST
    await staffing.give(services, karim, 1003, Role.OWNER)
    assert await staffing.give(services, john, 1003, Role.READER) is Refusal.SELF
    assert await staffing.take(services, john, 1900) is Refusal.FIRST
    assert await staffing.take(services, karim, 1002) is Refusal.GONE
    assert await staffing.take(services, john, 1003) is None
    # What an owner asks who is none any more, at the same moment, changes nothing.
    assert await staffing.give(services, john, 1002, Role.OWNER) is Refusal.NOT_YOURS
    assert await staffing.invite(services, john, Role.OWNER) is Refusal.NOT_YOURS
    assert await stage.rows(STAFF) == []


async def test_the_last_owner_stays_and_two_cannot_take_each_others_role(
    sandbox: Sandbox, tmp_path_factory
) -> None:
    settings = settings_for(sandbox, tmp_path_factory.mktemp("x"), webhook=True, admin_ids=())
    async with bot_beside(sandbox, settings) as stage:
        john, yasmine = await donor_of(stage, stage.john()), await donor_of(stage, stage.yasmine())

        def first(tx: Tx) -> None:
            for one in (john, yasmine):
                staff.put(tx, Member(one.telegram_id, Role.OWNER, "D0", 1))

        await stage.services.db.write(first)
        outcomes = await asyncio.gather(
            staffing.take(stage.services, john, 1002), staffing.take(stage.services, yasmine, 1003)
        )
        assert sorted(map(str, outcomes)) == ["None", "not_yours"]
        left = john if outcomes[0] is None else yasmine
        assert await staffing.take(stage.services, left, left.telegram_id) is Refusal.LAST
        assert await stage.rows("SELECT count(*) FROM staff") == [(1,)]


async def test_staff_of_another_role_are_told_who_can_and_strangers_are_not(stage: Stage) -> None:
    john, yasmine = stage.john(), stage.yasmine()
    await joined(stage, john, "Lecture", "Welcome to the staff")
    await john.send("/refund abc")
    await john.says("An owner can do it, or somebody with the role Finance.")
    await john.send("/roles")
    await john.says("An owner can do it.")
    await yasmine.send("/help")
    await yasmine.until(lambda one: any(message.sender == "bot" for message in one.messages))
    known = yasmine.last.text
    for written in ("/refund abc", "/roles", "/admin", "/audit"):
        await at_home(yasmine)
        await yasmine.send(written)
        await yasmine.until(lambda one: one.last.text == known)


async def test_staff_who_erase_themselves_are_staff_no_more(stage: Stage) -> None:
    john = stage.john()
    await joined(stage, john, "Finances", "Welcome to the staff")
    await until_menu(stage, john, ("report",), ())
    await guarding.freeze(stage.services, 7)
    await john.until(lambda one: any("froze card payments" in message.text for message in one.messages))
    donor = await donor_of(stage, john)
    await digesting.switch(stage.services, donor.id, on=False)
    await john.send("/privacy")
    await john.until(lambda one: shows(one, "Erase"))
    await john.tap("Erase")
    await john.until(lambda one: shows(one, "Yes"))
    await john.tap("Yes")
    await stage.until_rows(STAFF, [])
    await until_menu(stage, john, (), ("report",))
    await stage.until_rows("SELECT count(*) FROM marks WHERE key LIKE '%.1003'", [(0,)])
    everything = await stage.services.db.read(_dump)
    # As a number of its own: a second of the day may hold these digits.
    assert [name for name, rows in everything.items() if re.search(r"\b1003\b", rows)] in ([], ["updates"])


def _dump(tx: Tx) -> dict[str, str]:
    return {
        name: str([tuple(row) for row in tx.plain(f"SELECT * FROM {name}")]) for name in engine.tables(tx)
    }


async def test_the_menu_speaks_the_language_that_staff_choose_and_is_set_only_once(stage: Stage) -> None:
    karim = stage.karim()
    await karim.send("/language")
    await until_menu(stage, karim, ("admin", "audit", "roles"), ())
    await karim.until(lambda one: shows(one, "English"))
    await karim.tap("English")
    async with asyncio.timeout(40):
        while "Who is staff" not in [
            one["description"] for one in stage.telegram.commands("fr", 1900, stage.karim().chat)
        ]:
            await asyncio.sleep(0.01)
    sets = [
        call for call in stage.telegram.calls if call.method == "setMyCommands" and "scope" in call.params
    ]
    assert len(sets) == 2
    # Telegram's menu says no command that nobody answers.
    from handlers.commands import names

    assert set(menu(stage, karim)) <= set(names())


async def test_a_chat_that_takes_no_menu_keeps_nobody_from_theirs_and_is_tried_again(stage: Stage) -> None:
    karim, john = stage.karim(), stage.john()
    await donor_of(stage, john)
    await stage.services.db.write(lambda tx: _hired(tx, Role.READER))
    stage.services.bells.menus.set()
    await until_menu(stage, john, ("report",), ("refund",))
    await stage.services.db.write(lambda tx: _hired(tx, Role.FINANCE))
    stage.telegram.faults.add(Fault("400", "setMyCommands"))
    # The first owner comes, so that the menus are looked at, theirs first.
    await karim.send("/help")
    await until_menu(stage, john, ("report", "refund"), ())
    stage.services.bells.menus.set()
    await until_menu(stage, karim, ("admin", "roles"), ())
    answers = [
        call.status
        for call in stage.telegram.calls
        if call.method == "setMyCommands" and "1900" in str(call.params.get("scope"))
    ]
    assert (answers[0], answers[-1]) == (0, 200)


def _hired(tx: Tx, role: Role) -> None:
    staff.put(tx, Member(1003, role, "D1", 1))


async def test_a_link_is_worth_nothing_once_its_maker_is_no_owner_any_more(stage: Stage) -> None:
    karim, john = await donor_of(stage, stage.karim()), await donor_of(stage, stage.john())
    await staffing.give(stage.services, karim, 1003, Role.OWNER)
    secret = await staffing.invite(stage.services, john, Role.OWNER)
    assert isinstance(secret, str)
    assert await staffing.take(stage.services, karim, 1003) is None
    assert await staffing.join(stage.services, john, secret) is Refusal.LINK
    assert await stage.rows(STAFF) == []
