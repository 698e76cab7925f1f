"""A till on the USB serial line: amounts over it, outcomes back, the cable pulled and put back, the power cut."""

from __future__ import annotations

import json

import pytest
from provider_thread import fresh_code

from daemon.tills.serial_frames import frame, unframe


@pytest.fixture
def till(box):
    (port,) = box.board.check("ls /dev/serial/by-id/*").split()
    box.reconfigure({"tills.counter": {"kind": "serial", "port": port}, "tills.web": {"kind": "http"}})
    yield SerialTill(box)
    box.reconfigure()


class SerialTill:
    """The till's end of the line: one line, one message."""

    def __init__(self, box):
        self.box, self.line = box, box.board.till

    def say(self, **message):
        self.line.send(frame(message))

    def hear(self, kind, seconds=60, **fields):
        """The next message of that kind with those fields; others before it are passed over."""

        def next_one():
            line = self.line.receive(seconds)
            heard = json.loads(unframe(line.strip())[0]) if line.endswith(b"\n") else {}
            return heard.get("t") == kind and fields.items() <= heard.items() and heard

        return self.box.until(next_one, seconds)


def test_an_amount_over_the_line_is_paid_and_told_until_it_was_got(till, box):
    till.say(v=1, t="pay", ref="LINE-1", amt=1250, cur="CNY")
    till.hear("ack", ref="LINE-1")
    till.hear("state", ref="LINE-1", s="wait_scan")
    box.scan(fresh_code("paid", "merchant"))
    end = till.hear("end", ref="LINE-1")
    assert end["s"] == "paid"
    assert till.hear("end", ref="LINE-1") == end, "told again until the till has it"
    till.say(t="got", seq=end["seq"])
    assert box.order(box.payment("LINE-1"))["money_in"] == 1250


def test_the_line_is_pulled_while_the_payer_confirms(till, box):
    till.say(v=1, t="pay", ref="LINE-2", amt=1250, cur="CNY")
    till.hear("ack", ref="LINE-2")
    box.scan(fresh_code("password_never", "merchant"))
    number = box.until_state("LINE-2", "pending")["attempts"][0]["out_trade_no"]
    box.board.till.unplug()
    box.board.wait_until("! ls /dev/serial/by-id/* 2>/dev/null")
    box.provider.confirm(number)
    box.until_state("LINE-2", "paid")
    box.board.till.plug()
    end = till.hear("end", 90, ref="LINE-2")
    assert end["s"] == "paid"
    till.say(t="got", seq=end["seq"])


def test_an_end_that_the_till_does_not_have_yet_is_told_after_a_power_cut(till, box):
    till.say(v=1, t="pay", ref="LINE-3", amt=1250, cur="CNY")
    till.hear("ack", ref="LINE-3")
    box.scan(fresh_code("paid", "merchant"))
    end = till.hear("end", ref="LINE-3")
    box.power_cycle()
    assert till.hear("end", 120, ref="LINE-3")["s"] == end["s"] == "paid"
    till.say(t="got", seq=end["seq"])
