"""A pledge's reference survives being written on paper: each slip is caught, and the right one is found again."""

from hypothesis import given
from hypothesis import strategies as st

from bot.references import (
    LENGTH,
    LETTERS,
    check_letter,
    fresh,
    fresh_gift,
    gift_of,
    is_reference,
    is_sound,
    near,
    normal,
    shown,
)

bodies = st.text(LETTERS, min_size=LENGTH - 1, max_size=LENGTH - 1)
sound = bodies.map(lambda body: body + check_letter(body))


@given(bodies)
def test_each_four_letters_have_one_check_letter(body: str) -> None:
    assert [one for one in LETTERS if is_sound(body + one)] == [check_letter(body)]


@given(sound, st.integers(0, LENGTH - 1), st.sampled_from(LETTERS))
def test_every_wrong_letter_is_caught_and_forgiven(reference: str, at: int, letter: str) -> None:
    wrong = reference[:at] + letter + reference[at + 1 :]
    assert is_sound(wrong) is (wrong == reference)
    assert wrong == reference or reference in near(wrong)


@given(sound, st.integers(0, LENGTH - 2))
def test_every_swap_of_neighbours_is_caught_and_forgiven(reference: str, at: int) -> None:
    swapped = reference[:at] + reference[at + 1] + reference[at] + reference[at + 2 :]
    assert is_sound(swapped) is (swapped == reference)
    assert swapped == reference or reference in near(swapped)


@given(sound, st.integers(0, LENGTH - 1), st.sampled_from(LETTERS))
def test_a_missing_or_additional_letter_is_caught_and_forgiven(reference: str, at: int, letter: str) -> None:
    shorter, longer = reference[:at] + reference[at + 1 :], reference[:at] + letter + reference[at:]
    assert not is_sound(shorter)
    assert not is_sound(longer)
    assert reference in near(shorter)
    assert reference in near(longer)


@given(sound)
def test_what_people_see_is_read_back_however_they_write_it(reference: str) -> None:
    seen = shown(reference)
    for written in (
        seen,
        seen.lower(),
        f" \u2068{seen}\u2069 ",
        seen.replace("-", " "),
        seen.replace("-", "–"),
    ):
        assert normal(written) == reference


@given(st.text(max_size=12))
def test_no_text_breaks_the_reading(written: str) -> None:
    plain = normal(written)
    assert all(is_sound(one) for one in near(plain))
    assert is_sound(plain) in (True, False)


def test_arabic_digits_are_read() -> None:
    assert normal("k٤-٢٧p") == "k427p"


def test_new_ones_are_sound_and_differ() -> None:
    made = {fresh() for _ in range(200)}
    assert all(is_sound(one) for one in made)
    assert len(made) > 190
    assert len({fresh_gift() for _ in range(200)}) == 200


def test_the_example_of_the_documentation_is_sound() -> None:
    assert is_sound(normal("K4-27P"))
    assert not is_sound("22222")


@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_an_update_begins_the_same_gift_each_time_and_another_bot_or_update_another(
    one: int, two: int
) -> None:
    gift = gift_of(b"ours", one)
    assert is_reference(gift) or gift.isdecimal()
    assert gift == gift_of(b"ours", one) != gift_of(b"theirs", one)
    assert (gift == gift_of(b"ours", two)) == (one == two)
