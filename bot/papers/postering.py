"""Prints a poster as PDF with Typst, with the fonts and the care of the other papers."""

import json
from pathlib import Path
from typing import Literal

from msgspec import to_builtins

from bot.papers import code
from bot.papers.printing import compiled, shown
from bot.screens.poster import Poster

TEMPLATE = Path(__file__).with_name("poster.typ")


def as_pdf(one: Poster) -> bytes:
    return _compiled(one, "pdf")


def as_picture(one: Poster, ppi: float = 110) -> bytes:
    """The page as PNG, for eyes that check."""
    return _compiled(one, "png", ppi)


def _compiled(one: Poster, format: Literal["pdf", "png"], ppi: float | None = None) -> bytes:
    fields = to_builtins(one)
    fields["blocks"] = [
        {name: value if name in ("language", "own") else shown(value) for name, value in block.items()}
        for block in fields["blocks"]
    ]
    poster = {"blocks": fields["blocks"], "operator": shown(one.operator)}
    data = {"poster": poster, "url": one.url, "code": code.drawing(one.url)}
    whole = json.dumps(data, ensure_ascii=False)
    return compiled(TEMPLATE, {"sheet": whole}, one.made_at, format, ppi)[0]
