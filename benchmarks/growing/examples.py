"""A fitting example of every Action that a handler answers, every message that one takes, and every command."""

from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from benchmarks.growing import people
from benchmarks.growing.beside import ASKED, DRAFT, GOING, SENT
from benchmarks.growing.people import (
    AMINA,
    BACK,
    FINANCE,
    MATCHED,
    MESSAGES,
    MONTHLY,
    OPEN,
    OWNER,
    PAID,
    PLEDGE,
    READER,
)
from benchmarks.growing.rehearsal import Rehearsal
from bot import actions as a
from bot.actions import Action, pack
from bot.staff import Right
from handlers.routes import HANDLERS

_LEAST = {
    Right.READ: READER,
    Right.MONEY: FINANCE,
    Right.SPEAK: MESSAGES,
    Right.CAMPAIGNS: OWNER,
    Right.ROLES: OWNER,
}


class Example(Struct, frozen=True):
    """A tap on `action`, or a message `text` where `place` is in front of the person, who has the least role that may."""

    name: str
    person: int
    action: Action | None = None
    text: str = ""
    place: Action | None = None
    more: dict[str, Any] = field(default_factory=dict[str, Any])
    streams: bool = False

    @property
    def is_staffs(self) -> bool:
        return self.person != AMINA


def everything(db: Rehearsal) -> list[Example]:
    number, code = _paper(db)
    found = [*_taps(number, code), *_messages(), *_commands(number), *_links(number, code)]
    return [replace(one, name=_plain(one.name, number, code)) for one in found]


def _plain(name: str, number: int, code: str) -> str:
    """The same in every book."""
    return (
        name.replace(code, "(code)")
        .replace(f"2026-{number}", "2026-(n)")
        .replace(f"2026_{number}", "2026_(n)")
    )


def _paper(db: Rehearsal) -> tuple[int, str]:
    number = db.ask("SELECT number FROM receipts WHERE donation_id = ? AND kind = 'receipt'", PAID)[0]
    return number, db.ask("SELECT hash FROM ledger WHERE donation = ? AND kind = 'gift'", PAID)[0][:24]


def person_for(action: Action) -> int:
    needs = HANDLERS[type(action)].needs
    return _LEAST[needs] if needs else AMINA


def _tap(action: Action, person: int = 0, *, streams: bool = False) -> Example:
    return Example(
        f"{type(action).__name__} {pack(action)}", person or person_for(action), action, streams=streams
    )


def _taps(number: int, code: str) -> list[Example]:
    del code
    sum_ = (1, 20_000, "mad")
    donors = [
        a.Home(),
        a.Help(),
        a.ShowCampaign(1),
        a.ShowStory(1),
        a.ChooseAmount(1),
        a.PickCampaign(20_000, "mad"),
        a.Check(*sum_),
        a.CheckCovered(*sum_),
        a.Give(*sum_),
        a.GiveCovered(*sum_, 0),
        a.Bridge(OPEN),
        a.Look(OPEN),
        a.Refused(OPEN),
        a.CancelGift(OPEN),
        a.Remind(OPEN),
        a.Undo("no", PAID),
        a.Undo("yes", PAID),
        a.Promise(*sum_),
        a.ShowPledge(PLEDGE),
        a.SayPaid(PLEDGE),
        a.RemindPledge(PLEDGE),
        a.CancelPledge("no", PLEDGE),
        a.CancelPledge("yes", PLEDGE),
        a.ChooseTerm(*sum_),
        a.CheckMonthly(*sum_, "6m"),
        a.GiveMonthly(*sum_, "6m"),
        a.ShowMonthly(MONTHLY),
        a.StopMonthly("no", MONTHLY),
        a.StopMonthly("yes", MONTHLY),
        a.PauseMonthly(0, MONTHLY),
        a.PauseMonthly(1, MONTHLY),
        a.ChangeMonthly("no", 0, MONTHLY),
        a.ChangeMonthly("yes", 20_000, MONTHLY),
        a.NewCard(MONTHLY),
        a.MyGifts(),
        a.MyGifts(2),
        a.Languages(),
        a.SetLanguage("ar"),
        a.Currencies(),
        a.SetCurrency("eur"),
        a.Privacy(),
        a.ExportMine(),
        a.EraseMine("no"),
        a.EraseMine("yes"),
        a.GetReceipt(PAID),
        a.GetPaper(2026, number),
        a.GetCreditNote(BACK),
        a.GetStatement(2026),
        a.VerifyGift(PAID),
        a.AskPerson(),
        a.SolveQuestion(),
        a.BroadcastGive(SENT, 0),
        a.StopMessages(SENT),
        a.MessagesAgain(),
    ]
    return [_tap(one) for one in donors] + _staff_taps()


def _staff_taps() -> list[Example]:
    desk: list[Action] = [
        a.Admin(),
        a.ShowToday(),
        a.SwitchDigest("no"),
        a.ShowStats(7, 0),
        a.ShowStats(30, 0),
        a.ShowStats(30, 1),
        a.ShowStats(365, 0),
        a.Find(),
        a.ShowSources(),
        a.ShowGift(PAID),
        a.ShowGift(BACK),
        a.RefundGift("no", "none", 5000, 0, PAID),
        a.RefundGift("yes", "wish", 5000, 20_000, PAID),
        a.Pledges(),
        a.Pledges(2),
        a.MatchPledge("no", 0, PLEDGE),
        a.MatchPledge("yes", 0, PLEDGE),
        a.UnmatchPledge("ask", MATCHED),
        a.UnmatchPledge("mistake", MATCHED),
        a.StopForDonor("no", MONTHLY),
        a.StopForDonor("yes", MONTHLY),
        a.Freeze("no"),
        a.Freeze("yes"),
        a.Unfreeze("no"),
        a.Unfreeze("yes"),
        a.ShowRates(),
        a.SetRate("no", "eur", "mad", "10d9", 20261127),
        a.SetRate("yes", "eur", "mad", "10d9", 20261127),
        a.ShowReport(),
        a.ShowReport("look", 1, 20260101, 20261231),
        a.ShowReport("pdf"),
        a.ExportGifts(),
        a.Questions(),
        a.Roles(),
        a.ShowMember(str(READER)),
        a.GiveRole("finance", str(READER)),
        a.TakeRole("yes", str(READER)),
        a.AddStaff(),
        a.AddStaff("reader"),
        a.Invite("reader"),
        a.Audit(),
        a.MakeLink(),
        a.LinkAmount(1),
        a.LinkSource(1, 20_000, "mad"),
        a.ShowLink(1, 20_000, "mad", "mosque", "look"),
        a.ShowLink(1, 20_000, "mad", "mosque", "qr"),
    ]
    streams: list[Action] = [a.ShowReport("xlsx"), a.ExportGifts("csv"), a.ExportGifts("xlsx")]
    return [
        *(_tap(one) for one in desk),
        *(_tap(one, streams=True) for one in streams),
        *_campaign_taps(),
        *_broadcast_taps(),
    ]


def _campaign_taps() -> list[Example]:
    some: list[Action] = [
        a.Campaigns(),
        a.ManageCampaign(1),
        a.PreviewCampaign("card", "fr", 1),
        a.PreviewCampaign("amounts", "fr", 1),
        a.MoveCampaign("no", "paused", 1),
        a.MoveCampaign("yes", "paused", 1),
        a.MoveCampaign("no", "closed", 1),
        a.ShiftCampaign("down", 1),
        a.DropDraft("no", 1),
        a.NewCampaign(),
        a.CampaignTexts(1),
        a.EditCampaign("goal", "any", "one", 1),
        a.SetCampaignSum("goal", 90_000_000, "mad", "one", 1),
        a.TakeCurrency("usd", "one", 2),
        a.ClearCampaignPart("ends", "any", 1),
        a.SkipQuestion("ends", "any", 1),
    ]
    return [_tap(one) for one in some]


def _broadcast_taps() -> list[Example]:
    mine: list[Action] = [
        a.Broadcasts(),
        a.NewBroadcast(),
        a.NewBroadcast("yes"),
        a.ShowBroadcast(DRAFT),
        a.ShowBroadcast(GOING),
        a.ShowBroadcast(SENT),
        *(
            a.Compose(page, DRAFT)
            for page in ("main", "buttons", "audience", "when", "preview", "copy", "drop", "dropped")
        ),
        a.Compose("report", SENT),
        a.Compose("recount", SENT),
        a.ComposePart("show", "fr", DRAFT),
        a.FallBack("fr", "en", DRAFT),
        a.AddButton("ask", "give", 0, 0, "any", DRAFT),
        a.AddButton("done", "give", 1, 0, "any", DRAFT),
        a.EditButton("show", 0, "fr", DRAFT),
        *(a.Narrow(what, value, DRAFT) for what, value in _NARROWED),
        a.SetTime(0, DRAFT),
        a.SetSpeed("no", DRAFT),
        a.SendBroadcast("no", 1, DRAFT),
        a.SendBroadcast("yes", 1, DRAFT),
        a.Steer("pause", "page", GOING),
        a.Steer("stop", "page", GOING),
    ]
    second: list[Action] = [
        a.Review(step, 1, ASKED) for step in ("show", "preview", "approve", "refuse", "text")
    ]
    others = [*(_tap(one) for one in mine), *(_tap(one, OWNER) for one in second)]
    return [*others, _tap(a.Compose("csv", SENT), streams=True)]


_NARROWED = (
    ("gave", "ask"),
    ("gave", "gave"),
    ("gave", "lapsed"),
    ("monthly", "yes"),
    ("currency", "eur"),
    ("language", "fr"),
    ("source", "ask"),
    ("staff", "yes"),
)


def _messages() -> list[Example]:
    """What is typed or sent where a screen waits for it."""
    asked: list[tuple[int, Action, str]] = [
        (AMINA, a.AskPerson(), "When will the tents be there?"),
        (READER, a.Find(), "D6"),
        (READER, a.Find(), "200 dh"),
        (READER, a.Find(), "200 dh 2026-11-20"),
        (READER, a.Find(), PAID),
        (OWNER, a.NewCampaign(), "Blankets"),
        (OWNER, a.EditCampaign("goal", "any", "one", 1), "900000"),
        (MESSAGES, a.ComposePart("write", "fr", DRAFT), "Bonjour"),
        (MESSAGES, a.Compose("when", DRAFT), "tomorrow 10:00"),
        (MESSAGES, a.AddButton("ask", "link", 0, 0, "any", DRAFT), "https://example.org"),
        (MESSAGES, a.EditButton("label", 0, "fr", DRAFT), "Donner"),
        (MESSAGES, a.Narrow("source", "ask", DRAFT), "mosque"),
        (OWNER, a.Review("refuse", 1, ASKED), "Too long."),
        (OWNER, a.AddStaff("reader"), "no contact"),
        (MESSAGES, a.LinkAmount(1), "300"),
        (MESSAGES, a.LinkSource(1, 20_000, "mad"), "market"),
    ]
    typed = [
        (AMINA, a.ShowCampaign(1), "200 dh"),
        (AMINA, a.Home(), "hello"),
        (AMINA, a.ChooseTerm(1, 20_000, "mad"), "12 months"),
    ]
    return [
        Example(f"at {type(place).__name__}: {text}", person, text=text, place=place)
        for person, place, text in [*asked, *typed]
    ]


def _commands(number: int) -> list[Example]:
    said = {
        "find": [f"/find 2026-{number}", "/find", f"/find {PLEDGE}", "/find 13 EUR"],
        "receipt": ["/receipt", f"/receipt {PAID}", f"/receipt 2026-{number}"],
        "refund": [f"/refund {PAID} 50", "/refund"],
        "statement": ["/statement", "/statement 2025"],
        "verify": ["/verify", f"/verify {PAID}"],
        "pledges": ["/pledges", f"/pledges {PLEDGE} 400"],
        "rate": ["/rate", "/rate EUR 10.9"],
        "export": ["/export", "/export 2026"],
    }
    return [
        Example(f"{text}", COMMANDS[name], text=text, streams=False)
        for name in COMMANDS
        for text in said.get(name, [f"/{name}"])
    ]


# Who has each command: the least of those who may.
COMMANDS = {
    **dict.fromkeys(
        (
            "start",
            "donate",
            "mygifts",
            "language",
            "currency",
            "help",
            "privacy",
            "cancel",
            "receipt",
            "statement",
            "verify",
            "undo",
        ),
        AMINA,
    ),
    **dict.fromkeys(("admin", "campaigns", "find", "report", "sources", "stats", "today"), READER),
    **dict.fromkeys(("export", "freeze", "unfreeze", "pledges", "rate", "refund"), FINANCE),
    **dict.fromkeys(("broadcast", "broadcasts", "link", "questions"), MESSAGES),
    **dict.fromkeys(("audit", "roles"), OWNER),
}


def _links(number: int, code: str) -> list[Example]:
    """What only a link asks."""
    some = {
        "CampaignLink": "c_humanitarian_200_mad__mosque",
        "Scan": f"v_{code}_2026_{number}",
        "Join": "j_nobodysecretnobodysecret",
        "Look": f"r_{OPEN}",
    }
    newcomer = Example("a newcomer: /start", 4_000_000, text="/start c_humanitarian__radio")
    return [
        *(
            Example(f"{name} /start {payload}", AMINA, text=f"/start {payload}")
            for name, payload in some.items()
        ),
        newcomer,
    ]


__all__ = ["COMMANDS", "Example", "everything", "people"]
