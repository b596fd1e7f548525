"""The report of one run: its tables for docs/soak.md, and on PostgreSQL for docs/soak-postgresql.md."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.soaking import verdict
from benchmarks.soaking.chart import drawn
from benchmarks.soaking.running import Outcome
from benchmarks.soaking.samples import Depth, Life

_DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
# Seconds: samples are taken a moment before what waits is counted.
_NEAR = 4.0


def lines(outcome: Outcome, commit: str) -> list[str]:
    """`commit`: what was run."""
    plan = outcome.plan
    return [
        "# The soak",
        "",
        (
            f"`make soak MINUTES={plan.minutes:g} DONORS={plan.donors} SEED={plan.seed} ENGINE={plan.engine}` at commit "
            f"{commit}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {outcome.seconds[0] / 60:.0f} minutes under faults, then "
            f"{outcome.seconds[1] / 60:.1f} minutes until all was quiet."
        ),
        "",
        *_verdict(outcome),
        *_books(outcome),
        *_table("What donors and staff did", "visit", outcome.visits),
        *_table("What was broken", "trouble", outcome.faults),
        *_lives(outcome),
        f"![Memory of each life by time, with each kill](pictures/{_page(outcome)}.svg)",
        "",
        *_depths(outcome),
        *_table("What the bot's log said, warnings and above", "line", outcome.log),
    ]


def _verdict(outcome: Outcome) -> Iterator[str]:
    counts = Counter(one.kind for one in outcome.findings)
    yield f"**{'Guilty' if outcome.findings else 'Nothing was wrong'}: {counts['lost']} lost, {counts['doubled']} doubled.**"
    yield ""
    for finding in outcome.findings[:40]:
        yield f"- {finding}"
    if outcome.findings:
        yield ""


def _books(outcome: Outcome) -> Iterator[str]:
    theirs, ours = outcome.theirs, outcome.ours
    again = verdict.thanked_again(theirs, ours)
    yield from _rows(
        "Both sides' books",
        ("what", "Stripe and Telegram", "we"),
        [
            ("charges, gifts received", len(theirs.charges), len(ours.gifts)),
            (
                "given back, minor units",
                sum(one.refunded for one in theirs.charges.values()),
                sum(one.refunded for gifts in ours.gifts.values() for one in gifts),
            ),
            ("gifts thanked for", len(theirs.thanks), len(ours.thanks)),
            ("of these thanked for again, in doubt whether the first had arrived", len(again), "≤ tries"),
            ("broadcast messages", theirs.news.total(), ""),
            ("messages in all", outcome.messages, ""),
        ],
    )


def _lives(outcome: Outcome) -> Iterator[str]:
    yield from _rows(
        "Each life of each process",
        (
            "process",
            "life",
            "from",
            "for",
            "ended",
            "MiB at 1 min",
            "at the end",
            "KiB a minute, 2nd half",
            "largest step, KiB",
            "files",
            "connections at the end",
            "threads",
        ),
        [_life(one) for one in outcome.lives if one.samples],
    )
    yield (
        f"Growth is from minute to minute over the second half of a life of {verdict.LONG // 60} minutes or more, at most "
        f"{verdict.GROWTH:.0f} KiB a minute without the largest step, which is at most {verdict.STEP:.0f} KiB; from one life to the "
        f"next (the first left out) at the age of a minute at most {verdict.BETWEEN:.0f} KiB. The write-ahead log, at any time: "
        f"at most {verdict.LOG:.0f} KiB. Files "
        f"are the fewest open ones of the first {verdict.WINDOW // 60} minutes after a warm-up and of the last, at most "
        f"{verdict.FILES} more. Connections follow the load; at rest, the last number of each process, at most {verdict.AT_REST}."
    )
    yield ""


def _life(life: Life) -> tuple[object, ...]:
    first, last = life.aged(verdict.AGE), life.samples[-1]
    is_long = life.seconds >= verdict.LONG
    early, late = verdict.files(life)
    grown, step = life.creep()
    return (
        life.name,
        life.number,
        _clock(life.began),
        _clock(life.seconds),
        life.ended,
        f"{first.rss / 1024:.1f}" if first else "",
        f"{last.rss / 1024:.1f}",
        f"{grown:.0f}" if is_long else "",
        f"{step:.0f}" if is_long else "",
        f"{early} → {late}" if is_long else f"{last.files}",
        last.sockets,
        last.threads,
    )


def _depths(outcome: Outcome) -> Iterator[str]:
    """About thirty moments, and the highest of all."""
    step = max(1, len(outcome.depths) // 30)
    rows = [_moment(outcome, one) for one in outcome.depths[::step]]
    names = ("wal", "inbox", "owed", "updates")
    most = [max((getattr(one, name) for one in outcome.depths), default=0) for name in names]
    rows.append(("most", "", "", f"{most[0] / 1024:.0f}", *most[1:]))
    heads = (
        "at",
        "MiB",
        "files",
        "write-ahead log, KiB",
        "events unheard",
        "messages due",
        "updates unanswered",
    )
    yield from _rows("By time, all processes together", heads, rows)


def _moment(outcome: Outcome, depth: Depth) -> tuple[object, ...]:
    near = [sample for life in outcome.lives for sample in life.samples if 0 <= depth.at - sample.at < _NEAR]
    memory, files = sum(one.rss for one in near) / 1024, sum(one.files for one in near)
    return (
        _clock(depth.at),
        f"{memory:.0f}",
        files,
        f"{depth.wal / 1024:.0f}",
        depth.inbox,
        depth.owed,
        depth.updates,
    )


def _table(title: str, head: str, counts: Counter[str]) -> Iterator[str]:
    yield from _rows(title, (head, "times"), counts.most_common())


def _rows(title: str, heads: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    yield from (f"## {title}", "", f"| {' | '.join(heads)} |", "|" + "---|" * len(heads))
    for row in rows:
        yield f"| {' | '.join(str(one) for one in row)} |"
    yield ""


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _page(outcome: Outcome) -> str:
    return "soak" if outcome.plan.engine == "sqlite" else f"soak-{outcome.plan.engine}"


def write(report: list[str], outcome: Outcome) -> None:
    """Put it among the docs, with its picture; SQLite's under the page that says how it is done."""
    page = _page(outcome)
    if page == "soak":
        head = (_DOCS / "soak-method.md").read_text(encoding="utf-8")
    else:
        head = "How it is done, and what is counted, stands on the page of [the soak on SQLite](soak.md).\n"
    (_DOCS / f"{page}.md").write_text(f"{head}\n" + "\n".join(report).rstrip() + "\n", encoding="utf-8")
    (_DOCS / "pictures" / f"{page}.svg").write_text(drawn(outcome.lives), encoding="utf-8")
