"""Memory by time as an SVG: a line for each life, and a mark for each end of one."""

from collections.abc import Callable, Sequence

from benchmarks.soaking.samples import Life

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 860, 240, 50, 30
Place = Callable[[float], float]
_COLOURS = ("#0b6e4f", "#c84c09", "#3d5a80", "#7b2d8b")


def drawn(lives: Sequence[Life]) -> str:
    """The whole picture."""
    seen = [one for one in lives if one.samples]
    last = max(one.samples[-1].at for one in seen)
    most = max(sample.rss for one in seen for sample in one.samples) / 1024
    top = (int(most / 50) + 1) * 50.0
    names = sorted({one.name for one in seen})

    def x(at: float) -> float:
        return round(_LEFT + (_WIDTH - _LEFT - 10) * at / last, 1)

    def y(mib: float) -> float:
        return round(10 + (_HEIGHT - _BOTTOM - 10) * (1 - mib / top), 1)

    parts = [*_grid(x, y, last, top)]
    for life in seen:
        colour = _COLOURS[names.index(life.name) % len(_COLOURS)]
        points = " ".join(f"{x(one.at)},{y(one.rss / 1024)}" for one in life.samples)
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{points}"/>')
        if life.ended == "killed":
            at = x(life.began + life.seconds)
            parts.append(
                f'<line x1="{at}" x2="{at}" y1="{y(0) - 8}" y2="{y(0)}" stroke="#b00020" stroke-width="2"/>'
            )
    return _framed(parts)


def _grid(x: Place, y: Place, last: float, top: float) -> list[str]:
    """Fifty MiB and five minutes apart."""
    lines = [
        f'<line x1="{_LEFT}" x2="{_WIDTH - 10}" y1="{y(mib)}" y2="{y(mib)}" stroke="#ddd"/>'
        f'<text x="{_LEFT - 6}" y="{y(mib) + 4}" text-anchor="end">{mib}</text>'
        for mib in range(0, int(top) + 1, 50)
    ]
    minutes = [
        f'<text x="{x(60 * minute)}" y="{_HEIGHT - 10}" text-anchor="middle">{minute} min</text>'
        for minute in range(0, int(last / 60) + 1, 5)
    ]
    return lines + minutes


def _framed(parts: list[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="11">'
    title = "<title>Resident memory in MiB by time; red: kill -9</title>"
    ground = f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>'
    return "\n".join((head, title, ground, *parts, "</svg>")) + "\n"
