"""Splits a sentence at its isolates, since FiraGO has no glyph for them and Typst would print them as blanks.

Each piece says its own direction, by its first strong letter as U+2068 would; the template sets it apart.
"""

import re
import unicodedata
from typing import Literal

Direction = Literal["", "ltr", "rtl"]
_ISOLATE = re.compile("(\u2068[^\u2069]*\u2069)")
# Marks, embeddings, overrides and isolates: whoever writes a title may not turn the sums around it.
_CONTROLS = dict.fromkeys([0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def pieces(sentence: str) -> list[tuple[str, Direction]]:
    """The parts in reading order; "" is the direction of the paper's language."""
    return [_piece(part) for part in _ISOLATE.split(sentence) if part]


def _piece(part: str) -> tuple[str, Direction]:
    bare = part.translate(_CONTROLS)
    return (bare, _first_strong(bare)) if part.startswith("\u2068") else (bare, "")


def _first_strong(text: str) -> Direction:
    kinds = (unicodedata.bidirectional(letter) for letter in text)
    strong = next((kind for kind in kinds if kind in ("L", "R", "AL")), "L")
    return "ltr" if strong == "L" else "rtl"
