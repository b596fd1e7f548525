"""Two hundred people who each come again and again: they give, hesitate, cancel, ask for papers, give monthly, mute and block."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable

from benchmarks.soaking.walker import Walker
from sandbox.app import Sandbox
from sandbox.stripe.errors import StripeRefusal

_FIRST = 6_000_000
_NAMES = {"ar": "فاطمة", "fr": "Leïla", "en": "Sarah"}
# Buttons that stand there or do not: nobody waits for them.
_NOW = 0.0
_CAMPAIGNS = ("humanitarian", "startups")
# What a visit is, and how often among a hundred.
_VISITS = {
    "gives": 46,
    "gives every month": 8,
    "leaves the page": 7,
    "cancels": 8,
    "takes back": 4,
    "looks at gifts": 8,
    "asks for a paper": 8,
    "stops a monthly gift": 2,
    "mutes": 2,
    "blocks and comes back": 3,
    "promises": 4,
}


class Donor:
    """One person: a walker with a purse. `seen` counts what all of them did."""

    def __init__(self, sandbox: Sandbox, number: int, dice: random.Random, seen: Counter[str]) -> None:
        language = dice.choices(("ar", "fr", "en"), (50, 35, 15))[0]
        phone = sandbox.telegram.person(_FIRST + number, f"{_NAMES[language]} {number}", language)
        self._walker, self._stripe = Walker(sandbox.telegram, phone), sandbox.stripe
        self._phone, self._dice, self._seen = phone, dice, seen
        self._visits: dict[str, Callable[[], Awaitable[object]]] = {
            "gives": self._gives,
            "gives every month": self._gives_monthly,
            "leaves the page": self._to_the_page,
            "cancels": self._cancels,
            "takes back": self._takes_back,
            "looks at gifts": lambda: self._asks("/mygifts", "gifts", "home"),
            "asks for a paper": self._papers,
            "stops a monthly gift": self._stops,
            "mutes": self._mutes,
            "blocks and comes back": self._blocks,
            "promises": self._promises,
        }

    async def lives(self, pause: float, until: asyncio.Event) -> None:
        """Visit after visit until it is over; a visit that waited too long is given up, as people do."""
        await asyncio.sleep(self._dice.uniform(0, pause))
        while not until.is_set():
            name = self._dice.choices(list(_VISITS), list(_VISITS.values()))[0]
            try:
                await self._visits[name]()
                self._seen[name] += 1
            except TimeoutError:
                self._seen[f"{name}: gave up waiting"] += 1
            except LookupError:
                self._seen[f"{name}: there was nothing"] += 1
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._dice.uniform(0.3, 1.7) * pause):
                    await until.wait()

    async def _to_the_page(self) -> str:
        """The session behind the page's button."""
        walker = self._walker
        walker.begin(f"/start c_{self._dice.choice(_CAMPAIGNS)}")
        await walker.press("amount")
        await walker.press("check", choose=self._dice)
        # Impatient people tap two or three times.
        await walker.press("give", times=self._dice.choice((1, 1, 1, 2, 3)))
        return await walker.page()

    async def _gives(self) -> None:
        session = await self._to_the_page()
        await asyncio.sleep(self._dice.uniform(0.5, 6))
        how = self._dice.choices(("pay", "decline", "later", "fail"), (82, 8, 7, 3))[0]
        with contextlib.suppress(StripeRefusal):
            await self._pays(session, how)

    async def _pays(self, session: str, how: str) -> None:
        """StripeRefusal where the page is closed by now."""
        if how == "decline":
            self._stripe.decline(session)
        if how in ("pay", "decline"):
            self._stripe.pay(session)
        else:
            self._stripe.pay_later(session)
            await asyncio.sleep(self._dice.uniform(5, 40))
            (self._stripe.settle_later if how == "later" else self._stripe.fail_later)(session)
        if how != "fail":
            await self._walker.sees("receipt")

    async def _gives_monthly(self) -> None:
        walker = self._walker
        walker.begin("/start c_humanitarian_100_mad")
        await walker.press("monthly")
        await walker.press("each", choose=self._dice)
        await walker.press("giveeach", times=self._dice.choice((1, 2)))
        session = await walker.page()
        with contextlib.suppress(StripeRefusal):
            self._stripe.pay(session)
            await walker.sees("receipt")

    async def _cancels(self) -> None:
        """And now and then pays all the same, since the page is still open in another window."""
        session = await self._to_the_page()
        await self._walker.press("cancel")
        if self._dice.random() < 0.4:
            with contextlib.suppress(StripeRefusal):
                self._stripe.pay(session)

    async def _takes_back(self) -> None:
        walker = self._walker
        walker.look_back()
        await walker.press("undo-no", patience=_NOW)
        await walker.press("undo-yes")

    async def _asks(self, command: str, *then: str) -> None:
        self._walker.begin(command)
        await self._walker.sees(*then)

    async def _papers(self) -> None:
        walker = self._walker
        walker.look_back()
        await walker.press(self._dice.choice(("receipt", "verify", "gifts")), patience=_NOW)
        await walker.hears()

    async def _stops(self) -> None:
        walker = self._walker
        await self._asks("/mygifts", "gifts", "home")
        await walker.press("plan", patience=_NOW)
        await walker.press(self._dice.choice(("stop-no", "pause-0")))
        await walker.press("stop-yes", "pause-1")

    async def _mutes(self) -> None:
        walker = self._walker
        walker.look_back()
        await walker.press("bstop", "bagain", patience=_NOW)
        await walker.hears()

    async def _blocks(self) -> None:
        self._phone.block()
        await asyncio.sleep(self._dice.uniform(2, 15))
        self._phone.unblock()
        await self._asks("/start", "campaign")

    async def _promises(self) -> None:
        walker = self._walker
        walker.begin("/start c_humanitarian_200_mad")
        await walker.press("pledge")
        await walker.press("sent", "unpledge")
        await walker.hears()
