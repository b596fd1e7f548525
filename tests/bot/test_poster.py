"""The poster: one page, every word of it, and a code that leads where the link leads."""

import io
import re
import struct
import unicodedata
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from msgspec.structs import replace
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject

from bot import sources
from bot.actions import read_link
from bot.campaigns_file import read_file
from bot.i18n import Catalogues
from bot.money import Money
from bot.papers import code, postering
from bot.screens import poster
from bot.screens.poster import Poster

ROOT = Path(__file__).resolve().parent.parent.parent
CATALOGUES = Catalogues("fr")
NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
URL = "https://t.me/entraide_bot?start=c_humanitarian_200_mad__mosquee3"
FORMS = [("ar",), ("fr",), ("en",), ("ar", "fr", "en")]
Pixels = list[list[bool]]


def a_poster(form: Sequence[str], title: str = "") -> Poster:
    one = replace(read_file(str(ROOT / "campaigns.toml"))[0], authorisation="AG-2026/17")
    if title:
        one = replace(one, texts={key: replace(text, title=title) for key, text in one.texts.items()})
    return poster.poster([CATALOGUES.words(code) for code in form], one, Money(20000, "MAD"), URL, NOW)


def dark(png: bytes) -> Pixels:
    """Which pixels of a PNG are black, as only the code is; 8 bits a channel with or without alpha, or segno's one bit of grey."""
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    channels = {0: 1, 2: 3, 6: 4}[kind]
    raw, at = b"", 8
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        raw += png[at + 8 : at + 8 + length] if name == b"IDAT" else b""
        at += length + 12
    lines = _unfiltered(
        zlib.decompress(raw), (width * channels * depth + 7) // 8, height, max(1, channels * depth // 8)
    )
    if depth == 1:
        return [[not line[x // 8] >> (7 - x % 8) & 1 for x in range(width)] for line in lines]
    shade = min(3, channels)
    return [[max(line[x * channels : x * channels + shade]) < 20 for x in range(width)] for line in lines]


def _unfiltered(data: bytes, stride: int, height: int, back: int) -> list[bytearray]:
    lines, before = [], bytearray(stride)
    for y in range(height):
        kind, line = data[y * (stride + 1)], bytearray(data[y * (stride + 1) + 1 : (y + 1) * (stride + 1)])
        for x in range(stride):
            a, b, c = (line[x - back] if x >= back else 0), before[x], (before[x - back] if x >= back else 0)
            line[x] = (line[x] + (0, a, b, (a + b) // 2, _paeth(a, b, c))[kind]) & 255
        lines.append(line)
        before = line
    return lines


def _paeth(a: int, b: int, c: int) -> int:
    return min((a, b, c), key=lambda one: abs(a + b - c - one))


def modules(pixels: Pixels, count: int) -> code.Matrix:
    """The code on the page: found by the bars of its finders, which are longer than any stroke of a letter."""
    for y, row in enumerate(pixels):
        line = "".join("#" if one else " " for one in row)
        if bars := [one.span() for one in re.finditer("#{25,}", line)]:
            left, size = bars[0][0], (bars[-1][1] - bars[0][0]) / count
            middle = [(n + 0.5) * size for n in range(count)]
            return tuple(tuple(pixels[int(y + v)][int(left + u)] for u in middle) for v in middle)
    raise AssertionError("no code is on the page")


@pytest.mark.parametrize("form", FORMS)
def test_the_code_on_the_page_is_the_code_of_the_link_and_has_room_around_it(form: tuple[str, ...]) -> None:
    pixels = dark(postering.as_picture(a_poster(form), 60))
    wanted = code.matrix(URL)
    assert modules(pixels, len(wanted)) == wanted
    assert code.matrix(URL) != code.matrix(URL.replace("200", "300"))


def test_the_picture_for_printing_by_hand_is_the_same_code_with_its_quiet_zone() -> None:
    pixels = dark(code.picture(URL))
    wanted = code.matrix(URL)
    assert modules(pixels, len(wanted)) == wanted
    assert len(pixels) == 16 * (len(wanted) + 8)
    assert not any(any(row) for row in pixels[: 16 * 4])


@pytest.mark.parametrize("form", FORMS)
def test_a_poster_is_one_page_with_its_words_and_its_link(form: tuple[str, ...]) -> None:
    reader = PdfReader(io.BytesIO(postering.as_pdf(a_poster(form))))
    [page] = reader.pages
    assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)
    text = unicodedata.normalize("NFKC", page.extract_text())
    assert "MCISE" in text
    assert text.count("AG-2026/17") == len(form)
    said = {"fr": "Scannez pour donner", "en": "Scan to give", "ar": "Stripe"}
    assert [one for one in form if said[one] not in text] == []
    [note] = cast("ArrayObject", page["/Annots"])
    act = cast("DictionaryObject", cast("DictionaryObject", note.get_object())["/A"])
    assert act["/URI"] == URL


@pytest.mark.parametrize("form", FORMS)
def test_the_longest_title_still_leaves_one_page(form: tuple[str, ...]) -> None:
    one = a_poster(form, "#import <b>x</b> *gras* " + "Associations d’aide humanitaire " * 2)
    reader = PdfReader(io.BytesIO(postering.as_pdf(one)))
    assert len(reader.pages) == 1
    assert "*gras*" in reader.pages[0].extract_text()


def test_the_same_poster_is_the_same_file() -> None:
    assert postering.as_pdf(a_poster(FORMS[3])) == postering.as_pdf(a_poster(FORMS[3]))


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("facebook", "facebook"),
        ("Façade Nord !", "facadenord"),
        ("Mosquée_3", "mosquee3"),
        ("a" * 40, "a" * 16),
        ("مسجد", ""),
        ("مسجد 3", "3"),
        ("none", ""),
        ("__", ""),
        ("<b>&x", "bx"),
    ],
)
def test_a_source_is_kept_as_far_as_a_link_can_carry_it(written: str, kept: str) -> None:
    assert sources.clean(written) == kept
    assert not kept or read_link(f"c_x__{kept}").source == kept
