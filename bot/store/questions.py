"""The help desk's conversations, and the messages owed between a donor and the staff's group."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, null, select, update

from bot.contents import Content, load
from bot.letters import (
    TO_DONOR,
    TO_GROUP,
    Letter,
    LetterKind,
    LetterState,
    Question,
    QuestionState,
)
from bot.store import sums
from bot.store.dialect import insert
from bot.store.moments import moment, seconds
from bot.store.sql import Row, Statement, Tx, Value, at, places, setting
from bot.store.sums import Of
from bot.store.tables import letters, questions

_FIND = Statement(lambda: select(questions).where(questions.c.donor_id == at("donor")))
_ADD = Statement(
    lambda: (
        insert(questions)
        .values(places("donor_id", "state", "opened_at", "waiting_since"))
        .on_conflict_do_nothing(index_elements=["donor_id"])
    )
)
_OF_TOPIC = Statement(
    lambda: select(questions).where(questions.c.chat_id == at("chat"), questions.c.topic_id == at("topic"))
)
_OF_MESSAGE = Statement(
    lambda: (
        select(questions)
        .join(letters, letters.c.donor_id == questions.c.donor_id)
        .where(letters.c.chat_id == at("chat"), letters.c.message_id == at("message"))
    )
)
_OPEN = Statement(
    lambda: (
        select(questions)
        .where(questions.c.state == QuestionState.OPEN.value)
        .order_by(questions.c.opened_at, questions.c.id)
        .limit(at("most"))
    )
)
_LETTER = Statement(
    lambda: (
        insert(letters)
        .values(places("donor_id", "kind", "key", "content", "state", "at"))
        .on_conflict_do_nothing(index_elements=["key"])
    )
)
_GET = Statement(lambda: select(letters).where(letters.c.key == at("key")))
_ASKED = Statement(
    lambda: select(func.count()).where(
        letters.c.donor_id == at("donor"),
        letters.c.kind == LetterKind.QUESTION.value,
        letters.c.at > at("since"),
    )
)


def _owed(kinds: Sequence[LetterKind]) -> Statement:
    return Statement(
        select(letters)
        .where(
            letters.c.donor_id == at("donor"),
            letters.c.state == LetterState.OWED.value,
            letters.c.kind.in_([kind.value for kind in kinds]),
            letters.c.id <= at("last"),
        )
        .order_by(letters.c.id)
    )


_TO_DONOR, _TO_GROUP = _owed(TO_DONOR), _owed(TO_GROUP)
_FORGET = Statement(lambda: delete(letters).where(letters.c.donor_id == at("donor")))
_ERASE = Statement(
    lambda: (
        update(questions)
        .where(questions.c.donor_id == at("donor"))
        .values(state=QuestionState.ERASED.value, waiting_since=null())
    )
)


def find(tx: Tx, donor_id: int) -> Question | None:
    row = tx.one(_FIND, donor=donor_id)
    return None if row is None else _noun(row)


def of_topic(tx: Tx, chat_id: int, topic_id: int) -> Question | None:
    row = tx.one(_OF_TOPIC, chat=chat_id, topic=topic_id)
    return None if row is None else _noun(row)


def of_message(tx: Tx, chat_id: int, message_id: int) -> Question | None:
    """The conversation to which this message of ours in the group belongs."""
    row = tx.one(_OF_MESSAGE, chat=chat_id, message=message_id)
    return None if row is None else _noun(row)


def opened(tx: Tx, donor_id: int, now: datetime) -> Question:
    """The donor's conversation, open and waiting for an answer."""
    at_ = seconds(now)
    if tx.run(_ADD, donor_id=donor_id, state=QuestionState.OPEN, opened_at=at_, waiting_since=at_):
        sums.add(tx, Of.WAITING, 0)
    found = find(tx, donor_id)
    if found is None:
        raise LookupError(donor_id)
    changes: dict[str, Value] = {}
    if found.state is not QuestionState.OPEN:
        changes |= {"state": QuestionState.OPEN, "opened_at": at_}
    if found.waiting_since is None:
        changes["waiting_since"] = at_
    if changes:
        move(tx, found, **changes)
    return find(tx, donor_id) or found


def move(tx: Tx, one: Question, **changes: Value) -> None:
    if "state" in changes:
        _count(tx, one.donor_id, is_open=changes["state"] == QuestionState.OPEN)
    tx.do(setting(questions, frozenset(changes)), row_id=one.id, **changes)


def _count(tx: Tx, donor_id: int, *, is_open: bool) -> None:
    """Before this conversation is opened or ended."""
    known = find(tx, donor_id)
    more = is_open - (known is not None and known.state is QuestionState.OPEN)
    if more:
        sums.add(tx, Of.WAITING, 0, more=more)


def open_ones(tx: Tx, most: int) -> tuple[list[Question], int]:
    """The oldest open conversations, and how many there are in all."""
    return [_noun(row) for row in tx.all(_OPEN, most=most)], sums.now(tx, Of.WAITING)


def write(tx: Tx, donor_id: int, kind: LetterKind, key: str, content: Content | None, now: datetime) -> bool:
    """False where the message of this key was written before."""
    raw = content.dump() if content else None
    values = {"donor_id": donor_id, "kind": kind, "key": key, "content": raw}
    return tx.run(_LETTER, **values, state=LetterState.OWED, at=seconds(now)) == 1


def get(tx: Tx, key: str) -> Letter | None:
    row = tx.one(_GET, key=key)
    return None if row is None else _letter(row)


def owed(tx: Tx, upto: Letter) -> list[Letter]:
    """What is owed the same way up to this one, in order."""
    statement = _TO_DONOR if upto.kind in TO_DONOR else _TO_GROUP
    return [_letter(row) for row in tx.all(statement, donor=upto.donor_id, last=upto.id)]


def sent(tx: Tx, one: Letter, chat_id: int | None, message_id: int | None) -> None:
    """It arrived: what it said is kept no longer. `chat_id` is the group's, None where it went to the donor."""
    _end(tx, one, state=LetterState.SENT, chat_id=chat_id, message_id=message_id)


def failed(tx: Tx, one: Letter) -> None:
    _end(tx, one, state=LetterState.FAILED)


def _end(tx: Tx, one: Letter, **changes: Value) -> None:
    whole: dict[str, Value] = {"content": None, **changes}
    tx.do(setting(letters, frozenset(whole)), row_id=one.id, **whole)


def asked_since(tx: Tx, donor_id: int, since: datetime) -> int:
    return tx.value(_ASKED, donor=donor_id, since=seconds(since))


def erase(tx: Tx, donor_id: int) -> None:
    """Nothing stays of what was said; that there was a conversation stays, so that staff can be told it is over."""
    tx.do(_FORGET, donor=donor_id)
    _count(tx, donor_id, is_open=False)
    tx.do(_ERASE, donor=donor_id)


def _noun(row: Row) -> Question:
    waiting = row["waiting_since"]
    return Question(
        row["id"],
        row["donor_id"],
        QuestionState(row["state"]),
        moment(row["opened_at"]),
        None if waiting is None else moment(waiting),
        row["chat_id"],
        row["topic_id"],
    )


def _letter(row: Row) -> Letter:
    content = load(row["content"]) if row["content"] else None
    return Letter(row["id"], row["donor_id"], LetterKind(row["kind"]), content, row["message_id"])
