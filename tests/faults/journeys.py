"""The journeys that are died on, as steps: what a person or a vendor does, and what is seen then."""

from collections.abc import Callable
from typing import Any

from sandbox.telegram import Phone
from sandbox.telegram.emulator import STAFF_GROUP
from tests.faults.dying import Journey, Scene, Step, acted
from tests.journeys.test_back import a_paid_gift
from tests.journeys.test_campaigns import STORY
from tests.journeys.test_composer import come, salma, written
from tests.journeys.test_helpdesk import QUESTION, asks, topic_of
from tests.journeys.test_monthly import begun
from tests.journeys.test_pledges import promised
from tests.stage import _has, session_of, shows

# Between two messages in one chat the bot itself waits a second.
PACED = 15
DAY = 86400
JOHN, YASMINE, KARIM, SALMA = 1003, 1002, 1900, 1901


def john(scene: Scene) -> Phone:
    return scene.stage.john()


def taps(label: str, *sees: str, who: int = JOHN, reads: int | None = None) -> Step:
    """Tap, and read one of these words on a message or a button; another person may be the one to read them."""
    return Step(
        lambda scene: phone(scene, who).tap(label),
        lambda scene: read(scene, reads or who, *sees),
        ready=lambda scene: phone(scene, who).until(lambda one: _has(one, label), PACED),
    )


def sends(text: str, *sees: str, who: int = JOHN, again: bool = True) -> Step:
    return Step(
        lambda scene: phone(scene, who).send(text),
        lambda scene: read(scene, who, *sees),
        again,
        fresh=text.startswith("/"),
    )


def stripe(act: str, *sees: str, who: int = JOHN, **more: Any) -> Step:
    """Something happens at Stripe to the page in John's hand; it happens once."""
    return Step(
        lambda scene: getattr(scene.stripe, act)(scene.memo["session"], **more),
        lambda scene: read(scene, who, *sees),
        again=False,
    )


def phone(scene: Scene, who: int) -> Phone:
    return scene.telegram.phones[who]


async def read(scene: Scene, who: int, *sees: str) -> None:
    await phone(scene, who).until(lambda one: any(_is_seen(one, words) for words in sees), PACED)


def _is_seen(one: Phone, words: str) -> bool:
    plain = str.maketrans({"\u2068": "", "\u2069": "", "\u00a0": " ", "\u202f": " "})
    said = [message.text.translate(plain) for message in one.messages if message.sender == "bot"]
    return shows(one, words) or any(words in text for text in said)


def page(scene: Scene) -> None:
    scene.memo["session"] = session_of(john(scene))


async def opened(scene: Scene) -> None:
    """The bridge; its page is remembered."""
    await read(scene, JOHN, "Open Stripe")
    page(scene)


TO_THE_BRIDGE = [
    Step(
        lambda scene: john(scene).start("c_humanitarian"), lambda scene: read(scene, JOHN, "Give"), fresh=True
    ),
    taps("Give", "200 MAD"),
    taps("200 MAD", "Pay 200 MAD"),
    Step(lambda scene: john(scene).tap("Pay 200 MAD"), opened),
]
PAID = stripe("pay", "Received: 200 MAD")


async def one_gift(scene: Scene) -> None:
    assert await scene.stage.rows("SELECT state, amount_minor FROM donations") == [("paid", 20000)]
    assert await scene.stage.rows("SELECT received_minor, gifts FROM totals") == [(20000, 1)]
    assert len(scene.stripe.charges) == 1
    assert len(scene.stripe.sessions) == 1
    assert any("Received: " in message.text for message in john(scene).messages)


async def gift_is(scene: Scene, state: str, received: int) -> None:
    assert await scene.stage.rows("SELECT state FROM donations") == [(state,)]
    assert await scene.stage.rows("SELECT received_minor FROM totals") == [(received,)]
    assert len(scene.stripe.charges) == 1


def told(scene: Scene, who: int, words: str) -> int:
    """How many of the bot's messages in this chat say so."""
    return sum(words in message.text for message in phone(scene, who).messages if message.sender == "bot")


async def paid_for(scene: Scene) -> None:
    scene.memo["session"] = await a_paid_gift(scene.stage)


async def at_the_last_question(scene: Scene) -> None:
    for step in TO_THE_BRIDGE[:3]:
        await acted(step, scene)
        await step.seen(scene)


GIFT = Journey("one-time gift", [*TO_THE_BRIDGE, PAID], one_gift)
# Where money begins to move.
PAYING = Journey("last tap and payment", [TO_THE_BRIDGE[3], PAID], one_gift, at_the_last_question)


# The bank says no, and the donor pays again on the same page.

DECLINED = Journey(
    "decline and pay again",
    [
        *TO_THE_BRIDGE,
        Step(
            lambda scene: scene.stripe.decline(scene.memo["session"]),
            opened,
            again=False,
        ),
        taps("I have paid", "Your bank refused"),
        PAID,
    ],
    one_gift,
)


# A page that nobody pays.


async def nothing_given(scene: Scene) -> None:
    assert await scene.stage.rows("SELECT state FROM donations") == [("expired",)]
    assert await scene.stage.rows("SELECT count(*) FROM totals") == [(0,)]
    assert scene.stripe.charges == []


EXPIRY = Journey("expiry", [*TO_THE_BRIDGE, stripe("expire", "expired")], nothing_given)


# Month after month.


async def month_began(scene: Scene) -> None:
    scene.memo["subscription"] = await begun(scene.stage, "6 months")


def subscribed(act: Callable[[Scene, str], object], *sees: str) -> Step:
    return Step(
        lambda scene: act(scene, scene.memo["subscription"]),
        lambda scene: read(scene, JOHN, *sees),
        again=False,
    )


async def two_months(scene: Scene) -> None:
    assert await scene.stage.rows("SELECT amount_minor, state FROM donations") == [(10000, "paid")] * 2
    assert await scene.stage.rows("SELECT state, stop FROM monthly_gifts") == [("ended", "donor")]
    [subscription] = scene.stripe.subscriptions.values()
    assert subscription["status"] == "canceled"


async def one_month(scene: Scene) -> None:
    await scene.stage.until_rows("SELECT state FROM monthly_gifts", [("active",)])
    assert await scene.stage.rows("SELECT amount_minor, state FROM donations") == [(10000, "paid")]
    assert len(scene.stripe.charges) == len(scene.stripe.subscriptions) == 1


def page_is_there(words: str) -> Step:
    async def seen(scene: Scene) -> None:
        await read(scene, JOHN, words)
        page(scene)

    return Step(lambda scene: john(scene).tap("100 MAD every month"), seen)


def fails(scene: Scene, subscription: str) -> None:
    scene.stripe.fail_next_charge(subscription, code="insufficient_funds")
    scene.stripe.forward(32 * DAY)


def works_again(scene: Scene, subscription: str) -> None:
    scene.stripe.update_card(subscription)
    scene.stripe.forward(4 * DAY)


MONTHLY = Journey(
    "monthly begun",
    [
        Step(
            lambda scene: john(scene).start("c_humanitarian_100_mad"),
            lambda scene: read(scene, JOHN, "Once, not"),
        ),
        taps("Every month instead", "3 months, until"),
        taps("3 months, until", "100 MAD every month until"),
        page_is_there("is ready"),
        stripe("pay", "Received: 100 MAD"),
    ],
    one_month,
)
RENEWED = Journey(
    "monthly renewed, failed and stopped",
    [
        subscribed(fails, "there was not enough money on the card"),
        subscribed(works_again, "Gift number 2 of your monthly gift"),
        sends("/mygifts", "every month"),
        taps("Monthly gift", "so far"),
        taps("Stop", "Nothing more will be charged from now on"),
        taps("Yes, stop it", "is stopped. Nothing more will be charged"),
    ],
    two_months,
    month_began,
)


# Promised, and matched by staff.


async def a_promise(scene: Scene) -> None:
    scene.memo["reference"] = await promised(scene.stage)
    await phone(scene, KARIM).start()
    await read(scene, KARIM, "campagnes")


async def promise_kept(scene: Scene) -> None:
    assert await scene.stage.rows("SELECT received_minor, gifts, promised_minor FROM totals") == [
        (20000, 1, 0)
    ]
    assert await scene.stage.rows("SELECT kind, amount_minor FROM ledger") == [("pledge", 20000)]
    assert told(scene, YASMINE, "Bien reçu") >= 1


async def promise_made(scene: Scene) -> None:
    assert await scene.stage.rows("SELECT received_minor, gifts, promised_minor FROM totals") == [
        (0, 0, 20000)
    ]
    assert await scene.stage.rows("SELECT count(*) FROM pledges") == [(1,)]


PLEDGE = Journey(
    "pledge",
    [
        Step(
            lambda scene: phone(scene, YASMINE).start("c_humanitarian_200_MAD"),
            lambda scene: read(scene, YASMINE, "Payer au Maroc"),
        ),
        taps("Payer au Maroc", "Banque Exemple", who=YASMINE),
    ],
    promise_made,
)
MATCH = Journey(
    "match",
    [
        Step(
            lambda scene: phone(scene, KARIM).send(f"/pledges {scene.memo['reference']}"),
            lambda scene: read(scene, KARIM, "sont arrivés"),
            fresh=True,
        ),
        taps("sont arrivés", "✅ Reçu", who=KARIM),
        Step(lambda scene: None, lambda scene: read(scene, YASMINE, "Bien reçu : 200 MAD"), again=False),
    ],
    promise_kept,
    a_promise,
)


# Money that goes back.


async def given_back(scene: Scene) -> None:
    await gift_is(scene, "refunded", 0)
    assert len(scene.stripe.account.refunds) == 1


UNDO = Journey(
    "undo",
    [
        taps("Undo", "Take back your gift"),
        taps("Yes, take it back", "Refunded: 200 MAD"),
    ],
    given_back,
    paid_for,
)


async def paid_and_known(scene: Scene) -> None:
    await paid_for(scene)
    [(scene.memo["gift"],)] = await scene.stage.rows("SELECT id FROM donations")


async def partly_back(scene: Scene) -> None:
    await gift_is(scene, "partly_refunded", 15000)
    assert [one["amount"] for one in scene.stripe.account.refunds.values()] == [5000]
    assert await scene.stage.rows("SELECT reason, state FROM refund_orders") == [("double", "made")]


REFUND = Journey(
    "refund",
    [
        Step(
            lambda scene: phone(scene, KARIM).send(f"/refund {scene.memo['gift']} 50"),
            lambda scene: read(scene, KARIM, "Payé deux fois"),
            fresh=True,
        ),
        taps("Payé deux fois", "Oui, rembourser 50 MAD", who=KARIM),
        taps("Oui, rembourser 50 MAD", "Refunded: 50 MAD", who=KARIM, reads=JOHN),
    ],
    partly_back,
    paid_and_known,
)


async def opened_dispute(scene: Scene) -> None:
    await read(scene, KARIM, "conteste un paiement")
    await scene.stage.until_rows("SELECT state FROM donations", [("disputed",)], PACED)


async def charged_back(scene: Scene) -> None:
    await gift_is(scene, "charged_back", 0)


DISPUTE = Journey(
    "dispute",
    [
        Step(
            lambda scene: scene.memo.update(dispute=scene.stripe.dispute(scene.memo["session"])),
            opened_dispute,
            again=False,
        ),
        Step(
            lambda scene: scene.stripe.dispute_closed(scene.memo["dispute"], "lost"),
            lambda scene: scene.stage.until_rows("SELECT state FROM donations", [("charged_back",)], PACED),
            again=False,
        ),
    ],
    charged_back,
    paid_for,
)


# Papers.


def file_comes(text: str, name: str) -> Step:
    async def seen(scene: Scene) -> None:
        await john(scene).until(
            lambda one: any(each.document and each.document.name.startswith(name) for each in one.messages),
            PACED,
        )

    return Step(lambda scene: john(scene).send(text), seen)


async def still_paid(scene: Scene) -> None:
    await gift_is(scene, "paid", 20000)
    assert await scene.stage.rows("SELECT number, kind FROM receipts") == [(1, "receipt")]


PAPERS = Journey(
    "receipt and statement",
    [file_comes("/receipt", "receipt-"), file_comes("/statement", "statement-")],
    still_paid,
    paid_for,
)


# Forgotten.


async def forgotten(scene: Scene) -> None:
    """A tap that comes again meets a stranger, who is forgotten as well."""
    assert await scene.stage.rows("SELECT count(*) FROM donors WHERE telegram_id = 1003") == [(0,)]
    await gift_is(scene, "paid", 20000)


ERASE = Journey(
    "erase",
    [
        sends("/privacy", "What we keep about you"),
        taps("Erase", "Erase everything"),
        taps("Yes, erase", "Erased."),
    ],
    forgotten,
    paid_for,
)


# A broadcast, from its first word to its end.


async def everybody(scene: Scene) -> None:
    for admin in (KARIM, SALMA):
        phone(scene, admin).person["language_code"] = "en"
    for one in (
        scene.stage.amina(),
        scene.stage.yasmine(),
        john(scene),
        phone(scene, KARIM),
        salma(scene.stage),
    ):
        await come(one)


async def a_draft(scene: Scene) -> None:
    await everybody(scene)
    await written(scene.stage)


async def heard_once(scene: Scene) -> None:
    """Nobody twice; where a kill left a send in doubt it is flagged and not repeated."""
    await scene.stage.until_rows("SELECT state, total FROM broadcasts", [("done", 5)], PACED)
    [(sent, doubt)] = await scene.stage.rows("SELECT sent, doubt FROM broadcasts")
    assert sent + doubt == 5
    heard = [told(scene, who, "Hello everybody") for who in (1001, YASMINE, JOHN)]
    assert max(heard) <= 1
    assert 3 - sum(heard) <= doubt


COMPOSE = Journey(
    "broadcast composed",
    [
        sends("/broadcast", "Send me the message as it should look", "goes on here", who=KARIM),
        sends("Hello everybody", "In which language is it?", "For whom:", who=KARIM),
        taps("English ✓", "Nothing is written yet in", who=KARIM),
        taps("Français ?", "Nothing is written in this language", who=KARIM),
        taps("They get: English", "For whom:", "Nothing is written", who=KARIM),
    ],
    lambda scene: scene.stage.until_rows("SELECT state FROM broadcasts", [("draft",)]),
    everybody,
    {"admin_ids": (KARIM, SALMA), "holdout": 0},
)
BROADCAST = Journey(
    "broadcast approved and sent",
    [
        taps("Ask to approve: 5 people", "1 person of the staff is asked", who=KARIM),
        Step(lambda scene: None, lambda scene: read(scene, SALMA, "asks you to approve"), again=False),
        taps("Approve", "You approved it", "There is nothing to approve any more", who=SALMA),
        Step(
            lambda scene: None,
            lambda scene: scene.stage.until_rows("SELECT state FROM broadcasts", [("done",)], PACED),
            again=False,
        ),
    ],
    heard_once,
    a_draft,
    {"admin_ids": (KARIM, SALMA), "holdout": 0, "approval_above": 1},
)


# A question, and its answer.

HELP = {"help_chat_id": STAFF_GROUP}


async def in_the_group(scene: Scene, words: str) -> None:
    scene.memo["topic"] = (await topic_of(scene.stage, words)).id


async def asked_once(scene: Scene) -> None:
    group = scene.telegram.chats[STAFF_GROUP]
    assert any(QUESTION in one.text for one in group.messages.values())
    assert await scene.stage.rows("SELECT state FROM questions") == [("open",)]
    assert len(group.topics) <= 2


async def a_question(scene: Scene) -> None:
    await asks(john(scene))
    await in_the_group(scene, QUESTION)


ASK = Journey(
    "question asked",
    [
        sends("/help", "Ask a person"),
        taps("Ask a person", "Write your question here"),
        Step(
            lambda scene: john(scene).send(QUESTION), lambda scene: in_the_group(scene, QUESTION), again=False
        ),
    ],
    asked_once,
    more=HELP,
)
ANSWER = Journey(
    "question answered",
    [
        Step(
            lambda scene: phone(scene, KARIM).post_in(
                STAFF_GROUP, "Yes, on Monday.", thread=scene.memo["topic"]
            ),
            lambda scene: read(scene, JOHN, "Yes, on Monday."),
            again=False,
        ),
        Step(
            lambda scene: phone(scene, KARIM).post_in(STAFF_GROUP, "/close", thread=scene.memo["topic"]),
            lambda scene: read(scene, JOHN, "has closed your question"),
            again=False,
        ),
    ],
    lambda scene: scene.stage.until_rows("SELECT state FROM questions", [("closed",)]),
    a_question,
    HELP,
)


# A campaign made in the chat.

CAMPAIGN = Journey(
    "campaign created",
    [
        sends("/campaigns", "Nouvelle campagne", who=KARIM),
        taps("Nouvelle campagne", "Comment s’appelle", who=KARIM),
        sends("Un hiver au chaud", "À quoi sert-elle", who=KARIM),
        sends("Des couvertures pour les villages.", "Quelle est son histoire", who=KARIM),
        sends(STORY, "Langue : العربية", who=KARIM),
        taps("Passer", "Langue : English", who=KARIM),
        taps("Passer", "Quel est l’objectif", who=KARIM),
        sends("120000", "Ces montants sont proposés", who=KARIM),
        taps("Continuer", "À partir de quel jour", who=KARIM),
        taps("Terminer plus tard", "Ouvrir", who=KARIM),
        taps("Ouvrir", "Ouvrir «", who=KARIM),
        Step(
            lambda scene: phone(scene, KARIM).tap("Oui, ouvrir"),
            lambda scene: scene.stage.until_rows(
                "SELECT state FROM campaigns WHERE slug LIKE 'un-hiver%'", [("open",)], PACED
            ),
        ),
    ],
    lambda scene: scene.stage.until_rows(
        "SELECT state, goal_minor FROM campaigns WHERE slug LIKE 'un-hiver%'", [("open", 12000000)]
    ),
)

JOURNEYS = (
    GIFT,
    DECLINED,
    EXPIRY,
    MONTHLY,
    RENEWED,
    PLEDGE,
    MATCH,
    UNDO,
    REFUND,
    DISPUTE,
    PAPERS,
    ERASE,
    COMPOSE,
    BROADCAST,
    ASK,
    ANSWER,
    CAMPAIGN,
)
