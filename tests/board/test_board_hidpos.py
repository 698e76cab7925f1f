"""A scanner in HID-POS mode on the board: the kernel's raw HID node, udev's names and rights for it, and sales through the unit's walls."""

from __future__ import annotations

import base64
import hashlib
import tomllib

import pytest
from board_hidpos import DATA, PRODUCT, VENDOR
from box_on_board import BoardBox
from provider_thread import fresh_code

LINK = "/dev/tillbox/by-id/usb-tillbox_board_HID-POS_scanner_B0A2D5-if00-hidraw"
TABLE = {"kind": "hidpos", "vendor": VENDOR, "product": PRODUCT}


def emvco(length, name):
    """A made-up EMVCo payer's code (a multiple of 4 characters) that looks random, so that any piece of it in a log is found."""
    return base64.b64encode(b"\x85\x05CPV01" + hashlib.shake_256(name.encode()).digest(length // 4 * 3 - 7)).decode()


def plug(board):
    board.hid.plug()
    board.wait_devices()
    board.wait_until(f"test -e {LINK}")


@pytest.fixture
def plugged(box):
    """A box that sells by its keyboard scanner, with the other one plugged in."""
    plug(box.board)
    yield box
    box.board.hid.unplug()


@pytest.fixture(scope="module")
def configured(board, provider, first):
    """Once for all stories here: each change of the configuration is a new start, and takes longer than most of them."""
    box = BoardBox(board, provider)
    box.recover()
    plug(board)
    changes = {"scanner": TABLE, "routes": {**box._tables()["routes"], "scan.emvco": "merchant"}}
    box.reconfigure(changes)
    yield changes
    board.hid.plug()
    box.recover()
    box.reconfigure()
    board.hid.unplug()


@pytest.fixture
def hid_box(configured, board, provider):
    """A box that sells by its HID-POS scanner, whatever the story before did."""
    plug(board)
    box = BoardBox(board, provider)
    box.recover()
    return box


def test_tillbox_devices_has_the_lines_that_select_it(plugged):
    said = plugged.board.check("tillbox devices")
    assert tomllib.loads(said)["scanner"] == TABLE
    assert "# -- tillbox board HID-POS scanner in HID-POS mode (1209:0001, /dev/hidraw" in said


def test_udev_gives_its_node_to_the_group_and_lasting_names(plugged):
    board = plugged.board
    (node,) = board.check("ls /sys/bus/hid/devices/0003:1209:0001.*/hidraw").split()
    assert board.check(f"readlink -f {LINK}").strip() == f"/dev/{node}"
    assert f"/dev/{node}" in board.check("readlink -f /dev/tillbox/by-path/*-hidraw").split()
    assert board.check(f"stat -c '%U %G %a' /dev/{node}").split() == ["root", "input", "660"]
    assert not board.run("test -e /sys/bus/hid/devices/0003:1209:0001.*/input").ok, "the kernel takes it for a keyboard too"


def test_a_scanned_code_is_paid_and_nothing_was_sent_to_the_scanner(hid_box):
    box, code = hid_box, fresh_code("paid", "merchant")
    ref = box.ask(1250)
    box.board.hid.scan(code)
    payment = box.until_state(ref, "paid")
    order = box.order(payment)
    assert (order["charges"], order["money_in"]) == (1, 1250)
    assert box.provider.sandbox.ledger.charges_with(code) == 1
    assert code not in box.log()
    assert box.board.hid.played.told == []


@pytest.mark.parametrize("length", [60, 512])
def test_a_code_longer_than_a_report_arrives_whole(hid_box, length):
    box, code = hid_box, emvco(length, f"whole {length}")
    assert len(code) == length > DATA
    box.provider.next_is("paid")
    ref = box.ask(1250)
    box.board.hid.scan(code)
    box.until_state(ref, "paid")
    assert box.provider.sandbox.ledger.charges_with(code) == 1
    log = box.log()
    assert not [at for at in range(0, length - 12, 4) if code[at : at + 12] in log]


def test_a_code_torn_by_pulling_the_scanner_is_none(hid_box):
    box, torn, code = hid_box, emvco(200, "torn"), fresh_code("paid", "merchant")
    ref = box.ask(1250)
    box.board.hid.scan(torn, parts=2)
    pulled_and_put_back(box, ref, "awaiting_code")
    box.board.hid.scan(code)
    payment = box.until_state(ref, "paid")
    assert len(payment["attempts"]) == 1
    ledger = box.provider.sandbox.ledger
    assert (ledger.charges_with(code), ledger.charges_with(torn), ledger.charges_with(torn[: 2 * DATA])) == (1, 0, 0)


@pytest.mark.parametrize("state", ["awaiting_code", "pending"])
def test_it_is_pulled_and_put_back(hid_box, state):
    box = hid_box
    ref = box.ask(1250)
    if state == "pending":
        box.board.hid.scan(fresh_code("password_never", "merchant"))
        box.until_state(ref, state)
    pulled_and_put_back(box, ref, state)
    if state == "pending":
        box.provider.confirm(box.payment(ref)["attempts"][0]["out_trade_no"])
    else:
        box.board.hid.scan(fresh_code("paid", "merchant"))
    assert box.order(box.until_state(ref, "paid"))["money_in"] == 1250


def pulled_and_put_back(box, ref, state):
    """The payment knows nothing of it, and the scanner comes back by itself."""
    box.board.hid.unplug()
    box.until(lambda: box.box()["devices"]["scanner"]["state"] == "missing")
    box.board.wait_until(f"! test -e {LINK}")
    assert box.payment(ref)["state"] == state
    box.board.hid.plug()
    box.until(lambda: box.box()["devices"]["scanner"]["state"] == "ok")


def test_its_lasting_name_leads_to_it_when_its_number_has_moved(hid_box, configured):
    box, board = hid_box, hid_box.board
    box.reconfigure({"scanner": {"kind": "hidpos", "device": LINK}})
    was = board.check(f"readlink {LINK}")
    board.hid.unplug()
    box.until(lambda: box.box()["devices"]["scanner"]["state"] == "missing")
    board.monitor("device_add", driver="usb-kbd", id="second", bus="usb-bus.0", port="1.5")  # takes the number that is free now
    try:
        board.wait_until("test -e /dev/input/by-path/*1.5*-event-kbd")
        board.hid.plug()
        box.until_ready()
        assert board.check(f"readlink {LINK}") != was
        ref = box.ask(1250)
        board.hid.scan(fresh_code("paid", "merchant"))
        box.until_state(ref, "paid")
    finally:
        board.monitor("device_del", id="second")
    box.reconfigure(configured)


def test_it_is_there_again_after_the_power_was_cut(hid_box):
    """Its node is older than udev's daemon then: the rule is applied to what is there already."""
    box = hid_box
    ref = box.ask(1250)
    box.board.hid.scan(fresh_code("password_never", "merchant"))
    number = box.until_state(ref, "pending")["attempts"][0]["out_trade_no"]
    box.power_cycle()
    box.provider.confirm(number)
    box.until_state(ref, "paid", seconds=240)
    box.until_ready()
    ref = box.ask(1250)
    box.board.hid.scan(fresh_code("paid", "merchant"))
    box.until_state(ref, "paid")
