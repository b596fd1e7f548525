"""References that people copy onto a transfer and read out on the telephone: `K4-27P`, with a check letter.

Letters stand for residues modulo 31, which is prime, and each place has a weight of its own; the weighted sum of a sound
reference is the same for all. So every single wrong letter and every swap of two letters is caught, wherever it is.
"""

import hmac
import re
import secrets
import unicodedata
from collections.abc import Iterator

# No 0, O, 1, I, L: whoever reads a scrap of paper must not have to guess.
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
LENGTH = 5
_GIFT = 10
_PRIME = len(LETTERS)
# Chosen so that the example above is sound, and 22222 is not.
_SUM = 17
_VALUE = {letter: value for value, letter in enumerate(LETTERS)}
_NOISE = re.compile(r"[\W_]+")


def fresh() -> str:
    """A sound reference by chance, one of 923,521; whether it is taken is for the caller to see."""
    body = "".join(secrets.choice(LETTERS) for _ in range(LENGTH - 1))
    return body + check_letter(body)


def fresh_gift() -> str:
    """The id of a new gift: ten letters, which nobody has to type."""
    return _ten(secrets.randbelow(_PRIME**_GIFT))


def gift_of(secret: bytes, update_id: int) -> str:
    """The id of the gift that this update begins, where it begins one: the same each time it comes; told to nobody beforehand."""
    return _ten(int.from_bytes(hmac.digest(secret, str(update_id).encode(), "sha256")) % _PRIME**_GIFT)


def _ten(number: int) -> str:
    letters = ""
    for _ in range(_GIFT):
        number, place = divmod(number, _PRIME)
        letters += LETTERS[place]
    return letters


def check_letter(body: str) -> str:
    """The letter that makes these four a sound reference."""
    return _solved((*body, None))


def normal(written: str) -> str:
    """As references are kept: lower case, no dash, no space, no direction mark, digits of any script made plain."""
    plain = _NOISE.sub("", written).casefold()
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in plain)


def is_sound(reference: str) -> bool:
    """Whether a `normal` reference has the right length, letters and check letter."""
    return len(reference) == LENGTH and set(reference) <= _VALUE.keys() and _sum(reference) == _SUM


def is_reference(reference: str) -> bool:
    """Whether a `normal` text could be a pledge's or a gift's reference, whoever has it; digits alone are an amount."""
    is_gift = len(reference) == _GIFT and set(reference) <= _VALUE.keys()
    return (is_sound(reference) or is_gift) and not reference.isdecimal()


def shown(reference: str) -> str:
    """As people see it: `K4-27P`."""
    upper = reference.upper()
    return f"{upper[:2]}-{upper[2:]}"


def near(written: str) -> list[str]:
    """The sound references from which `written` (normal, not sound) is one slip away.

    A slip: one wrong, missing or additional letter, or two neighbours swapped.
    """
    return sorted({*_slips(written)} - {written})


def _slips(written: str) -> Iterator[str]:
    if len(written) == LENGTH - 1:
        candidates = ((*written[:at], None, *written[at:]) for at in range(LENGTH))
    elif len(written) == LENGTH:
        candidates = ((*written[:at], None, *written[at + 1 :]) for at in range(LENGTH))
    else:
        candidates = iter(())
    for places in candidates:
        if all(one is None or one in _VALUE for one in places):
            yield "".join(one or _solved(places) for one in places)
    swapped = (
        (written[:at] + written[at + 1] + written[at] + written[at + 2 :] for at in range(LENGTH - 1))
        if len(written) == LENGTH
        else ()
    )
    shorter = (written[:at] + written[at + 1 :] for at in range(len(written)))
    yield from (one for one in (*swapped, *shorter) if is_sound(one))


def _sum(reference: str) -> int:
    return sum(weight * _VALUE[letter] for weight, letter in enumerate(reference, 1)) % _PRIME


def _solved(places: tuple[str | None, ...]) -> str:
    """The letter that must stand at the one empty place."""
    known = sum(weight * _VALUE[one] for weight, one in enumerate(places, 1) if one is not None)
    empty = places.index(None) + 1
    return LETTERS[(_SUM - known) * pow(empty, -1, _PRIME) % _PRIME]
