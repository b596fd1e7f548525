"""Floor: aiogram 3 as it comes, on its aiohttp webhook server: the same messages and edits as ours, no database."""

import asyncio
import os
import signal

import uvloop
from aiogram import Bot, Dispatcher, F
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import CommandStart
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

from benchmarks.floor_stripe import confirmed, open_page
from benchmarks.screens import Face, faces

FACES = faces()
dispatcher = Dispatcher()


def keyboard(face: Face) -> InlineKeyboardMarkup:
    rows = [[InlineKeyboardButton(**one) for one in row] for row in face.rows]  # type: ignore[arg-type]
    return InlineKeyboardMarkup(inline_keyboard=rows)


@dispatcher.message(CommandStart())
async def start(message: Message) -> None:
    face = FACES["campaign"]
    await message.answer(face.text, reply_markup=keyboard(face))


async def _show(query: CallbackQuery, face: Face) -> None:
    await query.message.edit_text(face.text, reply_markup=keyboard(face))


@dispatcher.callback_query(F.data.startswith("amount-"))
async def amount(query: CallbackQuery) -> None:
    await query.answer()
    await _show(query, FACES["amount"])


@dispatcher.callback_query(F.data.startswith("check-"))
async def check(query: CallbackQuery) -> None:
    await query.answer()
    await _show(query, FACES["check"])


@dispatcher.callback_query(F.data.startswith("give-"))
async def give(query: CallbackQuery) -> None:
    await query.answer()
    url = await open_page(query.message.chat.id)
    await _show(query, FACES["bridge"].at(url))


async def webhook(request: web.Request) -> web.Response:
    session = await confirmed(await request.read(), request.headers["Stripe-Signature"])
    face = FACES["thanks"]
    await request.app["bot"].send_message(
        int(session.client_reference_id), face.text, reply_markup=keyboard(face)
    )
    return web.Response()


async def healthz(_: web.Request) -> web.Response:
    return web.Response(text="ok")


def build() -> web.Application:
    server = TelegramAPIServer.from_base(os.environ["TELEGRAM_API_URL"])
    bot = Bot(
        os.environ["TELEGRAM_BOT_TOKEN"],
        session=AiohttpSession(api=server),
        default=DefaultBotProperties(parse_mode="HTML"),
    )
    app = web.Application()
    app["bot"] = bot
    app.router.add_post("/stripe/webhook", webhook)
    app.router.add_get("/healthz", healthz)
    SimpleRequestHandler(dispatcher, bot, handle_in_background=False).register(app, path="/telegram")
    setup_application(app, dispatcher, bot=bot)
    return app


async def main() -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    runner = web.AppRunner(build(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(os.environ["PORT"])).start()
    await stopping.wait()
    await runner.cleanup()


if __name__ == "__main__":
    uvloop.run(main())
