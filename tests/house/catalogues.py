"""Are the catalogues whole? `python -m tests.house.catalogues` prints each fault and ends with 1 if there is one."""

import re
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from bot.i18n import LOCALES

LANGUAGES = ("ar", "fr")
FORMS = {"ar": 6, "fr": 2}
_PLACE = re.compile(r"\{\w+\}")
_TAG = re.compile(r"</?[a-z]+>")
# In a line from right to left a command's slash would jump to its other end.
_BARE_COMMAND = re.compile(r"(?<![\w<>\u2068/])/[a-z]|(?<!\u2068)<code>")
_TYPEWRITERS = re.compile(r"\w'[\w<«{]")


def extracted() -> Catalog:
    """The sentences that the code has now."""
    with tempfile.NamedTemporaryFile(suffix=".pot") as file:
        command = [sys.executable, "-m", "babel.messages.frontend", "--quiet", "extract", "--no-location"]
        keywords = ["-k", "text", "-k", "label", "-k", "plural:1,2"]
        subprocess.run([*command, *keywords, "-o", file.name, "bot/screens"], check=True, cwd=LOCALES.parent)
        return read_po(BytesIO(Path(file.name).read_bytes()))


def faults(language: str, wanted: Catalog) -> list[str]:
    """What is wrong with one catalogue."""
    with (LOCALES / language / "LC_MESSAGES" / "entraide.po").open("rb") as file:
        found = read_po(file, locale=language)
    here, there = {_key(one): one for one in found if one.id}, {_key(one) for one in wanted if one.id}
    problems = [f"{language}: not translated: {key}" for key in sorted(there - set(here))]
    problems += [f"{language}: dead: {key}" for key in sorted(set(here) - there)]
    return problems + [f"{language}: {problem}" for one in here.values() for problem in _wrong(one, language)]


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _wrong(message: Message, language: str) -> list[str]:
    forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
    problems = [f"fuzzy: {_key(message)}"] if message.fuzzy else []
    if not isinstance(message.id, str) and len(forms) != FORMS[language]:
        problems.append(f"{len(forms)} plural forms in place of {FORMS[language]}: {_key(message)}")
    differs = any(
        sorted(one.findall(form)) != sorted(one.findall(_key(message)))
        for form in forms
        for one in (_PLACE, _TAG)
    )
    if differs:
        problems.append(f"empty, or places or tags differ: {_key(message)}")
    if language == "ar" and any(_BARE_COMMAND.search(form) for form in forms):
        problems.append(f"a command without isolates: {_key(message)}")
    if language == "fr" and any(_TYPEWRITERS.search(form) for form in forms):
        problems.append(f"a typewriter's apostrophe: {_key(message)}")
    return problems


def main() -> int:
    wanted = extracted()
    problems = [problem for language in LANGUAGES for problem in faults(language, wanted)]
    print(
        "\n".join(problems)
        or f"catalogues: {len([one for one in wanted if one.id])} sentences, whole in {', '.join(LANGUAGES)}"
    )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
