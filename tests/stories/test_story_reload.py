"""SIGHUP, as `systemctl reload` and an upgrade send it: the box ends, to be started anew, when nobody is paying."""

import signal
import time

import pytest
from provider_thread import fresh_code


def reload(box):
    box.process.send_signal(signal.SIGHUP)
    box.stderr.until("restart_asked")


def test_an_idle_box_ends_at_once(make_box):
    box = make_box().start()
    reload(box)
    assert box.wait_exit() == 0


def test_an_open_payment_is_brought_to_its_end_first_and_its_result_shown(make_box, provider):
    box = make_box({"timing": {"give_up_s": 20}}).start()
    ref = box.ask()
    reload(box)
    box.scan(fresh_code("password_never", "merchant"))
    number = box.until_state(ref, "pending")["attempts"][0]["out_trade_no"]
    reload(box)
    assert box.is_running
    provider.confirm(number)
    assert box.end(ref)["state"] == "paid", "the till still hears it"
    assert box.box()["screen"] == "paid"
    paid = time.monotonic()
    assert box.wait_exit() == 0
    assert time.monotonic() - paid > 2, "three seconds of green light for the payer (DESIGN, section 8)"
    assert box.states(ref) == ["awaiting_code", "submitting", "pending", "paid"]
    assert box.start().payment(ref)["state"] == "paid"


def test_what_is_in_doubt_does_not_hold_it_up(make_box):
    box = make_box({"policy": {"sell_while_in_doubt": True}}).start()
    assert box.sell(fresh_code("wrong_amount"))["state"] == "in_doubt"
    reload(box)
    assert box.wait_exit() == 0


@pytest.mark.parametrize("times", [1, 3])
def test_asked_again_it_still_ends_once(make_box, times):
    box = make_box().start()
    ref = box.ask()
    for _ in range(times):
        box.process.send_signal(signal.SIGHUP)
    assert box.delete(ref).status == 202
    assert box.wait_exit() == 0
    assert box.states(ref) == ["awaiting_code", "cancelled"]
