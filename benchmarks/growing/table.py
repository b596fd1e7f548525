"""The table of growth, and its verdict."""

from pathlib import Path

from benchmarks.bots import ROOT
from benchmarks.growing.rehearsal import Cost
from bot.store.database import Engine

PAGE = ROOT / "docs" / "growth.md"
MOST = 1.2
# Every index of a million is a page or two deeper than that of a thousand, and each look into one goes from its top.
_MOST = {"sqlite": MOST, "postgresql": 2.0}
_UNIT = {"sqlite": "steps", "postgresql": "pages"}

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
_REASONS_ON_POSTGRES = {
    "Narrow castfor-monthly": "a small audience is counted whole; of a large one 800 are looked at, in twenty places",
    "inbox: claim": "the gift of each hint is looked for in a deeper index",
}


def reason(name: str, engine: Engine = "sqlite") -> str:
    """Why this may grow; empty for what may not."""
    known = REASONS if engine == "sqlite" else {**REASONS, **_REASONS_ON_POSTGRES}
    return next((why for words, why in known.items() if words in name), "")


def lines(measured: dict[int, dict[str, Cost]], engine: Engine = "sqlite") -> list[str]:
    """What grew most comes first; the ratios are of the largest book to the smallest."""
    unit, most = _UNIT[engine], _MOST[engine]
    sizes = sorted(measured)
    names = sorted(measured[sizes[0]], key=lambda name: -growth(measured, name))
    heads = [f"{unit}, {many:,}" for many in sizes] + [f"ms, {many:,}" for many in sizes]
    head = f"| | {' | '.join(heads)} | {unit} | ms | |"
    rows = [_row(measured, name, engine) for name in names]
    grown = [name for name in names if growth(measured, name) > most]
    verdict = f"{len(names) - len(grown)} of {len(names)} cost at most {most} times as many {unit}."
    return [head, "|---" * (len(heads) + 4) + "|", *rows, "", verdict]


def growth(measured: dict[int, dict[str, Cost]], name: str) -> float:
    small, large = measured[min(measured)][name], measured[max(measured)][name]
    return large.steps / max(1, small.steps)


def _row(measured: dict[int, dict[str, Cost]], name: str, engine: Engine) -> str:
    costs = [measured[many][name] for many in sorted(measured)]
    steps = [f"{one.steps:,}" for one in costs]
    times = [f"{one.ms:.2f}" for one in costs]
    ratio = growth(measured, name)
    why = reason(name, engine)
    verdict = "" if ratio <= _MOST[engine] else f"grows: {why}" if why else "**grows**"
    slower = costs[-1].ms / max(0.001, costs[0].ms)
    return (
        f"| {name.replace('|', ' ')} | {' | '.join(steps + times)} | {ratio:.2f} | {slower:.2f} | {verdict} |"
    )


def write(some: list[str], engine: Engine, page: Path = PAGE) -> None:
    text, begin, end = page.read_text(encoding="utf-8"), f"<!-- {engine} -->", f"<!-- end of {engine} -->"
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{begin}\n" + "\n".join(some) + f"\n{end}{after}", encoding="utf-8")
