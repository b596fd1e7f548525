"""The recorded screens that every floor shows; knows no library that draws them."""

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "screens.json"
# What stands in the file for the address of Stripe's page.
URL = "{url}"


@dataclass(frozen=True, slots=True)
class Face:
    """One screen: its HTML, and its buttons as Telegram names their fields."""

    text: str
    rows: tuple[tuple[dict[str, str], ...], ...]

    def at(self, url: str) -> "Face":
        """The same screen with Stripe's page behind its button."""
        rows = tuple(
            tuple(one | {"url": url} if one.get("url") == URL else one for one in row) for row in self.rows
        )
        return Face(self.text, rows)


def faces() -> dict[str, Face]:
    """The screens by name: campaign, amount, check, bridge and thanks."""
    read = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        name: Face(one["text"], tuple(tuple(row) for row in one["inline_keyboard"]))
        for name, one in read.items()
    }
