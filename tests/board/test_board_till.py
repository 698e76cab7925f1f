"""A till on the USB serial line: it asks over it and is told over it, while the cable is pulled and put back, and after a power cut."""

from __future__ import annotations

import itertools
import json
import time

import pytest
from box_on_board import BoardBox
from provider_thread import fresh_code

from daemon.tills.serial_frames import BadCrc, frame, unframe

REPEAT_S = 2.0  # an end is told so often at first, and so is a state (docs/serial-till.md)
SILENCE_S = 3 * REPEAT_S

_refs = itertools.count(1)


class SerialTill:
    """The till's end of the line: one line, one message."""

    def __init__(self, box):
        self.box, self.line = box, box.board.till

    def say(self, **message):
        self.line.send(frame(message))

    def hear(self, kind, seconds=60, **fields):
        """The next message of that kind with those fields; others before it are passed over, and so is a line torn by its cable."""

        def next_one():
            heard = _said(self.line.receive(seconds))
            return heard.get("t") == kind and fields.items() <= heard.items() and heard

        return self.box.until(next_one, seconds)

    def hears_no_more(self, within=30.0):
        """Whether the line falls silent; what was under way when the till spoke may still arrive."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            if not self.line.receive(SILENCE_S):
                return True
        return False

    def pay(self, amount=1250):
        """Ask, as far as to the payer's turn; the ref."""
        ref = f"LINE-{next(_refs)}"
        self.say(v=1, t="pay", ref=ref, amt=amount, cur="CNY")
        self.hear("ack", ref=ref)
        self.hear("state", ref=ref, s="wait_scan")
        return ref

    def got(self, end):
        self.say(t="got", seq=end["seq"])


def _said(line):
    try:
        return json.loads(unframe(line.strip())[0]) if line.endswith(b"\n") else {}
    except BadCrc:
        return {}


def until_line(box, state):
    box.until(lambda: box.box()["devices"].get("counter", {}).get("state") == state)


@pytest.fixture(scope="module")
def configured(board, provider, first):
    """Once for all stories here, as each change of the configuration is a new start. The port is a scanner's in other stories."""
    box = BoardBox(board, provider)
    box.recover()
    (port,) = board.check("ls /dev/serial/by-id/*").split()
    box.reconfigure({"tills.counter": {"kind": "serial", "port": port}, "tills.web": {"kind": "http"}})
    yield port
    box.recover()
    box.reconfigure()


@pytest.fixture
def till(configured, box):
    """Its line is open at both ends, which is when the box hears it."""
    until_line(box, "ok")
    return SerialTill(box)


def test_an_amount_over_the_line_is_paid_and_told_until_the_till_has_it(till, box):
    ref = till.pay()
    till.hear("state", ref=ref, s="wait_scan")  # a sign of life, though nothing has changed
    box.scan(code := fresh_code("paid", "merchant"))
    end = till.hear("end", ref=ref)
    assert (end["s"], end["amt"], end["cur"]) == ("paid", 1250, "CNY")
    assert [till.hear("end", ref=ref) for _ in range(2)] == [end, end]
    till.got(end)
    assert till.hears_no_more()
    order = box.order(box.payment(ref))
    assert (order["charges"], order["money_in"]) == (1, 1250)
    assert end["order"] == box.payment(ref)["attempts"][0]["out_trade_no"]
    assert code not in box.log()


def test_the_line_is_pulled_while_the_payer_confirms_and_put_back_after(till, box):
    """P12: the payment goes its way, and the till hears how it ended as soon as it can hear again."""
    ref = till.pay()
    box.scan(fresh_code("password_never", "merchant"))
    till.hear("state", ref=ref, s="paying", state="pending")
    box.board.till.unplug()
    until_line(box, "missing")
    assert box.payment(ref)["state"] == "pending"
    box.provider.confirm(box.payment(ref)["attempts"][0]["out_trade_no"])
    payment = box.until_state(ref, "paid")
    box.board.till.plug()
    end = till.hear("end", 90, ref=ref)
    assert end["s"] == "paid"
    till.got(end)
    assert till.hears_no_more()
    order = box.order(payment)
    assert (order["charges"], order["revokes"], order["money_in"]) == (1, 0, 1250)


def test_an_end_that_the_till_has_not_got_is_told_again_after_a_power_cut(till, box):
    """P3, for the till: with the same `seq`, by which it knows that it is the same end."""
    ref = till.pay()
    box.scan(fresh_code("paid", "merchant"))
    end = till.hear("end", ref=ref)
    charges = len(box.provider.charges())
    box.power_cycle()
    assert till.hear("end", 180, ref=ref) == end
    till.got(end)
    assert till.hears_no_more()
    assert len(box.provider.charges()) == charges, "nothing was charged again"
    order = box.order(box.payment(ref))
    assert (order["charges"], order["money_in"]) == (1, 1250)


def test_an_end_that_the_till_has_got_is_not_told_again_after_a_power_cut(till, box):
    ref = till.pay()
    box.scan(fresh_code("paid", "merchant"))
    end = till.hear("end", ref=ref)
    till.got(end)
    assert till.hears_no_more()
    box.power_cycle()
    until_line(box, "ok")
    assert till.hears_no_more(SILENCE_S + 1)
    till.say(t="status", ref=ref)
    assert till.hear("end", ref=ref) == end, "it is still known to one who asks"
