"""/metrics says what the process does to whoever has the token, and nothing about anybody."""

import json
import re
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from msgspec.structs import replace
from pydantic import SecretStr

from bot import meters, scrape
from bot.payments.transport import _call
from bot.store.database import Database
from bot.store.depths import look
from sandbox.app import Sandbox
from sandbox.faults import Fault
from tests.journeys.test_back import a_paid_gift
from tests.stage import ROOT, Stage, bot_beside, settings_for

TOKEN = "a-token-of-the-tests"
LINE = re.compile(r'[a-z_]+(\{([a-z]+="[^"\\]*",?)*\})? -?[0-9.]+(e[+-]?\d+)?$')


async def asked(stage: Stage, token: str | None) -> tuple[int, str]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{stage.url}/metrics", headers=headers) as answer,
    ):
        return answer.status, await answer.text()


def numbers(page: str) -> dict[str, float]:
    rows = (line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in rows}


async def test_without_a_token_in_the_settings_there_is_no_such_page(stage: Stage) -> None:
    assert (await asked(stage, TOKEN))[0] == 404
    assert (await asked(stage, ""))[0] == 404


async def test_the_page_counts_what_happened_and_names_nobody(sandbox: Sandbox, tmp_path: Path) -> None:
    settings = settings_for(sandbox, tmp_path, webhook=True, metrics_token=SecretStr(TOKEN))
    async with bot_beside(sandbox, settings) as stage:
        assert (await asked(stage, None))[0] == 401
        assert (await asked(stage, TOKEN + "x"))[0] == 401
        before = numbers((await asked(stage, TOKEN))[1])
        await a_paid_gift(stage)
        status, page = await asked(stage, TOKEN)
        [(gift,)] = await stage.rows("SELECT id FROM donations")
    assert status == 200
    after = numbers(page)

    def grown(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert grown('entraide_updates_total{kind="tap"}') == 3
    assert grown('entraide_updates_total{kind="message"}') == 1
    assert grown("entraide_turn_seconds_count") == 4
    assert grown('entraide_stripe_calls_total{call="POST checkout/sessions",outcome="2xx"}') == 1
    assert grown('entraide_webhooks_total{outcome="kept"}') >= 1
    assert grown('entraide_deliveries_total{kind="thanks",outcome="sent"}') == 1
    assert grown('entraide_telegram_answers_total{outcome="2xx"}') >= 5
    assert after["entraide_deliveries_owed"] == after["entraide_deliveries_oldest_seconds"] == 0
    assert after['entraide_part_ok{part="database"}'] == 1
    assert after['entraide_incident{what="disk"}'] == 0
    assert after["process_resident_memory_bytes"] > 1_000_000
    bad = [line for line in page.splitlines() if not line.startswith("#") and not LINE.match(line)]
    assert bad == []
    for word in (gift, "1003", "John", stage.telegram.token, "20000", "humanitarian"):
        assert word not in page
    assert len(after) < 200, "few labels, each with few values"


async def test_what_is_late_is_seen_with_its_age(stage: Stage) -> None:
    await a_paid_gift(stage)
    now = stage.services.clock()
    late = int(now.timestamp()) - 120
    # Leased by nobody and due in a while for the courier that runs, so that it stays.
    await stage.services.db.write(
        lambda tx: tx.plain("UPDATE deliveries SET state = 'owed', due_at = ?", (late + 3600,))
    )
    found = await stage.services.db.read(lambda tx: look(tx, now + timedelta(hours=1)))
    assert (found.owed, found.oldest) == (1, 120)


async def test_where_the_database_is_down_the_rest_is_still_said(stage: Stage) -> None:
    gone = Database(stage.settings.database_url)
    await gone.open()
    await gone.close()
    page = await scrape.page(replace(stage.services, db=gone), {"database": "down"})
    assert "entraide_inbox_waiting" not in page
    assert 'entraide_failures_total{where="metrics",error="StoreDown"}' in page
    assert 'entraide_part_ok{part="database"} 0.0' in page


@pytest.mark.parametrize(("kind", "outcome"), [("429", "429"), ("500", "5xx"), ("timeout", "none")])
async def test_trouble_at_stripe_is_counted_apart(stage: Stage, kind: str, outcome: str) -> None:
    key = ("POST checkout/sessions", outcome)
    before = meters.STRIPE.counts.get(key, 0)
    stage.stripe.faults.add(Fault(kind, "POST"))
    john = stage.john()
    await john.start("c_humanitarian_200_MAD")
    await john.says("Gift of 200 MAD")
    await john.tap("Pay 200 MAD")
    await stage.until_rows("SELECT state FROM donations", [("awaiting",)], 20)
    assert meters.STRIPE.counts[key] > before


def test_an_id_never_reaches_a_label() -> None:
    assert (
        _call("post", "https://api/v1/checkout/sessions/cs_test_a1/expire") == "POST checkout/sessions/expire"
    )
    assert _call("get", "https://api/v1/invoices/in_1?expand[]=x") == "GET invoices"
    assert _call("get", "https://api/v1/accounts/Amina") == "GET "


def test_a_value_of_a_label_is_quoted() -> None:
    one = meters.Counter("x_total", "X.", ("what",))
    one.add('a"b\\c\n')
    assert one.lines()[-1] == r'x_total{what="a\"b\\c\n"} 1'


def test_a_histogram_counts_upwards() -> None:
    one = meters.Histogram("x_seconds", "X.")
    for seconds in (0.001, 0.005, 0.3, 99):
        one.add(seconds)
    lines = one.lines()
    assert lines[2] == 'x_seconds_bucket{le="0.005"} 2'
    assert lines[-3:] == ['x_seconds_bucket{le="+Inf"} 4', "x_seconds_sum 99.306000", "x_seconds_count 4"]


async def test_the_dashboard_asks_only_for_what_there_is(sandbox: Sandbox, tmp_path: Path) -> None:
    settings = settings_for(sandbox, tmp_path, webhook=True, metrics_token=SecretStr(TOKEN))
    async with bot_beside(sandbox, settings) as stage:
        await a_paid_gift(stage)
        page = (await asked(stage, TOKEN))[1]
    there = set(re.findall(r"^# TYPE (\w+)", page, re.M))
    board = json.loads((ROOT / "docs" / "grafana" / "entraide.json").read_text(encoding="utf-8"))
    wanted = {target["expr"] for panel in board["panels"] for target in panel.get("targets", [])}
    names = {name for expr in wanted for name in re.findall(r"\b((?:entraide|process)_\w+)", expr)}
    missing = {
        one for one in names if re.sub(r"_(bucket|sum|count)$", "", one) not in there and one not in there
    }
    assert names
    assert missing == set()
    labels = {
        name
        for expr in wanted
        for name in re.findall(r"by \(([a-z_, ]+)\)", expr)
        for name in name.split(", ")
    }
    assert labels <= {
        "le",
        "instance",
        *(label for one in meters.ALL if isinstance(one, meters.Counter) for label in one.labels),
        "state",
        "part",
        "what",
    }
