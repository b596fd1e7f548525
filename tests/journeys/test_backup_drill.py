"""The drill: donors give while the backup is taken, the machine dies, and the bot goes on from the backup elsewhere."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from bot.chores import audit_all, publish_ledger
from bot.config import Settings
from bot.store import snapshot
from bot.store.migrate import migrate
from sandbox.app import Sandbox
from sandbox.telegram import Phone
from tests.bot.test_backups import with_a_page_overwritten
from tests.engine import only_sqlite
from tests.journeys.test_kills import Bot, facts
from tests.stage import free_port, labels, session_of, settings_for, shows, until_health


async def entraide(folder: Path, *arguments: str) -> tuple[int, str]:
    """The real command beside the real bot; its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *arguments,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{folder}/entraide.db"},
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def to_stripe(phone: Phone) -> str:
    await phone.start("c_humanitarian_200_MAD")
    await phone.until(lambda one: labels(one)[:1] == ["Pay 200 MAD"], 30)
    await phone.tap("Pay 200 MAD")
    await phone.until(lambda one: shows(one, "Open Stripe"), 30)
    return session_of(phone)


async def gives(sandbox: Sandbox, phone: Phone) -> None:
    sandbox.stripe.pay(await to_stripe(phone))
    await phone.until(lambda one: any("Received: " in message.text for message in one.messages), 30)


async def killed(bot: Bot) -> None:
    assert bot.process is not None
    bot.process.send_signal(signal.SIGKILL)
    await bot.process.wait()


async def ledger_of(folder: Path, settings: Settings) -> list[bytes]:
    await publish_ledger(settings, folder / "ledger.jsonl")
    return (folder / "ledger.jsonl").read_bytes().splitlines()


@only_sqlite
async def test_a_backup_under_load_is_restored_elsewhere_and_the_bot_goes_on(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    port = free_port()
    sandbox.stripe.webhook_url = f"http://127.0.0.1:{port}/stripe/webhook"
    first, second = Bot(sandbox, here, port), Bot(sandbox, there, port)
    john = sandbox.telegram.phones[1003]
    donors = [sandbox.telegram.person(2000 + number, f"Donor {number}", "en") for number in range(12)]
    late = sandbox.telegram.person(3000, "Late", "en")
    await first.start()
    await until_health(f"http://127.0.0.1:{port}", "ok")

    open_page = await to_stripe(john)
    load = asyncio.gather(*(gives(sandbox, one) for one in donors))
    await donors[0].until(lambda one: any("Received: " in message.text for message in one.messages), 30)
    code, said = await entraide(here, "backup", "--to", str(tmp_path / "kept"), "--gzip")
    assert code == 0, said
    await load
    await gives(sandbox, late)
    await killed(first)
    sandbox.stripe.pay(open_page)

    (file,) = (tmp_path / "kept").iterdir()
    code, restored = await entraide(there, "restore", str(file))
    assert code == 0, restored
    head = said.split("head ")[1].split()[0]
    assert f"head {head}\n" in restored, "the restored ledger ends where the backup said"
    settings = {one: settings_for(sandbox, one, webhook=False) for one in (here, there)}
    ours, theirs = await ledger_of(here, settings[here]), await ledger_of(there, settings[there])
    assert theirs == ours[: len(theirs)], "to the byte"
    assert f'"hash":"{head}"'.encode() in theirs[-1]

    await second.start()
    await john.until(lambda one: any("Received: " in message.text for message in one.messages), 30)
    await john.until(lambda one: sum("Received: " in message.text for message in one.messages) == 1)
    assert await second.stop() == 0
    assert snapshot.prove(there / "entraide.db").rows > len(theirs)
    known = {row[0] for row in facts(there, "SELECT id FROM donations WHERE state = 'paid'")}
    paid = {str(one["client_reference_id"]) for one in sandbox.stripe.sessions.values()}
    differ = await audit_all(settings[there], with_stripe=True)
    named = {line.split()[1].rstrip(":") for line in differ if "after the backup" in line}
    assert named == paid - known, "gifts that began after the backup are named, none is silently gone"
    assert len(differ) == len(named)


@only_sqlite
async def test_a_damaged_database_is_never_written_to_and_the_start_names_the_restore(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    bot = Bot(sandbox, tmp_path, free_port())
    sandbox.stripe.webhook_url = f"http://127.0.0.1:{bot.port}/stripe/webhook"
    await bot.start()
    await gives(sandbox, sandbox.telegram.phones[1003])
    code, said = await entraide(tmp_path, "backup")
    assert code == 0, said
    assert await bot.stop() == 0
    file = said.split(": ")[0]
    path = tmp_path / "entraide.db"
    with_a_page_overwritten(path)
    before = path.read_bytes()
    code, said = await entraide(tmp_path, "check")
    assert code == 1
    assert f"entraide restore --replace {file}" in said
    bot.more = {"LOG_FORMAT": "json"}
    await bot.start()
    assert bot.process is not None
    assert await asyncio.wait_for(bot.process.wait(), 20) == 1
    assert path.read_bytes() == before
    code, said = await entraide(tmp_path, "restore", "--replace", file)
    assert code == 0, said
    await bot.start()
    assert (await until_health(f"http://127.0.0.1:{bot.port}", "ok"))["database"] == "ok"
    assert await bot.stop() == 0
    assert facts(tmp_path, "SELECT state FROM donations") == [("paid",)]


async def test_the_start_says_what_to_run(tmp_path: Path) -> None:
    path = tmp_path / "entraide.db"
    migrate(str(path))
    with_a_page_overwritten(path)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "run",
        env={
            **os.environ,
            "DATABASE_URL": f"sqlite:///{path}",
            "TELEGRAM_BOT_TOKEN": "sandbox-token-of-no-value",
            "STRIPE_SECRET_KEY": "sk_test_sandbox",
        },
        cwd=tmp_path,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode == 1
    assert "Traceback" not in said.decode()
    assert "entraide restore --replace YOUR-NEWEST-BACKUP" in said.decode()
