"""A campaign's name in links, made from its title: a to z, digits and hyphens, whatever the script."""

import re
import unicodedata
from collections.abc import Collection

PATTERN = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")
_LONGEST = 24
# As Moroccans write Arabic in Latin letters on signs: no marks, no digits in place of letters.
_LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةآأإؤئپچڤگڭ"
_SOUNDS = "a b t th j h kh d dh r z s ch s d t z a gh f q k l m n h ou i a a a a i ou i p tch v g g"
_ARABIC = {**dict(zip(_LETTERS, _SOUNDS.split(), strict=True)), "ء": ""}
_LATIN = {"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}


def slug_of(title: str, taken: Collection[str]) -> str:
    """A slug that no other campaign has."""
    base = _spelled(title) or "campaign"
    numbered = (base, *(f"{base[: _LONGEST - 4].rstrip('-')}-{n}" for n in range(2, 1000)))
    return next(one for one in numbered if one not in taken)


def normal(written: str) -> str | None:
    """A slug as somebody wrote it, or None where it can be none."""
    plain = written.strip().removeprefix("c_").lower()
    return plain if PATTERN.fullmatch(plain) else None


def _spelled(title: str) -> str:
    spaced = unicodedata.normalize("NFC", title.lower().replace("'", " ").replace("’", " "))
    letters = "".join(_ARABIC.get(one, _LATIN.get(one, one)) for one in spaced)
    plain = unicodedata.normalize("NFKD", letters).encode("ascii", "ignore").decode()
    # Of an elided article (d', l') nothing is left.
    return _cut([one for one in re.findall("[a-z0-9]+", plain) if len(one) > 1 or one.isdigit()])


def _cut(words: list[str]) -> str:
    """Whole words while they fit; of a first one that is too long, its beginning."""
    made = words[0][:_LONGEST] if words else ""
    for word in words[1:]:
        if len(made) + 1 + len(word) > _LONGEST:
            break
        made = f"{made}-{word}"
    return made
