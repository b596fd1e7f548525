"""Says at the end how many kill points were tried."""

from collections.abc import Iterator

import pytest


def _tried(reporter: pytest.TerminalReporter) -> Iterator[dict[str, int]]:
    for kind in ("passed", "failed"):
        for report in reporter.getreports(kind):
            found = {name: int(str(value)) for name, value in report.user_properties if name in _NAMES}
            if found and report.when == "call":
                yield found


_NAMES = ("points", "worlds")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if journeys := list(_tried(terminalreporter)):
        points, worlds = (sum(one[name] for one in journeys) for name in _NAMES)
        terminalreporter.write_line(
            f"kill points tried: {points} in {len(journeys)} journeys, which leave {worlds} worlds to start again from"
        )
