"""What strangers might send: things as they are, each with a few places made odd, and things as they never are."""

import copy
import string
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import fields

from bot.actions import base
from bot.money import CURRENCIES, LARGEST, Money
from handlers.commands import names
from tests.stage import ROOT

PEOPLE = (1001, 1002, 1003, 1900, 1901)
# None of these may ever be read in a log.
NAME, SAID = "Zulaykha-Tazi", "a-word-that-is-private"
_ODD_NUMBERS = (
    0,
    -1,
    True,
    1 << 31,
    1 << 52,
    1 << 53,
    1 << 63,
    1 << 64,
    10**30,
    1e308,
    float("inf"),
    float("nan"),
)
_ODD_TEXTS = (
    "",
    " ",
    "\0",
    "\ud800",
    "\u202e",
    "x" * 5000,
    "-",
    "💚" * 30,
    "<b>",
    "{x}",
    "%s",
    "٠١٢",
    "/",
    "/start",
    "/start ",
)

characters = st.characters(codec=None, exclude_categories=())
texts = st.text(characters, max_size=60) | st.sampled_from(_ODD_TEXTS)
numbers = st.integers() | st.floats() | st.sampled_from(_ODD_NUMBERS)
plain = st.none() | st.booleans() | numbers | texts
anything = st.recursive(
    plain, lambda one: st.lists(one, max_size=4) | st.dictionaries(texts, one, max_size=4), max_leaves=12
)


def packed() -> st.SearchStrategy[str]:
    """Buttons of every kind, with fields that fit, and some that do not."""
    number = st.integers(0, 12) | st.sampled_from([0, 1, 99, 20000, LARGEST, 9_999_999_999])
    word = st.sampled_from(
        [
            "mad",
            "eur",
            "usd",
            "jpy",
            "yes",
            "no",
            "any",
            "fr",
            "ar",
            "en",
            "all",
            "0",
            "1",
            "open",
            "pdf",
            "x",
        ]
    )
    field = st.from_regex(r"[a-z0-9]{1,12}", fullmatch=True) | word
    kinds = st.sampled_from(sorted(base._BY_WORD.values(), key=lambda one: one.word))

    @st.composite
    def one(draw: st.DrawFn) -> str:
        kind = draw(kinds)
        parts = [draw(number if f.type in (int, "int") else field) for f in fields(kind)]
        return "-".join([kind.word, *map(str, parts)])

    return one()


buttons = packed() | st.text(string.ascii_lowercase + string.digits + "-_", max_size=70) | texts
payloads = (
    packed()
    | st.from_regex(r"[crvxj]_[a-z0-9_A-Z-]{0,62}", fullmatch=True)
    | st.builds("{}__{}".format, packed(), texts)
    | texts
)
_DIGITS = "0123456789٠١٢٣٤٥٦٧٨٩۰۱۲۳०१२０１"
amounts = (
    st.text(_DIGITS + ".,' -−+eE\u00a0\u202f٬٫€$£¥/%xhdMAD\u2068\u200f", max_size=130)
    | st.builds(
        "{}{}{}".format, st.text(_DIGITS, min_size=1, max_size=20), st.sampled_from([" ", ".", ","]), texts
    )
    | texts
)


def _said() -> st.SearchStrategy[str]:
    command = st.builds("/{} {}".format, st.sampled_from(sorted(names())), payloads | amounts)
    bare = st.builds("/{}".format, st.sampled_from(sorted(names())))
    return st.builds("/start {}".format, payloads) | command | bare | amounts | st.just(SAID)


def _person(id: int) -> dict[str, Any]:
    return {"id": id, "is_bot": False, "first_name": NAME, "username": "zulaykha_t", "language_code": "en"}


def _chat(id: int) -> dict[str, Any]:
    if id > 0:
        return {"id": id, "type": "private", "first_name": NAME}
    return {"id": id, "type": "supergroup", "title": "Famille", "is_forum": id == -1002}


_FILE = {"file_id": "f", "file_unique_id": "u", "file_size": 5, "width": 1, "height": 1, "duration": 1}
_MORE: tuple[dict[str, Any], ...] = (
    {},
    {"photo": [_FILE], "caption": SAID, "media_group_id": "13"},
    {"document": _FILE | {"file_name": NAME}},
    {"video": _FILE},
    {"voice": _FILE},
    {"animation": _FILE, "document": _FILE},
    {"contact": {"phone_number": "+212600000000", "first_name": NAME, "user_id": 1003}},
    {"contact": {"phone_number": "+212600000000", "first_name": NAME}},
    {"location": {"latitude": 33.5, "longitude": -7.6}},
    {"sticker": _FILE | {"type": "regular", "is_animated": False, "is_video": False}},
    {
        "entities": [
            {"type": "bold", "offset": 0, "length": 3},
            {"type": "text_mention", "offset": 0, "length": 1, "user": _person(1003)},
        ]
    },
    {"new_chat_members": [_person(1003)]},
    {"migrate_to_chat_id": -1007},
    {"pinned_message": {"message_id": 1, "date": 0, "chat": _chat(1001)}},
    {
        "reply_to_message": {
            "message_id": 1,
            "date": NAME.count("a"),
            "chat": _chat(1001),
            "from": _person(1003),
            "text": SAID,
        }
    },
    {"message_thread_id": 7, "is_topic_message": True},
    {"sender_chat": _chat(-1001)},
    {"forward_origin": {"type": "hidden_user", "sender_user_name": NAME, "date": 1}},
    {
        "poll": {
            "id": "1",
            "question": SAID,
            "options": [],
            "total_voter_count": 0,
            "is_closed": False,
            "is_anonymous": True,
            "type": "regular",
            "allows_multiple_answers": False,
        }
    },
)


@st.composite
def _message(draw: st.DrawFn) -> dict[str, Any]:
    person = draw(st.sampled_from(PEOPLE))
    chat = draw(st.sampled_from([person] * 6 + [-1001, -1002]))
    text = {"text": draw(_said())} if draw(st.booleans()) else {}
    place = {"message_id": draw(st.integers(1, 50)), "date": 1_796_000_000}
    return place | {"from": _person(person), "chat": _chat(chat)} | text | draw(st.sampled_from(_MORE))


@st.composite
def _query(draw: st.DrawFn) -> dict[str, Any]:
    person = draw(st.sampled_from(PEOPLE))
    under = {
        "message_id": draw(st.integers(1, 50)),
        "date": draw(st.sampled_from([0, 1_796_000_000])),
        "chat": _chat(person),
    }
    return {"id": "7", "from": _person(person), "chat_instance": "1", "data": draw(buttons), "message": under}


@st.composite
def _membership(draw: st.DrawFn) -> dict[str, Any]:
    person, bot = draw(st.sampled_from(PEOPLE)), {"id": 7000000001, "is_bot": True, "first_name": "Entraide"}
    old, new = ({"user": bot, "status": draw(st.sampled_from(["member", "left"]))} for _ in range(2))
    return {
        "chat": _chat(person),
        "from": _person(person),
        "date": 1,
        "old_chat_member": old,
        "new_chat_member": new,
    }


def good_updates() -> st.SearchStrategy[dict[str, Any]]:
    """As Telegram makes them; the number is the caller's to set."""
    kinds = [
        ("message", _message()),
        ("edited_message", _message()),
        ("callback_query", _query()),
        ("my_chat_member", _membership()),
    ]
    return st.one_of(
        [st.builds(lambda body, kind=kind: {"update_id": 1, kind: body}, made) for kind, made in kinds]
    )


@st.composite
def mutated(draw: st.DrawFn, made: st.SearchStrategy[Any]) -> Any:
    """One that is good, with up to three places taken out, or put in others' stead."""
    whole = copy.deepcopy(draw(made))
    for _ in range(draw(st.integers(0, 3))):
        at = whole
        while isinstance(at, dict | list) and at:
            key = (
                draw(st.sampled_from(sorted(at)))
                if isinstance(at, dict)
                else draw(st.integers(0, len(at) - 1))
            )
            inner = at[key]
            if isinstance(inner, dict | list) and inner and draw(st.integers(0, 3)):
                at = inner
                continue
            if isinstance(at, dict) and draw(st.booleans()):
                del at[key]
            else:
                at[key] = draw(anything)
            break
    return whole


updates = mutated(good_updates()) | mutated(good_updates()) | anything


def _event(kind: str, subject: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "evt_1",
        "object": "event",
        "type": kind,
        "created": 1_796_000_000,
        "livemode": False,
        "data": {"object": subject},
    }


@st.composite
def _events(draw: st.DrawFn) -> dict[str, Any]:
    from bot.payments.webhooks import EVENTS

    kind = draw(st.sampled_from([*EVENTS, "balance.available", "account.updated", "v2.core.event", "x"]))
    subject = {
        "id": draw(st.sampled_from(["cs_1", "in_1", "sub_1", "pi_1", "re_1", "du_1", "ch_1", "cs_test_a1"])),
        "object": "checkout.session",
        "payment_intent": draw(st.sampled_from([None, "pi_1", "pi_2"])),
        "parent": {"subscription_details": {"subscription": draw(st.sampled_from([None, "sub_1"]))}},
    }
    return _event(kind, subject)


events = mutated(_events()) | mutated(_events()) | anything


@st.composite
def tomls(draw: st.DrawFn) -> str:
    """The campaigns that come with the bot, with lines taken out, doubled, changed."""
    lines = (ROOT / "campaigns.toml").read_text(encoding="utf-8").splitlines()
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        head, _, _ = lines[at].partition("=")
        value = draw(
            st.sampled_from(
                [
                    '""',
                    "-1",
                    "1e9",
                    "nan",
                    "[]",
                    "{}",
                    "2026-13-45",
                    "2026-11-24",
                    '"\\ud800"',
                    "[" * 3000,
                    '"9"',
                    "0",
                    "true",
                ]
            )
            | texts
        )
        lines[at : at + 1] = draw(st.sampled_from([[], [lines[at]] * 2, [f"{head}= {value}"], [value]]))
    return "\n".join(lines)


moneys = st.builds(Money, st.integers(0, LARGEST), st.sampled_from(sorted(CURRENCIES)))
put_in = texts | st.integers(-(10**12), 10**12) | moneys
