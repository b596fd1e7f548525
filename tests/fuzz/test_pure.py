"""What strangers write, fed to the readers alone: buttons, links, amounts, webhooks, updates, campaign files, sentences."""

import json
from typing import Any

import pytest
from hypothesis import strategies as st

from bot.i18n import Place
from bot.money import Money
from tests.fuzz import inputs, targets
from tests.fuzz.feeding import feed


def _bytes(made: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    """As JSON, as JSON that is cut, and as bytes that are none."""
    whole = made.map(lambda one: json.dumps(one).encode())
    cut = st.builds(lambda raw, at: raw[: at % (len(raw) + 1)], whole, st.integers(0, 10_000))
    deep = st.sampled_from([b"[" * 200_000, b'{"a":' * 100_000, b"9" * 5000, b"\xff\xfe", b"\xef\xbb\xbf{}"])
    return whole | whole | cut | deep | st.binary(max_size=200)


@st.composite
def _sentences(draw: st.DrawFn) -> tuple[Any, dict[str, Any], int]:
    said = draw(st.sampled_from(targets.sentences()))
    return said, {name: draw(inputs.put_in) for name in targets.names(said)}, draw(st.integers(0, 10**9))


FEEDS: dict[str, tuple[st.SearchStrategy[Any], Any]] = {
    "buttons": (inputs.buttons, targets.button),
    "start payloads": (inputs.payloads, targets.start),
    "amounts": (inputs.amounts, targets.amount),
    "webhooks": (_bytes(inputs.events), targets.webhook),
    "signatures": (
        inputs.texts | st.from_regex(r"(t=[0-9x]{0,13},|v[01]=[0-9a-f]{0,64},?){0,6}"),
        targets.signature,
    ),
    "updates": (_bytes(inputs.updates), targets.update),
    "campaign files": (inputs.tomls(), targets.campaigns),
    "sentences": (_sentences(), lambda one: targets.sentence(*one)),
}


@pytest.mark.parametrize("name", list(FEEDS))
@pytest.mark.timeout(0)
def test_nothing_that_a_stranger_writes_breaks_what_reads_it(name: str, record_property: Any) -> None:
    strategy, check = FEEDS[name]
    assert feed(strategy, check, record_property) > 0


@pytest.mark.parametrize("value", ["<b>&\u202e{x}%s", 0, 10**12, Money(1, "KWD"), Money(99_999_999, "JPY")])
def test_every_sentence_takes_names_sums_and_numbers_in_every_language(value: Place) -> None:
    said = targets.sentences()
    for one in said:
        for n in (0, 1, 2, 3, 11, 100):
            targets.sentence(one, dict.fromkeys(targets.names(one), value), n)
    assert len(said) > 500
