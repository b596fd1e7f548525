"""What staff see of campaigns: the list, one with all that it says, what donors see of it, and the second taps."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from bot.actions import (
    Campaigns,
    CampaignTexts,
    DropDraft,
    EditCampaign,
    Home,
    ManageCampaign,
    MoveCampaign,
    NewCampaign,
    PreviewCampaign,
    SetCampaignSum,
    ShiftCampaign,
)
from bot.config import LANGUAGES
from bot.contents import ContentKind, units
from bot.drafting import TEXTS, Part, lacks, last_day
from bot.i18n import Words
from bot.model import Campaign, CampaignState, CampaignText
from bot.money import Money
from bot.questions import Question
from bot.screens.base import Button, Screen, lines, paragraphs, rows
from bot.screens.home import LANGUAGE_NAMES, earlier_goal, raised

PAGE = 6
FACES = ("card", "story", "amounts")


def named(words: Words, campaign: Campaign) -> str:
    """Its title; of a draft without one, its name in links."""
    return campaign.text(words.language).title or campaign.slug


def heading(words: Words, campaign: Campaign) -> str:
    """Its name, in a line that runs as its reader's language does."""
    return words.text("<b>{title}</b>", title=named(words, campaign))


def part_name(words: Words, part: Part) -> str:
    """As it stands on a button and in a list."""
    names = {
        Part.TITLE: words.label("Title"),
        Part.SUMMARY: words.label("Summary"),
        Part.STORY: words.label("Story"),
        Part.GOAL: words.label("Goal"),
        Part.AMOUNTS: words.label("Amounts"),
        Part.SMALLEST: words.label("Smallest gift"),
        Part.LARGEST: words.label("Largest gift"),
        Part.PRESETS: words.label("Offered amounts"),
        Part.START: words.label("First day"),
        Part.END: words.label("Last day"),
        Part.AUTHORISATION: words.label("Authorisation"),
        Part.STATEMENT: words.label("Card statement"),
        Part.PHOTO: words.label("Photo"),
        Part.WAYS: words.label("Paying in Morocco"),
        Part.SLUG: words.label("Name in links"),
    }
    return names[part]


def listed(
    words: Words, campaigns: Sequence[Campaign], page: int, now: datetime, *, may_change: bool
) -> Screen:
    """`campaigns` are all of them, drafts first."""
    page = max(1, min(page, -(-len(campaigns) // PAGE)))
    here = campaigns[(page - 1) * PAGE : page * PAGE]
    title = words.plural("<b>{n} campaign</b>", "<b>{n} campaigns</b>", len(campaigns))
    newer = (Button(words.label("Previous"), Campaigns(page - 1)),) if page > 1 else ()
    older = (Button(words.label("Next"), Campaigns(page + 1)),) if page * PAGE < len(campaigns) else ()
    new = Button(words.label("New campaign"), NewCampaign(), style="primary") if may_change else None
    return Screen(
        paragraphs(title, *(_item(words, one, now) for one in here)),
        rows(
            *(Button(named(words, one), ManageCampaign(one.id)) for one in here),
            newer + older,
            new,
            Button(words.label("What donors see"), Home()),
        ),
        awaiting=Campaigns(page),
    )


def _item(words: Words, campaign: Campaign, now: datetime) -> str:
    return lines(_headline(words, campaign, now), _progress(words, campaign))


def _headline(words: Words, campaign: Campaign, now: datetime) -> str:
    return words.text(
        "<b>{title}</b> · {status}", title=named(words, campaign), status=_status(words, campaign, now)
    )


def _status(words: Words, campaign: Campaign, now: datetime) -> str:
    """Plain text."""
    if campaign.state is not CampaignState.OPEN:
        return {
            CampaignState.DRAFT: words.label("📝 draft, seen by staff only"),
            CampaignState.PAUSED: words.label("⏸ paused"),
            CampaignState.CLOSED: words.label("⏹ closed"),
        }[campaign.state]
    if campaign.starts_at and campaign.starts_at > now:
        return words.label("🕒 opens on {date}", date=words.date(campaign.starts_at))
    if campaign.ends_at and campaign.ends_at <= now:
        return words.label("⌛ its last day was {date}", date=words.date(last_day(campaign.ends_at)))
    return words.label("🟢 open")


def _progress(words: Words, campaign: Campaign) -> str:
    return raised(words, campaign) if campaign.goal.minor else words.text("No goal yet.")


def managed(
    words: Words,
    campaign: Campaign,
    link: str,
    now: datetime,
    go_on: Question | None = None,
    note: str | None = None,
    *,
    may_change: bool,
) -> Screen:
    """One campaign. `link` is its address for donors, `go_on` the next question of a draft, `note` what has just happened."""
    text = paragraphs(
        note,
        lines(
            _headline(words, campaign, now),
            _progress(words, campaign),
            earlier_goal(words, campaign, campaign.earlier_goal(now)),
        ),
        lines(*(language_line(words, campaign, one) for one in LANGUAGES)),
        lines(*(_currency_line(words, campaign, one) for one in campaign.currencies)),
        _particulars(words, campaign, link),
        needs(words, campaign) if campaign.state is CampaignState.DRAFT else None,
    )
    view = Button(words.label("See as donors do"), PreviewCampaign("card", words.language, campaign.id))
    change = _changes(words, campaign, go_on, now) if may_change else ()
    copy = None if campaign.state is CampaignState.DRAFT else Button(words.label("Copy the link"), copy=link)
    back = Button(words.label("List of campaigns"), Campaigns())
    return Screen(text, rows(*change, (view,), copy, back), awaiting=ManageCampaign(campaign.id))


def needs(words: Words, campaign: Campaign) -> str | None:
    """What a draft lacks."""
    missing = " · ".join(part_name(words, part) for part in lacks(campaign))
    if not missing:
        return words.text("Nothing is missing: it can be opened.")
    return words.text("Before it can be opened, it needs: {parts}.", parts=missing)


def language_line(words: Words, campaign: Campaign, language: str) -> str:
    """Whether a language has all texts, and what its readers read where it has not."""
    own, shown = campaign.texts.get(language, CampaignText()), LANGUAGE_NAMES[language]
    if own.is_whole:
        return words.text("{language}: complete", language=shown)
    said = [words.text("{language}: not complete", language=shown)]
    for part in TEXTS:
        source = campaign.source(part, language)
        if source is None:
            said.append(words.text("– {part}: not written yet", part=part_name(words, part)))
        elif source != language:
            said.append(
                words.text(
                    "– {part}: donors read it in another language: {other}",
                    part=part_name(words, part),
                    other=LANGUAGE_NAMES[source],
                )
            )
    return lines(*said)


def _currency_line(words: Words, campaign: Campaign, code: str) -> str:
    pair, offered = campaign.limits[code], campaign.presets.get(code, ())
    limits = words.text(
        "Gifts in {currency}: {smallest} to {largest}",
        currency=code,
        smallest=pair.smallest,
        largest=pair.largest,
    )
    if not offered:
        return limits
    amounts = " · ".join(words.money(one.money) for one in offered)
    return lines(limits, words.text("– offered: {amounts}", amounts=amounts))


def _particulars(words: Words, campaign: Campaign, link: str) -> str:
    starts, ends = campaign.starts_at, campaign.ends_at
    return lines(
        words.text("First day: {date}", date=words.date(starts)) if starts else None,
        words.text("Last day: {date}", date=words.date(last_day(ends))) if ends else None,
        words.text("Authorisation no. {number}", number=campaign.authorisation)
        if campaign.authorisation
        else words.text("No authorisation number."),
        words.text("Card statement: {statement}", statement=campaign.statement)
        if campaign.statement
        else None,
        words.text("It has a photo.") if campaign.photo else words.text("It has no photo."),
        words.text("It can be paid outside Stripe too.") if campaign.ways else None,
        words.text("Link: {link}", link=link),
    )


def _changes(
    words: Words, campaign: Campaign, go_on: Question | None, now: datetime
) -> tuple[Button | tuple[Button, ...] | None, ...]:
    here = campaign.id

    def edit(part: Part) -> Button:
        return Button(part_name(words, part), EditCampaign(part, "any", "one", here))

    is_draft = campaign.state is CampaignState.DRAFT
    following = Button(
        words.label("Go on with the questions"),
        EditCampaign(go_on.part, go_on.key, "new", here) if go_on else None,
        style="primary",
    )
    throw = Button(words.label("Throw away"), DropDraft("no", here))
    return (
        following if go_on and is_draft else None,
        _transitions(words, campaign, now),
        (Button(words.label("Texts"), CampaignTexts(here)), edit(Part.GOAL)),
        (edit(Part.AMOUNTS), edit(Part.PHOTO)),
        (edit(Part.START), edit(Part.END)),
        (edit(Part.AUTHORISATION), edit(Part.STATEMENT)),
        (edit(Part.SLUG), throw) if is_draft else None,
        (
            Button(words.label("Move up"), ShiftCampaign("up", here)),
            Button(words.label("Move down"), ShiftCampaign("down", here)),
        ),
    )


def _transitions(words: Words, campaign: Campaign, now: datetime) -> tuple[Button, ...]:
    here = campaign.id
    opened = Button(words.label("Open"), MoveCampaign("no", "open", here), style="success")
    again = Button(words.label("Open again"), MoveCampaign("no", "open", here), style="success")
    pause = Button(words.label("Pause"), MoveCampaign("no", "paused", here))
    close = Button(words.label("Close"), MoveCampaign("no", "closed", here))
    extend = Button(words.label("Extend"), EditCampaign(Part.END, "any", "one", here), style="success")
    match campaign.state:
        case CampaignState.DRAFT:
            return () if lacks(campaign) else (opened,)
        case CampaignState.OPEN if campaign.ends_at and campaign.ends_at <= now:
            return (extend, close)
        case CampaignState.OPEN:
            return (pause, close)
        case CampaignState.PAUSED:
            return (again, close)
        case CampaignState.CLOSED:
            return (again,)


def preview(words: Words, campaign: Campaign, face: str, language: str, shown: Screen) -> Screen:
    """`shown` is the screen as donors of this language see it; its buttons lead nowhere here."""
    same = PreviewCampaign(face, language, campaign.id)
    inert = tuple(tuple(_inert(button, same) for button in row) for row in shown.rows)
    note = words.text("👁 Donors who read {language} see this.", language=LANGUAGE_NAMES[language])
    faces = {
        "card": words.label("First screen"),
        "story": part_name(words, Part.STORY),
        "amounts": part_name(words, Part.AMOUNTS),
    }
    text = paragraphs(shown.text, lines(note, _missing(words, campaign, language)))
    return replace(
        shown,
        text=text,
        photo=shown.photo if units(text) <= ContentKind.PHOTO.most else None,
        rows=rows(
            *inert,
            tuple(
                Button(name, PreviewCampaign(one, language, campaign.id))
                for one, name in faces.items()
                if one != face
            ),
            tuple(
                Button(name, PreviewCampaign(face, code, campaign.id))
                for code, name in LANGUAGE_NAMES.items()
                if code != language
            ),
            Button(words.label("Back to the campaign"), ManageCampaign(campaign.id)),
        ),
        awaiting=same,
    )


def _inert(button: Button, same: PreviewCampaign) -> Button:
    return button if button.action is None else replace(button, action=same)


def _missing(words: Words, campaign: Campaign, language: str) -> str | None:
    is_whole = campaign.texts.get(language, CampaignText()).is_whole
    return None if is_whole else language_line(words, campaign, language)


def sure_to_open(words: Words, campaign: Campaign) -> Screen:
    """Donors notice it: the second tap."""
    is_again = campaign.state is not CampaignState.DRAFT
    question = (
        words.text("Open “{title}” again? Donors see it and can give at once.", title=named(words, campaign))
        if is_again
        else words.text(
            "Open “{title}”? Donors see it and can give at once. Its link is from then on {link}.",
            title=named(words, campaign),
            link=f"c_{campaign.slug}",
        )
    )
    later = (
        words.text("Gifts are taken from {date} on.", date=words.date(campaign.starts_at))
        if campaign.starts_at
        else None
    )
    return _sure(words, campaign, paragraphs(question, later), words.label("Yes, open it"), "open")


def sure_to_pause(words: Words, campaign: Campaign, open_pages: int, monthly: int) -> Screen:
    text = paragraphs(
        words.text(
            "Pause “{title}”? It takes no new gifts until it is opened again.", title=named(words, campaign)
        ),
        _under_way(words, open_pages, monthly),
    )
    return _sure(words, campaign, text, words.label("Yes, pause it"), "paused")


def sure_to_close(
    words: Words, campaign: Campaign, open_pages: int, monthly: int, other: Campaign | None
) -> Screen:
    """`other` is where donors are pointed to from then on."""
    text = paragraphs(
        words.text(
            "Close “{title}”? It takes no new gifts. It can be opened again.", title=named(words, campaign)
        ),
        words.text("Donors are pointed to “{title}”.", title=named(words, other)) if other else None,
        _under_way(words, open_pages, monthly),
    )
    return _sure(words, campaign, text, words.label("Yes, close it"), "closed")


def _under_way(words: Words, open_pages: int, monthly: int) -> str:
    """What was begun before may be finished."""
    pages = words.plural(
        "{n} payment page is open: it may still be paid, the gift is accepted, and staff are told.",
        "{n} payment pages are open: they may still be paid, the gifts are accepted, and staff are told.",
        open_pages,
    )
    going_on = words.plural(
        "{n} monthly gift goes on until its donor stops it.",
        "{n} monthly gifts go on until their donors stop them.",
        monthly,
    )
    return lines(
        pages if open_pages else words.text("No payment page is open."), going_on if monthly else None
    )


def _sure(words: Words, campaign: Campaign, text: str, label: str, to: str) -> Screen:
    style = "success" if to == "open" else "danger"
    yes = Button(label, MoveCampaign("yes", to, campaign.id), style=style)
    no = Button(words.label("No"), ManageCampaign(campaign.id))
    return Screen(text, rows(yes, no), awaiting=ManageCampaign(campaign.id))


def sure_to_drop(words: Words, campaign: Campaign) -> Screen:
    text = words.text(
        "Throw the draft “{title}” away? Its texts are lost for good.", title=named(words, campaign)
    )
    yes = Button(words.label("Yes, throw it away"), DropDraft("yes", campaign.id), style="danger")
    return Screen(
        text,
        rows(yes, Button(words.label("No"), ManageCampaign(campaign.id))),
        awaiting=ManageCampaign(campaign.id),
    )


def moved(words: Words, state: CampaignState) -> str:
    """What has just happened, above the campaign."""
    match state:
        case CampaignState.OPEN:
            return words.text("✅ It is open.")
        case CampaignState.PAUSED:
            return words.text("✅ It is paused: new gifts are refused kindly.")
        case _:
            return words.text("✅ It is closed: new gifts are refused kindly.")


def saved(words: Words) -> str:
    return words.text("✅ Saved.")


def texts(words: Words, campaign: Campaign, note: str | None = None) -> Screen:
    """Every text in every language, each behind its button."""
    return Screen(
        paragraphs(
            note,
            words.text("Texts of <b>{title}</b>", title=named(words, campaign)),
            lines(*(language_line(words, campaign, one) for one in LANGUAGES)),
        ),
        rows(
            *(_of_language(words, campaign, one) for one in LANGUAGES),
            *(
                Button(
                    f"{LANGUAGE_NAMES[one]} · {part_name(words, Part.WAYS)}",
                    EditCampaign(Part.WAYS, one, "one", campaign.id),
                )
                for one in LANGUAGES
            ),
            Button(words.label("See as donors do"), PreviewCampaign("card", words.language, campaign.id)),
            Button(words.label("Back to the campaign"), ManageCampaign(campaign.id)),
        ),
        awaiting=CampaignTexts(campaign.id),
    )


def _of_language(words: Words, campaign: Campaign, language: str) -> tuple[Button, ...]:
    return tuple(
        Button(
            f"{language.upper()} · {part_name(words, part)}",
            EditCampaign(part, language, "one", campaign.id),
        )
        for part in TEXTS
    )


def sure_of_goal(words: Words, campaign: Campaign, goal: Money, yes: SetCampaignSum) -> Screen:
    """Donors notice a change of the goal."""
    text = paragraphs(
        words.text(
            "Change the goal of “{title}” from {old} to <b>{new}</b>?",
            title=named(words, campaign),
            old=campaign.goal,
            new=goal,
        ),
        words.text("For 30 days donors are told what the goal was before."),
    )
    return Screen(
        text,
        rows(
            Button(words.label("Yes, change the goal"), yes, style="danger"),
            Button(words.label("No"), ManageCampaign(campaign.id)),
        ),
        awaiting=ManageCampaign(campaign.id),
    )
