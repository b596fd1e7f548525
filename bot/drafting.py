"""What staff write into a campaign: read, checked, put in its place. Pure, so that every order of edits can be tried."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from bot import slugs
from bot.amounts import Clear, Unclear, read_amount
from bot.config import LANGUAGES, Settings
from bot.contents import units
from bot.i18n import ZONE
from bot.model import Campaign, CampaignState, CampaignText, Limits, Preset
from bot.money import CURRENCIES, LARGEST, Money
from bot.months import read_day

# A goal is no gift: it may be larger than what Stripe takes at once. A button holds ten digits.
LARGEST_GOAL = 9_999_999_999
MOST_PRESETS = 6
# It stands on a button, behind the amount.
MOST_IMPACT = 40


class Part(StrEnum):
    """One thing that a campaign says. Its key is a language, a currency, both ("madfr"), or "any"."""

    TITLE = "title"
    SUMMARY = "summary"
    STORY = "story"
    GOAL = "goal"
    AMOUNTS = "amounts"
    SMALLEST = "smallest"
    LARGEST = "largest"
    PRESETS = "presets"
    START = "start"
    END = "end"
    AUTHORISATION = "authorisation"
    STATEMENT = "statement"
    PHOTO = "photo"
    WAYS = "ways"
    SLUG = "slug"


TEXTS = (Part.TITLE, Part.SUMMARY, Part.STORY)
SUMS = (Part.GOAL, Part.SMALLEST, Part.LARGEST)
# In UTF-16 units, as Telegram counts.
LONGEST = {Part.TITLE: 40, Part.SUMMARY: 250, Part.STORY: 2500, Part.WAYS: 1000, Part.AUTHORISATION: 60}


class Fault(StrEnum):
    EMPTY = "empty"
    LONG = "long"
    NO_AMOUNT = "no_amount"
    UNCLEAR_LINE = "unclear_line"
    MANY = "many"
    FLOOR = "floor"
    OVER = "over"
    CROSSED = "crossed"
    OUTSIDE = "outside"
    CURRENCY = "currency"
    NO_DAY = "no_day"
    PAST = "past"
    DAYS_CROSSED = "days_crossed"
    STATEMENT = "statement"
    SLUG = "slug"
    TAKEN = "taken"
    FIXED = "fixed"
    NO_PHOTO = "no_photo"
    LACKS = "lacks"
    GONE = "gone"


class Refusal(Struct, frozen=True):
    """Why something cannot be so. `most` is a number that was passed, `money` a sum, `line` what was written."""

    fault: Fault
    most: int = 0
    money: Money | None = None
    line: str = ""


Edited = Campaign | Refusal


def lacks(campaign: Campaign) -> list[Part]:
    """What a campaign needs before donors may see it: one language whole, a goal, and limits in its currency."""
    fullest = max(campaign.texts.values(), key=_filled, default=CampaignText())
    missing = [part for part in TEXTS if not getattr(fullest, part)]
    missing += [Part.GOAL] if not campaign.goal.minor else []
    return missing + ([Part.AMOUNTS] if campaign.goal.currency not in campaign.limits else [])


def _filled(text: CampaignText) -> int:
    return sum(bool(getattr(text, part)) for part in TEXTS)


def clean(text: str, *, is_line: bool) -> str:
    """What a person wrote, without characters that would turn or hide the words around it; one line where it must be."""
    kept = "".join(one for one in text if one == "\n" or unicodedata.category(one) not in ("Cc", "Cs"))
    # Isolates and embeddings that nobody closes would turn the rest of a screen.
    kept = re.sub("[\u202a-\u202e\u2066-\u2069]", "", kept)
    return " ".join(kept.split()) if is_line else re.sub(r"\n{3,}", "\n\n", kept).strip()


def written(campaign: Campaign, part: Part, key: str, text: str, settings: Settings, now: datetime) -> Edited:
    """The campaign with this part as it was typed, for all parts but sums and the photo."""
    plain = clean(text, is_line=part not in (Part.STORY, Part.WAYS, Part.PRESETS))
    if not any(unicodedata.category(one)[0] in "LNPS" for one in plain):
        return Refusal(Fault.EMPTY)
    if units(plain) > LONGEST.get(part, 1000):
        return Refusal(Fault.LONG, LONGEST.get(part, 1000))
    match part:
        case Part.TITLE | Part.SUMMARY | Part.STORY:
            return _with_text(campaign, part, key, plain)
        case Part.WAYS:
            return replace(campaign, ways={**campaign.ways, key: plain})
        case Part.PRESETS:
            return with_presets(campaign, key[:3].upper(), key[3:], plain, settings)
        case Part.START | Part.END:
            return _with_day(campaign, part, plain, now)
        case Part.AUTHORISATION:
            return replace(campaign, authorisation=plain)
        case Part.STATEMENT:
            return _with_statement(campaign, plain.upper())
        case Part.SLUG:
            slug = slugs.normal(plain)
            return replace(campaign, slug=slug) if slug else Refusal(Fault.SLUG)
        case _:
            return Refusal(Fault.NO_PHOTO if part is Part.PHOTO else Fault.NO_AMOUNT)


def _with_text(campaign: Campaign, part: Part, language: str, text: str) -> Campaign:
    known = campaign.texts.get(language, CampaignText())
    return replace(
        campaign, texts=_without_empty({**campaign.texts, language: replace(known, **{part.value: text})})
    )


def _without_empty(texts: Mapping[str, CampaignText]) -> dict[str, CampaignText]:
    return {language: text for language, text in texts.items() if text != CampaignText()}


def _with_day(campaign: Campaign, part: Part, text: str, now: datetime) -> Edited:
    """The first and the last day on which gifts are taken."""
    day = read_day(text)
    if day is None or not 2000 <= day.year <= 2100:
        return Refusal(Fault.NO_DAY)
    if part is Part.END and day < now.astimezone(ZONE).date():
        return Refusal(Fault.PAST)
    moment = datetime.combine(day + timedelta(days=part is Part.END), time(), ZONE).astimezone(now.tzinfo)
    after = replace(campaign, **{"starts_at" if part is Part.START else "ends_at": moment})
    if after.starts_at and after.ends_at and after.starts_at >= after.ends_at:
        return Refusal(Fault.DAYS_CROSSED)
    return after


def _with_statement(campaign: Campaign, text: str) -> Edited:
    is_sound = re.fullmatch(r"[A-Z][A-Z0-9 .-]{1,11}", text)
    return replace(campaign, statement=text) if is_sound else Refusal(Fault.STATEMENT)


def read_sum(
    campaign: Campaign, part: Part, key: str, text: str, settings: Settings
) -> Money | Unclear | Refusal:
    """A goal or a limit as it was typed; a draft's goal may be in any currency of the settings."""
    is_goal = part is Part.GOAL
    home = campaign.goal.currency if is_goal else key.upper()
    enabled = settings.currencies if is_goal and campaign.state is CampaignState.DRAFT else (home,)
    match read_amount(text, home, enabled, LARGEST_GOAL if is_goal else LARGEST):
        case Clear(money=money, rest=""):
            return money
        case Unclear(rest="") as unclear:
            return unclear
        case _:
            return Refusal(Fault.NO_AMOUNT, line=home)


def with_sum(campaign: Campaign, part: Part, money: Money, settings: Settings, now: datetime) -> Edited:
    """The campaign with another goal or limit."""
    if part is Part.GOAL:
        return _with_goal(campaign, money, now)
    known = campaign.limits.get(money.currency)
    if known is None:
        return Refusal(Fault.CURRENCY, line=money.currency)
    pair = replace(known, **{part.value: money})
    if refusal := _limits_fault(pair, settings):
        return refusal
    return _fitting(campaign, pair)


def _with_goal(campaign: Campaign, goal: Money, now: datetime) -> Edited:
    is_draft = campaign.state is CampaignState.DRAFT
    if not 0 < goal.minor <= LARGEST_GOAL:
        return Refusal(Fault.NO_AMOUNT, line=campaign.goal.currency)
    # What was given counts in the currency of the goal, each gift at the rate of its day.
    is_other = goal.currency != campaign.goal.currency
    if goal.currency not in campaign.limits or (is_other and (not is_draft or campaign.counted_minor)):
        return Refusal(Fault.CURRENCY, line=goal.currency)
    if goal == campaign.goal or is_draft:
        return replace(campaign, goal=goal)
    return replace(campaign, goal=goal, goal_was=campaign.goal, goal_changed_at=now)


def least(currency: str, settings: Settings) -> Money:
    """Under which no card payment is taken: the floor of the settings, or Stripe's own."""
    floor, stripe = settings.floor(currency), Money(CURRENCIES[currency].least or 1, currency)
    return max(floor, stripe, key=lambda one: one.minor) if floor else stripe


def _limits_fault(pair: Limits, settings: Settings) -> Refusal | None:
    floor = least(pair.smallest.currency, settings)
    if pair.smallest < floor:
        return Refusal(Fault.FLOOR, money=floor)
    if pair.largest.minor > LARGEST:
        return Refusal(Fault.OVER, money=Money(LARGEST, floor.currency))
    return Refusal(Fault.CROSSED) if pair.largest < pair.smallest else None


def _fitting(campaign: Campaign, pair: Limits) -> Edited:
    """Amounts that are offered stay within the limits: nothing that a donor is shown is dropped without a word."""
    code = pair.smallest.currency
    outside = [
        one.money for one in campaign.presets.get(code, ()) if not pair.smallest <= one.money <= pair.largest
    ]
    if outside:
        return Refusal(Fault.OUTSIDE, money=outside[0])
    return replace(campaign, limits={**campaign.limits, code: pair})


def with_presets(campaign: Campaign, code: str, language: str, text: str, settings: Settings) -> Edited:
    """The amounts that are offered, one a line; behind "=" what it buys, in this language. Other languages keep theirs."""
    pair = campaign.limits.get(code)
    if pair is None or language not in LANGUAGES:
        return Refusal(Fault.CURRENCY, line=code)
    known = {one.money: one.impact for one in campaign.presets.get(code, ())}
    made: dict[Money, Preset] = {}
    for line in filter(None, (one.strip() for one in text.splitlines())):
        preset = _preset(line, code, language, known)
        if isinstance(preset, Refusal):
            return preset
        if not pair.smallest <= preset.money <= pair.largest:
            return Refusal(Fault.OUTSIDE, money=preset.money)
        made[preset.money] = preset
    if len(made) > MOST_PRESETS:
        return Refusal(Fault.MANY, MOST_PRESETS)
    chosen = tuple(sorted(made.values(), key=lambda one: one.money.minor))
    return replace(campaign, presets={**campaign.presets, code: chosen})


def _preset(
    line: str, code: str, language: str, known: Mapping[Money, Mapping[str, str]]
) -> Preset | Refusal:
    amount, equals, impact = line.partition("=")
    match read_amount(amount, code, (code,)):
        case Clear(money=money, rest=""):
            impact = impact.strip()
            if units(impact) > MOST_IMPACT:
                return Refusal(Fault.LONG, MOST_IMPACT)
            others = {lang: text for lang, text in known.get(money, {}).items() if lang != language}
            return Preset(money, {**others, language: impact} if equals and impact else others)
        case _:
            return Refusal(Fault.UNCLEAR_LINE, line=line[:40])


def shown_presets(presets: Sequence[Preset], language: str) -> list[str]:
    """The lines that `with_presets` would read back, for staff to copy and change."""
    return [
        f"{one.money.decimal:f} = {one.impact[language]}"
        if one.impact.get(language)
        else f"{one.money.decimal:f}"
        for one in presets
    ]


def with_currency(campaign: Campaign, code: str, pair: Limits, presets: Sequence[Preset]) -> Campaign:
    """The campaign, taking one currency more."""
    if code in campaign.limits:
        return campaign
    return replace(
        campaign,
        limits={**campaign.limits, code: pair},
        presets={**campaign.presets, code: tuple(presets)},
    )


def cleared(campaign: Campaign, part: Part, key: str) -> Edited:
    """The campaign without this part; a currency is a part too (AMOUNTS)."""
    match part:
        case Part.TITLE | Part.SUMMARY | Part.STORY:
            return _with_text(campaign, part, key, "") if key in campaign.texts else campaign
        case Part.WAYS:
            return replace(campaign, ways={lang: way for lang, way in campaign.ways.items() if lang != key})
        case Part.START | Part.END:
            return replace(campaign, **{"starts_at" if part is Part.START else "ends_at": None})
        case Part.AUTHORISATION | Part.STATEMENT:
            return replace(campaign, **{part.value: ""})
        case Part.PHOTO:
            return replace(campaign, photo=None)
        case Part.PRESETS:
            return replace(campaign, presets={**campaign.presets, key[:3].upper(): ()})
        case Part.AMOUNTS if key.upper() != campaign.goal.currency:
            code = key.upper()
            return replace(
                campaign,
                limits={one: pair for one, pair in campaign.limits.items() if one != code},
                presets={one: some for one, some in campaign.presets.items() if one != code},
            )
        case _:
            return Refusal(Fault.LACKS)


def checked(before: Campaign, after: Campaign, *, is_given_to: bool) -> Edited:
    """Whether this edit may be: what donors see stays whole, and a name that links or books use stays."""
    is_draft = before.state is CampaignState.DRAFT
    if after.slug != before.slug and (not is_draft or is_given_to):
        return Refusal(Fault.FIXED)
    if not is_draft and lacks(after):
        return Refusal(Fault.LACKS)
    return after


def last_day(ends_at: datetime) -> datetime:
    """A moment on the last whole day before this end; ends that a file named lie an hour into a day of the zone."""
    return ends_at - timedelta(hours=2)
