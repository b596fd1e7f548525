"""Does a secret, or the address of a package registry, lie in the tree? `python -m tests.house.secrets`."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PATTERNS = {
    "a bot token": re.compile(r"\b\d{8,10}:[A-Za-z0-9_-]{35}\b"),
    "a Stripe key": re.compile(r"\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,}\b"),
    "a webhook secret": re.compile(r"\bwhsec_[A-Za-z0-9+/=]{24,}"),
    "a private key": re.compile("-----BEGIN [A-Z ]*PRIVATE" + " KEY-----"),
    "a registry's address": re.compile(r"(?:index-url|registry)\s*[=:]\s*\S*//", re.IGNORECASE),
}
# The sandbox's own token opens nothing anywhere.
_ALLOWED = "sandbox-token-of-no-value"


def found() -> list[str]:
    """Each finding as `file:line: what`."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [one for name in listed.stdout.splitlines() for one in _in_file(name)]


def _in_file(name: str) -> list[str]:
    try:
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
        return []
    hits = (
        (number, what)
        for number, line in enumerate(lines, 1)
        for what, one in PATTERNS.items()
        if one.search(line) and _ALLOWED not in line
    )
    return [f"{name}:{number}: {what}" for number, what in hits]


def main() -> int:
    problems = found()
    print("\n".join(problems) or "secrets: none in the tree")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
