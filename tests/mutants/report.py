"""What became of the mutants of the last run, module by module: `python -m tests.mutants.report`."""

import json
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FLOOR = 0.85
_TYPES, _KILLED, _NEVER = 37, (1, 3), None


def of_file(meta: Path) -> tuple[Counter[str], list[str]]:
    """How many mutants of each fate, and the names of those that no test noticed."""
    codes = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
    fates = {name: _fate(code) for name, code in codes.items()}
    return Counter(fates.values()), [name for name, fate in fates.items() if fate == "survived"]


def _fate(code: int | None) -> str:
    if code is _NEVER:
        return "not tried"
    if code == _TYPES:
        return "types"
    return "killed" if code in _KILLED else "survived"


def line(name: str, counts: Counter[str]) -> str:
    """A row of the table. The share is of those that pyright lets pass."""
    tried = counts["killed"] + counts["survived"]
    share = f"{counts['killed'] / tried:.1%}" if tried else ""
    cells = (name, counts.total(), counts["types"], tried, counts["killed"], counts["survived"], share)
    return "| " + " | ".join(str(one) for one in cells) + " |"


def main() -> int:
    metas = sorted((ROOT / "mutants" / "bot").rglob("*.py.meta"))
    found = {str(one.relative_to(ROOT / "mutants").with_suffix("")): of_file(one) for one in metas}
    whole = sum((counts for counts, _ in found.values()), Counter[str]())
    print(
        "| module | mutants | refused by pyright | left to the tests | killed | survived | killed of those left |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    print("\n".join(line(name, counts) for name, (counts, _) in found.items()))
    print(line("all", whole))
    print("\n".join(["", *(name for _, names in found.values() for name in names)]))
    if whole["not tried"]:
        print(f"not tried: {whole['not tried']}")
    return 0 if whole["killed"] >= FLOOR * (whole["killed"] + whole["survived"]) else 1


if __name__ == "__main__":
    sys.exit(main())
