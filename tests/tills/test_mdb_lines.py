"""`daemon.tills.mdb_lines`: what an adapter says, cut anywhere, and everything that it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.tills.mdb_lines import (
    MAX_LINE,
    Complaint,
    Heard,
    Lines,
    Noise,
    Settled,
    Status,
    VendFailure,
    VendRequest,
    VendSuccess,
    Version,
    understood,
)

KNOWN: list[tuple[bytes, Heard]] = [
    (b"c,STATUS,ENABLED", Status("ENABLED")),
    (b"c,STATUS,IDLE,5.00", Status("IDLE", "5.00")),
    (b"c,STATUS,VEND,1.50,12", VendRequest("1.50", "12")),
    (b"c,STATUS,VEND,1.50", VendRequest("1.50")),
    (b"c,VEND,SUCCESS", VendSuccess()),
    (b"c,ERR,VEND 3", VendFailure()),
    (b'c,ERR,"VEND 3"', VendFailure()),
    (b"c,ERR,VEND 1", Complaint("VEND 1")),
    (b'c,ERR,"cashless is on"', Complaint("cashless is on")),
    (b"c,SET,OK", Settled()),
    (b"v,4.0.3.1,123", Version("4.0.3.1,123")),
]


@pytest.mark.parametrize(("line", "heard"), KNOWN)
def test_what_an_adapter_says(line: bytes, heard: Heard) -> None:
    assert understood(line) == heard


@pytest.mark.parametrize(
    "line", [b"", b"c", b"c,STATUS", b"c,STATUS,SLEEPY", b"C,STATUS,ENABLED", b"c,VEND", b"d,STATUS,IDLE", b"\xff\xfe", b"r,ACK"]
)
def test_everything_else_is_noise(line: bytes) -> None:
    assert understood(line) == Noise()


@pytest.mark.parametrize(("line", "heard"), KNOWN)
@pytest.mark.parametrize("cut", [b"c,STATUS,ENAB", b"c", b"c,STATUS,VEND,8.38", b"c,VEND,SUCC", b"v,4.0", b"\xff\x00", b'c,ERR,"cash'])
def test_behind_a_line_whose_end_was_lost_the_next_is_heard(cut: bytes, line: bytes, heard: Heard) -> None:
    assert understood(cut + line) == heard


@given(st.binary(max_size=200))
def test_nothing_that_comes_raises(line: bytes) -> None:
    understood(line)


@given(st.data())
def test_lines_cut_anywhere_are_the_same(data: st.DataObject) -> None:
    whole = b"\r\n".join(line for line, _ in KNOWN) + b"\r\n"
    cuts = sorted(data.draw(st.sets(st.integers(0, len(whole)))))
    lines, found = Lines(), []
    for begin, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        found += lines.feed(whole[begin:end])
    assert found == [line for line, _ in KNOWN]


def test_a_line_that_is_too_long_is_dropped_whole_and_the_next_is_read() -> None:
    for piece in (1, 50, 1000):
        raw = b"c,STATUS,VEND," + b"9" * MAX_LINE + b"\nc,SET,OK\n"
        lines, found = Lines(), []
        for at in range(0, len(raw), piece):
            found += lines.feed(raw[at : at + piece])
        assert found == [b"c,SET,OK"]
