"""What the bot said of itself during the run, counted."""

import json
from collections import Counter
from pathlib import Path

_LOUD = ("warning", "error", "critical")


def counted(file: Path) -> Counter[str]:
    """By level and event; lines that are no JSON were written by Python itself, and count as such."""
    found = Counter[str]()
    with file.open(encoding="utf-8", errors="replace") as log:
        for line in log:
            try:
                said = json.loads(line)
            except ValueError:
                found["python: " + line.strip()[:60]] += 1
                continue
            if isinstance(said, dict) and said.get("level") in _LOUD:
                found[f"{said['level']}: {said.get('event', '').strip()[:80]}"] += 1
    return found
