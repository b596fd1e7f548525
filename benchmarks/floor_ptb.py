"""Floor: python-telegram-bot on a webhook: the same messages and edits as ours, no database, no courier.

As it comes, or with the word "ours" over our transport.
"""

import os
import sys
from typing import Any

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import Application, CallbackQueryHandler, CommandHandler
from telegram.request import BaseRequest, HTTPXRequest

from benchmarks.floor_stripe import confirmed, open_page
from benchmarks.screens import Face, faces

FACES = faces()
CONCURRENT = 256


def keyboard(face: Face) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(**one) for one in row] for row in face.rows])  # type: ignore[arg-type]


async def start(update: Update, _: Any) -> None:
    face = FACES["campaign"]
    await update.effective_chat.send_message(face.text, reply_markup=keyboard(face), parse_mode="HTML")


async def _show(update: Update, face: Face) -> None:
    await update.callback_query.edit_message_text(face.text, reply_markup=keyboard(face), parse_mode="HTML")


async def amount(update: Update, _: Any) -> None:
    await update.callback_query.answer()
    await _show(update, FACES["amount"])


async def check(update: Update, _: Any) -> None:
    await update.callback_query.answer()
    await _show(update, FACES["check"])


async def give(update: Update, _: Any) -> None:
    await update.callback_query.answer()
    url = await open_page(update.effective_chat.id)
    await _show(update, FACES["bridge"].at(url))


def _transport() -> BaseRequest:
    """One connection for each update in work: the default of the library's builder, written out."""
    if sys.argv[1:] == ["ours"]:
        from bot.botapi.transport import AiohttpRequest

        return AiohttpRequest(connections=CONCURRENT)
    return HTTPXRequest(connection_pool_size=CONCURRENT)


def build() -> Application:
    application = (
        Application.builder()
        .token(os.environ["TELEGRAM_BOT_TOKEN"])
        .base_url(os.environ["TELEGRAM_API_URL"] + "/bot")
        .request(_transport())
        .updater(None)
        .concurrent_updates(CONCURRENT)
        .build()
    )
    application.add_handler(CommandHandler("start", start))
    for word, handler in (("amount", amount), ("check", check), ("give", give)):
        application.add_handler(CallbackQueryHandler(handler, pattern=f"^{word}-"))
    return application


application = build()


async def telegram(request: Request) -> Response:
    """As the library's own example of a custom webhook: queued, then answered."""
    await application.update_queue.put(Update.de_json(await request.json(), application.bot))
    return Response()


async def webhook(request: Request) -> Response:
    session = await confirmed(await request.body(), request.headers["Stripe-Signature"])
    face = FACES["thanks"]
    await application.bot.send_message(
        int(session.client_reference_id), face.text, reply_markup=keyboard(face), parse_mode="HTML"
    )
    return Response()


async def healthz(_: Request) -> Response:
    return Response("ok")


async def main() -> None:
    routes = [
        Route("/telegram", telegram, methods=["POST"]),
        Route("/stripe/webhook", webhook, methods=["POST"]),
        Route("/healthz", healthz),
    ]
    config = uvicorn.Config(
        Starlette(routes=routes),
        port=int(os.environ["PORT"]),
        access_log=False,
        log_level="error",
        timeout_keep_alive=75,
    )
    async with application:
        await application.start()
        await uvicorn.Server(config).serve()
        await application.stop()


if __name__ == "__main__":
    uvloop.run(main())
