"""What deploys the bot names only what there is. No image is built here: there is no Docker engine; what can be read is read."""

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from bot import healthcheck
from bot.command_line import cli
from tests.stage import ROOT, Stage, free_port

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
KNOWN = set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", EXAMPLE, re.M))
COMMANDS = set(get_command(cli).commands)  # pyright: ignore[reportAttributeAccessIssue]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def instructions(dockerfile: str) -> list[list[str]]:
    """Each instruction with its words, lines that go on joined."""
    joined = re.sub(r"\\\n", " ", dockerfile)
    return [line.split() for line in joined.splitlines() if line and not line.startswith("#")]


def read_yaml(text: str) -> Any:
    """As much of YAML as our files use: maps, lists of plain values or of maps, and lists written as JSON."""
    lines = [
        (len(line) - len(line.lstrip()), line.strip())
        for line in text.splitlines()
        if line.strip() and not line.strip().startswith("#")
    ]
    return _block(lines, lines[0][0])


def _block(lines: list[tuple[int, str]], depth: int) -> Any:
    found: Any = [] if lines[0][1].startswith("- ") else {}
    while lines and lines[0][0] >= depth:
        at, line = lines.pop(0)
        assert at == depth, f"one deep too many: {line}"
        if isinstance(found, list):
            item = line.removeprefix("- ")
            if re.fullmatch(r"[\w-]+: .*", item):
                lines.insert(0, (depth + 2, item))
                found.append(_block(lines, depth + 2))
            else:
                found.append(item)
            continue
        name, _, value = line.partition(":")
        assert name not in found, f"{name} stands twice"
        deeper = bool(lines) and lines[0][0] > depth
        found[name] = (
            _value(value.strip()) if value.strip() else _block(lines, lines[0][0]) if deeper else None
        )
    return found


def _value(text: str) -> Any:
    return json.loads(text) if text[0] in '["' else text


def copied() -> list[str]:
    return [
        source
        for name, *words in instructions(DOCKERFILE)
        if name == "COPY" and not words[0].startswith("--from")
        for source in words[:-1]
    ]


def test_every_source_that_the_dockerfile_copies_exists_and_passes_dockerignore() -> None:
    assert len(copied()) >= 5
    assert [one for one in copied() if not (ROOT / one).exists()] == []
    let_in = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.M)
    assert set(copied()) == set(let_in)


def test_the_image_runs_without_root_without_a_shell_and_stops_as_the_bot_expects() -> None:
    last = {name: words for name, *words in instructions(DOCKERFILE)}
    assert last["USER"] == ["10001:10001"]
    assert last["STOPSIGNAL"] == ["SIGTERM"]
    assert json.loads(" ".join(last["CMD"])) == ["python", "-m", "bot", "run"]
    assert "run" in COMMANDS
    check = " ".join(last["HEALTHCHECK"]).split("CMD ")[1]
    assert json.loads(check) == ["python", "-m", "bot.healthcheck"]
    assert not any(name == "ENTRYPOINT" for name, *_ in instructions(DOCKERFILE))


def test_what_is_installed_is_pinned_by_hash_and_every_base_by_tag() -> None:
    assert "--require-hashes" in DOCKERFILE
    bases = [words[0] for name, *words in instructions(DOCKERFILE) if name == "FROM"]
    assert len(bases) == 2
    assert all(re.fullmatch(r"python:3\.\d+-slim-\w+", base) for base in bases)


def test_what_the_source_needs_beside_python_is_in_the_image() -> None:
    """Whatever the code reads from the tree must be copied."""
    assert {"bot", "handlers", "locales", "campaigns.toml"} <= set(copied())
    assert "pybabel" in DOCKERFILE


def test_the_composition_is_shut_in_and_its_names_are_known() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    services = read_yaml(text)["services"]
    assert set(services) == {"bot", "postgres"}
    for one in services.values():
        assert one["cap_drop"] == ["ALL"]
        assert one["security_opt"] == ["no-new-privileges:true"]
        assert one["read_only"] == "true"
        assert "/tmp" in one["tmpfs"]
    assert services["bot"]["env_file"] == ".env"
    assert services["bot"]["ports"] == ["127.0.0.1:8080:8080"]
    assert services["postgres"].get("ports") is None, "reachable by the bot alone"
    assert set(services["bot"]["environment"]) | set(re.findall(r"\$\{(\w+)", text)) <= KNOWN
    assert {one.split(":")[0] for service in services.values() for one in service["volumes"]} == {
        "data",
        "postgres",
    }


def test_app_json_names_settings_that_there_are() -> None:
    app = json.loads((ROOT / "app.json").read_text(encoding="utf-8"))
    assert set(app["env"]) <= KNOWN
    assert {name for name, one in app["env"].items() if one.get("required")} == {
        "TELEGRAM_BOT_TOKEN",
        "STRIPE_SECRET_KEY",
    }
    built = read_yaml((ROOT / "heroku.yml").read_text(encoding="utf-8"))["build"]["docker"]
    assert all((ROOT / file).exists() for file in built.values())
    assert set(app["formation"]) == set(built)


@pytest.mark.parametrize("unit", sorted((ROOT / "deploy").glob("*.service")), ids=lambda one: one.name)
def test_a_unit_starts_a_command_that_there_is_and_gives_up_its_rights(unit: Path) -> None:
    lines = unit.read_text(encoding="utf-8").splitlines()
    (start,) = (line for line in lines if line.startswith("ExecStart="))
    assert start.split("/entraide ")[1].split()[0] in COMMANDS
    assert {"NoNewPrivileges=true", "ProtectSystem=strict", "UMask=0077", "User=entraide"} <= set(lines)
    given = re.findall(
        r"([A-Z_]+)=", " ".join(line.partition("=")[2] for line in lines if line.startswith("Environment="))
    )
    assert set(given) - {"PYTHONDONTWRITEBYTECODE"} <= KNOWN


def test_litestream_copies_the_file_that_the_unit_writes() -> None:
    config = read_yaml((ROOT / "deploy" / "litestream.yml").read_text(encoding="utf-8"))
    (database,) = config["dbs"]
    unit = (ROOT / "deploy" / "entraide.service").read_text(encoding="utf-8")
    assert f"sqlite:///{database['path']}" in unit
    assert [one["type"] for one in database["replicas"]] == ["s3"]


@pytest.mark.parametrize("page", PAGES, ids=lambda one: one.name)
def test_a_page_names_commands_files_and_settings_that_there_are(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    said = set(re.findall(r"(?:`|^|bin/)entraide ([a-z]+)", text, re.M))
    assert said <= COMMANDS
    links = [one for one in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in one]
    assert [one for one in links if not (page.parent / one).exists()] == []


async def test_the_health_check_is_content_with_a_bot_that_answers(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await stage.until_health("ok")
    monkeypatch.setenv("PORT", str(stage.settings.port))
    assert await asyncio.to_thread(healthcheck.main) == 0
    assert capsys.readouterr().out == "ok\n"
    stage.app.health.stripe = "does not answer"
    assert await asyncio.to_thread(healthcheck.main) == 0, "another start would not mend Stripe"
    assert capsys.readouterr().out == "stripe: does not answer\n"


def test_the_health_check_fails_where_nobody_answers_and_imports_no_framework() -> None:
    code = "import sys; from bot.healthcheck import main; code = main(); sys.exit(10 * code + ('telegram' in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PORT": str(free_port()), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 10
