"""`hw.keyboard`: which keys went down, what they type, and what is not known after events were lost."""

import pytest

from hw import keys
from hw.keyboard import Keyboard, Torn

SHIFT, CTRL = 42, 29
A, TWO, KP_5 = 30, 3, 76


@pytest.fixture
def keyboard():
    return Keyboard()


def down(keyboard, code):
    return keyboard.feed(keys.EV_KEY, code, keys.DOWN)


def up(keyboard, code):
    return keyboard.feed(keys.EV_KEY, code, keys.UP)


def lose(keyboard):
    return [keyboard.feed(keys.EV_SYN, keys.SYN_DROPPED, 0), down(keyboard, A), keyboard.feed(keys.EV_SYN, keys.SYN_REPORT, 0)]


def test_a_key_counts_once_when_it_goes_down(keyboard):
    assert down(keyboard, A) == A
    assert keyboard.feed(keys.EV_KEY, A, keys.REPEAT) is None
    assert up(keyboard, A) is None


@pytest.mark.parametrize("code", [SHIFT, CTRL, keys.KEY_CAPSLOCK, keys.KEY_NUMLOCK, keys.KEY_SCROLLLOCK])
def test_modifiers_and_locks_are_no_keys(keyboard, code):
    assert down(keyboard, code) is None


def test_other_events_are_none(keyboard):
    assert keyboard.feed(4, 4, 0x70004) is None
    assert keyboard.feed(keys.EV_REL, 0, 1) is None


def test_shift_caps_lock_and_both(keyboard):
    assert (keyboard.char(A), keyboard.char(TWO)) == ("a", "2")
    down(keyboard, SHIFT)
    assert (keyboard.char(A), keyboard.char(TWO)) == ("A", "@")
    down(keyboard, keys.KEY_CAPSLOCK)
    assert (keyboard.char(A), keyboard.char(TWO)) == ("a", "@")
    up(keyboard, SHIFT)
    assert (keyboard.char(A), keyboard.char(TWO)) == ("A", "2")


def test_the_light_of_caps_lock_says_how_it_is(keyboard):
    keyboard.feed(keys.EV_LED, keys.LED_CAPSL, 1)
    assert keyboard.char(A) == "A"
    keyboard.feed(keys.EV_LED, 0, 0)
    assert keyboard.char(A) == "A", "another light"


def test_the_keypad_types_the_same_whatever_is_held_but_a_chord_types_nothing(keyboard):
    down(keyboard, SHIFT)
    assert keyboard.char(KP_5) == "5"
    assert keyboard.chord == frozenset()
    down(keyboard, CTRL)
    assert keyboard.char(KP_5) is None
    assert keyboard.chord == {CTRL}


def test_a_key_without_a_character(keyboard):
    assert keyboard.char(keys.KEY_ENTER) is None


def test_after_lost_events_nothing_counts_until_it_is_known_what_is_held(keyboard):
    assert lose(keyboard) == [Torn.TORN, None, None]
    assert keyboard.lost_track
    assert down(keyboard, A) is None
    keyboard.held([SHIFT, A], caps=False)
    assert not keyboard.lost_track
    assert keyboard.char(A) == "A"
    assert down(keyboard, TWO) == TWO


def test_what_is_held_at_the_start(keyboard):
    keyboard.held([CTRL, SHIFT], caps=True)
    assert keyboard.chord == {CTRL}
