"""Every screen of the composer, with the most that can stand on it; drawn in every language by test_screens."""

from datetime import UTC, datetime

from msgspec.structs import replace

from bot.audience import Counted
from bot.broadcasts import (
    Audience,
    Broadcast,
    BroadcastButton,
    BroadcastState,
    ButtonKind,
    Gave,
    Monthly,
    Tally,
)
from bot.composing import Draft
from bot.contents import Content, ContentKind
from bot.i18n import Words
from bot.model import Campaign
from bot.money import LARGEST, Money
from bot.screens import approving, composing, narrowing, outcome, steering, under
from bot.screens.base import Screen
from bot.screens.outcome import Group, Outcome
from bot.screens.steering import Going
from bot.wording import Kind, Remark

NOW = datetime(2026, 11, 24, tzinfo=UTC)
MUCH = Money(LARGEST, "MAD")


def a_draft(state: BroadcastState = BroadcastState.DRAFT) -> Draft:
    """A broadcast with the most that can stand in one."""
    parts = {"fr": Content(ContentKind.ALBUM, "x" * 1024, (), ((ContentKind.PHOTO, "x"),) * 10, "1")}
    labels: dict[str, str] = dict.fromkeys(("ar", "fr", "en"), "<" * 40)
    buttons = (
        BroadcastButton(ButtonKind.GIVE, 1, MUCH, labels=labels),
        BroadcastButton(ButtonKind.LINK, url="https://example.org/" + "x" * 180, labels=labels),
        BroadcastButton(ButtonKind.SHARE, 2),
    )
    audience = Audience(Gave.LAPSED, 1, 3650, Monthly.YES, "MAD", ("ar", "fr"), "x" * 32)
    tally = Tally(9_999_999, 1_000_000, 10_000, 20_000, 30_000, 40_000, 50_000)
    one = Broadcast(
        999_999, state, 99, 1, audience, buttons, parts, {"ar": "fr", "en": ""}, 5, True, NOW, NOW, NOW, NOW, 9_999, 1,
        True, tally,
    )  # fmt: skip
    many = 9_999_999
    counted = Counted(
        {"ar": 1, "fr": 2, "en": many}, {"fr": 3, "ar": many}, many, many, many, many, many, many
    )
    remarks = tuple(Remark(kind, "ar", "{" + "x" * 40 + "}") for kind in Kind)
    return Draft(one, counted, remarks, needs_second=True, is_voided=True)


def composer(words: Words, all_three: list[Campaign]) -> dict[str, Screen]:
    draft, campaign = a_draft(), all_three[0]
    one = draft.broadcast
    ready = replace(draft, remarks=())
    pieces = ("part.ar", "choice.fr", "buttons", "audience", "time", "speed")
    made = {
        "composer": composing.fresh(
            words, composing.main(words, draft, all_three, composing.taken_up(words, one))
        ),
        "composer ready": composing.main(words, ready, all_three, composing.tap_a_language(words)),
        "composer sends": composing.main(words, replace(ready, needs_second=False), all_three),
        "composer start": composing.start(words, one),
        "which language": composing.which_language(words, one, "fr"),
        "write any": composing.write(words, one, "any", composing.cannot_keep(words)),
        "write one": composing.write(words, one, "ar", composing.too_long(words, one.parts["fr"], 3072)),
        "write album": composing.write(words, one, "ar", composing.too_many_files(words, 10)),
        "drop": composing.sure_to_drop(words, one),
        "buttons of it": under.buttons(words, one, all_three, composing.voided(words)),
        "no buttons of it": under.buttons(words, replace(one, buttons=()), all_three),
        "which campaign": under.which_campaign(words, one, "give", all_three),
        "which amount": under.which_amount(words, one, campaign, [MUCH] * 4, under.no_amount(words)),
        "which link": under.which_link(words, one, under.no_link(words)),
        "one button": under.button(words, one, 0, all_three),
        "plain button": under.button(words, one, 2, all_three),
        "label": under.label(words, one, 0, "ar", 40, is_too_long=True),
        "audience": narrowing.audience(words, draft, all_three),
        "audience of staff": narrowing.audience(
            words, replace(draft, broadcast=replace(one, audience=Audience(is_staff=True))), all_three
        ),
        "when": narrowing.when(words, draft, [NOW] * 4, problem=narrowing.not_then(words), price=999_999),
        "when at once": narrowing.when(
            words,
            replace(draft, broadcast=replace(one, due_at=None, is_paid=False)),
            [NOW],
            problem=narrowing.no_time(words),
            price=999_999,
        ),
        "sure to send": approving.sure(words, draft, 999_999),
        "no second": approving.no_second(words, draft, 200),
        "waiting for approval": approving.waiting(words, draft, 9, all_three),
        "planned": approving.planned(words, draft, all_three, is_mine=True),
        "planned by another": approving.planned(words, draft, all_three, is_mine=False),
        "draft of another": approving.draft_of_another(words, draft, all_three),
        "request": approving.request(words, draft, all_three, pieces, 999_999, stays=True),
        "request of the same": approving.request(words, draft, all_three, (), None),
        "not this version": approving.not_this_version(words, one),
        "why not": approving.why(words, one),
        "approved by me": approving.decided(words, one, is_approved=True),
        "refused by me": approving.decided(words, one, is_approved=False),
        "approved it": approving.approved(words, one, 9_999_999),
        "listed broadcasts": steering.listed(words, [one] * 8, 2, has_more=True),
        "no broadcasts": steering.listed(words, [], 1, has_more=False),
        "sure to cancel it": steering.sure_to_cancel(words, one),
        "thrown away": steering.thrown_away(words),
        "no such broadcast": steering.unknown(words),
    }
    for given in (*approving.REASONS, "<x>" * 100):
        made[f"refused {given}"] = approving.refused(words, one, 9_999_999, given)
    for language in ("fr", "ar", "en"):
        made[f"part {language}"] = composing.part(words, draft, language)
    for state in BroadcastState:
        going = Going(9_999.0, 999_999)
        made[f"card {state}"] = steering.card(words, a_draft(state).broadcast, going, stays=True)
        made[f"page {state}"] = steering.card(words, a_draft(state).broadcast, Going(1.0))
    reached = Group(9_999_999, 99_999, 999_999, (MUCH, Money(LARGEST, "EUR")))
    for moment in ("now", "end", "24h", "7d"):
        found = Outcome({0: 9, 1: 999_999}, 9_999, reached, Group(500_000, 5_000))
        made[f"report {moment}"] = outcome.report(words, one, found, all_three, moment, stays=True)
    nothing = Outcome({}, 0, Group(2, 0), Group())
    made["report without gifts"] = outcome.report(words, one, nothing, all_three)
    chance = Outcome({}, 0, Group(2000, 3), Group(100, 0))
    made["report by chance"] = outcome.report(words, one, chance, all_three)
    made["report as a file"] = outcome.file(words, one, b"x")
    return made | conditions(words, one, all_three)


def conditions(words: Words, one: Broadcast, all_three: list[Campaign]) -> dict[str, Screen]:
    now, codes = one.audience, ["MAD", "EUR", "USD"]
    offered = {
        "gave": (narrowing.gave_choices(words, now), narrowing.no_days(words)),
        "campaign": (narrowing.campaign_choices(words, now, all_three), None),
        "monthly": (narrowing.monthly_choices(words, now), None),
        "currency": (narrowing.currency_choices(words, now, codes), None),
        "language": (narrowing.language_choices(words, now), None),
        "source": (narrowing.source_choices(words, now), narrowing.no_source(words)),
    }
    made = {
        f"condition {what}": narrowing.choices(words, one, what, choices, problem)
        for what, (choices, problem) in offered.items()
    }
    for gave in Gave:
        narrowed = replace(now, gave=gave, monthly=Monthly.NO, campaign_id=0)
        draft = replace(a_draft(), broadcast=replace(one, audience=narrowed))
        made[f"audience {gave}"] = narrowing.audience(words, draft, all_three)
    return made
