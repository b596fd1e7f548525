"""The nouns of broadcasts: what staff wrote once, for whom, and what became of it for each person."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import asdict

from bot.config import LANGUAGES
from bot.contents import Content
from bot.money import Money


class BroadcastState(StrEnum):
    """DRAFT is being written; WAITING needs a second admin; SCHEDULED starts at `due_at`; RUNNING is being sent."""

    DRAFT = "draft"
    WAITING = "waiting"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELED = "canceled"
    DONE = "done"

    @property
    def is_over(self) -> bool:
        return self in (BroadcastState.CANCELED, BroadcastState.DONE)


class SendState(StrEnum):
    """One broadcast to one donor. DOUBT: nobody knows whether it arrived, so it is never sent again. SKIPPED: they muted,
    left or reached their cap after the count. HELD: in the group that gets nothing, to compare with."""

    OWED = "owed"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    BLOCKED = "blocked"
    DOUBT = "doubt"
    SKIPPED = "skipped"
    HELD = "held"


class Count(StrEnum):
    """What is counted of a broadcast beside the loop, and kept: who would get it, and what came of it."""

    AUDIENCE = "audience"
    OUTCOME = "outcome"


# Nine short pauses and 142 of ten minutes are a day: who cannot be reached in a day should not get old news.
MOST_TRIES = 152
_LONGEST_PAUSE = timedelta(minutes=10)


def pause_after(tries: int) -> timedelta | None:
    """How long a send that Telegram could not do waits for its next try: 2 s, 4, 8 ... 10 min; None: it is given up."""
    if tries >= MOST_TRIES:
        return None
    return min(timedelta(seconds=2 ** min(tries, 10)), _LONGEST_PAUSE)


class Gave(StrEnum):
    ANY = "any"
    GAVE = "gave"
    NEVER = "never"
    LAPSED = "lapsed"


class Monthly(StrEnum):
    ANY = "any"
    YES = "yes"
    NO = "no"


class Audience(Struct, frozen=True):
    """Who is meant. `gave` and `campaign_id` go together: gave, never gave, or not for `days`, to this campaign (0: any).

    `languages` empty means all; `source` and `currency` empty mean any; `is_staff` means the staff alone.
    """

    gave: Gave = Gave.ANY
    campaign_id: int = 0
    days: int = 90
    monthly: Monthly = Monthly.ANY
    currency: str = ""
    languages: tuple[str, ...] = ()
    source: str = ""
    is_staff: bool = False

    def dump(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)


def load_audience(raw: str) -> Audience:
    kept = json.loads(raw)
    kept |= {"gave": Gave(kept["gave"]), "monthly": Monthly(kept["monthly"])}
    return Audience(**(kept | {"languages": tuple(kept["languages"])}))


class ButtonKind(StrEnum):
    GIVE = "give"
    LINK = "link"
    SHARE = "share"


class BroadcastButton(Struct, frozen=True):
    """Give to a campaign (`money` None lets the donor choose), open `url`, or share the campaign.

    `labels` are by language; where one is missing the bot's own words stand.
    """

    kind: ButtonKind
    campaign_id: int = 0
    money: Money | None = None
    url: str = ""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


def dump_buttons(buttons: tuple[BroadcastButton, ...]) -> str:
    kept = [
        [
            one.kind,
            one.campaign_id,
            [one.money.minor, one.money.currency] if one.money else None,
            one.url,
            dict(one.labels),
        ]
        for one in buttons
    ]
    return json.dumps(kept, ensure_ascii=False)


def load_buttons(raw: str) -> tuple[BroadcastButton, ...]:
    return tuple(
        BroadcastButton(ButtonKind(kind), campaign_id, Money(*money) if money else None, url, labels)
        for kind, campaign_id, money, url, labels in json.loads(raw)
    )


class Tally(Struct, frozen=True):
    """How many people, by what became of it; `total` are all that were meant when it began, without the held ones."""

    total: int = 0
    sent: int = 0
    failed: int = 0
    blocked: int = 0
    doubt: int = 0
    skipped: int = 0
    held: int = 0

    @property
    def left(self) -> int:
        return self.total - self.sent - self.failed - self.blocked - self.doubt - self.skipped


class Broadcast(Struct, frozen=True):
    """`version` grows with every edit, and an approval holds for one version only. `parts` are by language; `fallbacks` say
    for a language without one which other is sent, or "" for nobody. `by` and `approved_by` are donor ids of staff."""

    id: int
    state: BroadcastState
    version: int
    by: int
    audience: Audience
    buttons: tuple[BroadcastButton, ...]
    parts: Mapping[str, Content]
    fallbacks: Mapping[str, str]
    holdout: int
    is_paid: bool
    created_at: datetime
    due_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    approved_by: int | None = None
    card_id: int | None = None
    is_fanned: bool = False
    tally: Tally = Tally()

    def speaks(self, language: str) -> str | None:
        """The language of the part that donors of this language get; None where they are left out or nobody has decided."""
        if language in self.parts:
            return language
        other = self.fallbacks.get(language, "")
        return other if other in self.parts else None

    @property
    def undecided(self) -> tuple[str, ...]:
        """Languages with neither a part nor a choice."""
        wanted = self.audience.languages or LANGUAGES
        return tuple(one for one in wanted if one not in self.parts and one not in self.fallbacks)
