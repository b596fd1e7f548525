"""The soak's judgement: a book that is whole is let go, and each kind of lie in one is found."""

from collections import Counter
from pathlib import Path

from msgspec.structs import replace

from benchmarks.soaking import books, verdict
from benchmarks.soaking.books import Charge, Gift, Ours, Theirs
from benchmarks.soaking.database import Database
from benchmarks.soaking.logs import counted
from benchmarks.soaking.plan import EVERY, Plan, schedule
from benchmarks.soaking.samples import Depth, Life, Sample
from sandbox.app import Sandbox
from tests.stage import Stage, to_the_bridge


def whole(many: int = 3) -> tuple[Theirs, Ours]:
    """Both sides' books of so many gifts of 100 dirhams, each thanked for once."""
    names = [f"gift{number}" for number in range(many)]
    theirs = Theirs({f"pi_{one}": Charge(one, 10000, "MAD", 0) for one in names}, Counter(names))
    ours = Ours(
        {f"pi_{one}": [Gift(one, "paid", 10000, "MAD", is_matched=True, refunded=0)] for one in names},
        Counter(names),
        dict.fromkeys(names, ("sent", 1)),
        {"messages owed": 0},
    )
    return theirs, ours


def kinds(theirs: Theirs, ours: Ours) -> Counter[str]:
    return Counter(one.kind for one in verdict.books(theirs, ours))


def test_a_whole_book_is_let_go() -> None:
    assert verdict.books(*whole()) == []


def test_a_book_with_a_lost_gift_and_a_doubled_one_is_guilty_of_both() -> None:
    theirs, ours = whole()
    del ours.gifts["pi_gift0"]
    ours.gifts["pi_gift1"] *= 2
    assert kinds(theirs, ours) == {"lost": 1, "doubled": 1, "invented": 1}, (
        "and thanks for what is not written down"
    )


def test_a_gift_that_was_paid_and_is_not_received_is_lost() -> None:
    theirs, ours = whole()
    ours.gifts["pi_gift0"] = [replace(ours.gifts["pi_gift0"][0], state="awaiting")]
    assert kinds(theirs, ours) == {"lost": 1}


def test_a_gift_that_the_ledger_knows_twice_or_never_is_found() -> None:
    theirs, ours = whole()
    ours.booked["gift0"], ours.booked["gift1"] = 2, 0
    assert kinds(theirs, ours) == {"doubled": 1, "lost": 1}


def test_two_charges_for_one_order_are_a_doubled_charge() -> None:
    theirs, ours = whole()
    theirs.charges["pi_gift0"] = replace(theirs.charges["pi_gift0"], order="gift1")
    assert kinds(theirs, ours) == {"doubled": 1}


def test_another_amount_or_a_refund_that_one_side_does_not_know_is_wrong() -> None:
    theirs, ours = whole()
    theirs.charges["pi_gift0"] = replace(theirs.charges["pi_gift0"], minor=9900)
    theirs.charges["pi_gift1"] = replace(theirs.charges["pi_gift1"], refunded=10000)
    assert kinds(theirs, ours) == {"wrong": 2}


def test_a_gift_that_stripe_never_charged_is_invented() -> None:
    theirs, ours = whole()
    del theirs.charges["pi_gift0"]
    assert kinds(theirs, ours) == {"invented": 1}


def test_no_thanks_is_found_unless_its_donor_is_gone() -> None:
    theirs, ours = whole()
    del theirs.thanks["gift0"], theirs.thanks["gift1"]
    ours.thanks["gift1"] = ("undeliverable", 1)
    assert kinds(theirs, ours) == {"unthanked": 1}


def test_a_second_thanks_is_let_go_only_where_the_first_was_in_doubt() -> None:
    theirs, ours = whole()
    theirs.thanks["gift0"] = theirs.thanks["gift1"] = 2
    ours.thanks["gift1"] = ("sent", 2)
    assert kinds(theirs, ours) == {"doubled": 1}
    assert verdict.thanked_again(theirs, ours) == ["gift1"]


def test_a_broadcast_that_reaches_somebody_twice_is_doubled() -> None:
    theirs, ours = whole()
    theirs.news["Soak news 1", 6_000_001] = 2
    assert kinds(theirs, ours) == {"doubled": 1}


def test_a_broadcast_that_is_written_down_as_sent_and_never_came_is_lost() -> None:
    theirs, ours = whole()
    ours.news = {("Soak news 1", 6_000_001), ("Soak news 1", 6_000_002)}
    theirs.news["Soak news 1", 6_000_001] = 1
    assert kinds(theirs, ours) == {"lost": 1}


def test_what_still_waits_and_what_broke_a_contract_is_named() -> None:
    theirs, ours = whole()
    theirs.updates, theirs.rejected = 1, ["sendMessage text is too long"]
    ours.waiting["messages owed"] = 2
    assert kinds(theirs, ours) == {"pending": 2, "contract": 1}


def a_life(number: int = 1, *, grows: float = 0.0, leaks: float = 0.0, start: int = 100_000) -> Life:
    """Ten minutes, by the minute; `grows` in KiB a minute, `leaks` in descriptors."""
    samples = [Sample(60.0 * at, start + round(grows * at), 20 + round(leaks * at), 8) for at in range(11)]
    return Life("bot", number, 1, 0.0, samples, "stopped")


def test_a_life_that_stays_as_it_is_is_let_go() -> None:
    assert verdict.growth([a_life(number, grows=20) for number in range(5)]) == []


def test_memory_and_descriptors_that_grow_are_found() -> None:
    found = verdict.growth([a_life(grows=2 * verdict.GROWTH, leaks=2)])
    assert [one.kind for one in found] == ["memory", "descriptors"]


def test_one_step_is_let_go_and_a_second_or_a_larger_one_is_found() -> None:
    """A crowd as there was none before leaves a step; what comes again and again is a leak, however seldom."""

    def stepped(*steps: tuple[int, int]) -> list[str]:
        life = a_life()
        for at, kib in steps:
            life.samples[at:] = [replace(one, rss=one.rss + kib) for one in life.samples[at:]]
        return [one.kind for one in verdict.growth([life])]

    assert stepped((8, 7000)) == []
    assert stepped((8, 9000)) == ["memory"]
    assert stepped((7, 3000), (9, 3000)) == ["memory"]


def test_a_log_that_is_never_emptied_is_found() -> None:
    depths = [Depth(5.0 * at, at << 20, 0, 0, 0) for at in range(100)]
    assert verdict.log(depths[:5]) == []
    assert [one.kind for one in verdict.log(depths)] == ["log"]


def test_connections_that_are_left_at_rest_are_found() -> None:
    life = a_life()
    life.samples[-1] = replace(life.samples[-1], sockets=verdict.AT_REST + 1)
    assert [one.kind for one in verdict.growth([life])] == ["descriptors"]


def test_lives_that_each_begin_heavier_are_found() -> None:
    lives = [a_life(number, start=100_000 + 8000 * number) for number in range(6)]
    assert [one.kind for one in verdict.growth(lives)] == ["memory"]


def test_a_process_that_ended_by_itself_is_found() -> None:
    life = a_life()
    life.ended = "by itself"
    assert [one.kind for one in verdict.growth([life])] == ["died"]


def test_a_seed_is_one_schedule_and_breaks_everything_at_least_once() -> None:
    plan = Plan(minutes=3, seed=7)
    assert schedule(plan) == schedule(plan) != schedule(replace(plan, seed=8))
    assert {one.kind for one in schedule(plan)} == set(EVERY)


def test_the_log_is_counted_by_what_was_wrong(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(
        '{"level": "info", "event": "well"}\n{"level": "error", "event": "broken"}\nTraceback\n',
        encoding="utf-8",
    )
    assert counted(tmp_path / "log") == {"error: broken": 1, "python: Traceback": 1}


async def test_both_sides_books_of_a_real_gift_are_read_and_agree(stage: Stage, sandbox: Sandbox) -> None:
    john = stage.john()
    stage.stripe.pay(await to_the_bridge(stage, john))
    await john.says("Received: 200 MAD")
    await stage.until_rows("SELECT state FROM deliveries", [("sent",)])
    theirs = books.theirs(sandbox)
    ours = books.ours(Database(stage.settings.database_url), 2_000_000_000)
    [gift] = theirs.thanks
    assert (theirs.thanks.total(), ours.booked) == (1, {gift: 1})
    assert verdict.books(theirs, ours) == []
