"""campaigns.toml: read, checked whole, compared with what is stored, and loaded; the same file twice changes nothing."""

import tomllib
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Struct
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from bot.errors import CampaignsFileError, MoneyError
from bot.model import Appeal, Campaign, CampaignState, CampaignText, Limits, Preset, Rhythm
from bot.money import CURRENCIES, LARGEST, Money
from bot.store import campaigns
from bot.store.sql import Tx

Title = Annotated[str, Field(min_length=1, max_length=40)]
ByLanguage = dict[str, str]
# Bank or agency details, several lines; a screen holds them beside the reference.
Ways = dict[
    Literal["ar", "fr", "en"],
    Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)],
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _RhythmEntry(_Strict):
    until: date
    title: ByLanguage

    @model_validator(mode="after")
    def _complete(self) -> "_RhythmEntry":
        if missing := [language for language in ("ar", "fr", "en") if language not in self.title]:
            raise ValueError(f"no title in {', '.join(missing)}")
        return self


class _AppealEntry(_Strict):
    title: ByLanguage
    operator: str
    contact: str = ""
    ways: Ways = {}
    rhythm: Annotated[list[_RhythmEntry], Field(max_length=3)] = []


class _TextEntry(_Strict):
    title: Title
    summary: Annotated[str, Field(min_length=1, max_length=250)]
    story: Annotated[str, Field(min_length=1, max_length=2500)]


class _PresetEntry(_Strict):
    amount: str | int
    impact: ByLanguage = {}


class _MoneyEntry(_Strict):
    smallest: str | int
    largest: str | int
    presets: Annotated[list[_PresetEntry], Field(max_length=6)]


class _CampaignEntry(_Strict):
    slug: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,29}$")]
    state: CampaignState = CampaignState.OPEN
    goal: str | int
    currency: str
    start: date | None = None
    end: date | None = None
    authorisation: str = ""
    statement: Annotated[str, Field(pattern=r"^([A-Z][A-Z0-9 .-]{1,11})?$")] = ""
    ways: Ways | None = None
    text: dict[str, _TextEntry]
    money: dict[str, _MoneyEntry]

    @model_validator(mode="after")
    def _complete(self) -> "_CampaignEntry":
        missing = [language for language in ("ar", "fr", "en") if language not in self.text]
        if missing:
            raise ValueError(f"no text in {', '.join(missing)}")
        if self.currency not in self.money:
            raise ValueError(f"no [money.{self.currency}], the currency of the goal")
        return self


class _File(_Strict):
    appeal: _AppealEntry
    campaign: Annotated[list[_CampaignEntry], Field(min_length=1)]


class Change(Struct, frozen=True):
    """What loading would do to one campaign: `field` is None for one that is new."""

    slug: str
    field: str | None
    old: str = ""
    new: str = ""


def read_file(path: str) -> list[Campaign]:
    """The campaigns in the file, in its order. Raises CampaignsFileError naming every fault."""
    try:
        return read_toml(Path(path).read_text(encoding="utf-8"), path)
    except OSError as error:
        raise CampaignsFileError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CampaignsFileError(f"{path}: {error}") from error


def read_toml(text: str, path: str) -> list[Campaign]:
    """As `read_file`, of what it holds; `path` is for naming it."""
    try:
        entries = _File.model_validate(tomllib.loads(text))
        return [_campaign(entry, entries.appeal) for entry in entries.campaign]
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise CampaignsFileError(f"{path}: " + "; ".join(faults)) from error
    except RecursionError:
        raise CampaignsFileError(f"{path}: brackets within brackets without end") from None
    except (tomllib.TOMLDecodeError, MoneyError, ValueError) as error:
        raise CampaignsFileError(f"{path}: {error}") from error


def _campaign(entry: _CampaignEntry, appeal: _AppealEntry) -> Campaign:
    limits = {code: _limits(code, money) for code, money in entry.money.items()}
    return Campaign(
        id=0,
        slug=entry.slug,
        state=entry.state,
        goal=Money.of(entry.goal, entry.currency),
        appeal=Appeal(
            appeal.title,
            appeal.operator,
            appeal.contact,
            tuple(Rhythm(one.until, one.title) for one in appeal.rhythm),
        ),
        texts={
            language: CampaignText(text.title, text.summary, text.story)
            for language, text in entry.text.items()
        },
        presets={code: _presets(code, money, limits[code]) for code, money in entry.money.items()},
        limits=limits,
        starts_at=_day(entry.start),
        ends_at=_day(entry.end),
        authorisation=entry.authorisation,
        statement=entry.statement,
        # Its own replace the appeal's; an empty table offers none.
        ways={**(appeal.ways if entry.ways is None else entry.ways)},
    )


def _limits(code: str, money: _MoneyEntry) -> Limits:
    smallest, largest = Money.of(money.smallest, code), Money.of(money.largest, code)
    least = CURRENCIES[code].least or 1
    if not least <= smallest.minor <= largest.minor <= LARGEST:
        raise MoneyError(
            f"{code}: smallest and largest must lie between Stripe's {least} and {LARGEST} minor units"
        )
    return Limits(smallest, largest)


def _presets(code: str, money: _MoneyEntry, limits: Limits) -> tuple[Preset, ...]:
    presets = tuple(Preset(Money.of(preset.amount, code), preset.impact) for preset in money.presets)
    if any(not limits.smallest <= preset.money <= limits.largest for preset in presets):
        raise MoneyError(f"{code}: a preset lies outside smallest and largest")
    return presets


def _day(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)


def changes(tx: Tx, wanted: list[Campaign]) -> list[Change]:
    """What `load` would change, the order too; also where it would undo what staff changed in the chat."""
    found: list[Change] = []
    for campaign in wanted:
        known = campaigns.named(tx, campaign.slug)
        found += [Change(campaign.slug, None)] if known is None else _differences(known, campaign)
    old, new = _order(tx, wanted)
    return found + ([Change("campaigns", "order", ", ".join(old), ", ".join(new))] if old != new else [])


def _order(tx: Tx, wanted: list[Campaign]) -> tuple[list[str], list[str]]:
    """The campaigns that are both here and in the file: as they stand now, and as the file has them."""
    named = [campaign.slug for campaign in wanted]
    here = [one.slug for one in campaigns.every(tx) if one.slug in named]
    return here, [slug for slug in named if slug in here]


def _differences(known: Campaign, wanted: Campaign) -> list[Change]:
    wanted = replace(
        wanted,
        id=known.id,
        received=known.received,
        donors=known.donors,
        promised=known.promised,
        counted_minor=known.counted_minor,
        # No file knows these: they stay.
        photo=known.photo,
        goal_was=known.goal_was,
        goal_changed_at=known.goal_changed_at,
    )
    pairs = ((name, getattr(known, name), getattr(wanted, name)) for name in Campaign.__struct_fields__)
    return [Change(wanted.slug, name, _short(old), _short(new)) for name, old, new in pairs if old != new]


def _short(value: object) -> str:
    shown = str(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def load(tx: Tx, wanted: list[Campaign], now: datetime | None = None) -> None:
    """Add and update; a campaign that the file no longer names stays as it is, since gifts point at it.

    `now` is when a goal that the file changes becomes news for donors; without it it is none.
    """
    places = _places(tx, wanted)
    for campaign in wanted:
        known = campaigns.named(tx, campaign.slug)
        if known and known.goal.currency != campaign.goal.currency and campaigns.is_given_to(tx, known.id):
            # What its gifts count is fixed in the currency of the goal.
            raise CampaignsFileError(
                f"{campaign.slug}: the goal stays in {known.goal.currency}, since there are gifts"
            )
        campaigns.put(tx, campaign, places[campaign.slug])
        is_seen = known is not None and known.state is not CampaignState.DRAFT
        if now and known and is_seen and known.goal != campaign.goal:
            campaigns.change(tx, _with_news(tx, known, campaign, now))


def _places(tx: Tx, wanted: list[Campaign]) -> dict[str, int]:
    """Where each stands: the file's among themselves in its order, between those that only the chat knows; new ones last."""
    every = campaigns.every(tx)
    here, ordered = _order(tx, wanted)
    slots = [place for place, one in enumerate(every) if one.slug in here]
    campaigns.arrange(tx, (one.id for one in every))
    places = dict(zip(ordered, slots, strict=True))
    fresh = [campaign.slug for campaign in wanted if campaign.slug not in places]
    return places | {slug: len(every) + index for index, slug in enumerate(fresh)}


def _with_news(tx: Tx, known: Campaign, wanted: Campaign, now: datetime) -> Campaign:
    """A goal that a file changes is told to donors too, where the currency is the same."""
    stored = campaigns.get(tx, known.id)
    assert stored is not None  # noqa: S101  it was put just now
    is_same = known.goal.currency == wanted.goal.currency
    return replace(stored, goal_was=known.goal if is_same else None, goal_changed_at=now if is_same else None)
