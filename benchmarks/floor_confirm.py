"""Floor: a bare loop that confirms payments: the signature, the session from Stripe, one row committed; nobody is told."""

import os

import aiosqlite
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.floor_stripe import confirmed

TABLE = (
    "CREATE TABLE IF NOT EXISTS confirmations (session_id TEXT PRIMARY KEY, amount INTEGER, currency TEXT)"
)
ROW = "INSERT OR IGNORE INTO confirmations VALUES (?, ?, ?)"


async def webhook(request: Request) -> Response:
    session = await confirmed(await request.body(), request.headers["Stripe-Signature"])
    db = request.app.state.db
    await db.execute(ROW, (session.id, session.amount_total, session.currency))
    await db.commit()
    return Response()


async def healthz(_: Request) -> Response:
    return Response("ok")


async def main() -> None:
    app = Starlette(routes=[Route("/stripe/webhook", webhook, methods=["POST"]), Route("/healthz", healthz)])
    async with aiosqlite.connect(os.environ["DATABASE_URL"].removeprefix("sqlite:///")) as db:
        await db.execute("PRAGMA journal_mode=WAL")
        await db.execute("PRAGMA synchronous=FULL")
        await db.execute(TABLE)
        await db.commit()
        app.state.db = db
        config = uvicorn.Config(
            app,
            port=int(os.environ["PORT"]),
            access_log=False,
            log_level="error",
            timeout_keep_alive=75,
        )
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    uvloop.run(main())
