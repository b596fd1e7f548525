"""Gifts of two years in plausible proportions, oldest first: the same ones whenever they are asked for."""

import heapq
from collections.abc import Iterator

from msgspec.structs import replace

from benchmarks.growing.people import (
    AT,
    BACK,
    CAME,
    DAY,
    FIRST,
    MATCHED,
    MONTHLY,
    OF_AMINA,
    OPEN,
    PAID,
    PEOPLE,
    SOURCES,
    START,
    YEARS,
    Gift,
)
from bot.references import LETTERS, check_letter

_SPACE = len(LETTERS) ** 10
_STEP = 614_889_782_588_491
_OWN = len(PEOPLE)
_ONCE = 22 * 9
# As many of one sum on one day as the desk shows: 200 dirhams on the 20th of November.
_ALIKE = 8
_STANDING = 5 + _ALIKE


def of(many: int) -> Iterator[Gift]:
    made = (_gift(number, many) for number in range(many - _STANDING))
    yield from heapq.merge(made, _alike(), key=lambda one: one.at)
    yield from _of_amina()


def chance(number: int, salt: int) -> int:
    """0 to 9999, by arithmetic."""
    mixed = (number * 2_654_435_761 + salt * 40_503 + 12_345) % 2**32
    mixed = (mixed ^ (mixed >> 15)) * 2_246_822_519 % 2**32
    return (mixed ^ (mixed >> 13)) % 10_000


def source_of(donor: int) -> str | None:
    """Four in ten donors came by a link that says from where."""
    one = chance(donor, 9)
    return SOURCES[one % len(SOURCES)] if one < 4000 else None


def reference(number: int) -> str:
    """A sound reference of a pledge, another for each number below 923,521."""
    body = ""
    for _ in range(4):
        number, one = divmod(number, len(LETTERS))
        body += LETTERS[one]
    return body + check_letter(body)


def ident(number: int) -> str:
    rest, found = (number + 1) * _STEP % _SPACE, ""
    for _ in range(10):
        rest, one = divmod(rest, len(LETTERS))
        found += LETTERS[one]
    return found


def joined(donor: int, many: int) -> int:
    """When this donor came: as steadily as gifts do."""
    return START + donor * YEARS // (many + 1)


def monthly_of(number: int) -> str:
    return f"m{ident(number)[1:]}"


def _gift(number: int, many: int) -> Gift:
    at = START + (2 * number + 1) * (YEARS - 3600) // (2 * many)
    donor = _donor(number)
    luck, code = chance(number, 2), _currency(number)
    minor = 2000 + chance(number, 3) * 9 // 100 * 100
    base = Gift(
        ident(number), donor, chance(number, 4) % 10 // 4 + 1, minor, code, at, source=source_of(donor)
    )
    return _once(base, number) if number < _ONCE else _with_fate(base, number, luck)


def _once(one: Gift, number: int) -> Gift:
    """Everything has happened once, in each campaign and currency and from each source, before anything happens often."""
    one = replace(one, campaign=number % 3 + 1, currency=("MAD", "EUR", "USD")[number // 3 % 3], source=None)
    turn = number // 9
    match turn:
        case 8:
            return replace(one, cover=100)
        case 9 | 10 | 11:
            return _went_back(one, (3100, 3170, 3185)[turn - 9])
        case 12:
            return replace(one, pledge=reference(800_000 + number))
        case _ if turn > 13:
            return _went_back(replace(one, source=SOURCES[turn % 8]), 3100)
        case _:
            return replace(one, source=SOURCES[turn % 8])


def _donor(number: int) -> int:
    """Somebody who was here by then; some give often."""
    reach = max(1, number - 1)
    return _OWN + 1 + chance(number, 1) * chance(number, 8) * reach // 100_000_000


def _currency(number: int) -> str:
    luck = chance(number, 5)
    return "MAD" if luck < 7500 else "EUR" if luck < 9500 else "USD"


def _with_fate(one: Gift, number: int, luck: int) -> Gift:
    if number % 33 == 5:
        return replace(one, monthly=monthly_of(number))
    if number % 25 == 11:
        return replace(one, pledge=reference(number // 25))
    if luck < 1700:
        return replace(one, state="expired" if luck < 1300 else "canceled" if luck < 1600 else "failed")
    if luck < 3100 and number > 3 * _ONCE:
        return _renewed(one, number)
    if one.at < AT - 5 * DAY and luck < 3190:
        return _went_back(one, luck)
    return replace(one, cover=one.minor // 30) if chance(number, 6) < 1000 else one


def _renewed(one: Gift, number: int) -> Gift:
    first = number // 66 * 33 + 5
    donor = _donor(first)
    return replace(one, donor=donor, source=source_of(donor), monthly=monthly_of(first), is_renewal=True)


def _went_back(one: Gift, luck: int) -> Gift:
    if luck < 3160:
        return replace(one, state="refunded", back=one.minor)
    return (
        replace(one, state="partly_refunded", back=1000)
        if luck < 3180
        else replace(one, state="charged_back")
    )


def _alike() -> Iterator[Gift]:
    for one in range(_ALIKE):
        at = AT - 7 * DAY + 60 * one
        yield Gift(ident(10_000_000 + one), _OWN + 1 + one, 1, 20_000, "MAD", at)


def _of_amina() -> Iterator[Gift]:
    a, at = OF_AMINA, AT - 3600
    yield Gift(BACK, a, 1, 30_000, "MAD", at, "partly_refunded", back=10_000)
    yield Gift(FIRST, a, 2, 10_000, "MAD", at + 60, monthly=MONTHLY)
    yield Gift(CAME, a, 1, 50_000, "MAD", at + 120, pledge=MATCHED)
    yield Gift(PAID, a, 1, 20_000, "MAD", at + 180)
    yield Gift(OPEN, a, 3, 20_000, "MAD", AT - 300, "awaiting")


__all__ = ["chance", "ident", "joined", "monthly_of", "of", "reference", "source_of"]
