"""A paper as data, and the lines that several papers share; knows neither ink nor page.

Plain text, not HTML. What has a direction of its own (sums, names, numbers) stands in isolates, as on the screens.
"""

from collections.abc import Iterable
from datetime import date, datetime, time

from msgspec import Struct

from bot.i18n import ZONE, Words, isolate
from bot.money import Money
from bot.papers.facts import Issuer


class Line(Struct, frozen=True):
    label: str
    value: str
    is_strong: bool = False


class Table(Struct, frozen=True):
    """The last `sums` columns hold sums; column `wide` takes the room that is left. `beneath` stands under it."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    sums: int = 1
    wide: int = 0
    is_last_strong: bool = False
    beneath: tuple[str, ...] = ()


class Frame(Struct, frozen=True):
    """What stands on every page. `page` has the places {page} and {pages}."""

    language: str
    issuer: str
    footer: str
    page: str


class Sheet(Struct, frozen=True):
    """One paper in one language; `verify_url` is drawn as a QR code, `caption` stands beside it."""

    frame: Frame
    made_at: datetime
    title: str
    number: str
    lead: str = ""
    amount: str = ""
    lines: tuple[Line, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    verify_url: str = ""
    caption: str = ""


def frame(words: Words, issuer: Issuer) -> Frame:
    number = issuer.authorisation
    return Frame(
        words.language,
        isolate(issuer.operator),
        words.label("Authorisation no. {number}", number=number) if number else "",
        words.label("Page {page} of {pages}", page="{page}", pages="{pages}"),
    )


def campaign_lines(words: Words, title: str, issuer: Issuer) -> tuple[Line | None, ...]:
    number = issuer.authorisation
    return (
        Line(words.label("Campaign"), isolate(title)),
        Line(words.label("Run by"), isolate(issuer.operator)),
        Line(words.label("Authorisation no."), isolate(number)) if number else None,
    )


def number_line(words: Words, number: str) -> Line:
    return Line(words.label("Number"), isolate(number))


def reference_line(words: Words, reference: str) -> Line:
    return Line(words.label("Reference of the gift"), isolate(reference))


def descriptor_line(words: Words, descriptor: str) -> Line | None:
    return Line(words.label("On your bank statement"), isolate(descriptor)) if descriptor else None


def made_line(words: Words, made_at: datetime) -> Line:
    return Line(words.label("Made on"), isolate(words.date(made_at)))


def period_line(words: Words, first: date, last: date) -> Line:
    return Line(words.label("Period"), days(words, first, last))


def days(words: Words, first: date, last: date) -> str:
    """Both days are included."""
    return words.label("from {first} to {last}", first=_day(words, first), last=_day(words, last))


def _day(words: Words, day: date) -> str:
    return words.date(datetime.combine(day, time(12), ZONE))


def caption(words: Words) -> str:
    return words.label("Scan the code to check that this paper is genuine.")


def isolated(*notes: str | None) -> tuple[str, ...]:
    return tuple(isolate(note) for note in notes if note)


def present(lines: Iterable[Line | None]) -> tuple[Line, ...]:
    return tuple(line for line in lines if line)


def total(words: Words, money: Money) -> str:
    """All decimals. FiraGO's narrow space between thousands is too narrow to be seen in a column of small print."""
    return isolate(words.exact(money).replace("\u202f", "\u00a0"))


def minus(words: Words, money: Money) -> str:
    """What goes out; nothing going out is no minus."""
    return total(words, Money(-money.minor, money.currency))
