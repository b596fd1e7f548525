"""Staff run campaigns from the chat: every change is one transaction that reads, checks, writes and records itself."""

import hashlib
from collections.abc import Callable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from bot import drafting, slugs
from bot.drafting import Edited, Fault, Part, Refusal
from bot.model import Appeal, Campaign, CampaignState, CampaignText, Limits, Preset
from bot.money import LARGEST, Money
from bot.services import Services
from bot.store import acts, campaigns, monthly
from bot.store.sql import Tx

# For currencies that no campaign takes yet: smallest, largest, and what is offered, in whole units. Each its own.
_USUAL = {
    "MAD": (20, 50000, (50, 100, 200, 350)),
    "EUR": (2, 5000, (10, 20, 50, 100)),
    "USD": (2, 5000, (10, 20, 50, 100)),
}
# From where a campaign may come to a state, and what the act is called.
_WAYS_TO = {
    CampaignState.OPEN: (CampaignState.DRAFT, CampaignState.PAUSED, CampaignState.CLOSED),
    CampaignState.PAUSED: (CampaignState.OPEN,),
    CampaignState.CLOSED: (CampaignState.OPEN, CampaignState.PAUSED),
}


class Managed(Struct, frozen=True):
    """One campaign as staff see it, with what is still under way."""

    campaign: Campaign
    open_pages: int = 0
    live_monthly: int = 0
    is_given_to: bool = False


async def everything(services: Services) -> list[Campaign]:
    """All campaigns, drafts first, each in the operator's order."""
    return await services.db.read(_listed)


def _listed(tx: Tx) -> list[Campaign]:
    return sorted(campaigns.every(tx), key=lambda one: one.state is not CampaignState.DRAFT)


async def find(services: Services, campaign_id: int, *, is_ending: bool = False) -> Managed | None:
    """What is under way is counted only where the campaign `is_ending`."""

    def read(tx: Tx) -> Managed | None:
        campaign = campaigns.get(tx, campaign_id)
        if campaign is None:
            return None
        pages = campaigns.open_pages(tx, campaign_id) if is_ending else 0
        going_on = monthly.live(tx, campaign_id) if is_ending else 0
        return Managed(campaign, pages, going_on, campaigns.is_given_to(tx, campaign_id))

    return await services.db.study(read)


async def begin(services: Services, by: str, language: str, title: str) -> Edited:
    """A new draft with this title, kept at once. A draft of the same title is taken up again: asked twice is asked once."""

    def write(tx: Tx) -> Edited:
        every = campaigns.every(tx)
        twin = next((one for one in every if _is_twin(one, language, title)), None)
        if twin is not None:
            return twin
        fresh = drafting.written(
            _blank(services, every, title), Part.TITLE, language, title, services.settings, services.clock()
        )
        if isinstance(fresh, Refusal):
            return fresh
        campaign_id = campaigns.add(tx, fresh)
        if campaign_id is None:
            return Refusal(Fault.GONE)
        after = replace(fresh, id=campaign_id)
        acts.record(tx, services.clock(), by, "campaign.add", after.slug, after=_facts(after))
        return after

    return await services.db.write(write)


def _is_twin(campaign: Campaign, language: str, title: str) -> bool:
    known = campaign.texts.get(language, CampaignText()).title
    return campaign.state is CampaignState.DRAFT and known == drafting.clean(title, is_line=True)


def _blank(services: Services, every: list[Campaign], title: str) -> Campaign:
    """What a draft begins with: no goal, the limits and amounts of the newest campaign that takes a currency, without what they buy."""
    settings = services.settings
    taken = [(code, *_usual(services, every, code)) for code in settings.currencies]
    model = every[0] if every else None
    return Campaign(
        id=0,
        slug=slugs.slug_of(title, {one.slug for one in every}),
        state=CampaignState.DRAFT,
        goal=Money(0, settings.home_currency),
        # The one that there is: the store joins it by itself.
        appeal=model.appeal if model else Appeal({}, "", ""),
        texts={},
        presets={code: presets for code, _, presets in taken},
        limits={code: limits for code, limits, _ in taken},
        starts_at=None,
        ends_at=None,
        authorisation="",
        statement="",
        ways=model.ways if model else {},
    )


def _usual(services: Services, every: list[Campaign], code: str) -> tuple[Limits, tuple[Preset, ...]]:
    """Limits and amounts in this currency as campaigns here have them; never made from another currency's."""
    floor = drafting.least(code, services.settings)
    model = next((one for one in reversed(every) if code in one.limits), None)
    if model is not None:
        pair, amounts = model.limits[code], [one.money for one in model.presets.get(code, ())]
    else:
        smallest, largest, offered = _USUAL.get(code, (0, 0, ()))
        top = Money.of(largest, code) if largest else Money(LARGEST, code)
        pair = Limits(Money.of(smallest, code), top)
        amounts = [Money.of(one, code) for one in offered]
    pair = Limits(max(pair.smallest, floor, key=lambda one: one.minor), pair.largest)
    return pair, tuple(Preset(one, {}) for one in amounts if pair.smallest <= one <= pair.largest)


async def write(services: Services, campaign_id: int, by: str, part: Part, key: str, text: str) -> Edited:
    """One part as it was typed."""
    return await _edit(
        services,
        campaign_id,
        by,
        lambda one: drafting.written(one, part, key, text, services.settings, services.clock()),
    )


async def set_sum(services: Services, campaign_id: int, by: str, part: Part, money: Money) -> Edited:
    """The goal, or a limit. A goal in a currency that the campaign does not take yet makes it take that one too."""

    def edited(tx: Tx, campaign: Campaign) -> Edited:
        if part is Part.GOAL and money.currency not in campaign.limits:
            campaign = _taking(services, tx, campaign, money.currency)
        return drafting.with_sum(campaign, part, money, services.settings, services.clock())

    return await _edit_in(services, campaign_id, by, edited)


def _taking(services: Services, tx: Tx, campaign: Campaign, code: str) -> Campaign:
    if code not in services.settings.currencies:
        return campaign
    pair, presets = _usual(services, campaigns.every(tx), code)
    return drafting.with_currency(campaign, code, pair, presets)


async def take_currency(services: Services, campaign_id: int, by: str, code: str) -> Edited:
    """One currency more, with its usual limits and amounts."""
    return await _edit_in(services, campaign_id, by, lambda tx, one: _taking(services, tx, one, code))


async def set_photo(services: Services, campaign_id: int, by: str, file_id: str) -> Edited:
    return await _edit(services, campaign_id, by, lambda one: replace(one, photo=file_id))


async def clear(services: Services, campaign_id: int, by: str, part: Part, key: str) -> Edited:
    """Without this part."""
    return await _edit(services, campaign_id, by, lambda one: drafting.cleared(one, part, key))


async def _edit(services: Services, campaign_id: int, by: str, what: Callable[[Campaign], Edited]) -> Edited:
    return await _edit_in(services, campaign_id, by, lambda _, campaign: what(campaign))


async def _edit_in(
    services: Services, campaign_id: int, by: str, what: Callable[[Tx, Campaign], Edited]
) -> Edited:
    def write(tx: Tx) -> Edited:
        before = campaigns.get(tx, campaign_id)
        if before is None:
            return Refusal(Fault.GONE)
        after = what(tx, before)
        if not isinstance(after, Refusal):
            after = drafting.checked(before, after, is_given_to=campaigns.is_given_to(tx, campaign_id))
        if isinstance(after, Refusal) or after == before:
            return after
        if after.slug != before.slug and campaigns.named(tx, after.slug):
            return Refusal(Fault.TAKEN)
        campaigns.change(tx, after)
        _record(tx, services, by, "campaign.edit", before, after)
        return after

    return await services.db.write(write)


async def move(services: Services, campaign_id: int, by: str, to: CampaignState) -> Edited:
    """Open, pause or close. A campaign that is there already stays; one that cannot go there says why."""

    def write(tx: Tx) -> Edited:
        before = campaigns.get(tx, campaign_id)
        if before is None:
            return Refusal(Fault.GONE)
        if before.state is to:
            return before
        if to is CampaignState.OPEN and (refusal := why_not_open(before, services)):
            return refusal
        if before.state not in _WAYS_TO.get(to, ()):
            return Refusal(Fault.FIXED)
        campaigns.move(tx, campaign_id, before.state, to)
        after = replace(before, state=to)
        _record(tx, services, by, f"campaign.{_ACTS[to]}", before, after)
        return after

    return await services.db.write(write)


_ACTS = {CampaignState.OPEN: "open", CampaignState.PAUSED: "pause", CampaignState.CLOSED: "close"}


def why_not_open(campaign: Campaign, services: Services) -> Refusal | None:
    """What stands between this campaign and donors."""
    if drafting.lacks(campaign):
        return Refusal(Fault.LACKS)
    is_over = campaign.ends_at is not None and campaign.ends_at <= services.clock()
    return Refusal(Fault.PAST) if is_over else None


async def drop(services: Services, campaign_id: int, by: str) -> bool:
    """Throw a draft away, for good; True where it is gone."""

    def write(tx: Tx) -> bool:
        before = campaigns.get(tx, campaign_id)
        if before is None:
            return True
        if not campaigns.drop(tx, campaign_id):
            return False
        acts.record(tx, services.clock(), by, "campaign.drop", before.slug, before=_facts(before))
        return True

    return await services.db.write(write)


async def shift(services: Services, campaign_id: int, by: str, step: int) -> None:
    """One place up (-1) or down (1) among those that stand beside it in the list: drafts, or the others."""

    def write(tx: Tx) -> None:
        every = _listed(tx)
        ids = [one.id for one in every]
        if campaign_id not in ids:
            return
        here = ids.index(campaign_id)
        there = here + step
        is_draft = every[here].state is CampaignState.DRAFT
        if not 0 <= there < len(ids) or (every[there].state is CampaignState.DRAFT) is not is_draft:
            return
        ids[here], ids[there] = ids[there], ids[here]
        campaigns.arrange(tx, ids)
        place = {"before": {"place": here + 1}, "after": {"place": there + 1}}
        acts.record(tx, services.clock(), by, "campaign.order", every[here].slug, **place)

    await services.db.write(write)


def _record(tx: Tx, services: Services, by: str, act: str, before: Campaign, after: Campaign) -> None:
    """What differs, before and after."""
    old, new = _facts(before), _facts(after)
    changed = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    acts.record(
        tx,
        services.clock(),
        by,
        act,
        after.slug,
        before={name: old.get(name) for name in changed},
        after={name: new.get(name) for name in changed},
    )


def _facts(campaign: Campaign) -> dict[str, str | int | None]:
    """All that staff can change, short; texts by their length and a few digits that tell two of them apart."""
    facts: dict[str, str | int | None] = {
        "state": campaign.state.value,
        "slug": campaign.slug,
        "goal": _sum(campaign.goal),
        "start": campaign.starts_at.isoformat() if campaign.starts_at else None,
        "end": campaign.ends_at.isoformat() if campaign.ends_at else None,
        "authorisation": campaign.authorisation,
        "statement": campaign.statement,
        "photo": _digest(campaign.photo or ""),
    }
    for language, text in campaign.texts.items():
        facts |= {f"{part}.{language}": _digest(getattr(text, part)) for part in drafting.TEXTS}
    facts |= {f"ways.{language}": _digest(way) for language, way in campaign.ways.items()}
    for code, pair in campaign.limits.items():
        facts[f"limits.{code}"] = f"{_sum(pair.smallest)} to {_sum(pair.largest)}"
        facts[f"presets.{code}"] = _offered(campaign.presets.get(code, ()))
    return facts


def _offered(presets: tuple[Preset, ...]) -> str:
    return ", ".join(_sum(one.money) + _impacts(one.impact) for one in presets)


def _impacts(impact: Mapping[str, str]) -> str:
    return f" ({_digest(str(sorted(impact.items())))})" if impact else ""


def _sum(money: Money) -> str:
    return f"{money.decimal:f} {money.currency}"


def _digest(text: str) -> str | None:
    return f"{len(text)} letters {hashlib.sha256(text.encode()).hexdigest()[:8]}" if text else None
