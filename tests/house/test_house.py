"""The shape of the house holds: settings, catalogues, migrations, secrets, and tests that assert."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from bot.config import Settings
from bot.store.migrate import HEAD, migrate, version
from bot.store.tables import metadata
from tests.house import catalogues, secrets

ROOT = Path(__file__).resolve().parent.parent.parent


def test_every_setting_is_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    missing = [name.upper() for name in Settings.model_fields if f"{name.upper()}=" not in example]
    assert missing == []


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_no_sentence_is_missing_fuzzy_or_dead(language: str) -> None:
    assert catalogues.faults(language, catalogues.extracted()) == []


def test_no_secret_lies_in_the_tree() -> None:
    assert secrets.found() == []


# It cannot be read back from SQLite; on PostgreSQL it is compared like the others.
@pytest.mark.filterwarnings("ignore:.*expression-based index '?ix_donations_covered")
def test_the_migrations_make_the_tables(tmp_path: Path) -> None:
    path = str(tmp_path / "new.db")
    assert migrate(path) is True
    assert migrate(path) is False
    assert version(path) == HEAD
    with create_engine(f"sqlite:///{path}").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_two_processes_migrate_at_once_and_one_does_it(tmp_path: Path) -> None:
    code = "import sys; from bot.store.migrate import migrate; migrate(sys.argv[1])"
    started = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "new.db")]) for _ in range(3)]
    assert [one.wait(30) for one in started] == [0, 0, 0]
    assert version(str(tmp_path / "new.db")) == HEAD


def test_every_test_asserts_something() -> None:
    idle = [
        f"{path.name}:{test.name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for test in _tests(path)
        if not _asserts(test)
    ]
    assert idle == []


def _tests(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [one for one in functions if one.name.startswith("test_")]


# Waiting until a screen or a row is so fails where it never is.
_WAITS = {
    "says",
    "until",
    "until_rows",
    "until_health",
    "until_in",
    "press",
    "thanked_once",
    "to_the_bridge",
    "expect",
    "refused",
}


def _asserts(test: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(node, ast.Assert) or _waits(node) for node in ast.walk(test))


def _waits(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in _WAITS or name == "raises"


def test_every_invariant_names_tests_that_exist() -> None:
    page = (ROOT / "docs" / "invariants.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| I")]
    written = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    named = {name for row in rows for name in re.findall(r"`((?:test_|Test)\w+)`", row)}
    assert [row.split(" ")[1] for row in rows] == [f"I{number}" for number in range(1, 17)]
    assert [
        name for name in sorted(named) if not re.search(rf"(def {name}\(|^{name} = )", written, re.M)
    ] == []


def test_every_fault_names_tests_that_exist() -> None:
    page = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")][1:]
    written = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    named = [re.findall(r"`((?:test_|Test)\w+)`", row) for row in rows]
    assert all(named), "each has a test"
    assert [
        name for one in named for name in one if not re.search(rf"(def {name}\(|^{name} = )", written, re.M)
    ] == []


def test_every_file_opens_with_a_sentence() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for folder in ("bot", "handlers", "sandbox", "tests", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
        if "versions" not in path.parts and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_the_map_names_every_room_once() -> None:
    table = [line for line in (ROOT / "ARCHITECTURE.md").read_text().splitlines() if line.startswith("| ")]
    named = re.findall(r"`(bot/\w+\.py)`", "\n".join(table))
    rooms = [f"bot/{one.name}" for one in (ROOT / "bot").glob("*.py") if one.name != "__init__.py"]
    assert sorted(named) == sorted(rooms)
    floors = [line.split("|")[1] for line in table]
    assert len(floors) == len(set(floors))
