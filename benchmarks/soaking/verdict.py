"""Whether both sides' books agree, and nothing grew: pure judgement, so that a test can bring it false books."""

from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import Struct

from benchmarks.soaking.books import Ours, Theirs
from benchmarks.soaking.samples import Depth, Life, slope

# A life that is shorter says nothing about growth: each new peak of what waits at once leaves its mark for minutes.
LONG = 600
# KiB a minute over the second half of a life without its largest step, that step, and KiB from one life to the next at the
# same age, which swings with what waited.
GROWTH, STEP, BETWEEN = 512.0, 8192.0, 5120.0
# KiB of SQLite's write-ahead log: it is emptied at 4 MiB, and grows on only while somebody has an old view open.
LOG = 32768.0
AGE = 60
# Files that are open, the fewest of three minutes, and how many more there may be later. Connections come and go with the
# load: they are counted at rest, when all is over.
FILES, WINDOW, AT_REST = 3, 180, 40
_RECEIVED = ("paid", "partly_refunded", "refunded", "disputed", "charged_back")
_GONE = ("undeliverable",)


class Finding(Struct, frozen=True):
    """`kind` is one word for the table; `what` names the thing."""

    kind: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"


def money(theirs: Theirs, ours: Ours) -> Iterator[Finding]:
    """Each charge is one gift, in the ledger once, with what was given back; and there is no gift without a charge."""
    for intent, charge in theirs.charges.items():
        gifts = ours.gifts.get(intent, [])
        if not gifts:
            yield Finding("lost", f"charge {intent} for {charge.order}")
            continue
        if len(gifts) > 1:
            yield Finding("doubled", f"charge {intent} is {len(gifts)} gifts")
        gift = gifts[0]
        if (gift.minor, gift.currency) != (charge.minor, charge.currency):
            yield Finding("wrong", f"gift {gift.donation} has another amount than {intent}")
        if gift.refunded != charge.refunded:
            yield Finding(
                "wrong", f"gift {gift.donation} gave back {gift.refunded}, Stripe {charge.refunded}"
            )
        if gift.is_matched and gift.state not in _RECEIVED:
            yield Finding("lost", f"gift {gift.donation} was paid and is {gift.state}")
        if gift.is_matched and ours.booked[gift.donation] != 1:
            yield Finding(
                "doubled" if ours.booked[gift.donation] else "lost", f"gift {gift.donation} in the ledger"
            )
    for intent in ours.gifts.keys() - theirs.charges.keys():
        yield Finding("invented", f"a gift for {intent}, which Stripe never charged")
    yield from _charged_twice(theirs)


def _charged_twice(theirs: Theirs) -> Iterator[Finding]:
    for order, count in Counter(one.order for one in theirs.charges.values()).items():
        if count > 1:
            yield Finding("doubled", f"{count} charges for {order}")


def thanked_again(theirs: Theirs, ours: Ours) -> list[str]:
    """Gifts thanked for more than once because nobody knew whether the first one had arrived: what is promised."""
    return [gift for gift, count in theirs.thanks.items() if 1 < count <= ours.thanks.get(gift, ("", 0))[1]]


def messages(theirs: Theirs, ours: Ours) -> Iterator[Finding]:
    """Each gift is thanked for, and again only where a sending was in doubt; each broadcast reaches nobody twice."""
    matched = {gift.donation for gifts in ours.gifts.values() for gift in gifts if gift.is_matched}
    for gift in matched:
        state, tries = ours.thanks.get(gift, ("nothing", 0))
        count = theirs.thanks[gift]
        if count == 0 and state not in _GONE:
            yield Finding("unthanked", f"gift {gift}, whose thanks is {state}")
        if count > max(1, tries):
            yield Finding("doubled", f"{count} thanks for gift {gift} in {tries} tries")
    for gift in theirs.thanks.keys() - matched:
        yield Finding("invented", f"thanks for {gift}, for which no charge is written down")
    for (news, chat), count in theirs.news.items():
        if count > 1:
            yield Finding("doubled", f"{news} came {count} times to {chat}")
    for news, chat in sorted(ours.news - theirs.news.keys()):
        yield Finding("lost", f"{news} was written down as sent to {chat}, who never got it")


def left_over(theirs: Theirs, ours: Ours) -> Iterator[Finding]:
    """Nothing waits any more, and neither vendor's contract was broken."""
    for what, count in ours.waiting.items():
        if count:
            yield Finding("pending", f"{count} {what}")
    if theirs.updates:
        yield Finding("pending", f"{theirs.updates} updates that Telegram keeps")
    for request in sorted(set(theirs.rejected)):
        yield Finding("contract", request)


def books(theirs: Theirs, ours: Ours) -> list[Finding]:
    return [*money(theirs, ours), *messages(theirs, ours), *left_over(theirs, ours)]


def growth(lives: Sequence[Life]) -> list[Finding]:
    """Memory and descriptors of each life that is long enough, and of the lives beside each other."""
    long = [one for one in lives if one.seconds >= LONG]
    return [
        *(finding for one in long for finding in _grew(one)),
        *_between(lives),
        *_at_rest(lives),
        *(Finding("died", f"{one.name} {one.number}") for one in lives if one.ended == "by itself"),
    ]


def log(depths: Sequence[Depth]) -> list[Finding]:
    """What SQLite's log came to at most."""
    most = max((one.wal for one in depths), default=0) / 1024
    return [Finding("log", f"the write-ahead log came to {most:.0f} KiB")] if most > LOG else []


def _grew(life: Life) -> Iterator[Finding]:
    grown, step = life.creep()
    if grown > GROWTH:
        yield Finding("memory", f"{life.name} {life.number} grew by {grown:.0f} KiB a minute")
    if step > STEP:
        yield Finding("memory", f"{life.name} {life.number} grew by {step:.0f} KiB within a minute")
    first, last = files(life)
    if last > first + FILES:
        yield Finding("descriptors", f"{life.name} {life.number} had {first} and ended with {last}")


def files(life: Life) -> tuple[int, int]:
    """Open files, without connections, in its first minutes under load and in its last: the fewest."""
    early = [one.files for one in life.samples if AGE <= one.at - life.began <= AGE + WINDOW]
    late = [one.files for one in life.samples if one.at >= life.began + life.seconds - WINDOW]
    return min(early, default=0), min(late, default=0)


def _at_rest(lives: Sequence[Life]) -> Iterator[Finding]:
    """Nobody writes any more, and idle connections have ended."""
    for life in {one.name: one for one in lives if one.samples}.values():
        if life.samples[-1].sockets > AT_REST:
            yield Finding("descriptors", f"{life.name} rests with {life.samples[-1].sockets} connections")


def _between(lives: Sequence[Life]) -> Iterator[Finding]:
    for name in sorted({one.name for one in lives}):
        # The first one began with an empty book, and before anybody had asked for a paper.
        others = [one for one in lives if one.name == name and one.number > 1]
        aged = [sample.rss for one in others if (sample := one.aged(AGE))]
        grown = slope([float(at) for at in range(len(aged))], [float(one) for one in aged])
        if len(aged) > 3 and grown > BETWEEN:
            yield Finding("memory", f"{name} began each life with {grown:.0f} KiB more than the one before")
