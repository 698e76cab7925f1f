"""Reports of a scanner in HID-POS mode become codes (`hw.decode_hidpos`), and never a part of one."""

import pytest
from codes_for_tests import made_up_code
from fake_hidraw import HID_POS, report, reports
from hypothesis import given
from hypothesis import strategies as st

from hw.decode import GAP_S, LIMIT
from hw.decode_hidpos import ABANDONED_S, HidPosDecoder
from hw.hid_report import read_descriptor
from hw.interfaces import Scan, ScanFault

CODE, OTHER = made_up_code(17), made_up_code(18)
LONG = "0002010102" * 20  # as an EMVCo code: four parts
SOON = 0.01  # between the reports of one code


class Wire:
    """A decoder and a clock; what came out is kept."""

    def __init__(self, layout=None):
        self.decoder = HidPosDecoder(layout or read_descriptor(HID_POS).report)
        self.now = 1000.0
        self.out = []

    def send(self, *sent, after=SOON):
        for data in sent:
            self.now += after
            outcome = self.decoder.feed(data, self.now)
            if outcome is not None:
                self.out.append(outcome.text if isinstance(outcome, Scan) else outcome)
        return self.out


@pytest.fixture
def wire():
    return Wire()


def test_one_report_is_a_code_with_the_time_it_came():
    (data,) = reports(CODE)
    decoder = HidPosDecoder(read_descriptor(HID_POS).report)
    assert decoder.feed(data, 7.5) == Scan(CODE, 7.5)


def test_parts_are_joined_as_long_as_they_say_that_more_follows(wire):
    assert wire.send(*reports(LONG), *reports(CODE)) == [LONG, CODE]


def test_a_last_part_may_be_empty(wire):
    assert wire.send(report(b"1" * 56, more=True), report(b"")) == ["1" * 56]


def test_the_longest_code_is_taken_and_a_longer_one_is_one_fault(wire):
    assert wire.send(*reports("1" * LIMIT)) == ["1" * LIMIT]
    assert wire.send(*reports("1" * (LIMIT + 1)), *reports("2" * 2000), *reports(CODE))[1:] == [
        ScanFault.TOO_LONG,
        ScanFault.TOO_LONG,
        CODE,
    ]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\t", "\t\r\n"])
def test_an_end_that_was_set_for_another_mode_is_taken_off(wire, end):
    assert wire.send(*reports(CODE + end)) == [CODE]


@pytest.mark.parametrize("data", [b"", b"\r\n"])
def test_an_empty_code_is_none(wire, data):
    assert wire.send(report(data)) == []


@pytest.mark.parametrize("data", [b"13\r0017", b"\x1d130017", b"13\x000017", b"\xef\xbc\x91\xef\xbc\x93", b"13\x7f", b"\n1300"])
def test_bytes_that_no_payment_code_has_spoil_it_and_only_it(wire, data):
    assert wire.send(report(data), *reports(CODE)) == [ScanFault.NOISE, CODE]


def test_noise_in_one_part_spoils_the_whole_code(wire):
    parts = reports(LONG)
    parts[1] = report(b"\xff" * 56, more=True)
    assert wire.send(*parts, *reports(CODE)) == [ScanFault.NOISE, CODE]


WRONG = [report(b"1" * 56, length=57), report(b"1", number=3), report(b"1")[:40], b"\x02", b"\x02\xff"]


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_report_is_a_fault_and_all_that_follows_at_once_is_thrown_away(wire, wrong):
    assert wire.send(wrong, *reports(CODE), wrong) == [ScanFault.NOISE]
    assert wire.send(*reports(OTHER), after=GAP_S * 2) == [ScanFault.NOISE, OTHER]


@pytest.mark.parametrize("wrong", WRONG)
def test_so_is_what_it_interrupts(wire, wrong):
    first, *rest = reports(LONG)
    assert wire.send(first, wrong, *rest) == [ScanFault.NOISE]
    assert wire.send(*reports(CODE), after=GAP_S * 2) == [ScanFault.NOISE, CODE]


def test_reports_about_other_things_change_nothing():
    layout = read_descriptor(HID_POS[:6] + bytes.fromhex("8501 0900 9508 7501 8102") + HID_POS[6:]).report
    assert layout.others == {1}
    wire = Wire(layout)
    first, *rest = reports(LONG)
    assert wire.send(b"\x01\xff", first, b"\x01\xff", *rest) == [LONG]


class TestLateRest:
    """The loop may be held up between two parts. What comes late must not pass for a code of its own."""

    @pytest.mark.parametrize("late_s", [GAP_S * 1.01, 0.5, ABANDONED_S])
    def test_a_rest_that_comes_too_late_is_thrown_away_with_its_beginning(self, wire, late_s):
        first, *rest = reports(LONG)
        wire.send(first)
        wire.send(rest[0], after=late_s)
        assert wire.send(*rest[1:], *reports(CODE)) == [ScanFault.LOST_KEYS, CODE]

    def test_one_that_is_the_last_part_too(self, wire):
        wire.send(report(b"1" * 56, more=True))
        assert wire.send(report(b"17"), after=0.5) == [ScanFault.LOST_KEYS]
        assert wire.send(*reports(CODE)) == [ScanFault.LOST_KEYS, CODE]

    def test_it_is_told_once_however_often_it_is_late(self, wire):
        for _ in range(4):
            wire.send(report(b"1" * 56, more=True), after=0.5)
        assert wire.out == [ScanFault.LOST_KEYS]

    def test_within_the_gap_it_is_joined(self, wire):
        assert wire.send(*reports(LONG), after=GAP_S * 0.99) == [LONG]

    def test_what_was_given_up_long_ago_costs_the_next_code_nothing(self, wire):
        wire.send(report(b"1" * 56, more=True))
        assert wire.send(*reports(CODE), after=ABANDONED_S * 1.01) == [CODE]


class TestReset:
    def test_of_a_code_that_has_begun_the_rest_is_thrown_away_in_silence(self, wire):
        first, *rest = reports(LONG)
        wire.send(first)
        wire.decoder.reset_until_break(wire.now)
        assert wire.send(*rest, *reports(CODE)) == [CODE]

    def test_its_rest_is_known_when_it_comes_late(self, wire):
        wire.send(report(b"1" * 56, more=True))
        wire.decoder.reset_until_break(wire.now + 0.5)
        assert wire.send(report(b"17"), after=1.0) == []
        assert wire.send(*reports(CODE)) == [CODE]

    def test_a_whole_code_before_it_leaves_nothing(self, wire):
        wire.send(*reports(CODE))
        wire.decoder.reset_until_break(wire.now)
        assert wire.send(*reports(OTHER)) == [CODE, OTHER]

    def test_one_long_after_a_half_code_keeps_nothing_of_it(self, wire):
        wire.send(report(b"1" * 56, more=True))
        wire.decoder.reset_until_break(wire.now + ABANDONED_S * 1.01)
        assert wire.send(*reports(CODE)) == [CODE]

    def test_before_anything_came(self, wire):
        wire.decoder.reset_until_break(wire.now)
        assert wire.send(*reports(CODE)) == [CODE]


class TestOverrun:
    def test_what_follows_lost_reports_at_once_may_be_the_end_of_something(self, wire):
        wire.send(report(b"1" * 56, more=True))
        assert wire.decoder.overrun(wire.now) is ScanFault.LOST_KEYS
        assert wire.decoder.overrun(wire.now) is None
        assert wire.send(report(b"17"), *reports(CODE)) == []
        assert wire.send(*reports(OTHER), after=GAP_S * 2) == [OTHER]

    def test_so_it_may_where_nothing_of_a_code_came_before(self, wire):
        """The ring was full of reports that are nobody's code; found by fuzzing."""
        assert wire.decoder.overrun(wire.now) is ScanFault.LOST_KEYS
        assert wire.send(report(b"17"), *reports(CODE)) == []
        assert wire.send(*reports(OTHER), after=GAP_S * 2) == [OTHER]

    def test_so_it_may_long_after_the_last_code(self, wire):
        wire.send(*reports(CODE))
        wire.now += ABANDONED_S * 2
        assert wire.decoder.overrun(wire.now) is ScanFault.LOST_KEYS
        assert wire.send(*reports(OTHER)) == [CODE]


class TestLateRestOfWhatWasThrownAway:
    """Also a silence doesn't make a code of what its own beginning said would follow."""

    def test_it_began_behind_lost_reports(self, wire):
        """Found by fuzzing."""
        wire.decoder.overrun(wire.now)
        wire.send(report(b"1" * 56, more=True))
        assert wire.send(*reports(CODE), after=0.5) == [ScanFault.LOST_KEYS]
        assert wire.send(*reports(OTHER)) == [ScanFault.LOST_KEYS, OTHER]

    def test_reports_were_lost_behind_its_beginning(self, wire):
        wire.send(report(b"1" * 56, more=True))
        wire.decoder.overrun(wire.now)
        assert wire.send(*reports(CODE), after=0.5) == [ScanFault.LOST_KEYS]
        assert wire.send(*reports(OTHER)) == [ScanFault.LOST_KEYS, OTHER]

    @pytest.mark.parametrize("wrong", WRONG)
    def test_what_is_no_report_came_before_its_beginning_or_behind_it(self, wire, wrong):
        first = report(b"1" * 56, more=True)
        wire.send(wrong, first)
        wire.send(*reports(CODE), after=0.5)
        wire.send(first, wrong)
        wire.send(*reports(CODE), after=0.5)
        assert wire.send(*reports(OTHER)) == [ScanFault.NOISE, ScanFault.LOST_KEYS] * 2 + [OTHER]

    def test_it_comes_after_a_reset(self, wire):
        wire.decoder.overrun(wire.now)
        wire.send(report(b"1" * 56, more=True))
        wire.decoder.reset_until_break(wire.now + 0.4)
        assert wire.send(*reports(CODE), after=0.5) == []
        assert wire.send(*reports(OTHER)) == [OTHER]

    def test_what_was_given_up_long_ago_costs_the_next_code_nothing(self, wire):
        wire.decoder.overrun(wire.now)
        wire.send(report(b"1" * 56, more=True))
        assert wire.send(*reports(CODE), after=ABANDONED_S * 1.01) == [CODE]


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=LIMIT))
def test_every_printable_code_comes_out_as_it_went_in(text):
    assert Wire().send(*reports(text)) == [text]


@given(st.lists(st.one_of(st.binary(max_size=70), st.builds(report, st.binary(max_size=56), more=st.booleans())), max_size=12))
def test_whatever_comes_nothing_but_printable_codes_come_out(sent):
    for outcome in Wire().send(*sent):
        assert isinstance(outcome, ScanFault) or (0 < len(outcome) <= LIMIT and outcome.isprintable() and outcome.isascii())


def test_no_code_is_in_what_the_decoder_shows_of_itself(wire):
    wire.send(report(CODE.encode(), more=True))
    assert CODE not in repr(wire.decoder) + repr(HidPosDecoder(read_descriptor(HID_POS).report))
