"""The tables, the targets, and the page in docs; measures nothing."""

import math
import os
import platform
import statistics
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from benchmarks.bots import AIOGRAM, BARE, ON_POSTGRES, OURS, OVER_OURS, PTB, ROOT
from benchmarks.measure import Figures, Walks
from benchmarks.papers import Papers

Read = Callable[[Figures], float]


class Rounds(Struct, frozen=True):
    """Every bot's figures, round by round."""

    walks: dict[str, list[Figures]]
    confirmations: dict[str, list[float]]
    papers: list[Papers]

    def paper(self, read: Callable[[Papers], float]) -> float:
        return statistics.median(read(one) for one in self.papers)

    def median(self, name: str, read: Read) -> float:
        return statistics.median(read(one) for one in self.walks[name])

    def ratio(self, floor: str, read: Read) -> float:
        """Ours / the floor's, the median of the rounds; NaN where that floor was not there."""
        if floor not in self.walks:
            return float("nan")
        pairs = zip(self.walks[OURS], self.walks[floor], strict=True)
        return statistics.median(read(ours) / read(theirs) for ours, theirs in pairs)

    @property
    def confirmation_ratio(self) -> float:
        pairs = zip(self.confirmations[OURS], self.confirmations[BARE], strict=True)
        return statistics.median(ours / theirs for ours, theirs in pairs)

    def on_postgres(self, read: Read) -> float:
        """PostgreSQL's / SQLite's, the median of the rounds; NaN where there was no PostgreSQL."""
        pairs = zip(self.walks.get(ON_POSTGRES, []), self.walks[OURS], strict=False)
        return statistics.median([read(one) / read(other) for one, other in pairs] or [math.nan])


def _ms(values: Sequence[float], share: float) -> float:
    """NaN where nothing was measured."""
    if not values:
        return math.nan
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000


def _of_walks(which: Callable[[Figures], Walks]) -> dict[str, Read]:
    return {
        "step p50, ms": lambda f: _ms(which(f).steps, 0.5),
        "step p99, ms": lambda f: _ms(which(f).steps, 0.99),
        "journeys/s": lambda f: which(f).a_second,
        "webhook to thanks p50, ms": lambda f: _ms(which(f).thanks, 0.5),
    }


_ALONE, _CROWD = _of_walks(lambda f: f.alone), _of_walks(lambda f: f.crowd)
_STRANGER: dict[str, Read] = {
    "/start while nothing else happens p50, ms": lambda f: _ms(f.idle, 0.5),
    "/start while nothing else happens p99, ms": lambda f: _ms(f.idle, 0.99),
    "/start while 50 wait for Stripe p50, ms": lambda f: _ms(f.beside, 0.5),
    "/start while 50 wait for Stripe p99, ms": lambda f: _ms(f.beside, 0.99),
    "/start while links are asked for and handed out p50, ms": lambda f: _ms(f.busy, 0.5),
    "/start while links are asked for and handed out p99, ms": lambda f: _ms(f.busy, 0.99),
    "donors who stand at Stripe then": lambda f: f.waiting,
}
_PROCESS: dict[str, Read] = {
    "start-up to first answer, s": lambda f: f.start_up,
    "resident memory, MiB": lambda f: f.resident_mib,
}
_TABLES = {
    "1 donor": _ALONE,
    "50 donors at once": _CROWD,
    "A stranger, and Stripe takes 300 ms": _STRANGER,
    "The process": _PROCESS,
}


def tables(rounds: Rounds) -> list[str]:
    """Markdown; medians of the rounds."""
    lines = [line for title, rows in _TABLES.items() for line in _table(title, rows, rounds)]
    lines += [*_confirmations(rounds), *_engines(rounds), *_papers(rounds)]
    return [*lines, _own_share(rounds), "", *_targets(rounds)]


def _table(title: str, rows: dict[str, Read], rounds: Rounds) -> list[str]:
    names = [name for name in rounds.walks if name != ON_POSTGRES]
    head = [*names, *(f"ours / {name}" for name in names[1:])]
    lines = [f"## {title}", "", f"| | {' | '.join(head)} |", "|---" * (len(head) + 1) + "|"]
    for label, read in rows.items():
        values = [rounds.median(name, read) for name in names]
        values += [rounds.ratio(name, read) for name in names[1:]]
        lines.append(f"| {label} | {' | '.join(_shown(value) for value in values)} |")
    return [*lines, ""]


def _shown(value: float) -> str:
    return "not seen" if math.isnan(value) else f"{value:.2f}"


def _confirmations(rounds: Rounds) -> list[str]:
    ours, bare = (statistics.median(rounds.confirmations[name]) for name in (OURS, BARE))
    return [
        "## Confirmations",
        "",
        f"| | {OURS} | {BARE} | ratio |",
        "|---|---|---|---|",
        f"| confirmations/s, 50 webhooks at a time | {ours:.1f} | {bare:.1f} | {rounds.confirmation_ratio:.2f} |",
        "",
    ]


_ENGINES: dict[str, Read] = {
    **{f"1 donor: {label}": read for label, read in _ALONE.items()},
    **{f"50 donors: {label}": read for label, read in _CROWD.items()},
    **_PROCESS,
}


def _engines(rounds: Rounds) -> list[str]:
    """Nothing where there was no PostgreSQL."""
    if ON_POSTGRES not in rounds.walks:
        return []
    confirmed = [statistics.median(rounds.confirmations[name]) for name in (OURS, ON_POSTGRES)]
    rows = {
        label: [rounds.median(OURS, read), rounds.median(ON_POSTGRES, read), rounds.on_postgres(read)]
        for label, read in _ENGINES.items()
    }
    rows["confirmations/s, 50 webhooks at a time"] = [*confirmed, confirmed[1] / confirmed[0]]
    lines = [
        f"| {label} | {' | '.join(_shown(value) for value in values)} |" for label, values in rows.items()
    ]
    return ["## On PostgreSQL", "", "| | SQLite | PostgreSQL | ratio |", "|---|---|---|---|", *lines, ""]


_PAPERS: dict[str, Callable[[Papers], float]] = {
    "a receipt p50, ms": lambda one: one.receipt,
    "a statement of 200 gifts p50, ms": lambda one: one.statement,
}


def _papers(rounds: Rounds) -> list[str]:
    floor = rounds.paper(lambda one: one.floor)
    rows = (
        f"| {label} | {rounds.paper(read):.2f} | {floor:.2f} | "
        f"{rounds.paper(lambda one, read=read: read(one) / one.floor):.2f} |"
        for label, read in _PAPERS.items()
    )
    return ["## Papers", "", f"| | {OURS} | bare Typst, one line | ratio |", "|---|---|---|---|", *rows, ""]


def _own_share(rounds: Rounds) -> str:
    """How far the bench itself is from being what is measured."""
    stub = max(rounds.median(name, lambda f: f.crowd.stub_share) for name in rounds.walks)
    bench = max(rounds.median(name, lambda f: f.crowd.bench_share) for name in rounds.walks)
    return (
        f"With 50 donors, beside the fastest bot, the stub used {stub:.0%} of its core, "
        f"and the load and the stub together {bench:.0%}."
    )


def _targets(rounds: Rounds) -> list[str]:
    crowd, ours = _CROWD["journeys/s"], lambda label: rounds.median(OURS, _STRANGER[label])
    idle, beside, busy = (
        ours(f"/start while {when} p99, ms")
        for when in ("nothing else happens", "50 wait for Stripe", "links are asked for and handed out")
    )
    p50, p99 = _ALONE["step p50, ms"], _ALONE["step p99, ms"]
    return [
        "## Targets",
        "",
        _at_most("1 donor: step p50 / that of ptb over our transport", rounds.ratio(OVER_OURS, p50), 1.3),
        _at_most(
            "1 donor: the same of p99 / of p50",
            rounds.ratio(OVER_OURS, p99) / rounds.ratio(OVER_OURS, p50),
            2,
        ),
        _at_least("50 donors: journeys/s / ptb's", rounds.ratio(PTB, crowd), 4.0),
        _at_least("50 donors: journeys/s / aiogram's", rounds.ratio(AIOGRAM, crowd), 1.5),
        _at_most("a stranger's p99 while links are asked for and handed out, ms", busy, 100),
        _at_most("a stranger's p99 while 50 wait for Stripe / while nothing happens", beside / idle, 2.0),
        _at_least("confirmations/s / the bare loop's", rounds.confirmation_ratio, 0.7),
        _at_most("1 donor, PostgreSQL: step p50 / SQLite's", rounds.on_postgres(p50), 1.5),
        _at_most(
            "50 donors, PostgreSQL: step p50 / SQLite's", rounds.on_postgres(_CROWD["step p50, ms"]), 1.5
        ),
        *(
            _at_most(label, rounds.paper(read), most)
            for (label, read), most in zip(_PAPERS.items(), (50, 150), strict=True)
        ),
        _at_most("start-up / ptb's", rounds.ratio(PTB, _PROCESS["start-up to first answer, s"]), 2.0),
        _at_most("memory / ptb's", rounds.ratio(PTB, _PROCESS["resident memory, MiB"]), 1.7),
        "",
    ]


def _at_most(what: str, value: float, most: float) -> str:
    return _target(f"{what}: {value:.2f}, at most {most:g}", value, value <= most)


def _at_least(what: str, value: float, least: float) -> str:
    return _target(f"{what}: {value:.2f}, at least {least:g}", value, value >= least)


def _target(sentence: str, value: float, is_reached: bool) -> str:
    verdict = "not measured" if math.isnan(value) else "reached" if is_reached else "not reached"
    return f"- {verdict}: {sentence}"


def write(lines: list[str], rounds: int) -> None:
    """Put the tables into docs/benchmarks.md, under the page that says how they were measured."""
    when = datetime.now(UTC).date().isoformat()
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    head = (ROOT / "docs" / "benchmarks-method.md").read_text(encoding="utf-8")
    text = f"{head}\nLatest: {when}; {machine}; medians of {rounds} rounds, ratios round by round.\n\n"
    (ROOT / "docs" / "benchmarks.md").write_text(text + "\n".join(lines), encoding="utf-8")
