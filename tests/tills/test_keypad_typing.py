"""`daemon.tills.keypad_typing`: what each key asks for, on an empty line, on one that is typed, and while a payment is open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon import texts
from daemon.money import Amount, Minor
from daemon.tills.http import Terms
from daemon.tills.keypad_typing import FORGET_S, Ask, GiveUp, Recall, Refuse, Repeat, Typing, Wish
from hw.interfaces import PadKey
from hw.simulated_keypad import _pad_key

TERMS = Terms("CNY", 100_000)


@pytest.fixture
def typing() -> Typing:
    return Typing(TERMS)


def press(typing: Typing, keys: str, now: float = 0.0) -> list[Wish]:
    """What keys asked for, each character one of a simulated pad."""
    return [wish for key in keys if (wish := typing.press(_pad_key(key), now)) is not None]


def yuan(text: str) -> Amount:
    return Amount(Minor(round(float(text) * 100)), "CNY")


def test_an_amount_and_enter(typing: Typing) -> None:
    assert press(typing, "12.5\n") == [Ask(yuan("12.50"))]
    assert not typing.line.is_empty, "until it is taken, so that nobody types it again after a no"
    typing.clear()
    assert press(typing, "3\n") == [Ask(yuan("3"))]


def test_a_running_sum_and_a_product(typing: Typing) -> None:
    assert press(typing, "12.50+3\n") == [Ask(yuan("15.50"))]
    typing.clear()
    assert press(typing, "3*2.50\n") == [Ask(yuan("7.50"))]


def test_on_an_empty_line_enter_and_slash_recall_and_star_repeats(typing: Typing) -> None:
    assert press(typing, "\n/*") == [Recall(), Recall(), Repeat()]
    typing.put(yuan("12.50"))
    assert press(typing, "\n") == [Ask(yuan("12.50"))]


def test_slash_means_nothing_within_a_line(typing: Typing) -> None:
    assert press(typing, "12/") == [Refuse("no_key")]
    assert typing.line.figure == "12"


@pytest.mark.parametrize("key", ["\x1b", "-"])
def test_esc_clears_the_line_first_and_then_gives_up_what_was_asked_for_here(typing: Typing, key: str) -> None:
    assert press(typing, "12" + key) == []
    assert typing.line.is_empty
    assert press(typing, key) == [], "there is nothing to give up"
    typing.blocked, typing.is_ours = "busy", True
    assert press(typing, key) == [GiveUp()]


def test_the_payment_of_another_till_is_left_alone(typing: Typing) -> None:
    typing.blocked = "busy_other"
    assert press(typing, "\x1b") == []
    assert press(typing, "1\n*") == [Refuse("busy_other")] * 3


def test_while_a_payment_is_open_nothing_is_typed_and_a_second_enter_is_no_mistake(typing: Typing) -> None:
    typing.blocked, typing.is_ours = "busy", True
    assert press(typing, "1+\b") == [Refuse("busy")] * 3
    assert press(typing, "\n") == []
    assert typing.line.is_empty


def test_what_was_half_typed_when_another_till_began_is_there_again_afterwards(typing: Typing) -> None:
    press(typing, "12")
    typing.blocked = "busy_other"
    press(typing, "3")
    typing.blocked = None
    assert press(typing, "\n") == [Ask(yuan("12"))]


def test_keys_that_mean_nothing(typing: Typing) -> None:
    assert typing.press(PadKey.OTHER, 0.0) == Refuse("no_key")
    assert typing.press(PadKey.UNLOCKED, 0.0) == Refuse("num_lock")


def test_a_refused_key_changes_nothing_and_says_why(typing: Typing) -> None:
    assert press(typing, "12.505") == [Refuse("decimals")]
    assert press(typing, "\n") == [Ask(yuan("12.50"))]
    assert press(typing, "+\b\b") == []
    assert typing.line.figure == "12.5"


def test_a_line_that_is_left_alone_is_forgotten(typing: Typing) -> None:
    assert typing.next_deadline() is None
    press(typing, "12", now=100.0)
    press(typing, "3", now=110.0)
    assert typing.next_deadline() == 110.0 + FORGET_S
    typing.expire(110.0 + FORGET_S - 0.001)
    assert typing.line.figure == "123"
    typing.expire(110.0 + FORGET_S)
    assert typing.line.is_empty
    assert typing.next_deadline() is None


@given(st.lists(st.sampled_from(list(PadKey)), max_size=60), st.sampled_from([None, "busy", "busy_other"]), st.booleans())
def test_whatever_is_pressed_only_a_sound_amount_is_asked_for(keys: list[PadKey], blocked: str | None, is_ours: bool) -> None:
    typing = Typing(TERMS)
    typing.blocked, typing.is_ours = blocked, is_ours
    for key in keys:
        before = typing.line
        wish = typing.press(key, 0.0)
        match wish:
            case Ask(amount):
                assert key is PadKey.ENTER
                assert blocked is None
                assert 1 <= amount.minor <= TERMS.max_amount
            case Refuse(why):
                assert why in texts.NOT_TAKEN
                assert typing.line is before
            case GiveUp():
                assert is_ours
                assert before.is_empty
            case Repeat() | Recall():
                assert before.is_empty
        if blocked is not None:
            assert typing.line.is_empty
