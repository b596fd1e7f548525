"""Campaigns with their totals, kept beside the facts so that a screen costs the same at any size."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import delete, func, select, update

from bot.model import (
    Appeal,
    Campaign,
    CampaignState,
    CampaignText,
    DonationState,
    Limits,
    Preset,
    Rhythm,
)
from bot.money import Money
from bot.store import marks
from bot.store.dialect import insert
from bot.store.moments import moment, seconds
from bot.store.sql import Row, Statement, Tx, Value, at, places, setting
from bot.store.tables import appeals, campaigns, donations, pledges, progress, totals

_WITH_TOTALS = (
    select(
        campaigns,
        progress.c.donors,
        progress.c.counted_minor,
        appeals.c.titles,
        appeals.c.operator,
        appeals.c.contact,
        appeals.c.rhythms,
        totals.c.currency.label("total_currency"),
        totals.c.received_minor,
        totals.c.promised_minor,
    )
    .join(progress, progress.c.campaign_id == campaigns.c.id)
    .join(appeals, appeals.c.id == campaigns.c.appeal_id)
    .outerjoin(totals, totals.c.campaign_id == campaigns.c.id)
    .order_by(campaigns.c.position, campaigns.c.id, totals.c.currency)
)
_READ = tuple(_WITH_TOTALS.selected_columns.keys())
_ALL = Statement(lambda: _WITH_TOTALS.where(campaigns.c.state != CampaignState.DRAFT.value))
_EVERY = Statement(lambda: _WITH_TOTALS)
_GET = Statement(lambda: _WITH_TOTALS.where(campaigns.c.id == at("campaign_id")))
_NAMED = Statement(lambda: _WITH_TOTALS.where(campaigns.c.slug == at("slug")))
_OPEN = Statement(
    lambda: select(campaigns.c.state, campaigns.c.starts_at, campaigns.c.ends_at).where(
        campaigns.c.id == at("campaign_id")
    )
)
_SLUG = Statement(lambda: select(campaigns.c.slug).where(campaigns.c.id == at("campaign_id")))
_COLUMNS = (
    "appeal_id",
    "position",
    "state",
    "currency",
    "goal_minor",
    "texts",
    "presets",
    "limits",
    "starts_at",
    "ends_at",
    "authorisation",
    "statement",
    "ways",
)
_PUT = Statement(
    lambda: (
        insert(campaigns)
        .values(places("id", "slug", *_COLUMNS))
        .on_conflict_do_update(index_elements=["slug"], set_=places(*_COLUMNS))
    )
)
_BEGIN = Statement(
    lambda: (
        insert(progress)
        .from_select(["campaign_id"], select(campaigns.c.id).where(campaigns.c.slug == at("slug")))
        .on_conflict_do_nothing(index_elements=["campaign_id"])
    )
)
_DROPPED = "campaigns.dropped"
_HIGHEST = Statement(lambda: select(func.coalesce(func.max(campaigns.c.id), 0)))
_ADD = Statement(lambda: insert(campaigns).values(places("id", "slug", *_COLUMNS)).returning(campaigns.c.id))
_CLAIM = Statement(
    lambda: (
        update(campaigns)
        .where(campaigns.c.id == at("row_id"), campaigns.c.state == at("was"))
        .values(state=at("to"))
    )
)
_PLACE = Statement(
    lambda: update(campaigns).where(campaigns.c.id == at("row_id")).values(position=at("place"))
)
_LAST = Statement(lambda: select(func.coalesce(func.max(campaigns.c.position), -1)))
_DROP = Statement(
    lambda: delete(campaigns).where(campaigns.c.id == at("row_id"), campaigns.c.state == "draft")
)
_ANY_APPEAL = Statement(lambda: select(appeals.c.id).order_by(appeals.c.id).limit(1))
_GIFTS = Statement(
    lambda: select(donations.c.id).where(donations.c.campaign_id == at("campaign_id")).limit(1)
)
_PLEDGES = Statement(lambda: select(pledges.c.id).where(pledges.c.campaign_id == at("campaign_id")).limit(1))
_OPEN_PAGES = Statement(
    lambda: (
        select(func.count())
        .select_from(donations)
        .where(
            # By the index of what is open, not by that of all the campaign's gifts.
            donations.c.open_key > "",
            donations.c.campaign_id + 0 == at("campaign_id"),
            donations.c.state.in_([str(one) for one in DonationState if one.is_open]),
        )
    )
)
_APPEAL = ("titles", "operator", "contact", "rhythms")
_PUT_APPEAL = Statement(
    lambda: (
        insert(appeals)
        .values(places("slug", *_APPEAL))
        .on_conflict_do_update(index_elements=["slug"], set_=places(*_APPEAL))
        .returning(appeals.c.id)
    )
)
_RECEIVE = Statement(
    lambda: (
        insert(totals)
        .values(**places("campaign_id", "currency", "received_minor"), gifts=1)
        .on_conflict_do_update(
            index_elements=["campaign_id", "currency"],
            set_={
                "received_minor": totals.c.received_minor + at("received_minor"),
                "gifts": totals.c.gifts + 1,
            },
        )
    )
)
_PROMISE = Statement(
    lambda: (
        insert(totals)
        .values(**places("campaign_id", "currency", "promised_minor", "pledges"), received_minor=0, gifts=0)
        .on_conflict_do_update(
            index_elements=["campaign_id", "currency"],
            set_={
                "promised_minor": totals.c.promised_minor + at("promised_minor"),
                "pledges": totals.c.pledges + at("pledges"),
            },
        )
    )
)
_ONE_GIFT_LESS = Statement(
    lambda: (
        update(totals)
        .where(totals.c.campaign_id == at("id"), totals.c.currency == at("code"))
        .values(gifts=totals.c.gifts - 1)
    )
)
_GIVE_BACK = Statement(
    lambda: (
        update(totals)
        .where(totals.c.campaign_id == at("id"), totals.c.currency == at("code"))
        .values(received_minor=totals.c.received_minor - at("minor"))
    )
)
_UPTO_TWO_GIFTS = (
    select(donations.c.id)
    .where(
        donations.c.campaign_id == at("campaign_id"),
        donations.c.donor_id == at("donor_id"),
        donations.c.settled_at.is_not(None),
    )
    .limit(2)
    .subquery()
)
_GIFTS_OF_DONOR = select(func.count()).select_from(_UPTO_TWO_GIFTS).scalar_subquery()


_THIS = update(progress).where(progress.c.campaign_id == at("campaign_id"))
_ONE_DONOR_MORE = Statement(lambda: _THIS.where(_GIFTS_OF_DONOR == 1).values(donors=progress.c.donors + 1))
_ONE_DONOR_LESS = Statement(lambda: _THIS.where(_GIFTS_OF_DONOR == 0).values(donors=progress.c.donors - 1))


def all_of_them(tx: Tx) -> list[Campaign]:
    """Every campaign but drafts, in the operator's order."""
    return _gather(tx.all(_ALL))


def every(tx: Tx) -> list[Campaign]:
    """Drafts too, in the operator's order; for staff."""
    return _gather(tx.all(_EVERY))


def get(tx: Tx, campaign_id: int) -> Campaign | None:
    return soon(tx, campaign_id)()


def soon(tx: Tx, campaign_id: int) -> Callable[[], Campaign | None]:
    """What `get` finds, once it is called; what was asked together is waited for together."""
    rows = tx.soon(_GET, campaign_id=campaign_id)
    return lambda: next(iter(_gather(rows.fetchall())), None)


def soon_slug(tx: Tx, campaign_id: int) -> Callable[[], str]:
    """What the campaign is called in the books, once it is called."""
    found = tx.soon(_SLUG, campaign_id=campaign_id)

    def slug() -> str:
        row = found.fetchone()
        return row["slug"] if row else str(campaign_id)

    return slug


def soon_open_at(tx: Tx, campaign_id: int, now: datetime) -> Callable[[], bool]:
    """As `Campaign.is_open_at`, without its texts and totals, once it is called."""
    found = tx.soon(_OPEN, campaign_id=campaign_id)
    return lambda: _is_open_at(found.fetchone(), now)


def _is_open_at(row: Row | None, now: datetime) -> bool:
    if row is None or row["state"] != CampaignState.OPEN:
        return row is None
    moment_now, starts, ends = seconds(now), row["starts_at"], row["ends_at"]
    return (starts is None or starts <= moment_now) and (ends is None or ends > moment_now)


def named(tx: Tx, slug: str) -> Campaign | None:
    found = _gather(tx.all(_NAMED, slug=slug))
    return found[0] if found else None


def put(tx: Tx, campaign: Campaign, position: int) -> None:
    """Add the campaign, or bring the one with its slug up to date; totals stay."""
    appeal_id = _put_appeal(tx, campaign.appeal)
    tx.do(_PUT, **_columns(campaign), id=_fresh_id(tx), appeal_id=appeal_id, position=position)
    tx.do(_BEGIN, slug=campaign.slug)


def add(tx: Tx, campaign: Campaign) -> int | None:
    """The id of a new campaign of the appeal that there is, last in the order; None where there is no appeal."""
    appeal_id = tx.value(_ANY_APPEAL)
    if appeal_id is None:
        return None
    position = tx.value(_LAST) + 1
    values = {**_columns(campaign), "appeal_id": appeal_id, "position": position}
    campaign_id = tx.value(_ADD, **values, id=_fresh_id(tx))
    tx.do(_BEGIN, slug=campaign.slug)
    return campaign_id


def _fresh_id(tx: Tx) -> int:
    """Never an id that was a draft's before: its old buttons would act on another campaign."""
    return max(tx.value(_HIGHEST), int(marks.get(tx, _DROPPED) or 0)) + 1


def change(tx: Tx, campaign: Campaign) -> None:
    """Bring one campaign up to date by its id; its state, place, appeal and totals stay."""
    values = {name: value for name, value in _columns(campaign).items() if name != "state"}
    values |= {
        "photo": campaign.photo,
        "goal_was_minor": campaign.goal_was.minor if campaign.goal_was else None,
        "goal_changed_at": seconds(campaign.goal_changed_at) if campaign.goal_changed_at else None,
    }
    tx.do(setting(campaigns, frozenset(values)), row_id=campaign.id, **values)


def move(tx: Tx, campaign_id: int, was: CampaignState, to: CampaignState) -> bool:
    """True for the one caller who found it in the state `was`."""
    return tx.run(_CLAIM, row_id=campaign_id, was=was, to=to) == 1


def arrange(tx: Tx, campaign_ids: Iterable[int]) -> None:
    """The operator's order, of all of them."""
    for place, campaign_id in enumerate(campaign_ids):
        tx.do(_PLACE, row_id=campaign_id, place=place)


def drop(tx: Tx, campaign_id: int) -> bool:
    """Take a draft away; only one that nothing points at."""
    is_gone = not is_given_to(tx, campaign_id) and tx.run(_DROP, row_id=campaign_id) == 1
    if is_gone and campaign_id > int(marks.get(tx, _DROPPED) or 0):
        marks.put(tx, _DROPPED, str(campaign_id))
    return is_gone


def is_given_to(tx: Tx, campaign_id: int) -> bool:
    """Whether any gift or promise, paid or not, names it: what its slug is called in the books stays then."""
    return any(tx.one(one, campaign_id=campaign_id) is not None for one in (_GIFTS, _PLEDGES))


def open_pages(tx: Tx, campaign_id: int) -> int:
    """How many pages at Stripe may still be paid."""
    return tx.value(_OPEN_PAGES, campaign_id=campaign_id)


def receive(tx: Tx, campaign_id: int, donor_id: int, money: Money) -> None:
    """Add one gift, which is settled, to the totals; call it once per gift, in the transaction that records its payment."""
    tx.do(_RECEIVE, campaign_id=campaign_id, currency=money.currency, received_minor=money.minor)
    tx.do(_ONE_DONOR_MORE, campaign_id=campaign_id, donor_id=donor_id)


def give_back(tx: Tx, campaign_id: int, minor: int, currency: str) -> None:
    """Take what went back to a donor out of the totals; negative where a refund failed and the money is here again."""
    tx.do(_GIVE_BACK, id=campaign_id, code=currency, minor=minor)


def promise(tx: Tx, campaign_id: int, minor: int, currency: str) -> None:
    """Add one pledge to what is promised; negative where one was matched or canceled."""
    one = 1 if minor > 0 else -1
    tx.do(_PROMISE, campaign_id=campaign_id, currency=currency, promised_minor=minor, pledges=one)


def unreceive(tx: Tx, campaign_id: int, donor_id: int, money: Money) -> None:
    """The gift was never received, so it leaves every total; its `settled_at` must be gone already."""
    give_back(tx, campaign_id, money.minor, money.currency)
    tx.do(_ONE_GIFT_LESS, id=campaign_id, code=money.currency)
    tx.do(_ONE_DONOR_LESS, campaign_id=campaign_id, donor_id=donor_id)


def _put_appeal(tx: Tx, appeal: Appeal) -> int:
    titles = _dump(appeal.titles)
    return tx.value(
        _PUT_APPEAL,
        slug="appeal",
        titles=titles,
        operator=appeal.operator,
        contact=appeal.contact,
        rhythms=_dump([[rhythm.until.isoformat(), dict(rhythm.titles)] for rhythm in appeal.rhythms]),
    )


def _columns(campaign: Campaign) -> dict[str, Value]:
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
        "ways": _dump(campaign.ways),
    }


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=dict)


def _gather(rows: list[Row]) -> list[Campaign]:
    return list(_gathered(tuple(map(tuple, rows))))


# Between two payments every turn reads the same. A row would compare the names of its columns, too.
@lru_cache(maxsize=16)
def _gathered(values: tuple[tuple[Value, ...], ...]) -> tuple[Campaign, ...]:
    rows: list[Row] = [dict(zip(_READ, one, strict=True)) for one in values]
    received: dict[int, list[Money]] = {}
    promised: dict[int, list[Money]] = {}
    first: dict[int, Row] = {}
    for row in rows:
        first.setdefault(row["id"], row)
        for column, kept in (("received_minor", received), ("promised_minor", promised)):
            if row["total_currency"] and row[column]:
                kept.setdefault(row["id"], []).append(Money(row[column], row["total_currency"]))
    return tuple(
        _noun(row, received.get(row["id"], ()), promised.get(row["id"], ())) for row in first.values()
    )


def _noun(row: Row, received: Iterable[Money], promised: Iterable[Money]) -> Campaign:
    return Campaign(
        id=row["id"],
        slug=row["slug"],
        state=CampaignState(row["state"]),
        goal=Money(row["goal_minor"], row["currency"]),
        appeal=_appeal(row["titles"], row["operator"], row["contact"], row["rhythms"]),
        texts=_texts(row["texts"]),
        presets=_presets(row["presets"]),
        limits=_limits(row["limits"]),
        starts_at=_maybe(row["starts_at"]),
        ends_at=_maybe(row["ends_at"]),
        authorisation=row["authorisation"],
        statement=row["statement"],
        received=tuple(received),
        donors=row["donors"],
        ways=_ways(row["ways"]),
        promised=tuple(promised),
        counted_minor=row["counted_minor"],
        photo=row["photo"],
        goal_was=None if row["goal_was_minor"] is None else Money(row["goal_was_minor"], row["currency"]),
        goal_changed_at=_maybe(row["goal_changed_at"]),
    )


def _maybe(value: int | None) -> datetime | None:
    return None if value is None else moment(value)


# The same few texts come back at every turn, so each is read once.
@lru_cache(maxsize=64)
def _appeal(titles: str, operator: str, contact: str, rhythms: str) -> Appeal:
    named = tuple(Rhythm(date.fromisoformat(until), titles) for until, titles in json.loads(rhythms))
    return Appeal(json.loads(titles), operator, contact, named)


@lru_cache(maxsize=256)
def _texts(raw: str) -> Mapping[str, CampaignText]:
    return {lang: CampaignText(*parts) for lang, parts in json.loads(raw).items()}


@lru_cache(maxsize=256)
def _ways(raw: str) -> Mapping[str, str]:
    return json.loads(raw)


@lru_cache(maxsize=256)
def _presets(raw: str) -> Mapping[str, tuple[Preset, ...]]:
    return {
        cur: tuple(Preset(Money(minor, cur), impact) for minor, impact in some)
        for cur, some in json.loads(raw).items()
    }


@lru_cache(maxsize=256)
def _limits(raw: str) -> Mapping[str, Limits]:
    return {cur: Limits(Money(low, cur), Money(high, cur)) for cur, (low, high) in json.loads(raw).items()}
