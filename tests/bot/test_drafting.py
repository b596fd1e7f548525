"""Whatever staff write, in whatever order: what donors see stays whole, fits Telegram, and says just what was written."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot import drafting, slugs
from bot.actions import EditCampaign, pack
from bot.campaigns_file import read_file
from bot.config import LANGUAGES, Settings
from bot.contents import units
from bot.drafting import SUMS, TEXTS, Fault, Part, Refusal
from bot.i18n import ZONE, Catalogues
from bot.model import Appeal, Campaign, CampaignState, CampaignText, Limits
from bot.money import LARGEST, Money
from bot.questions import Question, first_open, following, may_skip, questions, skipped
from bot.screens import campaigns, giving, home
from bot.screens import questions as asking
from bot.screens.base import Screen
from sandbox.telegram.markup import parse

NOW = datetime(2026, 11, 27, tzinfo=UTC)
SETTINGS = Settings(_env_file=None, stripe_webhook_secret=())  # pyright: ignore[reportCallIssue]
CATALOGUES = Catalogues("fr")
FILE = read_file(str(Path(__file__).resolve().parent.parent.parent / "campaigns.toml"))


def blank() -> Campaign:
    limits = {code: Limits(Money(2000, code), Money(LARGEST, code)) for code in ("MAD", "EUR")}
    presets: dict[str, Any] = dict.fromkeys(limits, ())
    appeal = Appeal({"en": "Appeal"}, "MCISE", "")
    return Campaign(
        1, "slug", CampaignState.DRAFT, Money(0, "MAD"), appeal, {}, presets, limits, None, None, "", ""
    )


WRITTEN = st.one_of(
    st.text(max_size=60),
    st.text(min_size=200, max_size=3000),
    st.text(alphabet="<>&\"'😀\u2067\u202e\u0000مرحبا é\n", max_size=300),
    st.sampled_from(["1/1/2027", "31/12/2030", "20\n50 = <b>\n100", "350", "1.000", "AIDE", "c_hiver", " "]),
)
LANGUAGE = st.sampled_from(LANGUAGES)
KEYED = st.one_of(
    st.tuples(st.sampled_from([*TEXTS, Part.WAYS]), LANGUAGE),
    st.tuples(
        st.just(Part.PRESETS), st.builds("{}{}".format, st.sampled_from(["mad", "eur", "usd"]), LANGUAGE)
    ),
    st.tuples(
        st.sampled_from(
            [Part.START, Part.END, Part.AUTHORISATION, Part.STATEMENT, Part.SLUG, Part.PHOTO, Part.AMOUNTS]
        ),
        st.sampled_from(["any", "mad", "eur"]),
    ),
)
SUM = st.tuples(
    st.sampled_from(SUMS),
    st.integers(-5, 2 * drafting.LARGEST_GOAL) | st.integers(0, 20_000),
    st.sampled_from(["MAD", "EUR", "USD"]),
)
EDIT = st.one_of(
    st.tuples(st.just("write"), KEYED, WRITTEN),
    st.tuples(st.just("clear"), KEYED),
    st.tuples(st.just("sum"), SUM),
    st.tuples(st.just("move"), st.sampled_from(list(CampaignState))),
)


def edited(before: Campaign, edit: Any) -> Campaign:
    """As the use case does it, without a database."""
    match edit:
        case ("write", (part, key), text):
            after = drafting.written(before, part, key, text, SETTINGS, NOW)
        case ("clear", (part, key)):
            after = drafting.cleared(before, part, key)
        case ("sum", (part, minor, code)):
            after = drafting.with_sum(before, part, Money(minor, code), SETTINGS, NOW)
        case _:
            may = edit[1] is not CampaignState.DRAFT and not drafting.lacks(before)
            after = replace(before, state=edit[1]) if may else before
    if not isinstance(after, Refusal):
        after = drafting.checked(before, after, is_given_to=False)
    return before if isinstance(after, Refusal) else after


def is_sound(campaign: Campaign) -> None:
    for code, pair in campaign.limits.items():
        assert drafting.least(code, SETTINGS) <= pair.smallest <= pair.largest <= Money(LARGEST, code)
        offered = campaign.presets.get(code, ())
        assert len(offered) <= 6
        assert all(pair.smallest <= one.money <= pair.largest for one in offered)
    assert 0 <= campaign.goal.minor <= drafting.LARGEST_GOAL
    if campaign.state is not CampaignState.DRAFT:
        assert drafting.lacks(campaign) == []
        assert any(text.is_whole for text in campaign.texts.values())
    if campaign.starts_at and campaign.ends_at:
        assert campaign.starts_at < campaign.ends_at


def seen(campaign: Campaign, language: str) -> list[Screen]:
    """What donors and staff see of it."""
    words = CATALOGUES.words(language)
    link = "https://t.me/entraide_bot?start=c_x"
    shown = [
        home.campaign(words, campaign, link, is_open=True, earlier=campaign.goal_was),
        home.story(words, campaign, is_open=True),
        giving.amount(words, campaign, campaign.goal.currency),
    ]
    faces = [
        campaigns.preview(words, campaign, face, language, screen)
        for face, screen in zip(campaigns.FACES, shown, strict=True)
    ]
    asked = [
        asking.question(
            words, campaign, asking.Asked(EditCampaign(part, key, "one", 1)), Money(1000, "MAD"), "note"
        )
        for part, key in [
            *((part, language) for part in (*TEXTS, Part.WAYS)),
            (Part.PRESETS, f"mad{language}"),
            *(
                (part, "any")
                for part in (Part.GOAL, Part.START, Part.END, Part.AUTHORISATION, Part.STATEMENT, Part.SLUG)
            ),
        ]
        if part is not Part.PRESETS or "MAD" in campaign.limits
    ]
    card = campaigns.managed(
        words, campaign, link, NOW, first_open(campaign, language), "note", may_change=True
    )
    return [
        *(shown if campaign.state is not CampaignState.DRAFT else []),
        *faces,
        *asked,
        card,
        campaigns.texts(words, campaign),
        campaigns.listed(words, [campaign] * 9, 1, NOW, may_change=True),
    ]


def fits(screen: Screen) -> None:
    text, _ = parse(screen.text, "HTML")
    assert 0 < units(text) <= (1024 if screen.photo else 4096)
    for button in (one for row in screen.rows for one in row):
        assert 0 < units(button.label) <= 64, button.label
        assert button.action is None or len(pack(button.action)) <= 64


@given(st.lists(EDIT, max_size=25), LANGUAGE)
def test_whatever_the_order_of_edits_what_is_open_is_whole(edits: list[Any], language: str) -> None:
    campaign = blank()
    for edit in edits:
        campaign = edited(campaign, edit)
        is_sound(campaign)
    assert campaign.state is CampaignState.DRAFT or drafting.lacks(campaign) == []
    for screen in seen(replace(campaign, photo="file1"), language):
        fits(screen)


@given(st.lists(EDIT, max_size=25), LANGUAGE)
def test_a_campaign_of_the_file_stays_whole_too(edits: list[Any], language: str) -> None:
    campaign = replace(FILE[0], id=1, photo="file1")
    for edit in edits:
        campaign = edited(campaign, edit)
        is_sound(campaign)
    assert drafting.lacks(campaign) == []
    for screen in seen(campaign, language):
        fits(screen)


@given(st.sampled_from(TEXTS), LANGUAGE, WRITTEN)
def test_what_is_taken_is_shown_letter_for_letter(part: Part, language: str, text: str) -> None:
    after = drafting.written(blank(), part, language, text, SETTINGS, NOW)
    if isinstance(after, Refusal):
        assert after.fault in (Fault.EMPTY, Fault.LONG)
        return
    kept = getattr(after.texts[language], part)
    assert units(kept) <= drafting.LONGEST[part]
    assert kept.encode()
    shown, _ = parse(CATALOGUES.words(language).name(kept), "HTML")
    assert shown == f"\u2068{kept}\u2069"
    assert drafting.clean(kept, is_line=part is not Part.STORY) == kept


@given(st.sampled_from(["MAD", "EUR"]), LANGUAGE)
def test_offered_amounts_can_be_copied_changed_and_sent_back(code: str, language: str) -> None:
    one = FILE[0]
    lines = "\n".join(drafting.shown_presets(one.presets[code], language))
    assert drafting.with_presets(one, code, language, lines, SETTINGS) == one


@given(st.text(max_size=80), st.sets(st.sampled_from(["campaign", "campaign-2", "a"])))
def test_any_title_makes_a_name_for_links(title: str, taken: set[str]) -> None:
    slug = slugs.slug_of(title, taken)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,29}", slug)
    assert slug not in taken
    assert slugs.normal(slug) == slug


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Paniers d'été pour Œuvres", "paniers-ete-pour-oeuvres"),
        ("قفة رمضان", "qfa-rmdan"),
        ("كتب للأطفال", "ktb-llatfal"),
        ("日本", "campaign"),
        ("Food baskets: 200 families and more", "food-baskets-200"),
        ("x" * 40, "x" * 24),
    ],
)
def test_names_for_links_read_like_their_titles(title: str, slug: str) -> None:
    assert slugs.slug_of(title, ()) == slug


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_questions_follow_one_another_from_the_title_to_the_photo(language: str) -> None:
    every = questions(language)
    assert every[0] == Question(Part.TITLE, language)
    assert [following(one, language) for one in every] == [*every[1:], None]
    assert every[-1].part is Part.PHOTO
    other = every[3]
    assert other.part is Part.TITLE
    after = skipped(other, language)
    assert after is not None
    assert (after.part, after.key) == (Part.TITLE, every[6].key)
    assert following(Question(Part.WAYS, "fr"), language) is None
    assert not may_skip(blank(), every[0])


def test_a_draft_goes_on_with_what_it_needs() -> None:
    draft = replace(blank(), texts={"fr": CampaignText("t", "s", "h")})
    assert first_open(draft, "ar") == Question(Part.GOAL)
    assert first_open(replace(draft, goal=Money(1, "MAD")), "fr") == Question(Part.TITLE, "ar")


def test_each_text_falls_back_by_itself_to_the_nearest_language() -> None:
    texts = {
        "ar": CampaignText("ع", "", "ق"),
        "en": CampaignText("T", "S", ""),
        "fr": CampaignText("t", "", ""),
    }
    one = replace(blank(), texts=texts)
    assert one.text("fr") == CampaignText("t", "S", "ق")
    assert [one.source(part, "en") for part in TEXTS] == ["en", "en", "ar"]
    assert drafting.lacks(one)[0] is Part.SUMMARY


def test_days_are_whole_days_in_morocco() -> None:
    one = drafting.written(blank(), Part.END, "any", "31/12/2027", SETTINGS, NOW)
    assert not isinstance(one, Refusal)
    assert one.ends_at is not None
    assert one.ends_at == datetime(2028, 1, 1, tzinfo=ZONE)
    assert drafting.last_day(one.ends_at).date() == date(2027, 12, 31)
    crossed = drafting.written(one, Part.START, "any", "1/1/2028", SETTINGS, NOW)
    assert crossed == Refusal(Fault.DAYS_CROSSED)
    # An end of the file is the midnight before its day.
    assert drafting.last_day(datetime(2027, 12, 1, tzinfo=UTC)).date() == date(2027, 11, 30)


def test_a_goal_that_changes_is_news_for_thirty_days() -> None:
    one = replace(FILE[0], id=1)
    after = drafting.with_sum(one, Part.GOAL, Money(100, "MAD"), SETTINGS, NOW)
    assert not isinstance(after, Refusal)
    assert after.earlier_goal(NOW + timedelta(days=29)) == one.goal
    assert after.earlier_goal(NOW + timedelta(days=30)) is None
    same = drafting.with_sum(one, Part.GOAL, one.goal, SETTINGS, NOW)
    assert same == one
