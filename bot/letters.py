"""The nouns of the help desk: one conversation of a donor with the staff's group, and the messages that go between them."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from bot.contents import Content
from bot.model import DeliveryKind


class QuestionState(StrEnum):
    """ERASED: the donor is forgotten, and nobody can be answered any more."""

    OPEN = "open"
    CLOSED = "closed"
    ERASED = "erased"


class LetterKind(StrEnum):
    """What goes to the donor: ANSWER, CLOSED. All others go to the staff's group: the question itself, and what to know of it."""

    QUESTION = "question"
    REOPENED = "reopened"
    ANSWER = "answer"
    CLOSED = "closed"
    SHUT = "shut"
    SOLVED = "solved"
    BLOCKED = "blocked"
    EDITED = "edited"
    UNSENT = "unsent"
    ERASED = "erased"

    @property
    def delivery(self) -> DeliveryKind:
        return _DELIVERIES.get(self, DeliveryKind.QUESTION)


_DELIVERIES = {LetterKind.ANSWER: DeliveryKind.ANSWER, LetterKind.CLOSED: DeliveryKind.CLOSED}
TO_DONOR = tuple(_DELIVERIES)
TO_GROUP = tuple(kind for kind in LetterKind if kind not in _DELIVERIES)


class LetterState(StrEnum):
    OWED = "owed"
    SENT = "sent"
    FAILED = "failed"


class Question(Struct, frozen=True):
    """A donor's conversation. `topic_id` is its forum topic in the group `chat_id`: None where none was tried yet, 0 in a
    group without topics. `waiting_since`: the oldest message that has no answer yet."""

    id: int
    donor_id: int
    state: QuestionState
    opened_at: datetime
    waiting_since: datetime | None = None
    chat_id: int | None = None
    topic_id: int | None = None


class Letter(Struct, frozen=True):
    """One message between a donor and the group; `content` is blanked once it was sent, as `message_id`."""

    id: int
    donor_id: int
    kind: LetterKind
    content: Content | None = None
    message_id: int | None = None
