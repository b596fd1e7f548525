"""A book on which everything is tried and nothing kept, with its work counted; and vendors that answer at once."""

import json
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, ClassVar, TypeVar

from msgspec import Struct
from telegram.request import BaseRequest, RequestData

from benchmarks.growing.people import AT, GROUP, MONTHLY, NOW, OWNER
from benchmarks.stub import World
from bot.botapi.pace import Pace
from bot.botapi.pen import Pen
from bot.config import Settings
from bot.i18n import Catalogues
from bot.payments.stripe_api import Payments
from bot.services import Services
from bot.store import sqlite
from bot.store.database import Database, Engine, Work
from bot.store.sql import Tx

T = TypeVar("T")
REPEATS, ENOUGH = 20, 1.5


class Cost(Struct, frozen=True):
    """`steps` of SQLite's virtual machine, the same whenever they are counted; `ms` of this process's CPU, the median."""

    steps: int
    ms: float


class Rehearsal(Database):
    """One connection, whose one transaction is undone after each trial: the book stays as it was made."""

    engine: ClassVar[Engine] = "sqlite"

    def __new__(cls, path: Path) -> "Rehearsal":
        del path
        return object.__new__(cls)

    def __init__(self, path: Path) -> None:
        self.path, self._raw = path, sqlite._connect(path)
        self._steps = 0

    async def close(self) -> None:
        self._raw.close()

    async def read(self, work: Work[T]) -> T:
        return work(Tx(self._raw))

    study = read

    async def write(self, work: Work[T]) -> T:
        self._raw.execute("SAVEPOINT job")
        try:
            return work(Tx(self._raw))
        except BaseException:
            self._raw.execute("ROLLBACK TO job")
            raise
        finally:
            self._raw.execute("RELEASE job")

    async def measure(
        self, trial: Callable[[], Awaitable[object]], before: Work[object] | None = None
    ) -> Cost:
        """What it costs, its steps counted once and its time taken many times; `before` makes ready and is not counted."""
        _, first = await self._once(trial, before, count=False)
        steps, _ = await self._once(trial, before, count=True)
        # The first time is of statements that are not compiled yet: it counts only where it is a matter of seconds.
        taken = [first] if first > ENOUGH else []
        while len(taken) < REPEATS and (sum(taken) < ENOUGH):
            taken.append((await self._once(trial, before, count=False))[1])
        return Cost(steps, median(taken) * 1000)

    async def steps(self, trial: Callable[[], Awaitable[object]], before: Work[object] | None = None) -> int:
        """Its steps alone."""
        await self._once(trial, before, count=False)
        return (await self._once(trial, before, count=True))[0]

    async def _once(
        self, trial: Callable[[], Awaitable[object]], before: Work[object] | None, *, count: bool
    ) -> tuple[int, float]:
        raw, self._steps = self._raw, 0
        raw.execute("BEGIN IMMEDIATE")
        try:
            if before:
                before(Tx(raw))
            raw.set_progress_handler(self._step if count else None, 1)
            began = time.process_time()
            await trial()
            return self._steps, time.process_time() - began
        finally:
            raw.set_progress_handler(None, 0)
            raw.execute("ROLLBACK")

    def _step(self) -> None:
        self._steps += 1

    def ask(self, sql: str, *values: object) -> Any:
        """One row; for what an example needs to know."""
        return self._raw.execute(sql, values).fetchone()

    def explain(self, hear: Callable[[str], object] | None) -> None:
        self._raw.set_trace_callback(hear)


class AtOnce(BaseRequest):
    """Telegram that answers without a wire."""

    def __init__(self) -> None:
        self._world = World()
        self.date = None

    @property
    def read_timeout(self) -> float | None:
        return 1.0

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def do_request(
        self, url: str, method: str, request_data: RequestData | Any = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        del method
        name = url.rpartition("/")[2]
        if name in ("sendPhoto", "sendDocument", "copyMessage"):
            return 200, b'{"ok":true,"result":{"message_id":77,"date":1,"chat":{"id":1,"type":"private"}}}'
        body = request_data.json_payload if request_data is not None else b""
        return 200, self._world.telegram(name, body)


class NoPace(Pace):
    """Nobody waits for Telegram's limits."""

    async def process(
        self, callback: Any, args: Any, kwargs: Any, endpoint: Any, data: Any, priority: Any
    ) -> Any:
        del endpoint, data, priority
        return await callback(*args, **kwargs)

    async def room(self, chats: Sequence[int], cost: int = 1, *, is_paid: bool = False) -> list[int]:
        del cost, is_paid
        return list(chats)


class Stripe:
    """Stripe that answers without a wire, for the gifts that stand in every book."""

    def __init__(self) -> None:
        self._world = World()

    async def answer(
        self, method: str, url: str, headers: Any, post_data: Any = None
    ) -> tuple[bytes, int, dict[str, str]]:
        del headers
        path, _, query = url.partition("://")[2].partition("?")
        path = "/" + path.partition("/")[2]
        body = post_data.encode() if isinstance(post_data, str) else post_data or b""
        return (
            json.dumps(self._found(method, path, query)).encode()
            if (path.startswith(_KNOWN))
            else self._world.vault.answer(method.upper(), path, body),
            200,
            {},
        )

    def _found(self, method: str, path: str, query: str) -> dict[str, Any]:
        last = path.rstrip("/").split("/")
        if "checkout" in path and len(last) > 4:
            return self._page(last[4], is_over=last[-1] == "expire")
        if "subscriptions" in path and len(last) > 3:
            return _subscription(is_over=method.lower() == "delete")
        if "payment_intents" in path:
            return {
                "id": last[3],
                "latest_charge": {
                    "id": "ch_1",
                    "payment_intent": last[3],
                    "amount": 1,
                    "currency": "mad",
                    "balance_transaction": _MOVED,
                },
            }
        if "portal" in path:
            return {"url": "https://billing.stripe.com/p/session/x"}
        return (
            {"object": "list", "data": [], "has_more": False, "url": path}
            if method.lower() == "get"
            else _REFUND | {"of": query}
        )

    def _page(self, id: str, *, is_over: bool) -> dict[str, Any]:
        made = self._world.vault.sessions.get(id) or self._world.vault.create(20_000, "mad", id[3:])
        gone = {"status": "expired"} if is_over else {}
        return made | {"id": id, "client_reference_id": id[3:]} | gone


class Paid(Stripe):
    """As Stripe, but that the open page has been paid."""

    def _page(self, id: str, *, is_over: bool) -> dict[str, Any]:
        del is_over
        intent = {
            "id": f"pi_{id}",
            "object": "payment_intent",
            "status": "succeeded",
            "last_payment_error": None,
        }
        paid = {"status": "complete", "payment_status": "paid", "payment_intent": intent, "url": None}
        return super()._page(id, is_over=False) | paid


_KNOWN = (
    "/v1/checkout/sessions/",
    "/v1/subscriptions",
    "/v1/payment_intents",
    "/v1/refunds",
    "/v1/billing_portal",
    "/v1/disputes",
)
_REFUND = {"id": "re_new", "amount": 20_000, "currency": "mad", "status": "succeeded", "metadata": {}}
_MOVED = {
    "id": "txn_new",
    "source": "ch_1",
    "type": "charge",
    "amount": 100,
    "fee": 30,
    "net": 70,
    "currency": "mad",
    "available_on": AT,
}


def _subscription(*, is_over: bool) -> dict[str, Any]:
    price = {"unit_amount": 10_000, "currency": "mad", "product": "prod_1"}
    item = {"id": "si_1", "current_period_end": AT + 2_000_000, "price": price, "quantity": 1}
    facts = {
        "id": f"sub_{MONTHLY}",
        "status": "canceled" if is_over else "active",
        "customer": f"cus_{MONTHLY}",
    }
    moments = {"billing_cycle_anchor": AT - 3540, "ended_at": AT if is_over else None}
    return facts | moments | {"items": {"data": [item]}, "metadata": {"monthly_id": MONTHLY}}


def services_on(db: Rehearsal, stripe: Stripe | None = None) -> Services:
    """The bot's own, at the moment at which every book was made."""
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        database_url=f"sqlite:///{db.path}",
        admin_ids=(OWNER,),
        help_chat_id=GROUP,
        quiet_hours=None,
        statement_descriptor="MCISE* DON",
        stripe_secret_key="sk_test_none",
    )
    payments = Payments("sk_test_none", "http://127.0.0.1:1")
    payments._http.request_async = (stripe or Stripe()).answer
    return Services(settings, db, payments, lambda: NOW, Catalogues("fr"), "entraide_bot")


async def pen() -> Pen:
    made = Pen("7000000001:none", request=AtOnce(), get_updates_request=AtOnce(), pace=NoPace(1_000_000))
    await made.initialize()
    return made
