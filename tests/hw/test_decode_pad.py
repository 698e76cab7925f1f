"""`hw.decode_pad`: kernel numbers of keys to what they mean on a number pad."""

import evdev.ecodes as e
import pytest

from hw import keys
from hw.decode_pad import PadDecoder
from hw.interfaces import PadKey
from hw.keyboard import Torn

KEYPAD = {
    **{getattr(e, f"KEY_KP{n}"): PadKey(str(n)) for n in range(10)},
    e.KEY_KPDOT: PadKey.POINT,
    e.KEY_KPCOMMA: PadKey.POINT,
    e.KEY_KPPLUS: PadKey.PLUS,
    e.KEY_KPASTERISK: PadKey.TIMES,
    e.KEY_KPSLASH: PadKey.LAST,
    e.KEY_KPMINUS: PadKey.CLEAR,
    e.KEY_KPENTER: PadKey.ENTER,
    e.KEY_BACKSPACE: PadKey.BACKSPACE,
    e.KEY_ESC: PadKey.ESC,
    e.KEY_KPEQUAL: PadKey.OTHER,
    e.KEY_TAB: PadKey.OTHER,
    e.KEY_CALC: PadKey.OTHER,
}
MAIN_ROW = {
    **{getattr(e, f"KEY_{n}"): PadKey(str(n)) for n in range(10)},
    e.KEY_DOT: PadKey.POINT,
    e.KEY_COMMA: PadKey.POINT,
    e.KEY_SLASH: PadKey.LAST,
    e.KEY_MINUS: PadKey.CLEAR,
    e.KEY_ENTER: PadKey.ENTER,
    e.KEY_A: PadKey.OTHER,
}
UNLOCKED = (
    e.KEY_HOME, e.KEY_UP, e.KEY_PAGEUP, e.KEY_LEFT, e.KEY_RIGHT, e.KEY_END, e.KEY_DOWN, e.KEY_PAGEDOWN, e.KEY_INSERT, e.KEY_DELETE,
)  # fmt: skip


def press(decoder, code):
    pressed = decoder.feed(keys.EV_KEY, code, keys.DOWN, 0.0)
    assert decoder.feed(keys.EV_KEY, code, keys.REPEAT, 0.0) is None
    assert decoder.feed(keys.EV_KEY, code, keys.UP, 0.0) is None
    return pressed


@pytest.mark.parametrize(("code", "key"), [*KEYPAD.items(), *MAIN_ROW.items()])
def test_each_key_means_what_is_printed_on_it(code, key):
    assert press(PadDecoder(), code) is key


@pytest.mark.parametrize("code", UNLOCKED)
def test_a_pad_without_its_num_lock_is_told_apart_from_a_key_that_means_nothing(code):
    assert press(PadDecoder(), code) is PadKey.UNLOCKED


@pytest.mark.parametrize(("code", "key"), [(e.KEY_8, PadKey.TIMES), (e.KEY_EQUAL, PadKey.PLUS), (e.KEY_1, PadKey.OTHER)])
def test_with_shift_the_main_row_types_its_signs(code, key):
    decoder = PadDecoder()
    decoder.feed(keys.EV_KEY, e.KEY_LEFTSHIFT, keys.DOWN, 0.0)
    assert press(decoder, code) is key


def test_a_digit_with_ctrl_is_none():
    decoder = PadDecoder()
    decoder.held([e.KEY_LEFTCTRL])
    assert press(decoder, e.KEY_KP1) is PadKey.OTHER
    assert press(decoder, e.KEY_KPENTER) is PadKey.OTHER


@pytest.mark.parametrize("code", [e.KEY_NUMLOCK, e.KEY_LEFTSHIFT, e.KEY_CAPSLOCK])
def test_num_lock_around_each_digit_is_nothing(code):
    assert press(PadDecoder(), code) is None


def test_lost_events_are_told_once_and_nothing_counts_until_the_held_keys_are_known():
    decoder = PadDecoder()
    assert decoder.feed(keys.EV_SYN, keys.SYN_DROPPED, 0, 0.0) is Torn.TORN
    assert press(decoder, e.KEY_KP1) is None
    decoder.feed(keys.EV_SYN, keys.SYN_REPORT, 0, 0.0)
    assert decoder.lost_track
    assert press(decoder, e.KEY_KP1) is None
    decoder.held([])
    assert press(decoder, e.KEY_KP1) is PadKey.DIGIT_1
