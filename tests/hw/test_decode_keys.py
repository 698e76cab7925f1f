"""A keyboard-wedge scanner's keys become codes, whole or not at all."""

import evdev
import pytest
from codes_for_tests import made_up_code
from hypothesis import given
from hypothesis import strategies as st

from hw import keys
from hw.decode import GAP_S, LIMIT, KeyDecoder
from hw.interfaces import Scan, ScanFault

LEFT_SHIFT, RIGHT_SHIFT, LEFT_CTRL, LEFT_ALT = 42, 54, 29, 56
CODE = made_up_code()
TYPES = {char: (key, shift) for key, pair in keys.US.items() for shift, char in enumerate(pair)}


class Keyboard:
    """Presses keys of a decoder, one each millisecond, and keeps what comes out."""

    def __init__(self):
        self.decoder = KeyDecoder()
        self.now = 100.0
        self.outcomes = []

    def event(self, kind, code, value):
        outcome = self.decoder.feed(kind, code, value, self.now)
        if outcome is not None:
            self.outcomes.append(outcome)

    def down(self, key):
        self.now += 0.001
        self.event(keys.EV_KEY, key, keys.DOWN)
        self.event(keys.EV_SYN, keys.SYN_REPORT, 0)

    def up(self, key):
        self.event(keys.EV_KEY, key, keys.UP)
        self.event(keys.EV_SYN, keys.SYN_REPORT, 0)

    def press(self, *pressed, held=()):
        for key in held:
            self.down(key)
        for key in pressed:
            self.down(key)
            self.up(key)
        for key in held:
            self.up(key)

    def type(self, text, shift_key=LEFT_SHIFT):
        for char in text:
            key, shift = TYPES[char]
            self.press(key, held=(shift_key,) if shift else ())

    def scan(self, text):
        self.type(text)
        self.press(keys.KEY_ENTER)

    def pause(self, seconds=GAP_S * 2):
        self.now += seconds

    @property
    def texts(self):
        return [outcome.text for outcome in self.outcomes if isinstance(outcome, Scan)]

    @property
    def faults(self):
        return [outcome for outcome in self.outcomes if not isinstance(outcome, Scan)]


@pytest.fixture
def keyboard():
    return Keyboard()


def test_digits_and_enter_are_a_code_and_its_time_is_that_of_enter(keyboard):
    keyboard.scan(CODE)
    assert keyboard.outcomes == [Scan(CODE, keyboard.now)]


@pytest.mark.parametrize("end", [keys.KEY_ENTER, keys.KEY_KPENTER, keys.KEY_TAB])
def test_enter_keypad_enter_and_tab_end_a_code(keyboard, end):
    keyboard.type(CODE)
    keyboard.press(end)
    assert keyboard.texts == [CODE]


def test_without_an_end_there_is_no_code(keyboard):
    keyboard.type(CODE)
    keyboard.pause()
    assert keyboard.outcomes == []


def test_an_empty_code_is_none(keyboard):
    keyboard.press(keys.KEY_ENTER, keys.KEY_TAB, keys.KEY_ENTER)
    assert keyboard.outcomes == []


@pytest.mark.parametrize("shift_key", [LEFT_SHIFT, RIGHT_SHIFT])
def test_either_shift_types_the_upper_row(keyboard, shift_key):
    keyboard.type("aB:/?x=1&Y_", shift_key)
    keyboard.press(keys.KEY_ENTER)
    assert keyboard.texts == ["aB:/?x=1&Y_"]


def test_one_shift_let_go_while_the_other_is_held_still_shifts(keyboard):
    keyboard.down(LEFT_SHIFT)
    keyboard.down(RIGHT_SHIFT)
    keyboard.up(LEFT_SHIFT)
    keyboard.press(30)
    keyboard.up(RIGHT_SHIFT)
    keyboard.press(30, keys.KEY_ENTER)
    assert keyboard.texts == ["Aa"]


def test_caps_lock_turns_letters_and_no_digits_and_shift_turns_them_back(keyboard):
    keyboard.press(keys.KEY_CAPSLOCK)
    keyboard.type("aA1")
    keyboard.press(keys.KEY_CAPSLOCK)
    keyboard.type("a")
    keyboard.press(keys.KEY_ENTER)
    assert keyboard.texts == ["Aa1a"]


def test_the_light_of_caps_lock_is_believed(keyboard):
    keyboard.event(keys.EV_LED, keys.LED_CAPSL, 1)
    keyboard.scan("a")
    keyboard.decoder.held([], caps=False)
    keyboard.scan("a")
    assert keyboard.texts == ["A", "a"]


def test_the_keypad_types_digits_whatever_num_lock_and_shift_say(keyboard):
    keyboard.press(keys.KEY_NUMLOCK)
    keyboard.press(*[key for key, char in keys.KEYPAD.items() if char.isdigit()])
    keyboard.press(82, held=(LEFT_SHIFT,))
    keyboard.press(keys.KEY_KPENTER)
    assert keyboard.texts == ["01234567890"]


def test_a_held_key_does_not_repeat(keyboard):
    keyboard.down(2)
    for _ in range(20):
        keyboard.event(keys.EV_KEY, 2, keys.REPEAT)
    keyboard.up(2)
    keyboard.press(keys.KEY_ENTER)
    assert keyboard.texts == ["1"]


@pytest.mark.parametrize("held", [(LEFT_CTRL,), (LEFT_ALT,), (LEFT_CTRL, LEFT_ALT), (125,)])
def test_a_chord_spoils_its_code_once_and_the_next_one_counts(keyboard, held):
    keyboard.type("1234")
    keyboard.press(30, 31, 32, held=held)
    keyboard.scan("5678")
    assert keyboard.outcomes == [ScanFault.NOISE]
    keyboard.scan(CODE)
    assert keyboard.texts == [CODE]


def test_keys_that_type_nothing_spoil_the_code(keyboard):
    keyboard.type("12")
    keyboard.press(66)  # F8
    keyboard.scan("34")
    assert keyboard.outcomes == [ScanFault.NOISE]


def test_a_scanner_that_sends_a_line_feed_as_ctrl_j_after_enter_is_no_noise(keyboard):
    for _ in range(2):
        keyboard.scan(CODE)
        keyboard.press(keys.KEY_J, held=(LEFT_CTRL,))
    assert keyboard.texts == [CODE, CODE]
    assert keyboard.faults == []


def test_a_silence_within_a_code_throws_its_first_half_away(keyboard):
    keyboard.type("99999999")
    keyboard.pause()
    keyboard.scan(CODE)
    assert keyboard.texts == [CODE]
    assert keyboard.decoder.unterminated == 1


def test_a_slow_scanner_is_not_cut(keyboard):
    for char in CODE:
        keyboard.pause(GAP_S * 0.9)
        keyboard.type(char)
    keyboard.press(keys.KEY_ENTER)
    assert keyboard.texts == [CODE]


def test_two_codes_back_to_back_are_two(keyboard):
    keyboard.scan(CODE)
    keyboard.scan(made_up_code(18))
    assert keyboard.texts == [CODE, made_up_code(18)]


def test_the_longest_code_passes_and_one_key_more_is_too_long_once(keyboard):
    keyboard.scan("1" * LIMIT)
    assert keyboard.texts == ["1" * LIMIT]
    keyboard.scan("2" * (LIMIT * 3))
    assert keyboard.faults == [ScanFault.TOO_LONG]
    keyboard.scan(CODE)
    assert keyboard.texts[1:] == [CODE]


class TestLostKeys:
    """The kernel's buffer ran over: SYN_DROPPED."""

    def overrun(self, keyboard):
        keyboard.type("1234")
        keyboard.event(keys.EV_SYN, keys.SYN_DROPPED, 0)
        keyboard.event(keys.EV_KEY, 3, keys.DOWN)
        keyboard.event(keys.EV_SYN, keys.SYN_REPORT, 0)

    def test_the_code_is_dropped_to_its_end_and_reported_once(self, keyboard):
        self.overrun(keyboard)
        keyboard.decoder.held([])
        keyboard.scan("5678")
        assert keyboard.outcomes == [ScanFault.LOST_KEYS]
        keyboard.scan(CODE)
        assert keyboard.texts == [CODE]

    def test_nothing_counts_until_the_held_keys_are_known_again(self, keyboard):
        self.overrun(keyboard)
        assert keyboard.decoder.lost_track
        keyboard.press(keys.KEY_ENTER)
        keyboard.scan(CODE)
        assert keyboard.outcomes == [ScanFault.LOST_KEYS]
        keyboard.decoder.held([])
        assert not keyboard.decoder.lost_track

    def test_the_torn_report_counts_for_nothing_not_even_its_shift(self, keyboard):
        keyboard.event(keys.EV_SYN, keys.SYN_DROPPED, 0)
        keyboard.event(keys.EV_KEY, LEFT_SHIFT, keys.DOWN)
        assert not keyboard.decoder.lost_track
        keyboard.event(keys.EV_SYN, keys.SYN_REPORT, 0)
        keyboard.decoder.held([RIGHT_SHIFT])
        keyboard.pause()
        keyboard.press(30)
        keyboard.up(RIGHT_SHIFT)
        keyboard.press(30, keys.KEY_ENTER)
        assert keyboard.texts == ["Aa"]

    def test_a_pause_before_the_overrun_does_not_save_the_rest_of_the_code(self, keyboard):
        keyboard.type("1234")
        keyboard.pause()
        keyboard.event(keys.EV_SYN, keys.SYN_DROPPED, 0)
        keyboard.event(keys.EV_SYN, keys.SYN_REPORT, 0)
        keyboard.decoder.held([])
        keyboard.scan("5678")
        assert keyboard.outcomes == [ScanFault.LOST_KEYS]


class TestResetUntilBreak:
    """What arming does."""

    def test_the_rest_of_a_begun_code_does_not_count(self, keyboard):
        keyboard.type(CODE[:9])
        keyboard.decoder.reset_until_break(keyboard.now)
        keyboard.scan(CODE[9:])
        keyboard.scan(made_up_code(18))
        assert keyboard.texts == [made_up_code(18)]

    def test_between_codes_nothing_is_lost(self, keyboard):
        keyboard.scan("1")
        keyboard.decoder.reset_until_break(keyboard.now)
        keyboard.scan(CODE)
        assert keyboard.texts == ["1", CODE]

    def test_a_half_code_of_long_ago_does_not_cost_the_next_one(self, keyboard):
        keyboard.type("1234")
        keyboard.pause()
        keyboard.decoder.reset_until_break(keyboard.now)
        keyboard.scan(CODE)
        assert keyboard.texts == [CODE]

    def test_a_fault_in_what_is_thrown_away_is_not_reported(self, keyboard):
        keyboard.type("1234")
        keyboard.decoder.reset_until_break(keyboard.now)
        keyboard.press(66)
        keyboard.type("1" * LIMIT * 2)
        assert keyboard.outcomes == []


@given(st.lists(st.text(st.sampled_from(sorted(TYPES)), min_size=1, max_size=40), max_size=4))
def test_what_is_typed_is_what_comes_out(texts):
    keyboard = Keyboard()
    for text in texts:
        keyboard.scan(text)
    assert keyboard.texts == texts
    assert keyboard.faults == []


@given(st.lists(st.tuples(st.sampled_from([0, 1, 17, 4]), st.integers(0, 130), st.integers(0, 2), st.floats(0, 0.3)), max_size=200))
def test_any_events_give_only_whole_printable_codes(events):
    decoder, now = KeyDecoder(), 0.0
    for kind, code, value, pause in events:
        now += pause
        outcome = decoder.feed(kind, code, value, now)
        if isinstance(outcome, Scan):
            assert outcome.text.isascii()
            assert outcome.text.isprintable()
            assert 0 < len(outcome.text) <= LIMIT


def test_the_key_numbers_are_those_of_the_kernel():
    names = {number: name if isinstance(name, str) else name[0] for number, name in evdev.ecodes.KEY.items()}
    letters = {names[key].removeprefix("KEY_").lower(): plain for key, (plain, _) in keys.US.items() if plain.isalnum()}
    assert letters == {char: char for char in "abcdefghijklmnopqrstuvwxyz0123456789"}
    assert {evdev.ecodes.ecodes[f"KEY_KP{digit}"]: str(digit) for digit in range(10)}.items() <= keys.KEYPAD.items()
    shown = {evdev.ecodes.ecodes[f"KEY_{name}"] for name in ("ENTER", "KPENTER", "TAB")}
    assert shown == keys.TERMINATORS
    assert {names[key] for key in keys.MODIFIERS} == {
        f"KEY_{side}{name}" for side in ("LEFT", "RIGHT") for name in ("SHIFT", "CTRL", "ALT", "META")
    }
    assert (keys.SYN_DROPPED, keys.EV_LED, keys.LED_CAPSL) == (evdev.ecodes.SYN_DROPPED, evdev.ecodes.EV_LED, evdev.ecodes.LED_CAPSL)
