"""Floor: python-telegram-bot as it comes, on a webhook: the same messages and edits, no database, no courier."""

import os
from typing import Any

import stripe
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import Application, CallbackQueryHandler, CommandHandler

STEPS = {"give": ("How much?", "200 MAD", "amount"), "amount": ("Gift of 200 MAD.", "Pay 200 MAD", "pay")}
client = stripe.StripeClient(
    os.environ["STRIPE_SECRET_KEY"],
    base_addresses={"api": os.environ["STRIPE_API_URL"]},
    http_client=stripe.HTTPXClient(),
)


def keyboard(label: str, **act: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, **act)]])  # type: ignore[arg-type]


async def start(update: Update, _: Any) -> None:
    await update.effective_chat.send_message(
        "<b>A campaign</b>", reply_markup=keyboard("Give", callback_data="give"), parse_mode="HTML"
    )


async def tap(update: Update, _: Any) -> None:
    query = update.callback_query
    await query.answer()
    if query.data in STEPS:
        text, label, then = STEPS[query.data]
        await query.edit_message_text(
            text, reply_markup=keyboard(label, callback_data=then), parse_mode="HTML"
        )
        return
    price: Any = {"currency": "mad", "unit_amount": 20000, "product_data": {"name": "Gift"}}
    params: Any = {
        "mode": "payment",
        "line_items": [{"quantity": 1, "price_data": price}],
        "success_url": "https://t.me/x",
    }
    params["client_reference_id"] = str(update.effective_chat.id)
    session = await client.v1.checkout.sessions.create_async(params)
    await query.edit_message_text(
        "Ready.", reply_markup=keyboard("Open Stripe", url=session.url or ""), parse_mode="HTML"
    )


application = (
    Application.builder()
    .token(os.environ["TELEGRAM_BOT_TOKEN"])
    .base_url(os.environ["TELEGRAM_API_URL"] + "/bot")
    .updater(None)
    .concurrent_updates(256)
    .build()
)
application.add_handler(CommandHandler("start", start))
application.add_handler(CallbackQueryHandler(tap))


async def telegram(request: Request) -> Response:
    await application.process_update(Update.de_json(await request.json(), application.bot))
    return Response()


async def webhook(request: Request) -> Response:
    event = client.construct_event(
        await request.body(), request.headers["Stripe-Signature"], os.environ["STRIPE_WEBHOOK_SECRET"]
    )
    session = await client.v1.checkout.sessions.retrieve_async(event.data.object["id"])
    await application.bot.send_message(
        int(session.client_reference_id or 0), "Received: 200 MAD.", parse_mode="HTML"
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
    import uvloop

    uvloop.run(main())
