"""`python -m sandbox`: both emulators, and the real bot beside them as a child that differs by its settings only."""

import argparse
import asyncio
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from sandbox.app import Sandbox, running
from sandbox.telegram.emulator import STAFF_GROUP


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8090, help="of the phone page (default 8090)")
    parser.add_argument("--bot-port", type=int, default=8080, help="of the bot (default 8080)")
    parser.add_argument("--polling", action="store_true", help="run the bot without a public URL")
    parser.add_argument(
        "--database",
        default="var/sandbox.db",
        help="a file, or postgresql://.../sandbox; made anew at each start",
    )
    asked = parser.parse_args()
    if _is_postgres(asked.database) and "sandbox" not in _name(asked.database):
        parser.error("everything in that database would be deleted: its name must say that it is a sandbox's")
    return asked


def _is_postgres(database: str) -> bool:
    return database.startswith(("postgresql://", "postgres://"))


def _name(database: str) -> str:
    return urlsplit(database).path.strip("/")


def _environment(sandbox: Sandbox, asked: argparse.Namespace) -> dict[str, str]:
    settings = {
        "TELEGRAM_BOT_TOKEN": sandbox.telegram.token,
        "TELEGRAM_API_URL": f"{sandbox.base}/telegram",
        "STRIPE_SECRET_KEY": sandbox.stripe.secret_key,
        "STRIPE_API_URL": f"{sandbox.base}/stripe",
        "STRIPE_WEBHOOK_SECRET": sandbox.stripe.outbox.secret,
        "PUBLIC_URL": "" if asked.polling else f"http://127.0.0.1:{asked.bot_port}",
        "HOST": "127.0.0.1",
        "PORT": str(asked.bot_port),
        "DATABASE_URL": asked.database if _is_postgres(asked.database) else f"sqlite:///{asked.database}",
        "ADMIN_IDS": ",".join(str(one) for one in sandbox.telegram.admins),
        "HELP_CHAT_ID": str(STAFF_GROUP),
        "STATEMENT_DESCRIPTOR": "MCISE* DON",
        "FEES": "MAD 2.9%+2.75, EUR 2.9%+0.25, USD 2.9%+0.28",
        "RATES": "EUR 10.87, USD 10",
    }
    return {**os.environ, **settings}


def _start_afresh(database: str) -> None:
    """The emulators keep nothing between runs, so neither may the bot: its chats would be gone."""
    if _is_postgres(database):
        _empty(database)
        return
    for suffix in ("", "-wal", "-shm"):
        Path(database + suffix).unlink(missing_ok=True)


def _empty(database: str) -> None:
    with import_module("psycopg").connect(database) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


async def _serves(url: str, child: asyncio.subprocess.Process) -> bool:
    async with aiohttp.ClientSession() as session:
        for _ in range(300):
            if child.returncode is not None:
                return False
            try:
                async with session.get(f"{url}/healthz") as answer:
                    if answer.status == 200:
                        return True
            except aiohttp.ClientError:
                pass  # It is not listening yet.
            await asyncio.sleep(0.1)
    return False


async def _main(asked: argparse.Namespace) -> int:
    stopping = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, stopping.set)
    _start_afresh(asked.database)
    async with running(asked.port) as sandbox:
        sandbox.telegram.limits = True
        if not asked.polling:
            sandbox.stripe.webhook_url = f"http://127.0.0.1:{asked.bot_port}/stripe/webhook"
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", env=_environment(sandbox, asked), start_new_session=True
        )
        try:
            return await _until_end(sandbox, asked, child, stopping)
        finally:
            if child.returncode is None:
                child.terminate()
                await child.wait()


async def _until_end(
    sandbox: Sandbox, asked: argparse.Namespace, child: asyncio.subprocess.Process, stopping: asyncio.Event
) -> int:
    if not await _serves(f"http://127.0.0.1:{asked.bot_port}", child):
        print("The bot did not start; its own words are above.", file=sys.stderr)  # noqa: T201
        return 1
    print(f"\n  Entraide's sandbox is ready. Open {sandbox.base}/\n", flush=True)  # noqa: T201
    ended, stopped = asyncio.ensure_future(child.wait()), asyncio.ensure_future(stopping.wait())
    await asyncio.wait((ended, stopped), return_when=asyncio.FIRST_COMPLETED)
    if ended.done():
        print(f"The bot ended with code {child.returncode}.", file=sys.stderr)  # noqa: T201
        return 1
    ended.cancel()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(_main(_asked())))
    except OSError as problem:
        sys.exit(
            f"The sandbox cannot listen: {problem.strerror}. Is it running already? Try --port and --bot-port."
        )
