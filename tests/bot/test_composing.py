"""An approval covers one version: whatever is changed afterwards, the broadcast is a draft again that nobody has approved."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import composing, edits
from bot.broadcasts import Audience, Broadcast, BroadcastButton, BroadcastState, ButtonKind, Gave
from bot.contents import Content, ContentKind
from bot.edits import Change
from bot.store import broadcasts as store
from bot.store import donors
from bot.store.sql import Tx
from bot.wording import EDITABLE, missing
from tests import engine

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
AUTHOR, OTHER = 1, 2
BUTTON = BroadcastButton(ButtonKind.LINK, url="https://example.org")


@pytest.fixture
def tx(tmp_path: Path) -> Iterator[Tx]:
    with engine.tx(engine.fresh(tmp_path)) as one:
        for id in (AUTHOR, OTHER):
            donors.add(one, id, "fr", "MAD", 0)
        yield one


def made(tx: Tx, state: BroadcastState) -> Broadcast:
    one = store.add(tx, AUTHOR, Audience(), 0, NOW)
    for language in ("fr", "ar"):
        store.put_part(tx, one, language, Content(ContentKind.TEXT, language))
    store.edit(tx, one, fallbacks={"en": "fr"}, buttons=(BUTTON, BUTTON))
    store.move(tx, one.id, state=state, approved_by=OTHER)
    return again(tx, one)


def again(tx: Tx, broadcast: Broadcast) -> Broadcast:
    found = store.get(tx, broadcast.id)
    assert found is not None
    return found


LANGUAGE = st.sampled_from(["ar", "fr", "en"])
CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(edits.putting, LANGUAGE, st.builds(Content, st.just(ContentKind.TEXT), st.text(max_size=9))),
    st.builds(edits.moving, LANGUAGE, LANGUAGE),
    st.builds(edits.removing, LANGUAGE),
    st.builds(edits.falling_back, LANGUAGE, st.sampled_from(["ar", "fr", "en", ""])),
    st.builds(edits.adding, st.just(BUTTON)),
    st.builds(edits.dropping, st.integers(0, 4)),
    st.builds(edits.labeling, st.integers(0, 4), LANGUAGE, st.text(max_size=9)),
    st.builds(edits.narrowing, st.builds(Audience, st.sampled_from(list(Gave)))),
    st.builds(edits.timing, st.none() | st.just(NOW)),
    st.builds(edits.speeding, is_paid=st.booleans()),
    st.just(edits.nothing),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=engine.examples(60))
@given(
    st.sampled_from([BroadcastState.WAITING, BroadcastState.SCHEDULED]),
    st.lists(CHANGES, min_size=1, max_size=6),
)
def test_every_edit_after_an_approval_ends_it(tx: Tx, state: BroadcastState, changes: list[Change]) -> None:
    before = made(tx, state)
    for at, change in enumerate(changes):
        found = composing.edited(tx, NOW, before.id, AUTHOR, "x", change)
        assert found is not None
        after = found.broadcast
        assert (after.state, after.approved_by) == (BroadcastState.DRAFT, None)
        assert after.version > before.version + at
        assert found.is_voided is (at == 0)
        assert len(after.buttons) <= 3
        # Nobody is left out in silence: whoever has no message of theirs was decided about.
        assert all(
            after.speaks(one) or after.fallbacks.get(one) == ""
            for one in ("ar", "fr", "en")
            if one not in missing(after)
        )


@pytest.mark.parametrize("state", [one for one in BroadcastState if one not in EDITABLE])
def test_what_has_begun_is_changed_by_nobody(tx: Tx, state: BroadcastState) -> None:
    before = made(tx, state)
    for change in (edits.removing("fr"), edits.timing(None), edits.nothing):
        composing.edited(tx, NOW, before.id, AUTHOR, "x", change)
    assert again(tx, before) == before


def test_only_the_author_changes_it(tx: Tx) -> None:
    before = made(tx, BroadcastState.SCHEDULED)
    composing.edited(tx, NOW, before.id, OTHER, "x", edits.removing("fr"))
    assert again(tx, before) == before
    assert composing.edited(tx, NOW, before.id + 1, AUTHOR, "x", edits.nothing) is None


def test_an_album_that_comes_part_by_part_is_one(tx: Tx) -> None:
    one = store.add(tx, AUTHOR, Audience(), 0, NOW)
    for id in ("a", "b", "b", "c"):
        part = Content(
            ContentKind.PHOTO, "Three" if id == "b" else "", (), ((ContentKind.PHOTO, id),), "album-1"
        )
        composing.edited(tx, NOW, one.id, AUTHOR, "x", edits.putting("fr", part))
    kept = again(tx, one).parts["fr"]
    assert (kept.kind, kept.text, [id for _, id in kept.files]) == (
        ContentKind.ALBUM,
        "Three",
        ["a", "b", "c"],
    )
