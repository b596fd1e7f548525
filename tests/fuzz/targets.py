"""What must hold for any input whatever: each takes what a stranger wrote, and raises where the bot would have broken.

Hypothesis (`test_pure.py`) and atheris (`harness.py`) both feed these.
"""

import contextlib
import hashlib
import hmac
import re
from functools import cache
from html.parser import HTMLParser
from typing import Any

from babel.messages.pofile import read_po
from telegram import Update

from bot.actions import Action, Link, StaleAction, pack, parse, read_link
from bot.amounts import Clear, Unclear, read_amount
from bot.botapi.pen import Pen
from bot.campaigns_file import read_toml
from bot.config import LANGUAGES
from bot.errors import BadWebhook, CampaignsFileError, NotAnUpdate
from bot.i18n import LOCALES, Place, Words, load
from bot.model import Campaign
from bot.money import CURRENCIES, LARGEST
from bot.payments.webhooks import Event, verify
from handlers.incoming import incoming
from handlers.light import Came, read_light
from handlers.reading import read_update, read_whole
from handlers.typing import read as read_words

SECRET, NOW = "whsec_fuzz", 1_796_000_000
ENABLED = tuple(CURRENCIES)
_PLACE = re.compile(r"\{(\w+)\}")


@cache
def a_pen() -> Pen:
    return Pen("7000000001:sandbox-token-of-no-value-aaaaaaaaa")


def button(data: str) -> None:
    """Whatever is read packs to what reads as the same again."""
    action = parse(data)
    assert isinstance(action, Action)
    assert isinstance(action, StaleAction) or parse(pack(action)) == action


def start(payload: str) -> None:
    """Strangers' links change nothing, and a source stays short."""
    found = read_link(payload)
    assert isinstance(found, Link)
    assert len(found.source or "") <= 32
    assert isinstance(read_words(f"/start {payload}").action, Action)
    assert isinstance(read_words(payload).action, Action)


def amount(text: str) -> None:
    """Never outside the bounds, and only in a currency that is enabled."""
    for home in ("MAD", "JPY", "KWD"):
        match read_amount(text, home, ENABLED):
            case Clear(money=money):
                assert 0 < money.minor <= LARGEST
                assert money.currency in ENABLED
            case Unclear(options=options):
                assert options
                assert all(0 < one.minor <= LARGEST for one in options)
            case _:
                pass


def webhook(body: bytes) -> None:
    """Signed as Stripe would: understood, or refused with words that hold nothing of it."""
    signed = hmac.new(SECRET.encode(), f"{NOW}.".encode() + body, hashlib.sha256).hexdigest()
    try:
        event = verify(body, f"t={NOW},v1={signed}", (SECRET,), NOW)
    except BadWebhook:
        return
    assert isinstance(event, Event)
    assert re.fullmatch(r"\w{1,255}", event.id, re.ASCII)
    assert not event.concerns_us or re.fullmatch(r"\w{1,255}", event.object_id, re.ASCII)


def signature(header: str) -> None:
    """No header is right by chance, and none breaks what reads it."""
    try:
        verify(b"{}", header, (SECRET,), NOW)
    except BadWebhook:
        return
    raise AssertionError(f"taken: {header!r}")


def update(raw: bytes) -> None:
    """Read with numbers where the bot stores numbers, or not at all; at once as after a look at every part."""
    if light := read_light(raw):
        with contextlib.suppress(NotAnUpdate):
            # Of what nobody reads a part may be odd.
            assert spoken(light) == spoken(read_whole(raw, a_pen()))
    try:
        found = read_update(raw, a_pen())
    except NotAnUpdate:
        return
    for one in _who_and_where(found):
        assert one is None or (type(one.id) is int and abs(one.id) < 1 << 52)
    assert type(found.update_id) is int


def _who_and_where(update: Came) -> list[Any]:
    if isinstance(update, Update):
        return [update.effective_user, update.effective_chat]
    came: Any = update.callback_query or update.message
    return [came.from_user, came.chat if update.message else came.message and came.message.chat]


def spoken(update: Came) -> list[object]:
    """All that a turn asks of a tap, and of what somebody wrote."""
    query, message = update.callback_query, update.message
    person = query.from_user if query else message and message.from_user
    place = query.message if query else message
    return [
        update.update_id,
        person and (person.id, person.language_code),
        place and (place.message_id, place.chat.id, place.chat.type),
        query and (query.id, query.data),
        message and (message.text, message.caption, incoming(message)),
    ]


def campaigns(text: str) -> None:
    try:
        found = read_toml(text, "campaigns.toml")
    except CampaignsFileError:
        return
    assert all(isinstance(one, Campaign) for one in found)


class _Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")


@cache
def words(language: str) -> Words:
    return Words(language, load(language))


@cache
def sentences() -> tuple[str | tuple[str, str], ...]:
    """Every sentence of the catalogues; a pair where it has a plural."""
    with (LOCALES / "fr" / "LC_MESSAGES" / "entraide.po").open("rb") as file:
        ids = [one.id for one in read_po(file, locale="fr") if one.id]
    return tuple(one if isinstance(one, str) else (str(one[0]), str(one[1])) for one in ids)


def names(sentence: str | tuple[str, str]) -> list[str]:
    """The places in a sentence."""
    written = sentence if isinstance(sentence, str) else " ".join(sentence)
    return sorted(set(_PLACE.findall(written)))


def sentence(said: str | tuple[str, str], places: dict[str, Place], n: int) -> None:
    """In every language, whatever is put into it: no error, and not one tag that the translator did not write."""
    for language in LANGUAGES:
        spoken = words(language)
        if isinstance(said, str):
            made, bare = spoken.text(said, **places), spoken.text(said, **dict.fromkeys(places, "x"))
            assert spoken.label(said, **places)
        else:
            more = {name: value for name, value in places.items() if name != "n"}
            made = spoken.plural(*said, n, **more)
            bare = spoken.plural(*said, n, **dict.fromkeys(more, "x"))
        assert _Tags(made).tags == _Tags(bare).tags
        assert "{" not in _PLACE.sub("", bare)
