"""What happens to one monthly gift: a month, a card that fails or is changed, a payment now, an end."""

from collections.abc import Callable

from sandbox.drawer.times import happened
from sandbox.drawer.words import Asked, CannotBe
from sandbox.stripe import StripeEmulator
from sandbox.stripe.account import Thing

REASONS = ("card_declined", "insufficient_funds", "expired_card", "authentication_required")


def month_controls(stripe: StripeEmulator) -> dict[str, Callable[[Asked], str]]:
    desk = _Months(stripe)
    return {
        "month": desk.month,
        "fail_next": desk.fail_next,
        "pay_now": desk.pay_now,
        "new_card": desk.new_card,
        "stop": desk.stop,
        "cancel": desk.cancel,
    }


class _Months:
    """A monthly gift is named by its subscription's id; one that is over is refused."""

    def __init__(self, stripe: StripeEmulator) -> None:
        self._stripe = stripe

    def _gift(self, asked: Asked) -> Thing:
        gift = self._stripe.subscriptions.get(asked.text("id"))
        if gift is None:
            raise CannotBe(asked.say("no_gift"))
        if gift["status"] == "canceled":
            raise CannotBe(asked.say("gift_over"))
        return gift

    def _amount(self, asked: Asked, gift: Thing) -> str:
        item = gift["items"]["data"][0]
        return asked.money(item["price"]["unit_amount"] * item["quantity"], gift["currency"])

    def _open_invoice(self, gift: Thing) -> Thing | None:
        invoices = (self._stripe.invoices[one] for one in gift["_invoices"])
        return next((one for one in invoices if one["status"] == "open" and one["auto_advance"]), None)

    def month(self, asked: Asked) -> str:
        """Time passes, for all of the account, until this gift's next charge."""
        gift = self._gift(asked)
        end, clock = gift["items"]["data"][0]["current_period_end"], self._stripe.clock
        before = len(self._stripe.events)
        self._stripe.forward(max(0, end - clock.now()))
        return asked.say("month_passed", happened=happened(asked, self._stripe.events[before:]))

    def fail_next(self, asked: Asked) -> str:
        gift, code = self._gift(asked), str(asked.body.get("code", "card_declined"))
        if code not in REASONS:
            raise CannotBe(asked.say("no_such_choice", choice=code))
        self._stripe.fail_next_charge(gift["id"], code=code)
        return asked.say("will_fail", amount=self._amount(asked, gift), reason=asked.say(code))

    def pay_now(self, asked: Asked) -> str:
        invoice = self._open_invoice(self._gift(asked))
        if invoice is None:
            raise CannotBe(asked.say("nothing_open"))
        self._stripe.pay_invoice(invoice["id"])
        return asked.say("paid_now", amount=asked.money(invoice["amount_paid"], invoice["currency"]))

    def new_card(self, asked: Asked) -> str:
        gift = self._gift(asked)
        self._stripe.update_card(gift["id"])
        invoice = self._open_invoice(gift)
        if invoice is None or invoice["next_payment_attempt"] is None:
            return asked.say("card_works")
        date = asked.day(self._stripe.clock.told(invoice["next_payment_attempt"]))
        return asked.say("card_works_at", date=date)

    def stop(self, asked: Asked) -> str:
        """At the end of the month that is paid; `stops` false: it goes on after all."""
        gift, stops = self._gift(asked), bool(asked.body.get("stops", True))
        self._stripe.stop_subscription(gift["id"], stops=stops)
        date = asked.day(self._stripe.shown(gift)["items"]["data"][0]["current_period_end"])
        return asked.say("stops_at" if stops else "goes_on", date=date)

    def cancel(self, asked: Asked) -> str:
        gift = self._gift(asked)
        self._stripe.cancel_subscription(gift["id"])
        return asked.say("canceled_now")
