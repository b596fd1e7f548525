"""Buttons and links carry typed Actions; whatever strangers send is understood or stale."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields

from bot import actions
from bot.actions import (
    CampaignLink,
    Check,
    ChooseAmount,
    EraseMine,
    Give,
    Home,
    Join,
    Link,
    Look,
    Scan,
    ShowCampaign,
    StaleAction,
    base,
    invitation,
    link,
    pack,
    parse,
    read_link,
)
from bot.money import Money


def _examples() -> st.SearchStrategy[actions.Action]:
    values = {
        "currency": st.sampled_from(["mad", "eur", "usd"]),
        "sure": st.sampled_from(["yes", "no"]),
        "language": st.sampled_from(["ar", "fr"]),
    }

    def one(kind: type[actions.Action]) -> st.SearchStrategy[actions.Action]:
        parts = {}
        for f in fields(kind):
            text = st.from_regex(r"[a-z0-9]{1,10}", fullmatch=True)
            parts[f.name] = values.get(f.name, st.integers(0, 99_999_999) if f.type in (int, "int") else text)
        return st.builds(kind, **parts)

    return st.one_of([one(kind) for kind in base._BY_WORD.values()])


@given(_examples())
def test_every_action_survives_its_button(action: actions.Action) -> None:
    data = pack(action)
    assert parse(data) == action
    assert len(data.encode()) <= 64
    assert re.fullmatch(r"[A-Za-z0-9_-]+", data)


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_no_button_data_raises(data: str) -> None:
    assert isinstance(parse(data), actions.Action)
    assert isinstance(read_link(data), Link)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "give",
        "give-1-2",
        "give-1-2-3-4",
        "give-x-20000-mad",
        "give-1-20000-xyz",
        "give--1-20000-mad",
        "GIVE-1-20000-mad",
        "give-99999999999-1-mad",
        "stranger-1",
        "a" * 65,
    ],
)
def test_a_forged_button_is_stale(data: str) -> None:
    assert parse(data) == StaleAction()


@pytest.mark.parametrize(
    ("payload", "action", "source"),
    [
        ("home", Home(), None),
        ("campaign-1", ShowCampaign(1), None),
        ("campaign-1__fb", ShowCampaign(1), "fb"),
        ("check-1-20000-mad__poster-3", Check(1, 20000, "mad"), "poster-3"),
        ("c_aid", CampaignLink("aid", 0, "any"), None),
        ("c_aid_200", CampaignLink("aid", 200, "any"), None),
        ("c_aid_200_MAD__x", CampaignLink("aid", 200, "mad"), "x"),
        ("r_abc", Look("abc"), None),
        ("x_ABC", Look("abc"), None),
        ("v_0123456789abcdef01234567_2026_123", Scan("0123456789abcdef01234567", 2026, 123), None),
        ("V_0123456789ABCDEF01234567_2026_123", StaleAction(), None),
        (
            "v_0123456789ABCDEF01234567_2026_123__poster",
            Scan("0123456789abcdef01234567", 2026, 123),
            "poster",
        ),
        ("v_0123456789abcdef01234567_2026", StaleAction(), None),
        ("v_0123456789abcdef01234567_2026_x", StaleAction(), None),
        ("report-pdf-0-0-0", StaleAction(), None),
        ("receipt-abc", StaleAction(), None),
        ("c_aid_0", StaleAction(), None),
        ("c_aid_2_3_4", StaleAction(), None),
        ("c_aid_200_xxx", StaleAction(), None),
        ("give-1-20000-mad", StaleAction(), None),
        ("erase-yes", StaleAction(), None),
        ("cancel-abc", StaleAction(), None),
    ],
)
def test_a_link_asks_only_for_what_changes_nothing(
    payload: str, action: actions.Action, source: str | None
) -> None:
    assert read_link(payload) == Link(action, source)


def test_our_own_links_read_back() -> None:
    assert read_link(link(ChooseAmount(7, "mad"), "share")) == Link(ChooseAmount(7, "mad"), "share")
    assert read_link(link(ShowCampaign(7))) == Link(ShowCampaign(7), None)


def test_a_papers_link_fits_and_reads_back() -> None:
    made = actions.scan_link("f" * actions.CODE, 2026, 999_999_999)
    assert len(made) <= 64
    assert read_link(made).action == Scan("f" * actions.CODE, 2026, 999_999_999)


def test_an_amount_action_is_money() -> None:
    assert Give(1, 20000, "mad").money == Money(20000, "MAD")
    assert actions.PickCampaign(20000, "mad").money == Money(20000, "MAD")
    assert parse(pack(EraseMine("yes"))) == EraseMine("yes")


@pytest.mark.parametrize("secret", ["x" * 22, "a__b-c__d_" + "e" * 12, "__", ""])
def test_a_link_that_makes_staff_is_read_whole_whatever_its_secret_holds(secret: str) -> None:
    assert read_link(invitation(secret)) == Link(Join(secret), None)


def test_no_button_can_carry_a_secret() -> None:
    assert isinstance(parse("join-abcdef"), StaleAction)
    assert isinstance(parse("-abcdef"), StaleAction)
    assert isinstance(read_link("j_" + "x" * 63).action, StaleAction)
