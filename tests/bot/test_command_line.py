"""The command line, as an operator types it, against the sandbox."""

import asyncio
import json
import logging
import os
import sys
from datetime import time
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from bot.checking import Finding, check_all, table
from bot.chores import load_campaigns, reconcile_once
from bot.command_line import cli
from bot.config import Settings
from bot.errors import CampaignsFileError
from bot.money import Money
from sandbox.app import Sandbox
from sandbox.faults import Fault
from tests import engine
from tests.eavesdropping import leaks
from tests.stage import ROOT, Stage, free_port, settings_for, to_the_bridge, until_health

runner = CliRunner()


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder and an environment without settings."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    if engine.IS_POSTGRES:
        monkeypatch.setenv("DATABASE_URL", engine.make(engine.url_in(tmp_path), empty=True))
    return tmp_path


def test_a_web_process_needs_an_address_where_it_is_reached(plain: Path) -> None:
    result = runner.invoke(cli, ["web"])
    assert result.exit_code == 2
    assert "PUBLIC_URL is needed" in result.output


async def test_a_worker_starts_on_no_tables_but_this_versions(plain: Path) -> None:
    settings = {"TELEGRAM_BOT_TOKEN": "1:x", "STRIPE_SECRET_KEY": "sk_test_x"}
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "worker",
        env={**os.environ, **settings},
        cwd=plain,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await worker.communicate()
    assert worker.returncode == 1
    assert b"run `entraide migrate`" in said


def test_running_without_tokens_says_what_to_do(plain: Path) -> None:
    result = runner.invoke(cli, ["run"])
    assert result.exit_code == 2
    assert "copy .env.example" in result.output


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DATABASE_URL", "mysql://x", "DATABASE_URL must begin with sqlite:/// or postgresql://"),
        ("CURRENCIES", "MAD,XXX", "unknown: XXX"),
        ("CURRENCIES", ",", "none given"),
        ("PUBLIC_URL", "https://x.example", "STRIPE_WEBHOOK_SECRET is needed"),
        ("PORT", "banana", "PORT"),
        ("DEFAULT_LANGUAGE", "xx", "DEFAULT_LANGUAGE"),
        ("DIGEST_AT", "noon", "DIGEST_AT is an hour like 09:00, or off"),
        ("DIGEST_AT", "09:00+01:00", "DIGEST_AT is an hour like 09:00, or off"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(
    plain: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(name, value)
    result = runner.invoke(cli, ["migrate"])
    assert result.exit_code == 2
    assert says in result.output
    assert "Traceback" not in result.output


def test_the_digest_comes_at_nine_at_another_hour_or_never(
    plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Settings().digest_at == time(9)
    monkeypatch.setenv("DIGEST_AT", "18:30")
    assert Settings().digest_at == time(18, 30)
    monkeypatch.setenv("DIGEST_AT", "off")
    assert Settings().digest_at is None


def test_migrating_twice_is_migrating_once(plain: Path) -> None:
    assert runner.invoke(cli, ["migrate"]).output == "migrated\n"
    assert runner.invoke(cli, ["migrate"]).output == "up to date\n"
    assert engine.IS_POSTGRES or (plain / "var" / "entraide.db").exists()


def test_the_version_is_printed(plain: Path) -> None:
    assert runner.invoke(cli, ["version"]).output == "0.1.0\n"


def test_campaigns_are_shown_before_they_are_loaded(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = plain / "campaigns.toml"
    file.write_text((ROOT / "campaigns.toml").read_text(encoding="utf-8"), encoding="utf-8")
    refused = runner.invoke(cli, ["campaigns", "load"], input="n\n")
    assert "humanitarian: new" in refused.output
    assert "loaded\n" in runner.invoke(cli, ["campaigns", "load", "--yes"]).output
    assert "nothing to change" in runner.invoke(cli, ["campaigns", "load", "--yes"]).output
    file.write_text(
        file.read_text(encoding="utf-8").replace('goal = "350000"', 'goal = "400000"'), encoding="utf-8"
    )
    assert "humanitarian: goal" in runner.invoke(cli, ["campaigns", "load"], input="y\n").output
    file.write_text(
        file.read_text(encoding="utf-8").replace("Example Bank", "Another Bank"), encoding="utf-8"
    )
    shown = runner.invoke(cli, ["campaigns", "load", "--yes"]).output
    assert [line.split(": ")[:2] for line in shown.splitlines()[:3]] == [
        [slug, "ways"] for slug in ("humanitarian", "startups", "innovation")
    ]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('slug = "humanitarian"', 'slug = "Not A Slug"', "slug"),
        ('goal = "350000"', 'goal = "0.001"', "MAD"),
        ('smallest = "20"', 'smallest = "0"', "smallest and largest"),
        ('{ amount = "50" }', '{ amount = "5" }', "preset lies outside"),
        ("[campaign.text.ar]", "[campaign.text.de]", "no text in ar"),
        ("[appeal]", "[[appeal", "Expected"),
        ("[appeal.ways]\nar", "[appeal.ways]\nde", "ways.de"),
        ('en = """', 'en = """' + "x" * 1001, "ways.en"),
        ('slug = "startups"', 'slug = "startups"\nways = { fr = " " }', "ways.fr"),
        ('currency = "MAD"', 'currency = "GBP"', "no [money.GBP]"),
    ],
)
async def test_a_wrong_campaigns_file_is_refused_whole(plain: Path, old: str, new: str, says: str) -> None:
    file = plain / "campaigns.toml"
    file.write_text(
        (ROOT / "campaigns.toml").read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8"
    )
    with pytest.raises(CampaignsFileError, match=says.replace("[", r"\[")):
        await load_campaigns(Settings(), lambda: True, lambda _: None)


async def test_what_staff_change_while_the_question_stands_is_not_undone(plain: Path) -> None:
    file = plain / "campaigns.toml"
    text = (ROOT / "campaigns.toml").read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    await load_campaigns(Settings(), lambda: True, lambda _: None)
    file.write_text(text.replace('goal = "350000"', 'goal = "400000"'), encoding="utf-8")
    told: list[object] = []

    def agree() -> bool:
        engine.sql(
            Settings().database_url, "UPDATE campaigns SET state = 'paused' WHERE slug = 'humanitarian'"
        )
        return True

    await load_campaigns(Settings(), agree, told.append)
    assert "nothing was loaded" in str(told[-1])
    kept = "SELECT state, goal_minor FROM campaigns WHERE slug = 'humanitarian'"
    assert engine.sql(Settings().database_url, kept) == [("paused", 35000000)]


def test_a_missing_campaigns_file_is_one_line(plain: Path) -> None:
    result = runner.invoke(cli, ["campaigns", "load"])
    assert result.exit_code == 1
    assert result.output == "campaigns.toml: No such file or directory\n"


async def test_check_says_that_all_is_right(stage: Stage) -> None:
    await stage.until_health("ok")
    findings = await check_all(stage.settings)
    assert [finding for finding in findings if not finding.is_right and finding.what != "Catalogues"] == []
    assert "@entraide_bot" in table(findings)


async def test_check_names_a_campaign_under_the_floor_and_an_example_account_that_goes_live(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    for more, says in (
        ({"floors": ("MAD=30",)}, "under the floor: humanitarian MAD"),
        ({"stripe_secret_key": SecretStr("sk_live_x")}, "example's account"),
    ):
        findings = await check_all(settings_for(sandbox, tmp_path, webhook=False, **more))
        [one] = [finding for finding in findings if finding.what == "Campaigns file"]
        assert not one.is_right
        assert says in one.seen
        assert one.mend


def test_floors_that_cannot_be_read_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOORS", "MAD 10")
    with pytest.raises(ValueError, match="FLOORS is a list like MAD=10,EUR=1"):
        Settings(_env_file=None)  # pyright: ignore[reportCallIssue]
    monkeypatch.setenv("FLOORS", "mad=10, EUR=1.50")
    settings = Settings(_env_file=None)  # pyright: ignore[reportCallIssue]
    assert (settings.floor("MAD"), settings.floor("JPY")) == (Money(1000, "MAD"), None)
    assert settings.floor("EUR") == Money(150, "EUR")


async def test_check_names_each_failure_with_its_mend(sandbox: Sandbox, tmp_path: Path) -> None:
    port = free_port()
    nowhere = f"http://127.0.0.1:{port}"
    settings = settings_for(
        sandbox,
        tmp_path,
        webhook=True,
        telegram_api_url=nowhere,
        stripe_api_url=nowhere,
        campaigns_file="gone.toml",
        help_chat_id=-1002,
    )
    engine.make(settings.database_url, empty=True)
    findings = await check_all(settings)
    assert [finding.what for finding in findings if finding.is_right and finding.what != "Catalogues"] == []
    assert all(finding.mend for finding in findings if not finding.is_right)


@pytest.mark.parametrize(
    ("chat_id", "is_right", "seen"),
    [
        (None, True, "none"),
        (-1002, True, "a group with topics"),
        (-1001, True, "a group without topics"),
        (1003, False, "this is a private"),
        (-5, False, "-5: Bad Request: chat not found"),
    ],
)
async def test_check_knows_the_help_desks_group(
    sandbox: Sandbox, tmp_path: Path, chat_id: int | None, is_right: bool, seen: str
) -> None:
    settings = settings_for(sandbox, tmp_path, webhook=False, help_chat_id=chat_id)
    [found] = [one for one in await check_all(settings) if one.what == "Help desk"]
    assert found.is_right is is_right
    assert found.seen.startswith(seen)


async def test_check_knows_wrong_and_missing_keys(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.stripe.faults.add(Fault("401", "GET", times=1, path="/v1/account"))
    wrong = settings_for(sandbox, tmp_path, webhook=False, telegram_bot_token="1:x")
    seen = {finding.what: finding for finding in await check_all(wrong)}
    assert "refused: HTTP 401" in seen["Telegram token"].seen
    assert (
        "Stripe refuses the key" in seen["Stripe key"].seen
        or "Stripe refuses the key" not in seen["Clock"].seen
    )
    empty = settings_for(sandbox, tmp_path, webhook=False, telegram_bot_token="", stripe_secret_key="")
    assert [f.seen for f in await check_all(empty)][:2] == ["not set", "not set"]


def test_the_table_puts_the_mend_below() -> None:
    lines = table([Finding("A", True, "fine"), Finding("Bee", False, "broken", "mend it")]).splitlines()
    assert lines == ["ok   A    fine", "BAD  Bee  broken", "          -> mend it"]


async def test_reconcile_beside_the_bot_repairs_a_lost_webhook(stage: Stage) -> None:
    session = await to_the_bridge(stage, stage.john())
    stage.stripe.outbox.next_ones.append("lose")
    stage.stripe.pay(session)
    assert len(await reconcile_once(stage.settings)) == 1
    assert await stage.rows("SELECT state FROM donations") == [("paid",)]


@pytest.mark.parametrize("log_format", ["console", "json"])
async def test_the_real_process_serves_says_so_and_stops(
    sandbox: Sandbox, tmp_path: Path, log_format: str
) -> None:
    port = free_port()
    environment = {
        **os.environ,
        "TELEGRAM_BOT_TOKEN": sandbox.telegram.token,
        "TELEGRAM_API_URL": f"{sandbox.base}/telegram",
        "STRIPE_SECRET_KEY": "sk_test_sandbox",
        "STRIPE_API_URL": f"{sandbox.base}/stripe",
        "PORT": str(port),
        "LOG_FORMAT": log_format,
        "DATABASE_URL": engine.make(engine.url_in(tmp_path), empty=True),
        "CAMPAIGNS_FILE": str(ROOT / "campaigns.toml"),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", env=environment, cwd=tmp_path, stderr=asyncio.subprocess.PIPE
    )
    report = await until_health(f"http://127.0.0.1:{port}", "ok")
    assert report == {
        "status": "ok",
        "mode": "polling",
        "database": "ok",
        "telegram": "ok",
        "stripe": "ok",
        "version": "0.1.0",
    }
    john = sandbox.telegram.phones[1003]
    await john.start("c_humanitarian_200_MAD")
    await john.says("Gift of 200 MAD")
    process.terminate()
    _, errors = await asyncio.wait_for(process.communicate(), 10)
    assert process.returncode == 0
    lines = errors.decode().splitlines()
    assert any("check" in line or "turn" in line for line in lines)
    assert leaks(errors.decode(), {"Gift of 200 MAD"}) == []
    if log_format == "json":
        assert {json.loads(line)["event"] for line in lines} >= {"turn"}


@pytest.mark.parametrize(
    ("said", "leak"),
    [
        ("https://x/bot7000000001:sandbox-token-of-no-value-aaaaaaaaa/getMe", "a bot token"),
        ("sk_test_" + "sandbox", "a Stripe key"),
        ("whsec_" + "sandbox", "a webhook secret"),
        ("at http://127.0.0.1:1/stripe/pay/cs_1", "a checkout URL"),
        ("f" * 64, "the secret of the update webhook"),
        ("hello Amina", "a name"),
        ("he said: please do not tell", "what somebody wrote: please do not tell"),
    ],
)
def test_the_ear_hears_each_kind_of_leak(said: str, leak: str) -> None:
    assert leaks(said, {"please do not tell"}) == [leak]


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_an_error_that_quotes_somebody_is_logged_by_its_kind_and_place(log_format: str) -> None:
    from bot.errors import StoreDown
    from bot.logs import formatter

    def breaks() -> None:
        try:
            int("Zul" + "aykha typed this")
        except ValueError as error:
            raise StoreDown("disk is full") from error

    with pytest.raises(StoreDown) as caught:
        breaks()
    info = (caught.type, caught.value, caught.tb)
    line = formatter(log_format).format(logging.LogRecord("x", logging.ERROR, "", 0, "failed", None, info))
    assert "ValueError" in line
    assert "disk is full" in line
    assert "test_command_line.py" in line
    assert "Zulaykha" not in line


def test_secrets_never_reach_a_log() -> None:
    from bot.logs import strike_out

    token = "7000000001:" + "x" * 35
    struck = strike_out(
        None, "", {"event": f"POST https://api/bot{token}/x", "key": "sk_test_" + "y" * 20, "n": 1}
    )
    assert struck == {"event": "POST https://api/bot[secret]/x", "key": "[secret]", "n": 1}
