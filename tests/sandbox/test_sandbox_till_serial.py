"""The emulated till `daemon.sandbox.tills.serial`: speaks docs/serial-till.md, and is as careful as it asks a till to be."""

from __future__ import annotations

import json

import pytest

from daemon.sandbox.tills.serial import ANSWER_S, TRIES, SerialCounter, crc16


def said(till: SerialCounter) -> list[dict[str, object]]:
    """The messages that it sends, each with the right checksum."""
    messages = []
    for line in till.take().splitlines():
        text, _, digits = line.rpartition(b"*")
        assert digits == b"%04X" % crc16(text)
        messages.append(json.loads(text))
    return messages


def tell(till: SerialCounter, now: float = 0.0, **message: object) -> None:
    text = json.dumps(message).encode()
    till.received(text + b"*%04X\n" % crc16(text), now)


def test_the_checksum_is_the_published_one() -> None:
    assert crc16(b"123456789") == 0x29B1


def test_it_asks_for_an_amount_under_a_name_of_its_own() -> None:
    till = SerialCounter()
    till.command("pay 12.50", 0.0)
    till.command("pay 3 A-7", 0.0)
    assert said(till) == [{"v": 1, "t": "pay", "ref": "E-1", "amt": 1250}, {"v": 1, "t": "pay", "ref": "A-7", "amt": 300}]
    assert till.ref == "A-7"


def test_no_answer_means_to_say_the_same_again_and_then_to_tell_the_cashier() -> None:
    till = SerialCounter()
    till.command("pay 1", 0.0)
    first = till.take()
    now = 0.0
    for _ in range(TRIES - 1):
        now += ANSWER_S
        assert till.next_deadline() == now
        till.pass_time(now)
        assert till.take() == first
    till.pass_time(now + ANSWER_S)
    assert (till.take(), till.next_deadline()) == (b"", None)
    assert "does not answer" in till.take_words()[-1]


def test_an_answer_ends_the_asking() -> None:
    till = SerialCounter()
    till.command("pay 1", 0.0)
    tell(till, t="state", ref="E-1", s="wait_scan", state="awaiting_code")
    assert till.next_deadline() == ANSWER_S  # not an answer to `pay`
    tell(till, t="ack", ref="E-1")
    assert till.next_deadline() is None


def test_an_end_is_kept_and_acknowledged() -> None:
    till = SerialCounter()
    tell(till, t="end", ref="E-1", s="paid", state="paid", seq=17)
    assert till.ends["E-1"]["s"] == "paid"
    assert said(till) == [{"v": 1, "t": "got", "seq": 17}]


def test_a_deaf_till_acknowledges_nothing() -> None:
    till = SerialCounter()
    till.command("deaf", 0.0)
    tell(till, t="end", ref="E-1", s="paid", state="paid", seq=17)
    assert said(till) == []
    till.command("hears", 0.0)
    tell(till, t="end", ref="E-1", s="paid", state="paid", seq=17)
    assert len(said(till)) == 1
    assert len(till.heard) == 2


def test_a_line_in_pieces_is_one_line_and_a_broken_one_is_kept_apart() -> None:
    till = SerialCounter()
    text = b'{"t":"ack","ref":"A"}'
    line = text + b"*%04X\n" % crc16(text)
    till.received(line[:5], 0.0)
    till.received(line[5:] + b'{"t":"ack"}*0000\n', 0.0)
    assert (till.heard, till.broken) == ([{"t": "ack", "ref": "A"}], [b'{"t":"ack"}*0000'])
    till.received(b"half a li", 0.0)
    till.opened(1.0)
    till.received(line, 1.0)
    assert len(till.heard) == 2


def test_plain_words_are_shown() -> None:
    till = SerialCounter()
    till.command("plain 12.50", 0.0)
    assert till.take() == b"PAY 12.50\n"
    till.received(b"OK\r\nPAID 12.50\n", 0.0)
    assert till.plain == ["OK", "PAID 12.50"]
    assert till.take_words() == ["the box says: OK", "the box says: PAID 12.50"]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("cancel", {"v": 1, "t": "cancel", "ref": "E-1"}),
        ("status B-2", {"v": 1, "t": "status", "ref": "B-2"}),
        ("last", {"v": 1, "t": "last"}),
        ("hello", {"v": 1, "t": "hello"}),
        ("again", {"v": 1, "t": "pay", "ref": "E-1", "amt": 100}),
    ],
)
def test_what_a_cashier_can_do(typed: str, message: dict[str, object]) -> None:
    till = SerialCounter()
    till.command("pay 1", 0.0)
    till.take()
    till.command(typed, 0.0)
    assert said(till) == [message]


@pytest.mark.parametrize("typed", ["pay", "pay much", "pay 1.234", "pay -1", "pay NaN", "again", "steal 5"])
def test_what_it_cannot_do_is_said_and_nothing_is_sent(typed: str) -> None:
    till = SerialCounter()
    with pytest.raises(ValueError, match=r"12\.50"):
        till.command(typed, 0.0)
    assert till.take() == b""


def test_a_raw_line_goes_out_as_it_is() -> None:
    till = SerialCounter()
    till.command('raw {"t":"pay"}', 0.0)
    assert till.take() == b'{"t":"pay"}\n'
