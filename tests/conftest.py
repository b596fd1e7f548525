"""Fixtures: a sandbox that holds the bot to both contracts, and a bot beside it; no log of any test holds a secret."""

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest

from bot import logs
from sandbox.app import Sandbox, running
from tests import engine, postgres
from tests.eavesdropping import Ear, written_by_people
from tests.stage import Stage, bot_beside, settings_for

# A machine that is busy is no fault of what is tested.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    """Workers share the server of the process that leads them; elsewhere it starts when a test first asks for it."""
    if config.getoption("numprocesses", None) and postgres.is_here():
        postgres.server()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of a run on PostgreSQL, what no database can change is left out: SQLite's run has proved it."""
    if engine.IS_POSTGRES:
        items[:] = [one for one in items if _is_about_the_store(one)]


def _is_about_the_store(item: pytest.Item) -> bool:
    """Its module speaks to a database or sets a bot on the stage. Pictures of pages are drawn once, and what dies or breaks copies SQLite's file."""
    if {"browser", "faults"} & set(item.path.parts):
        return False
    known = vars(item.module).values() if isinstance(item, pytest.Function) else ()
    fixtures = getattr(item, "fixturenames", ())
    return "stage" in fixtures or any(_is_of_ours(one) for one in known)


def _is_of_ours(thing: object) -> bool:
    return thing is engine or getattr(thing, "__module__", "") in ("tests.stage", "tests.engine")


@pytest.fixture(autouse=True)
def _tidy() -> Iterator[None]:
    yield
    engine.tidy()


@pytest.fixture
def postgres_url(tmp_path: Path) -> Iterator[str]:
    """A fresh, migrated database of PostgreSQL, whatever the engine of the run."""
    yield from _of_postgres(tmp_path, postgres.TEMPLATE)


@pytest.fixture
def empty_postgres_url(tmp_path: Path) -> Iterator[str]:
    """The same before the first migration."""
    yield from _of_postgres(tmp_path, "template1")


def _of_postgres(folder: Path, template: str) -> Iterator[str]:
    if not postgres.is_here():
        pytest.skip(postgres.MISSING)
    name = engine.name_of(folder) + "_only"
    yield postgres.create(name, template)
    postgres.drop(name)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How much the fuzzers fed."""
    passed = [
        one
        for kind in ("passed", "failed")
        for one in terminalreporter.getreports(kind)
        if one.when == "call"
    ]
    fed = [(one.nodeid, value) for one in passed for name, value in one.user_properties if name == "fuzzed"]
    for test, count in fed:
        terminalreporter.write_line(f"fuzzed {count:>9,}  {test.rpartition('::')[2]}")
    if fed:
        terminalreporter.write_line(f"fuzzed {sum(int(str(count)) for _, count in fed):>9,}  in all")


@pytest.fixture(autouse=True)
def ear(request: pytest.FixtureRequest) -> Iterator[Ear]:
    """Every line that the bot would write at its own level, and those of other processes where they left a `*.log`."""
    folder = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    heard, root = Ear(), logging.getLogger()
    level = root.level
    logs.quieten()
    root.setLevel(logging.INFO)
    root.addHandler(heard)
    yield heard
    root.removeHandler(heard)
    root.setLevel(level)
    assert heard.found(folder) == [], "a log holds what is nobody's business"


@pytest.fixture
async def sandbox(ear: Ear) -> AsyncIterator[Sandbox]:
    async with running(pause=0.02) as one:
        yield one
        assert ear.found(private=written_by_people(one.telegram)) == [], "a log quotes somebody"
        assert one.telegram.rejected == [], "the bot broke Telegram's contract"
        assert one.stripe.rejected == [], "the bot broke Stripe's contract"


@pytest.fixture
async def stage(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Stage]:
    """The bot with webhooks."""
    async with bot_beside(sandbox, settings_for(sandbox, tmp_path, webhook=True)) as one:
        yield one


@pytest.fixture
async def polling(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Stage]:
    """The bot without a public URL."""
    async with bot_beside(sandbox, settings_for(sandbox, tmp_path, webhook=False)) as one:
        yield one
