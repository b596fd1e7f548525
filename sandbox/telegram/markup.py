"""Telegram's formatting: HTML to entities, as the server does, and entities to safe HTML for the phone page."""

import html
import re
from html.parser import HTMLParser
from typing import Any

from sandbox.telegram.contract import Refused

_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "del": "strikethrough",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
    "tg-spoiler": "spoiler",
}
_SHOWN = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "expandable_blockquote": "blockquote",
}
Entity = dict[str, Any]
_LINK = re.compile(r"https?://[^\s<>]*[^\s<>.,;:!?)]")
_SAFE = re.compile(r"(https?|tg|mailto):", re.IGNORECASE)
_TYPED = (("bold", "**"), ("italic", "__"), ("strikethrough", "~~"), ("code", "`"), ("spoiler", "||"))


def units(text: str) -> int:
    """Length as Telegram counts it: UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.entities: list[Entity] = []
        self._open: list[tuple[str, Entity]] = []
        self._at = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS:
            raise Refused(
                f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}" at byte offset {self._at}'
            )
        entity: Entity = {"type": _TAGS[tag], "offset": self._at}
        if tag == "a":
            entity["url"] = dict(attrs).get("href") or ""
        self._open.append((tag, entity))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            raise Refused(f"Bad Request: can't parse entities: Unexpected end tag at byte offset {self._at}")
        _, entity = self._open.pop()
        entity["length"] = self._at - entity["offset"]
        if entity["length"]:
            self.entities.append(entity)

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        self._at += units(data)

    def finish(self) -> None:
        self.close()
        if self._open:
            raise Refused(
                f"Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"{self._open[-1][0]}\""
            )


def parse(text: str, mode: str | None) -> tuple[str, list[Entity]]:
    """Plain text and entities. Raises Refused for broken HTML."""
    if (mode or "").lower() != "html":
        return text, []
    if "<" in text.replace("</", "") and "<>" in text:
        raise Refused("Bad Request: can't parse entities: Empty tag")
    reader = _Reader()
    reader.feed(text)
    reader.finish()
    return "".join(reader.text), sorted(
        reader.entities, key=lambda entity: (entity["offset"], -entity["length"])
    )


def links(text: str) -> list[Entity]:
    """The addresses that Telegram finds by itself."""
    return [
        {"type": "url", "offset": units(text[: one.start()]), "length": units(one.group())}
        for one in _LINK.finditer(text)
    ]


def typed(text: str) -> tuple[str, list[Entity]]:
    """What a person typed with Telegram's signs (**bold**, __italic__, ~~no~~, `code`, ||hidden||), as it is sent."""
    entities: list[Entity] = []
    for kind, sign in _TYPED:
        mark = re.escape(sign)
        while found := re.search(f"{mark}(?=\\S)(.+?)(?<=\\S){mark}", text):
            entities = [_moved(one, text, found, len(sign)) for one in entities]
            start = units(text[: found.start()])
            entities.append({"type": kind, "offset": start, "length": units(found.group(1))})
            text = text[: found.start()] + found.group(1) + text[found.end() :]
    return text, sorted(entities, key=lambda one: (one["offset"], -one["length"]))


def _moved(entity: Entity, text: str, found: "re.Match[str]", width: int) -> Entity:
    """Where an entity stands once the two signs of another are gone."""
    signs = (units(text[: found.start()]), units(text[: found.end()]) - width)

    def after(place: int) -> int:
        return place - sum(min(max(place - sign, 0), width) for sign in signs)

    start, end = after(entity["offset"]), after(entity["offset"] + entity["length"])
    return {**entity, "offset": start, "length": end - start}


def to_html(text: str, entities: list[Entity]) -> str:
    """Safe HTML: only the tags above, everything else escaped."""
    marks: dict[int, list[str]] = {}
    for entity in sorted(entities, key=lambda one: (one["offset"], -one["length"])):
        start, end = entity["offset"], entity["offset"] + entity["length"]
        opening, closing = _tags(entity, _part(text, start, end))
        marks.setdefault(start, []).append(opening)
        marks.setdefault(end, []).insert(0, closing)
    out, at = [], 0
    for char in text:
        out += marks.pop(at, [])
        out.append(html.escape(char))
        at += units(char)
    out += [tag for place in sorted(marks) for tag in marks[place]]
    return "".join(out)


def _part(text: str, start: int, end: int) -> str:
    return text.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le", "ignore")


def _tags(entity: Entity, words: str) -> tuple[str, str]:
    if entity["type"] in ("text_link", "url"):
        address = entity.get("url") or words
        return (
            (f'<a href="{html.escape(address)}">', "</a>") if _SAFE.match(address) else ("<span>", "</span>")
        )
    if entity["type"] == "spoiler":
        return '<span class="spoiler">', "</span>"
    tag = _SHOWN.get(entity["type"], "span")
    return f"<{tag}>", f"</{tag}>"
