"""One person's thumb: finds buttons by what they ask for, in any language, and waits for what comes of them."""

import random
from collections.abc import Iterator

from sandbox.telegram import Button, Phone, TelegramEmulator
from sandbox.telegram.acts import Said
from sandbox.telegram.messages import Message

# Longer than Stripe's and Telegram's time-outs together; who waits longer goes away.
PATIENCE = 75.0
_PAGE = "/stripe/pay/"


class Walker:
    """Looks only at what the bot said since `begin`, and taps there."""

    def __init__(self, telegram: TelegramEmulator, phone: Phone) -> None:
        self._telegram, self._phone, self._from, self._changes = telegram, phone, 0, 0

    def begin(self, text: str) -> None:
        """Write something; from here on counts what is answered."""
        self._from = self._phone.chat.last_id
        self._phone.say(Said(text))

    def look_back(self) -> None:
        """From here on counts whatever stands in the last twenty messages."""
        self._from = max(0, self._phone.chat.last_id - 20)

    def _shown(self, words: tuple[str, ...]) -> Iterator[tuple[Message, Button]]:
        """The newest first."""
        for message in reversed(self._phone.chat.messages.values()):
            if message.id <= self._from:
                return
            for button in message.buttons:
                if any(button.data == word or (button.data or "").startswith(f"{word}-") for word in words):
                    yield message, button

    def shows(self, *words: str) -> bool:
        return next(self._shown(words), None) is not None

    async def sees(self, *words: str, patience: float = PATIENCE) -> list[tuple[Message, Button]]:
        """Wait for buttons that ask for one of these; those of the newest message that has any. TimeoutError."""
        await self._phone.until(lambda _: self.shows(*words), patience)
        found = list(self._shown(words))
        return [one for one in found if one[0] is found[0][0]]

    async def press(
        self,
        *words: str,
        choose: random.Random | None = None,
        times: int = 1,
        patience: float = PATIENCE,
    ) -> None:
        """Tap the first of them, or any. LookupError where nobody waits and there is none."""
        if not patience and not self.shows(*words):
            raise LookupError(words)
        found = await self.sees(*words, patience=patience)
        message, button = choose.choice(found) if choose else found[0]
        self._changes = self._phone.chat.changes
        for _ in range(times):
            self._telegram.tapped(self._phone, self._phone.chat, message, button)

    async def hears(self, patience: float = PATIENCE) -> None:
        """Wait until anything came of the last tap."""
        await self._phone.until(lambda one: one.chat.changes > self._changes, patience)

    async def page(self, patience: float = PATIENCE) -> str:
        """Wait for the button that opens Stripe's page; its session."""
        await self._phone.until(lambda _: self._pages(), patience)
        return self._pages()[0].split(_PAGE)[1].split("#")[0]

    def _pages(self) -> list[str]:
        return [
            button.url
            for message in reversed(self._phone.chat.messages.values())
            if message.id > self._from
            for button in message.buttons
            if button.url and _PAGE in button.url
        ]
