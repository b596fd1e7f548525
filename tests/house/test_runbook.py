"""Whoever gets an alert finds what to do: each kind has an entry in the runbook, and the alert says where."""

import ast
import re

import pytest

from bot.i18n import Catalogues
from bot.screens import guard, trouble, watching
from bot.watching import CHECKS
from tests.stage import ROOT

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
ENTRIES = re.findall(r"^### (.+)$", RUNBOOK, re.M)


def kinds(module: str, function: str) -> list[str]:
    """The kinds of which that function of the screens knows a sentence, but for the one that its last case is for."""
    tree = ast.parse((ROOT / "bot" / "screens" / f"{module}.py").read_text(encoding="utf-8"))
    (found,) = (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and one.name == function)
    cases = (one.pattern for one in ast.walk(found) if isinstance(one, ast.match_case))
    return [
        one.value.value
        for one in cases
        if isinstance(one, ast.MatchValue)
        and isinstance(one.value, ast.Constant)
        and isinstance(one.value.value, str)
    ]


OF_GIFTS = [*kinds("trouble", "_alert"), "refused"]
OF_CARDS = [*kinds("guard", "_alarm"), "unfrozen"]
ALL = [*CHECKS, *OF_GIFTS, *OF_CARDS, "role"]


def test_every_kind_of_alert_has_one_entry_and_no_entry_is_left_over() -> None:
    assert len(OF_GIFTS) >= 10
    assert len(OF_CARDS) >= 7
    assert sorted(ENTRIES) == sorted([*ALL, "Certificates", "The database"])


def test_every_entry_says_what_to_do() -> None:
    parts = dict(zip(ENTRIES, re.split(r"^### .+$", RUNBOOK, flags=re.M)[1:], strict=True))
    assert [name for name, text in parts.items() if len(text.strip()) < 50] == []


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
def test_an_alert_that_asks_for_something_names_its_entry(language: str) -> None:
    words = Catalogues("fr").words(language)
    shown = {what: watching.alert(words, f"watch.{what}.begin.7").text for what in CHECKS}
    shown |= {what: trouble.alert(words, what, "K4N7PQ2W9X").text for what in OF_GIFTS}
    shown |= {what: guard.alarm(words, f"{what}.12.5").text for what in OF_CARDS}
    named = {what for what, text in shown.items() if f"docs/runbook.md#{what}" in text}
    assert named == {what for what, text in shown.items() if text.startswith("⚠️")}
    assert len(named) >= 12


def test_news_that_it_is_over_asks_for_nothing() -> None:
    words = Catalogues("fr").words("en")
    assert [what for what in CHECKS if "runbook" in watching.alert(words, f"watch.{what}.end.0").text] == []


def test_every_link_within_the_runbook_leads_to_an_entry() -> None:
    anchors = {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in ENTRIES}
    assert set(re.findall(r"\]\(#([\w-]+)\)", RUNBOOK)) <= anchors
