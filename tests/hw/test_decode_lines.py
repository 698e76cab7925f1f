"""A serial scanner's bytes become codes, whole or not at all, wherever the reads cut them."""

import pytest
from codes_for_tests import made_up_code
from hypothesis import example, given
from hypothesis import strategies as st

from hw.decode import GAP_S, LIMIT, LineDecoder
from hw.interfaces import Scan, ScanFault

CODE, OTHER = made_up_code(17), made_up_code(18)
C, O = CODE.encode(), OTHER.encode()  # noqa: E741 - next to C, and used in tables of bytes only
REPLY = bytes.fromhex("02000001003331")  # a GM65's answer to a command


def decode(*pieces, pause=0.001):
    """Feed pieces with a short pause between them; a number instead of a piece is a longer pause."""
    decoder, now, outcomes = LineDecoder(), 10.0, []
    for piece in pieces:
        if isinstance(piece, float):
            now += piece
        else:
            now += pause
            outcomes += decoder.feed(piece, now)
    return [outcome.text if isinstance(outcome, Scan) else outcome for outcome in outcomes]


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\t", b"\x03", b"\r\n\r\n"])
def test_a_line_end_ends_a_code(end):
    assert decode(C + end) == [CODE]


def test_its_time_is_that_of_its_last_byte():
    decoder = LineDecoder()
    assert decoder.feed(C, 1.0) == []
    assert decoder.feed(b"\r", 1.1) == [Scan(CODE, 1.1)]


def test_a_frame_of_stx_and_etx_is_a_code():
    assert decode(b"\x02" + C + b"\x03") == [CODE]
    assert decode(b"\x02" + C + b"\x03\r\n\x02" + O + b"\x03\r\n") == [CODE, OTHER]


def test_a_frame_that_begins_anew_drops_what_was_before_it():
    assert decode(b"9999\x02" + C + b"\x03") == [CODE]


def test_without_an_end_there_is_no_code():
    assert decode(C, GAP_S * 2, b"") == []


def test_two_codes_in_one_read_are_two():
    assert decode(C + b"\r\n" + O + b"\r\n") == [CODE, OTHER]


def test_a_code_is_put_together_from_single_bytes():
    assert decode(*(bytes([byte]) for byte in C + b"\r\n")) == [CODE]


def test_a_silence_throws_the_first_half_away():
    assert decode(b"99999999", GAP_S * 2, C + b"\r") == [CODE]


def test_an_empty_line_is_no_code():
    assert decode(b"\r\n\t\x02\x03\r") == []


@pytest.mark.parametrize(
    "pieces",
    [
        (REPLY + C + b"\r",),
        (C + b"\r" + REPLY + O + b"\r",),
        (C[:5] + REPLY + C[5:] + b"\r",),
        (REPLY[:1], REPLY[1:2], REPLY[2:4], REPLY[4:] + C + b"\r"),
        (REPLY * 3 + C + b"\r",),
        (b"\x02\x00\x00\x04\r\n13\r\r" + C + b"\r",),  # data and checksum may look like anything
    ],
)
def test_a_modules_reply_is_cut_out(pieces):
    assert [text for text in decode(*pieces) if text != OTHER] == [CODE]


def test_a_torn_reply_ends_with_the_silence():
    assert decode(b"\x02\x00\x00\xff", GAP_S * 2, C + b"\r") == [CODE]


class TestNoise:
    def test_binary_is_reported_once_and_nothing_of_it_counts(self):
        assert decode(b"12\xff34\r56\x00\r" + bytes(range(256)) * 4) == [ScanFault.NOISE]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "gbk", "shift_jis"])
    def test_full_width_digits_are_noise_in_every_encoding(self, encoding):
        wide = "".join(chr(ord(digit) + 0xFEE0) for digit in CODE)
        assert wide.isdigit()
        assert decode(wide.encode(encoding) + b"\r") == [ScanFault.NOISE]

    def test_one_wide_digit_among_others_spoils_them(self):
        assert decode(C[:9] + "３".encode() + C[9:] + b"\r") == [ScanFault.NOISE]

    def test_it_lasts_until_a_silence_so_that_a_burst_has_no_codes_between_its_bytes(self):
        assert decode(b"\xff\r", C + b"\r") == [ScanFault.NOISE]
        assert decode(b"\xff\r", GAP_S * 2, C + b"\r") == [ScanFault.NOISE, CODE]

    def test_a_code_before_it_is_still_a_code(self):
        assert decode(C + b"\r\xfe\xff\r") == [CODE, ScanFault.NOISE]

    def test_the_next_burst_is_reported_again(self):
        assert decode(b"\xff", GAP_S * 2, b"\xff") == [ScanFault.NOISE, ScanFault.NOISE]

    @pytest.mark.parametrize("byte", [0x00, 0x01, 0x07, 0x0B, 0x0C, 0x1B, 0x1D, 0x7F, 0x80, 0xA0])
    def test_control_characters_are_noise(self, byte):
        assert decode(b"1" + bytes([byte]) + b"2\r") == [ScanFault.NOISE]


class TestTooLong:
    def test_the_longest_passes(self):
        assert decode(b"1" * LIMIT + b"\r") == ["1" * LIMIT]

    def test_ten_kilobytes_without_an_end_are_reported_once(self):
        assert decode(*[b"1" * 1024] * 10) == [ScanFault.TOO_LONG]

    def test_its_end_makes_way_for_the_next(self):
        assert decode(b"1" * (LIMIT + 1) + b"\r" + C + b"\r") == [ScanFault.TOO_LONG, CODE]

    def test_so_does_a_silence(self):
        assert decode(b"1" * (LIMIT + 1), GAP_S * 2, C + b"\r") == [ScanFault.TOO_LONG, CODE]


class TestResetUntilBreak:
    """What arming does."""

    @pytest.mark.parametrize("begun", [C[:9], b"\x02" + C[:9], b"\x02"])
    @pytest.mark.parametrize("end", [b"\r", b"\x03"])
    def test_the_rest_of_a_begun_code_does_not_count(self, begun, end):
        decoder = LineDecoder()
        decoder.feed(begun, 1.0)
        decoder.reset_until_break(1.01)
        assert decoder.feed(C[9:] + end, 1.02) == []
        assert decoder.feed(O + b"\r", 1.03) == [Scan(OTHER, 1.03)]

    def test_between_codes_nothing_is_lost(self):
        decoder = LineDecoder()
        decoder.feed(C + b"\r", 1.0)
        decoder.reset_until_break(1.01)
        assert decoder.feed(b"\n" + O + b"\r", 1.02) == [Scan(OTHER, 1.02)]

    def test_a_half_code_of_long_ago_does_not_cost_the_next_one(self):
        decoder = LineDecoder()
        decoder.feed(C[:9], 1.0)
        decoder.reset_until_break(5.0)
        assert decoder.feed(O + b"\r", 5.01) == [Scan(OTHER, 5.01)]

    def test_faults_in_what_is_thrown_away_are_not_reported(self):
        decoder = LineDecoder()
        decoder.feed(C[:9], 1.0)
        decoder.reset_until_break(1.01)
        assert decoder.feed(b"1" * 2000 + b"\xff", 1.02) == []


@given(st.lists(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=40), max_size=5), st.data())
@example(["a"], None).via("the shortest")
def test_where_the_reads_cut_does_not_matter(texts, data):
    stream = b"".join(text.encode() + b"\r\n" for text in texts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10))) if data else []
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert decode(*pieces) == texts


@given(st.lists(st.binary(max_size=300), max_size=10))
def test_any_bytes_give_only_printable_codes_and_one_fault_per_burst(pieces):
    outcomes = decode(*pieces)
    texts = [outcome for outcome in outcomes if not isinstance(outcome, ScanFault)]
    assert all(text.isascii() and text.isprintable() and len(text) <= LIMIT for text in texts)
    after_noise = outcomes[outcomes.index(ScanFault.NOISE) + 1 :] if ScanFault.NOISE in outcomes else []
    assert after_noise == []
