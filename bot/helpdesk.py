"""The help desk: a donor's question goes to the staff's group, their answer comes back; both are owed until they arrived.

Who answers is whoever may write in that group. Nothing of a text stays here once it was sent.
"""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from bot.config import Settings
from bot.contents import Content
from bot.errors import TooManyQuestions
from bot.letters import TO_DONOR, Letter, LetterKind, Question, QuestionState
from bot.model import Delivery, DeliveryKind, Donor
from bot.screens.match import code
from bot.services import Services
from bot.staff import Right
from bot.store import acts, deliveries, donors, marks, staff
from bot.store import questions as store
from bot.store.deliveries import Owed
from bot.store.moments import seconds
from bot.store.sql import Tx

DAILY = 20
# What an alert of a refused question begins with: alone for the donor, with their number for staff.
UNHEARD = "unheard"
_DAY = timedelta(days=1)


class Said(Struct, frozen=True):
    """A message of a person in the group. `topic_id` 0: none; `reply_to` 0: none; `by` is the person's Telegram id."""

    chat_id: int
    message_id: int
    by: int
    topic_id: int = 0
    reply_to: int = 0
    content: Content | None = None


def group(tx: Tx, settings: Settings) -> int | None:
    """The group that questions go to now: the one of the settings, or the supergroup that it became."""
    written = settings.help_chat_id
    return int(marks.get(tx, f"help.{written}") or written) if written else None


async def follow(services: Services, chat_id: int) -> None:
    """The group became the supergroup `chat_id`."""
    written = services.settings.help_chat_id
    await services.db.write(lambda tx: marks.put(tx, f"help.{written}", str(chat_id)))


async def ask(services: Services, donor: Donor, message_id: int, content: Content) -> bool:
    """Pass on a donor's message, once. False where there is no group to ask. Raises TooManyQuestions."""
    now = services.clock()

    def write(tx: Tx) -> bool:
        chat_id = group(tx, services.settings)
        if chat_id is not None:
            _ask(tx, donor.id, chat_id, f"in-{donor.id}-{message_id}", content.nameless, now)
        return chat_id is not None

    is_kept = await services.db.write(write)
    services.bells.courier.set()
    return is_kept


def _ask(tx: Tx, donor_id: int, chat_id: int, key: str, content: Content, now: datetime) -> None:
    known = store.find(tx, donor_id)
    if known and known.state is QuestionState.CLOSED:
        _write(tx, donor_id, LetterKind.REOPENED, f"re{key}", chat_id, now)
    if not _write(tx, donor_id, LetterKind.QUESTION, key, chat_id, now, content):
        return
    if store.asked_since(tx, donor_id, now - _DAY) > DAILY:
        raise TooManyQuestions(DAILY)
    store.opened(tx, donor_id, now)


def _write(
    tx: Tx,
    donor_id: int,
    kind: LetterKind,
    key: str,
    chat_id: int | None,
    now: datetime,
    content: Content | None = None,
) -> bool:
    """Owe this message; False where it was written before."""
    if not store.write(tx, donor_id, kind, key, content, now):
        return False
    owed = Owed(kind.delivery, f"letter-{key}", payload=key)
    to = replace(owed, donor_id=donor_id) if kind in TO_DONOR else replace(owed, chat_id=chat_id)
    deliveries.owe(tx, to, now)
    return True


def refused(tx: Tx, settings: Settings, one: Letter, now: datetime) -> None:
    """Telegram does not take this letter, ever: an answer that cannot arrive is told to the staff, and the question waits
    on; a question is told to both sides."""
    store.failed(tx, one)
    question, chat_id = store.find(tx, one.donor_id), group(tx, settings)
    if question is None or question.state is QuestionState.ERASED:
        return
    if one.kind is LetterKind.QUESTION:
        _unheard(tx, settings, one, now)
    elif one.kind is LetterKind.ANSWER and chat_id is not None:
        _write(tx, one.donor_id, LetterKind.UNSENT, f"refused-{one.id}", chat_id, now)
        store.move(tx, question, waiting_since=seconds(now))


def _unheard(tx: Tx, settings: Settings, one: Letter, now: datetime) -> None:
    """The donor hears of each, and staff once a day of each donor: in their own chats, since the group may be the fault."""
    told = Owed(DeliveryKind.ALERT, f"{UNHEARD}-{one.id}", donor_id=one.donor_id, payload=UNHEARD)
    deliveries.owe(tx, told, now)
    for chat in staff.chats(tx, settings.admin_ids, Right.SPEAK):
        key = f"{UNHEARD}-{one.donor_id}-{now:%Y%m%d}-{chat}"
        payload = f"{UNHEARD}.{one.donor_id}"
        deliveries.owe(tx, Owed(DeliveryKind.ALERT, key, chat_id=chat, payload=payload, priority=1), now)


async def answer(services: Services, said: Said) -> bool:
    """What a person in the group says goes to the donor of that topic, or of the message replied to. False where it is
    meant for no donor."""
    now = services.clock()

    def write(tx: Tx) -> bool:
        question = _meant(tx, said)
        if question is not None:
            _answer(tx, question, said, now)
        return question is not None

    is_meant = await services.db.write(write)
    services.bells.courier.set()
    return is_meant


def _meant(tx: Tx, said: Said) -> Question | None:
    if said.topic_id and (found := store.of_topic(tx, said.chat_id, said.topic_id)):
        return found
    return store.of_message(tx, said.chat_id, said.reply_to) if said.reply_to else None


def _answer(tx: Tx, question: Question, said: Said, now: datetime) -> None:
    donor_id, chat_id = question.donor_id, said.chat_id
    here = f"{chat_id}-{said.message_id}"
    if question.state is QuestionState.ERASED:
        _write(tx, donor_id, LetterKind.ERASED, f"erased-{here}", chat_id, now)
    elif said.content is None:
        _write(tx, donor_id, LetterKind.UNSENT, f"unsent-{here}", chat_id, now)
    elif _write(tx, donor_id, LetterKind.ANSWER, f"out-{here}", chat_id, now, said.content.nameless):
        store.move(tx, question, waiting_since=None)
        acts.record(tx, now, _by(tx, said), "question.answer", code(donor_id))


def _by(tx: Tx, said: Said) -> str:
    """Whoever has never spoken to the bot has no code here."""
    donor = donors.find(tx, said.by)
    return f"staff {donor.id}" if donor else "help group"


async def close(services: Services, said: Said) -> bool:
    """End the conversation of that topic and tell the donor so. False where it is nobody's."""
    now = services.clock()

    def write(tx: Tx) -> bool:
        question = _meant(tx, said)
        if question is None:
            return False
        here = f"{said.chat_id}-{said.message_id}"
        is_news = _write(tx, question.donor_id, LetterKind.SHUT, f"shut-{here}", said.chat_id, now)
        if is_news and question.state is QuestionState.OPEN:
            store.move(tx, question, state=QuestionState.CLOSED, waiting_since=None)
            _write(tx, question.donor_id, LetterKind.CLOSED, f"closed-{here}", None, now)
            acts.record(tx, now, _by(tx, said), "question.close", code(question.donor_id))
        return True

    is_meant = await services.db.write(write)
    services.bells.courier.set()
    return is_meant


async def edited(services: Services, said: Said) -> None:
    """What was sent stays as it was: the group is told so, once while the question is open."""
    now = services.clock()

    def write(tx: Tx) -> None:
        question = _meant(tx, said)
        if question is not None:
            key = f"edited-{question.donor_id}-{seconds(question.opened_at)}"
            _write(tx, question.donor_id, LetterKind.EDITED, key, said.chat_id, now)

    await services.db.write(write)
    services.bells.courier.set()


async def solve(services: Services, donor: Donor) -> None:
    """The donor needs no further answer; said to the group once."""
    now = services.clock()

    def write(tx: Tx) -> None:
        question, chat_id = store.find(tx, donor.id), group(tx, services.settings)
        if question is not None and question.state is QuestionState.OPEN:
            store.move(tx, question, state=QuestionState.CLOSED, waiting_since=None)
            key = f"solved-{donor.id}-{seconds(question.opened_at)}"
            _write(tx, donor.id, LetterKind.SOLVED, key, chat_id, now)

    await services.db.write(write)
    services.bells.courier.set()


def park(tx: Tx, settings: Settings, donor_id: int, now: datetime) -> None:
    """The donor blocked the bot: what they are owed waits for their return, and the group is told of each answer that does."""
    for kind, payload in deliveries.park(tx, donor_id):
        if kind == DeliveryKind.ANSWER.value:
            _unreached(tx, settings, donor_id, payload, now)


def unreached(tx: Tx, settings: Settings, delivery: Delivery, now: datetime) -> None:
    """As `park`, of a Delivery that was just tried."""
    if delivery.kind is DeliveryKind.ANSWER and delivery.donor_id is not None:
        _unreached(tx, settings, delivery.donor_id, delivery.payload, now)


def _unreached(tx: Tx, settings: Settings, donor_id: int, answer: str | None, now: datetime) -> None:
    _write(tx, donor_id, LetterKind.BLOCKED, f"blocked-{answer}", group(tx, settings), now)


def forget(tx: Tx, settings: Settings, donor_id: int, now: datetime) -> None:
    """Erase what is kept of the donor's conversation; the group is told that nobody is there any more."""
    question = store.find(tx, donor_id)
    if question is None:
        return
    store.erase(tx, donor_id)
    if question.state is QuestionState.OPEN:
        _write(tx, donor_id, LetterKind.ERASED, f"erased-{donor_id}", group(tx, settings), now)


async def open_ones(services: Services, most: int) -> tuple[list[Question], int]:
    """The questions that are open, oldest first, and how many there are in all."""
    return await services.db.read(lambda tx: store.open_ones(tx, most))


async def is_known(services: Services, donor: Donor) -> bool:
    """Whether this donor ever asked."""
    return await services.db.read(lambda tx: store.find(tx, donor.id)) is not None
