"""Every command and every button of the staff, times every role, a stranger and somebody who is staff no more.

Generated from the handlers themselves: one that is new is in it, and one without a right must be named here as a donor's.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from msgspec.structs import fields

from bot import pledging
from bot.actions import Action, Promise, pack
from bot.screens import menu
from bot.staff import Member, Right, Role
from bot.store import donors, staff
from bot.store.sql import Tx
from handlers.commands import find, names
from handlers.routes import HANDLERS, TAKERS
from sandbox.telegram import Phone
from sandbox.telegram.people import Button
from tests import engine
from tests.journeys.test_back import a_paid_gift
from tests.stage import Stage

# What anybody may ask. Whatever else has a handler needs a right.
_FREE = """
    AskPerson BroadcastGive MessagesAgain SolveQuestion StopMessages
    Bridge CampaignLink CancelCommand CancelGift CancelPledge ChangeMonthly Check CheckCovered CheckMonthly ChooseAmount
    ChooseTerm Currencies EraseMine ExportMine GetCreditNote GetPaper GetReceipt GetStatement Give GiveCovered GiveMonthly
    Help Home Join Languages Look MyGifts NewCard PauseMonthly PickCampaign Privacy Promise ReceiptCommand Refused Remind
    RemindPledge SayPaid Scan SetCurrency SetLanguage ShowCampaign ShowMonthly ShowPledge ShowStory StatementCommand
    StopMonthly Typed Undo UndoCommand VerifyCommand VerifyGift
"""
DONORS = frozenset(_FREE.split())
PEOPLE = {2001: Role.FINANCE, 2002: Role.MESSAGES, 2003: Role.READER, 2004: None, 2005: None}
OWNER, REMOVED = 1900, 2005
# Each turn moves these; nothing that staff do does.
_WALK = {"donors": ("awaiting", "message_id"), "deliveries": ("leased_until", "sent_at", "message_id")}
_NOT_COMPARED = ("updates", "sqlite_sequence", "alembic_version", "marks")
_KEPT_MARKS = "SELECT * FROM marks WHERE key NOT LIKE 'telegram.%'"
_MONTHLY = (
    "INSERT INTO monthly_gifts (id, donor_id, campaign_id, amount_minor, currency, state, created_at, months) "
    "VALUES ('abcdefghjk', 1, 1, 10000, 'MAD', 'active', 1, 6)"
)


@dataclass
class Matrix:
    """The stage with one gift, one pledge, one monthly gift and a phone for every role."""

    stage: Stage
    cast: dict[str, str | int]

    def phone(self, person: int) -> Phone:
        return self.stage.telegram.person(person, "Someone", "en")

    async def said(self, phone: Phone, update_id: int, before: int) -> list[str]:
        """What the bot wrote to this person since then, whether or not Telegram had it already."""
        await self.stage.telegram.acknowledged(update_id)
        calls = self.stage.telegram.calls[before:]
        mine = (call.params for call in calls if call.params.get("chat_id") == phone.id)
        return [
            str(one.get("text") or one.get("caption") or "")
            for one in mine
            if "text" in one or "caption" in one
        ]

    async def typed(self, phone: Phone, text: str) -> list[str]:
        before = len(self.stage.telegram.calls)
        return await self.said(phone, await phone.send(text), before)

    async def forged(self, phone: Phone, data: str) -> list[str]:
        before = len(self.stage.telegram.calls)
        update_id = self.stage.telegram.tapped(phone, phone.chat, phone.last, Button("x", data))
        return await self.said(phone, update_id, before)

    def buttons(self, **instead: str | int) -> Iterator[tuple[Right, str]]:
        """Data for every button that needs a right, with fields that point at what is there."""
        for kind, handler in HANDLERS.items():
            if handler.needs is not None and kind.word:
                yield handler.needs, pack(kind(**_filled(kind, self.cast | instead)))

    async def tables(self) -> dict[str, str]:
        return await self.stage.services.db.read(_tables)


def _filled(kind: type[Action], cast: dict[str, str | int]) -> dict[str, str | int]:
    return {one.name: cast.get(one.name, 1 if one.type in (int, "int") else "yes") for one in fields(kind)}


def _tables(tx: Tx) -> dict[str, str]:
    found = dict.fromkeys(engine.tables(tx), "")
    for name in found:
        rows = tx.plain(_KEPT_MARKS if name == "marks" else f"SELECT * FROM {name}")
        kept = [{key: row[key] for key in row.keys() if key not in _WALK.get(name, ())} for row in rows]  # noqa: SIM118
        found[name] = (
            "" if name in _NOT_COMPARED and name != "marks" else str(sorted(json.dumps(one) for one in kept))
        )
    return found


async def a_matrix(stage: Stage) -> Matrix:
    await a_paid_gift(stage)
    [(gift, donor_id)] = await stage.rows("SELECT id, donor_id FROM donations")
    donor = await stage.services.db.read(lambda tx: donors.get(tx, donor_id))
    assert donor is not None
    pledge = await pledging.promise(stage.services, donor, Promise(1, 20000, "mad"))
    cast = {
        "donation_id": gift,
        "pledge_id": pledge.pledge.id,
        "monthly_id": "abcdefghjk",
        "person": "2003",
        "role": "owner",
        "why": "mistake",
        "reason": "asked",
        "minor": 100,
        "currency": "eur",
        "counter": "mad",
        "rate": "10d9",
        "day": 20261101,
        "form": "xlsx",
        "first": 0,
        "last": 0,
        "before": 0,
    }
    matrix = Matrix(stage, cast)
    for person in (OWNER, *PEOPLE):
        await matrix.typed(matrix.phone(person), "/start home")
    await stage.services.db.write(_hired)
    return matrix


def _hired(tx: Tx) -> None:
    tx.plain(_MONTHLY)
    for person, role in PEOPLE.items():
        if role or person == REMOVED:
            staff.put(tx, Member(person, role or Role.OWNER, "D1", 1))
    staff.remove(tx, REMOVED)


def staff_commands() -> Iterator[tuple[str, Right]]:
    for name in names():
        action = find(name, "")
        handler = HANDLERS.get(type(action)) if action else None
        if handler is not None and handler.needs is not None:
            yield name, handler.needs


def test_whatever_is_no_donors_needs_a_right() -> None:
    free = {kind.__name__ for kind, handler in HANDLERS.items() if handler.needs is None}
    assert free == DONORS
    assert [kind.__name__ for kind, handler in TAKERS.items() if handler.needs is None] == ["AskPerson"]


def test_the_menu_of_staff_tells_the_rights_that_the_handlers_ask_for() -> None:
    shown = {name: right for name, right, _ in menu.STAFF}
    asked = dict(staff_commands())
    assert {name: right for name, right in shown.items() if name in asked} == asked


async def test_nobody_without_the_right_changes_or_learns_anything(stage: Stage) -> None:
    matrix = await a_matrix(stage)
    await stage.until_rows("SELECT count(*) FROM deliveries WHERE state IN ('owed', 'sending')", [(0,)])
    before, tried = await matrix.tables(), 0
    for person, role in PEOPLE.items():
        phone, rights = matrix.phone(person), role.rights if role else frozenset[Right]()
        [home] = await matrix.typed(phone, "/start home")
        for needs, data in matrix.buttons(sure="yes"):
            if needs not in rights:
                assert await matrix.forged(phone, data) in ([], [home]), (person, data)
                tried += 1
        [help_text] = await matrix.typed(phone, "/nosuchcommand")
        for name, needs in staff_commands():
            if needs not in rights:
                [answer] = await matrix.typed(phone, f"/{name} {matrix.cast['donation_id']} 50")
                assert "does not include this" in answer if role else answer == help_text, (person, name)
                tried += 1
    assert tried > 100
    assert await matrix.tables() == before


async def test_a_screen_that_was_left_open_takes_nothing_from_who_may_not(stage: Stage) -> None:
    matrix = await a_matrix(stage)
    await stage.until_rows("SELECT count(*) FROM deliveries WHERE state IN ('owed', 'sending')", [(0,)])
    before = await matrix.tables()
    for person, role in PEOPLE.items():
        phone = matrix.phone(person)
        [home] = await matrix.typed(phone, "/start home")
        [unknown] = await matrix.typed(phone, "hello")
        for kind, handler in (HANDLERS | TAKERS).items():
            if not kind.word or handler.needs is None or (role and handler.needs in role.rights):
                continue
            place = pack(kind(**_filled(kind, matrix.cast)))
            await stage.services.db.write(lambda tx, person=person, place=place: _leave(tx, person, place))
            assert await matrix.forged(phone, "nonsense") in ([], [home]), (person, place)
            await stage.services.db.write(lambda tx, person=person, place=place: _leave(tx, person, place))
            assert await matrix.typed(phone, "hello") == [unknown], (person, place)
            await stage.services.db.write(lambda tx, person=person, place=place: _leave(tx, person, place))
            count = len(stage.telegram.calls)
            sent = await phone.send_contact(stage.amina().id)
            assert await matrix.said(phone, sent, count) == [unknown], (person, place)
    assert await matrix.tables() == before


def _leave(tx: Tx, person: int, place: str) -> None:
    tx.plain("UPDATE donors SET awaiting = ? WHERE telegram_id = ?", (place, person))


async def test_whoever_has_the_right_is_answered(stage: Stage) -> None:
    matrix = await a_matrix(stage)
    benign = {"sure": "no", "why": "ask", "reason": "none", "role": "none", "form": "look"}
    for person, role in {OWNER: Role.OWNER, **PEOPLE}.items():
        phone, rights = matrix.phone(person), role.rights if role else frozenset[Right]()
        refused = [*await matrix.typed(phone, "/start home"), *await matrix.typed(phone, "/nosuchcommand")]
        answers = {
            data: await matrix.forged(phone, data)
            for needs, data in matrix.buttons(**benign)
            if needs in rights
        }
        answers |= {
            name: await matrix.typed(phone, f"/{name}") for name, needs in staff_commands() if needs in rights
        }
        assert [asked for asked, said in answers.items() if not said or set(said) & set(refused)] == []
        said = " ".join(one for some in answers.values() for one in some)
        assert "Something went wrong" not in said
        assert "does not include" not in said
