"""Rules of a broadcast that is being written: what keeps it from being sent, what should be looked at, and what changed
since somebody saw it. Pure; knows no sentence."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from bot.broadcasts import Audience, Broadcast, BroadcastState, Gave, Monthly, dump_buttons
from bot.config import LANGUAGES
from bot.contents import Content
from bot.money import CURRENCIES
from bot.timing import clock_moves, is_possible

FIRST_NAME = "{first_name}"
MOST_BUTTONS = 3
MOST_FILES = 10
LONGEST_LABEL = 40
LONGEST_LINK = 1024
EDITABLE = (BroadcastState.DRAFT, BroadcastState.WAITING, BroadcastState.SCHEDULED)
MOST_DAYS = 3650
_SOURCE = re.compile(r"[A-Za-z0-9_-]{1,32}")
_PLACE = re.compile(r"\{[^{}\s]{1,40}\}")


class Kind(StrEnum):
    """Those up to NAMES_OFF keep a broadcast from being sent; the others are only pointed out."""

    NO_MESSAGE = "no_message"
    MISSING = "missing"
    NOBODY = "nobody"
    PAST = "past"
    NAMES_OFF = "names_off"
    UNKNOWN_PLACE = "unknown_place"
    QUIET = "quiet"
    CLOCK = "clock"

    @property
    def stops(self) -> bool:
        return self not in (Kind.UNKNOWN_PLACE, Kind.QUIET, Kind.CLOCK)


class Remark(Struct, frozen=True):
    """Something about a draft; `language` and `word` say where, as far as it has a place."""

    kind: Kind
    language: str = ""
    word: str = ""


def remarks(
    broadcast: Broadcast, now: datetime, *, is_nobody: bool, may_name: bool, is_quiet: bool
) -> tuple[Remark, ...]:
    """What stands in the way first. `is_nobody`: none would get it; `may_name`: first names are allowed; `is_quiet`: it
    would start in quiet hours."""
    found = [Remark(Kind.MISSING, one) for one in missing(broadcast)] if broadcast.parts else []
    if not broadcast.parts:
        found.append(Remark(Kind.NO_MESSAGE))
    elif is_nobody and not found:
        found.append(Remark(Kind.NOBODY))
    if broadcast.due_at and not is_possible(broadcast.due_at, now):
        found.append(Remark(Kind.PAST))
    found += _places(broadcast, may_name=may_name)
    if is_quiet and not broadcast.audience.is_staff:
        found.append(Remark(Kind.QUIET))
    if broadcast.due_at and clock_moves(now, broadcast.due_at):
        found.append(Remark(Kind.CLOCK))
    return tuple(found)


def missing(broadcast: Broadcast) -> tuple[str, ...]:
    """Languages for which nothing was decided, or whose choice is a part that is gone."""
    gone = (
        code
        for code, other in sorted(broadcast.fallbacks.items())
        if other and other not in broadcast.parts and code not in broadcast.parts
    )
    return tuple(dict.fromkeys((*broadcast.undecided, *gone)))


def _places(broadcast: Broadcast, *, may_name: bool) -> list[Remark]:
    found: list[Remark] = []
    for language, content in sorted(broadcast.parts.items()):
        for word in dict.fromkeys(_PLACE.findall(content.text)):
            if word == FIRST_NAME and not may_name:
                found.append(Remark(Kind.NAMES_OFF, language))
            elif word != FIRST_NAME:
                found.append(Remark(Kind.UNKNOWN_PLACE, language, word))
    return sorted(found, key=lambda one: not one.kind.stops)


def excess(content: Content) -> int:
    """How many characters, as Telegram counts them, are too many."""
    return max(0, content.length - content.kind.most)


def with_part(broadcast: Broadcast, language: str, content: Content) -> Content:
    """What the part becomes by this message: an album comes in several, which belong together."""
    there = broadcast.parts.get(language)
    is_more = there is not None and content.group != "" and there.group == content.group
    return there.joined(content) if there is not None and is_more else content


def album_of(broadcast: Broadcast, content: Content) -> str | None:
    """The language of the album that this message is one more part of."""
    mine = (code for code, part in broadcast.parts.items() if content.group and part.group == content.group)
    return next(mine, None)


def script(content: Content, otherwise: str) -> str:
    """A first guess at the language, to be asked about: Arabic letters are told from the others."""
    arabic = sum("\u0600" <= one <= "\u06ff" for one in content.text)
    letters = sum(one.isalpha() for one in content.text)
    if not letters:
        return otherwise
    return "ar" if arabic * 2 > letters else ("fr" if otherwise == "ar" else otherwise)


def is_link(text: str) -> bool:
    """Whether a button may open it: https with a host, no name and password in it, and nothing that no address holds."""
    if len(text) > LONGEST_LINK or re.search(r"[\s<>\"]", text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme == "https" and "." in (parts.hostname or "") and parts.username is None
    except ValueError:
        return False


def narrowed(now: Audience, what: str, value: str) -> Audience | None:
    """The audience with one condition changed; None where the value is none (buttons can be forged)."""
    match what:
        case "gave" if value in set(Gave):
            return replace(now, gave=Gave(value), campaign_id=now.campaign_id if value != "any" else 0)
        case "days" if value.isdigit() and 1 <= int(value) <= MOST_DAYS:
            return replace(now, gave=Gave.LAPSED, days=int(value))
        case "campaign" if value.isdigit():
            return replace(now, campaign_id=int(value))
        case "monthly" if value in set(Monthly):
            return replace(now, monthly=Monthly(value))
        case "currency" if value == "any" or value.upper() in CURRENCIES:
            return replace(now, currency="" if value == "any" else value.upper())
        case "language" if value in LANGUAGES:
            wanted = tuple(one for one in LANGUAGES if (one in now.languages) != (one == value))
            return replace(now, languages=() if len(wanted) == len(LANGUAGES) else wanted)
        case "source" if value == "any" or _SOURCE.fullmatch(value):
            return replace(now, source="" if value == "any" else value)
        case "staff" if value in ("yes", "no"):
            return Audience(is_staff=True) if value == "yes" else Audience()
        case _:
            return None


def digest(broadcast: Broadcast) -> dict[str, str]:
    """Each piece that a second admin approves, as a hash: enough to say what is another, without keeping what it said."""
    pieces = {f"part.{code}": content.dump() for code, content in broadcast.parts.items()}
    pieces |= {f"choice.{code}": other for code, other in broadcast.fallbacks.items()}
    pieces |= {
        "buttons": dump_buttons(broadcast.buttons),
        "audience": broadcast.audience.dump(),
        "time": str(broadcast.due_at),
        "speed": str(broadcast.is_paid),
    }
    return {name: hashlib.sha256(text.encode()).hexdigest()[:16] for name, text in pieces.items()}


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """The pieces that came, went or changed."""
    return tuple(sorted(one for one in {*before, *after} if before.get(one) != after.get(one)))


def stars(people: int) -> int:
    """What the paid speed costs at most: 0.1 Stars a message, rounded up (Bot API, allow_paid_broadcast)."""
    return -(-people // 10)
