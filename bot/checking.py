"""`entraide check`: is the configuration right? Each finding says what was seen, and each failure its mend."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from msgspec import Struct

from bot import backups, campaigns_file
from bot.config import Settings
from bot.errors import EntraideError, PaymentsLocked, StoreBroken, StoreDown
from bot.i18n import LOCALES
from bot.payments.stripe_api import Payments
from bot.store import snapshot
from bot.store.database import Database
from bot.store.migrate import HEAD, version

_WAIT = aiohttp.ClientTimeout(total=10)
_SKEW = 60
# What PostgreSQL must be; its number is 130000 for 13.
_SERVER = "SELECT current_setting('server_version_num')::int, current_setting('server_encoding')"
_OLDEST = 130000
# The account in the campaigns.toml that comes with this project.
_EXAMPLE = "000 000 0000000000000000 00"


class Finding(Struct, frozen=True):
    """One row of the table."""

    what: str
    is_right: bool
    seen: str
    mend: str = ""


async def check_all(settings: Settings) -> list[Finding]:
    """Every check, all at once; none changes anything."""
    checks: list[Callable[[Settings], Awaitable[Finding]]] = [
        _telegram,
        _stripe,
        _webhook,
        _database,
        _clock,
        _campaigns,
        _catalogues,
        _help_desk,
    ]
    return list(await asyncio.gather(*(one(settings) for one in checks)))


def table(findings: list[Finding]) -> str:
    """The findings as aligned lines."""
    wide = max(len(finding.what) for finding in findings)
    rows: list[str] = []
    for finding in findings:
        rows.append(f"{'ok ' if finding.is_right else 'BAD'}  {finding.what:<{wide}}  {finding.seen}")
        if not finding.is_right:
            rows.append(f"     {'':<{wide}}  -> {finding.mend}")
    return "\n".join(rows)


async def _telegram(settings: Settings) -> Finding:
    what, token = "Telegram token", settings.telegram_bot_token.get_secret_value()
    if not token:
        return Finding(what, False, "not set", "set TELEGRAM_BOT_TOKEN: @BotFather gives it")
    try:
        async with (
            aiohttp.ClientSession(timeout=_WAIT) as session,
            session.get(f"{settings.telegram_api_url}/bot{token}/getMe") as answer,
        ):
            body = await answer.json()
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return Finding(
            what, False, f"no answer: {type(error).__name__}", "check the network and TELEGRAM_API_URL"
        )
    if not body.get("ok"):
        return Finding(what, False, f"refused: HTTP {answer.status}", "copy the token again from @BotFather")
    return Finding(what, True, f"@{body['result']['username']}")


async def _help_desk(settings: Settings) -> Finding:
    what, chat_id = "Help desk", settings.help_chat_id
    if chat_id is None:
        return Finding(what, True, "none: HELP_CHAT_ID is not set")
    token = settings.telegram_bot_token.get_secret_value()
    try:
        async with (
            aiohttp.ClientSession(timeout=_WAIT) as session,
            session.get(
                f"{settings.telegram_api_url}/bot{token}/getChat", params={"chat_id": chat_id}
            ) as answer,
        ):
            body = await answer.json()
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return Finding(what, False, f"no answer: {type(error).__name__}", "check the network")
    if not body.get("ok"):
        mend = "add the bot to the group and write /here there: it says the id"
        return Finding(what, False, f"{chat_id}: {body.get('description', 'refused')}", mend)
    return _group(what, body["result"])


def _group(what: str, chat: Mapping[str, Any]) -> Finding:
    """What Telegram says of the staff's group. Whoever may write there may answer donors."""
    if chat["type"] not in ("group", "supergroup"):
        return Finding(
            what, False, f"this is a {chat['type']}", "HELP_CHAT_ID is a group; /here in it says its id"
        )
    if chat.get("username") or chat.get("linked_chat_id"):
        return Finding(
            what, False, "this group is public", "make it private: whoever writes there answers donors"
        )
    return Finding(what, True, "a group with topics" if chat.get("is_forum") else "a group without topics")


async def _stripe(settings: Settings) -> Finding:
    what, key = "Stripe key", settings.stripe_secret_key.get_secret_value()
    if not key:
        return Finding(what, False, "not set", "set STRIPE_SECRET_KEY: Stripe, Developers, API keys")
    payments = Payments(key, settings.stripe_api_url)
    try:
        account = await payments.account()
    except PaymentsLocked as error:
        return Finding(what, False, str(error), "copy the key again from Stripe, Developers, API keys")
    except EntraideError as error:
        return Finding(what, False, f"no answer: {error}", "check the network and STRIPE_API_URL")
    finally:
        await payments.close()
    return Finding(what, True, f"{account}, {'LIVE: real money' if settings.live else 'test mode'}")


async def _webhook(settings: Settings) -> Finding:
    what = "How news arrives"
    if not settings.public_url:
        return Finding(what, True, "polling: PUBLIC_URL is not set")
    try:
        async with (
            aiohttp.ClientSession(timeout=_WAIT) as session,
            session.get(f"{settings.public_url}/healthz") as answer,
        ):
            body = await answer.json()
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        mend = f"let {settings.public_url} lead to {settings.host}:{settings.port}, with the bot running"
        return Finding(what, False, f"webhooks, but PUBLIC_URL does not answer: {type(error).__name__}", mend)
    is_ok = answer.status == 200
    return Finding(what, is_ok, f"webhooks; the bot says: {body.get('status')}", "mend what the bot names")


async def _database(settings: Settings) -> Finding:
    what, name, file = "Database", settings.database_name, settings.database_file
    if file is not None and not file.exists():
        return Finding(what, True, f"{name} will be made at the first start")
    try:
        faults = [] if file is not None else await _faults_of_postgres(settings.database_url)
        known = await asyncio.to_thread(version, settings.database_url)
        proof = await asyncio.to_thread(snapshot.prove, file) if file and known == HEAD else None
    except (StoreBroken, sqlite3.DatabaseError) as error:
        return Finding(what, False, f"damaged: {error}", backups.mend(settings))
    except StoreDown as error:
        return Finding(
            what, False, f"{name} cannot be used: {error}", "see DATABASE_URL, and whether it runs"
        )
    if faults:
        return Finding(what, False, f"{name}: {'; '.join(faults)}", "docs/operators.md says what is needed")
    if known == HEAD:
        whole = f" and whole: {proof.said}" if proof else ""
        return Finding(what, True, f"{name}, up to date{whole}")
    return Finding(what, False, f"{name} is at version {known}", "run `entraide migrate`")


async def _faults_of_postgres(url: str) -> list[str]:
    """Raises StoreDown."""
    db = Database(url)
    await db.open()
    try:
        number, encoding = (await db.read(lambda tx: tx.plain(_SERVER)))[0]
    finally:
        await db.close()
    faults = [] if number >= _OLDEST else ["its version is older than 13"]
    return faults + ([] if encoding == "UTF8" else [f"its encoding is {encoding}, not UTF8"])


async def _clock(settings: Settings) -> Finding:
    """Webhooks are refused when this machine's clock is minutes off."""
    what = "Clock"
    try:
        async with (
            aiohttp.ClientSession(timeout=_WAIT) as session,
            session.get(f"{settings.stripe_api_url}/v1/account") as answer,
        ):
            theirs = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (aiohttp.ClientError, TimeoutError, KeyError, ValueError):
        return Finding(
            what, False, "Stripe's time could not be asked", "check the network, then the clock by hand"
        )
    off = round(time.time() - theirs)
    return Finding(what, abs(off) <= _SKEW, f"{off} s off Stripe's", "turn on time synchronisation (NTP)")


async def _campaigns(settings: Settings) -> Finding:
    what = "Campaigns file"
    try:
        found = campaigns_file.read_file(settings.campaigns_file)
    except EntraideError as error:
        return Finding(what, False, str(error), "correct the file; docs/campaigns.md explains it")
    low = [
        f"{campaign.slug} {code}"
        for campaign in found
        for code, pair in campaign.limits.items()
        if (floor := settings.floor(code)) and pair.smallest < floor
    ]
    if low:
        mend = "raise `smallest` there, or lower FLOORS: donors below the floor are refused"
        return Finding(what, False, f"smallest gift under the floor: {', '.join(low)}", mend)
    if settings.live and any(_EXAMPLE in way for campaign in found for way in campaign.ways.values()):
        mend = "put your own account into [appeal.ways], or remove it"
        return Finding(what, False, "donors would be shown the example's account", mend)
    bare = [campaign.slug for campaign in found if not campaign.authorisation]
    seen = f"{len(found)} campaigns" + (f"; no authorisation number yet: {', '.join(bare)}" if bare else "")
    return Finding(what, True, seen)


async def _catalogues(_: Settings) -> Finding:
    what = "Catalogues"
    missing = [one for one in ("ar", "fr") if not (LOCALES / one / "LC_MESSAGES" / "entraide.mo").exists()]
    if missing:
        return Finding(
            what,
            False,
            f"not compiled: {', '.join(missing)}",
            "run `make run` or `pybabel compile -D entraide -d locales`",
        )
    return Finding(what, True, "compiled")
