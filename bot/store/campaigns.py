"""Campaigns with their totals, kept beside the facts so that a screen costs the same at any size."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.sqlite import insert

from bot.model import Appeal, Campaign, CampaignState, CampaignText, Limits, Preset
from bot.money import Money
from bot.store.moments import moment, seconds
from bot.store.tables import appeals, campaigns, donations, totals

_WITH_TOTALS = (
    select(
        campaigns,
        appeals.c.titles,
        appeals.c.operator,
        appeals.c.contact,
        totals.c.currency.label("total_currency"),
        totals.c.received_minor,
    )
    .join(appeals, appeals.c.id == campaigns.c.appeal_id)
    .outerjoin(totals, totals.c.campaign_id == campaigns.c.id)
    .order_by(campaigns.c.position, campaigns.c.id, totals.c.currency)
)


def all_of_them(tx: Connection) -> list[Campaign]:
    """Every campaign but drafts, in the operator's order."""
    return _gather(tx.execute(_WITH_TOTALS.where(campaigns.c.state != CampaignState.DRAFT)).all())


def get(tx: Connection, campaign_id: int) -> Campaign | None:
    found = _gather(tx.execute(_WITH_TOTALS.where(campaigns.c.id == campaign_id)).all())
    return found[0] if found else None


def named(tx: Connection, slug: str) -> Campaign | None:
    found = _gather(tx.execute(_WITH_TOTALS.where(campaigns.c.slug == slug)).all())
    return found[0] if found else None


def put(tx: Connection, campaign: Campaign, position: int) -> None:
    """Add the campaign, or bring the one with its slug up to date; totals stay."""
    values = _columns(campaign) | {"appeal_id": _put_appeal(tx, campaign.appeal), "position": position}
    changed = {key: value for key, value in values.items() if key != "slug"}
    tx.execute(insert(campaigns).values(values).on_conflict_do_update(index_elements=["slug"], set_=changed))


def receive(tx: Connection, campaign_id: int, donor_id: int, money: Money) -> None:
    """Add one gift to the totals; call it once per gift, in the transaction that records its payment."""
    row = {"campaign_id": campaign_id, "currency": money.currency, "received_minor": money.minor, "gifts": 1}
    more = {"received_minor": totals.c.received_minor + money.minor, "gifts": totals.c.gifts + 1}
    tx.execute(
        insert(totals)
        .values(row)
        .on_conflict_do_update(index_elements=["campaign_id", "currency"], set_=more)
    )
    if not _gave_before(tx, campaign_id, donor_id):
        tx.execute(
            update(campaigns).where(campaigns.c.id == campaign_id).values(donors=campaigns.c.donors + 1)
        )


def _gave_before(tx: Connection, campaign_id: int, donor_id: int) -> bool:
    theirs = (donations.c.campaign_id == campaign_id) & (donations.c.donor_id == donor_id)
    return (
        len(
            tx.execute(
                select(donations.c.id).where(theirs, donations.c.settled_at.is_not(None)).limit(2)
            ).all()
        )
        > 1
    )


def _put_appeal(tx: Connection, appeal: Appeal) -> int:
    values = {
        "slug": "appeal",
        "titles": _dump(appeal.titles),
        "operator": appeal.operator,
        "contact": appeal.contact,
    }
    upsert = insert(appeals).values(values).on_conflict_do_update(index_elements=["slug"], set_=values)
    return cast("int", tx.execute(upsert.returning(appeals.c.id)).scalar_one())


def _columns(campaign: Campaign) -> dict[str, Any]:
    return {
        "slug": campaign.slug,
        "state": campaign.state,
        "currency": campaign.goal.currency,
        "goal_minor": campaign.goal.minor,
        "texts": _dump(
            {lang: [text.title, text.summary, text.story] for lang, text in campaign.texts.items()}
        ),
        "presets": _dump(
            {
                cur: [[preset.money.minor, dict(preset.impact)] for preset in some]
                for cur, some in campaign.presets.items()
            }
        ),
        "limits": _dump(
            {cur: [pair.smallest.minor, pair.largest.minor] for cur, pair in campaign.limits.items()}
        ),
        "starts_at": seconds(campaign.starts_at) if campaign.starts_at else None,
        "ends_at": seconds(campaign.ends_at) if campaign.ends_at else None,
        "authorisation": campaign.authorisation,
        "statement": campaign.statement,
    }


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=dict)


def _gather(rows: Sequence[Row[Any]]) -> list[Campaign]:
    received: dict[int, list[Money]] = {}
    first: dict[int, Row[Any]] = {}
    for row in rows:
        first.setdefault(row.id, row)
        if row.total_currency:
            received.setdefault(row.id, []).append(Money(row.received_minor, row.total_currency))
    return [_noun(row, tuple(received.get(row.id, ()))) for row in first.values()]


def _noun(row: Row[Any], received: tuple[Money, ...]) -> Campaign:
    return Campaign(
        id=row.id,
        slug=row.slug,
        state=CampaignState(row.state),
        goal=Money(row.goal_minor, row.currency),
        appeal=_appeal(row.titles, row.operator, row.contact),
        texts=_texts(row.texts),
        presets=_presets(row.presets),
        limits=_limits(row.limits),
        starts_at=_maybe(row.starts_at),
        ends_at=_maybe(row.ends_at),
        authorisation=row.authorisation,
        statement=row.statement,
        received=received,
        donors=row.donors,
    )


def _maybe(value: int | None) -> datetime | None:
    return None if value is None else moment(value)


# The same few texts come back at every turn, so each is read once.
@lru_cache(maxsize=64)
def _appeal(titles: str, operator: str, contact: str) -> Appeal:
    return Appeal(json.loads(titles), operator, contact)


@lru_cache(maxsize=256)
def _texts(raw: str) -> Mapping[str, CampaignText]:
    return {lang: CampaignText(*parts) for lang, parts in json.loads(raw).items()}


@lru_cache(maxsize=256)
def _presets(raw: str) -> Mapping[str, tuple[Preset, ...]]:
    return {
        cur: tuple(Preset(Money(minor, cur), impact) for minor, impact in some)
        for cur, some in json.loads(raw).items()
    }


@lru_cache(maxsize=256)
def _limits(raw: str) -> Mapping[str, Limits]:
    return {cur: Limits(Money(low, cur), Money(high, cur)) for cur, (low, high) in json.loads(raw).items()}
