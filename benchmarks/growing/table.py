"""The table of growth, and its verdict."""

from pathlib import Path

from benchmarks.bots import ROOT
from benchmarks.growing.rehearsal import Cost

PAGE = ROOT / "docs" / "growth.md"
MOST = 1.2
_BEGIN, _END = "<!-- measured -->", "<!-- end -->"

# What grows, by words of its name, and why it may.
EXPORTS = "an export: it streams"
AUDIENCE = "counts an audience exactly beside the loop, page by page, on a connection of its own"
RESULTS = "somebody asks to count again what came of a broadcast, on a connection of its own"
HITS = "shows the newest eight, of each campaign that they went to: a large book has more of both, and no more than eight"
REASONS = {
    "at Find: 200 dh": HITS,
    "ExportGifts rows-csv": EXPORTS,
    "ExportGifts rows-xlsx": EXPORTS,
    "ShowReport report-xlsx": EXPORTS,
    "Compose compose-recount": RESULTS,
    "audience: count exactly": AUDIENCE,
}


def reason(name: str) -> str:
    """Why this may grow; empty for what may not."""
    return next((why for words, why in REASONS.items() if words in name), "")


def lines(measured: dict[int, dict[str, Cost]]) -> list[str]:
    """What grew most comes first; the ratios are of the largest book to the smallest."""
    sizes = sorted(measured)
    names = sorted(measured[sizes[0]], key=lambda name: -growth(measured, name))
    heads = [f"steps, {many:,}" for many in sizes] + [f"ms, {many:,}" for many in sizes]
    head = f"| | {' | '.join(heads)} | steps | ms | |"
    rows = [_row(measured, name) for name in names]
    grown = [name for name in names if growth(measured, name) > MOST]
    verdict = f"{len(names) - len(grown)} of {len(names)} cost at most {MOST} times as many steps."
    return [head, "|---" * (len(heads) + 4) + "|", *rows, "", verdict]


def growth(measured: dict[int, dict[str, Cost]], name: str) -> float:
    small, large = measured[min(measured)][name], measured[max(measured)][name]
    return large.steps / max(1, small.steps)


def _row(measured: dict[int, dict[str, Cost]], name: str) -> str:
    costs = [measured[many][name] for many in sorted(measured)]
    steps = [f"{one.steps:,}" for one in costs]
    times = [f"{one.ms:.2f}" for one in costs]
    ratio = growth(measured, name)
    verdict = "" if ratio <= MOST else f"grows: {reason(name)}" if reason(name) else "**grows**"
    slower = costs[-1].ms / max(0.001, costs[0].ms)
    return (
        f"| {name.replace('|', ' ')} | {' | '.join(steps + times)} | {ratio:.2f} | {slower:.2f} | {verdict} |"
    )


def write(some: list[str], page: Path = PAGE) -> None:
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    page.write_text(f"{before}{_BEGIN}\n" + "\n".join(some) + f"\n{_END}{after}", encoding="utf-8")
