"""Cables pulled and put back in every state of a payment: the payment goes its way, and the device comes back by itself (P12)."""

from __future__ import annotations

import pytest
from held_states import HELD
from provider_thread import fresh_code

from daemon.payment import State
from daemon.view import View

SCAN_STATES = ("awaiting_code", "pending")
SHOP = View(ready=True, store_name="Corner Shop")


@pytest.mark.parametrize("held", HELD, ids=lambda held: held.state)
def test_the_scanner_is_pulled_and_put_back(box, held):
    ref = held.begin(box)
    box.board.scanner.unplug()
    box.board.wait_until("! test -e /dev/input/event0")
    assert box.state_inside(ref) == held.state
    box.board.scanner.plug()
    box.board.wait_until("test -e /dev/input/event0")
    held.goes_on(box, ref) if held.state != "awaiting_code" else None
    box.until(lambda: box.box()["devices"].get("scanner", {}).get("state") == "ok")
    if held.state == "awaiting_code":
        held.goes_on(box, ref)
    payment = box.until_state(ref, held.ends)
    assert box.order(payment)["money_in"] == (1250 if held.ends == "paid" else 0)


def test_without_a_scanner_the_panel_and_the_red_light_say_so_and_no_sale_starts(box):
    box.board.scanner.unplug()
    box.until(lambda: box.box()["screen"] == "not_ready")
    status, body = box.request("PUT", "/v1/payments/no-scanner", {"amount": 1250})
    assert (status, body["error"]["code"]) == (503, "not_ready")
    assert box.lights(3.2)["red"] == "slow"
    box.board.scanner.plug()
    box.until_ready()
    box.until_shows(SHOP)


def test_a_dead_panel_holds_up_no_sale_and_shows_the_right_screen_when_it_is_back(box):
    ref = box.ask(1250)
    panel = box.board.i2c.remove(0x3C)
    box.scan(fresh_code("password_never", "merchant"))
    payment = box.until_state(ref, "pending")
    box.until(lambda: box.box()["devices"]["display"]["state"] != "ok")
    panel.power_on()  # dark, as after its plug was out
    box.board.i2c.insert(0x3C, panel)
    box.until(lambda: box.box()["devices"]["display"]["state"] == "ok")
    box.until_shows(pending(box))
    box.provider.confirm(payment["attempts"][0]["out_trade_no"])
    box.until_state(ref, "paid")


def pending(box):
    from daemon.money import Amount, Minor

    return View(ready=True, store_name="Corner Shop", state=State.PENDING, confirming=True, amount=Amount(Minor(1250), "CNY"), left_s=1)


@pytest.fixture
def idle_box(box):
    """Nothing is to be drawn any more, whatever was sold before: the box must look for itself how its panel is."""
    box.until(lambda: box.box()["screen"] == "ready" and box.box()["devices"]["display"]["state"] == "ok")
    box.until_shows(SHOP, 60)
    return box


def until_drawn_again(box):
    box.until(lambda: box.box()["devices"]["display"]["state"] == "ok")
    box.until_shows(SHOP, 60)


def test_the_bus_of_the_panel_is_pulled_and_put_back_while_nothing_happens(idle_box):
    box = idle_box
    box.board.adapter.unplug()
    box.until(lambda: box.box()["devices"]["display"]["state"] != "ok")
    assert box.box()["ready"] is True
    box.board.adapter.plug()
    until_drawn_again(box)


def test_a_panel_that_dies_while_nothing_happens_is_noticed(idle_box):
    box = idle_box
    panel = box.board.i2c.remove(0x3C)
    try:
        box.until(lambda: box.box()["devices"]["display"]["state"] == "missing")
        assert box.box()["ready"] is True
    finally:
        panel.power_on()
        box.board.i2c.insert(0x3C, panel)
    until_drawn_again(box)


def test_a_panel_that_loses_its_power_for_a_moment_while_nothing_happens_is_lit_again(idle_box):
    """It answers all along, but is dark until it is set up."""
    box = idle_box
    box.board.panel.power_on()
    until_drawn_again(box)
    box.until(lambda: "was without power" in box.log())


def test_the_network_is_down_while_the_payer_confirms(box):
    """Unknown is not refused: what the payer confirmed meanwhile is found when the network is back."""
    ref = box.ask(1250)
    box.scan(fresh_code("password_never", "merchant"))
    number = box.until_state(ref, "pending")["attempts"][0]["out_trade_no"]
    box.board.link(False)
    box.provider.confirm(number)
    box.until(lambda: "gateway_missing" in box.log() or "gateway_failing" in box.log())
    assert box.state_inside(ref) == "pending"
    box.board.link(True)
    payment = box.until_state(ref, "paid")
    order = box.order(payment)
    assert (order["charges"], order["revokes"], order["money_in"]) == (1, 0, 1250)


def test_the_network_card_is_pulled_and_put_back(box):
    box.board.network.unplug()
    box.board.wait_until("! test -e /sys/class/net/usb0")
    box.board.network.plug()
    box.board.wait_devices()
    box.until_ready()
    ref = box.ask(1250)
    box.scan(fresh_code("paid", "merchant"))
    box.until_state(ref, "paid")


def test_two_scanners_and_either_may_go(box):
    """The second one sits in another socket of the hub; both look alike, and are told apart by it."""
    board = box.board
    board.monitor("device_add", driver="usb-kbd", id="second", bus="usb-bus.0", port="1.5")
    paths = box.until(lambda: len(found := board.run("ls /dev/input/by-path/*-event-kbd").out.split()) == 2 and found)
    box.reconfigure({"scanner": {"kind": "evdev", "device": paths}})
    try:
        box.until(lambda: box.box()["devices"].get("scanner") == {"state": "ok", "detail": ""})
        ref = box.ask(1250)
        box.scan(fresh_code("paid", "merchant"))
        box.until_state(ref, "paid")
    finally:
        board.monitor("device_del", id="second")
    box.until(lambda: "1 of 2 scanners away" in box.box()["devices"]["scanner"]["detail"])
    ref = box.ask(1250)
    box.scan(fresh_code("paid", "merchant"))
    box.until_state(ref, "paid")
    box.reconfigure()


@pytest.mark.parametrize("state", SCAN_STATES)
def test_a_serial_scanner_is_pulled_and_put_back(serial_box, state):
    box = serial_box
    ref = box.ask(1250)
    if state == "pending":
        box.board.till.send(fresh_code("password_never", "merchant").encode() + b"\r\n")
        box.until_state(ref, "pending")
    box.board.till.unplug()
    box.until(lambda: box.box()["devices"]["scanner"]["state"] == "missing")
    assert box.payment(ref)["state"] == state
    box.board.till.plug()
    box.until(lambda: box.box()["devices"]["scanner"]["state"] == "ok")
    if state == "pending":
        box.provider.confirm(box.payment(ref)["attempts"][0]["out_trade_no"])
    else:
        box.board.till.send(fresh_code("paid", "merchant").encode() + b"\r\n")
    box.until_state(ref, "paid")


@pytest.fixture
def serial_box(box):
    """The same with its scanner on the USB serial line."""
    (port,) = box.board.check("ls /dev/serial/by-id/*").split()
    box.reconfigure({"scanner": {"kind": "serial", "port": port}})
    yield box
    box.reconfigure()
