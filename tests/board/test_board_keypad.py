"""A USB keyboard as the till: amounts typed on it in the kernel's own words, payers' codes read by the HID-POS scanner beside it."""

from __future__ import annotations

import pytest
from board_hidpos import PRODUCT, VENDOR
from box_on_board import BoardBox
from provider_thread import fresh_code

from daemon.money import Amount, Minor
from daemon.payment import State
from daemon.view import Outage, Part, Prompt, PromptKind, View

SHOP = View(ready=True, store_name="Corner Shop")
AMOUNT = Amount(Minor(1550), "CNY")
QCODES = {
    **{digit: f"kp_{digit}" for digit in "0123456789"},
    ".": "kp_decimal",
    "+": "kp_add",
    "*": "kp_multiply",
    "\n": "kp_enter",
    "\b": "backspace",
    "\x1b": "esc",
}


def of(**changes):
    return View(ready=True, store_name="Corner Shop", **changes)


def typed(figure, before=""):
    return of(prompt=Prompt(PromptKind.TYPED, figure, before))


class Pad:
    """The keyboard that is a scanner in other stories, with its number keys under a cashier's fingers."""

    def __init__(self, box):
        self.box, self.keyboard = box, box.board.scanner

    def press(self, keys, pace=0.03):
        for key in keys:
            self.keyboard.key(QCODES[key], True, pace)
            self.keyboard.key(QCODES[key], False, pace)

    def begin(self, keys):
        """Type an amount and Enter: the payment that the box then has open."""
        self.press(keys + "\n")
        return self.box.until(lambda: self.box.box()["busy_ref"])

    def until(self, state):
        self.box.until(lambda: self.box.box()["devices"]["pad"]["state"] == state)


@pytest.fixture(scope="module")
def configured(board, provider, first):
    """Once for all stories here, as each change of the configuration is a new start."""
    box = BoardBox(board, provider)
    box.recover()
    board.hid.plug()
    board.wait_devices()
    scanner = {"kind": "hidpos", "vendor": VENDOR, "product": PRODUCT}
    box.reconfigure({"scanner": scanner, "tills.pad": {"kind": "keypad", "device": box.scanner_name()}, "tills.web": {"kind": "http"}})
    yield
    board.hid.plug()
    box.recover()
    box.reconfigure()
    board.hid.unplug()


@pytest.fixture
def pad(configured, box):
    pad = Pad(box)
    pad.until("ok")
    pad.press("\x1b")  # whatever the story before left on the line
    box.until_shows(SHOP, 60)
    return pad


def test_an_amount_typed_on_the_keyboard_is_shown_dot_for_dot_and_paid_to_the_last_fen(pad, box):
    pad.press("12.5+3")
    box.until_shows(typed("3", "12.50 +"))
    ref = pad.begin("")
    assert ref.startswith("pad-")
    box.until_shows(of(state=State.AWAITING_CODE, amount=AMOUNT, left_s=1))
    box.board.hid.scan(code := fresh_code("paid", "merchant"))
    payment = box.until_state(ref, "paid")
    box.until_shows(of(state=State.PAID, amount=AMOUNT))
    order = box.order(payment)
    assert (order["charges"], order["money_in"]) == (1, 1550)
    assert code not in box.log()
    box.until_shows(SHOP, 60)
    pad.press("\n")
    box.until_shows(of(prompt=Prompt(PromptKind.LAST, AMOUNT.text, state=State.PAID)))


def test_the_keyboard_is_the_tills_alone(pad, box):
    """Grabbed: what is typed on it reaches no console."""
    open_too = f"""python3 -c 'import evdev; evdev.InputDevice("/dev/input/by-id/{box.scanner_name()}").grab()' 2>&1"""
    assert "busy" in box.board.run(open_too, 60).out


def test_esc_gives_up_what_was_asked_for_before_any_code_was_shown(pad, box):
    ref = pad.begin("5")
    pad.press("\x1b")
    assert box.until_state(ref, "cancelled")["attempts"] == []


def test_half_an_amount_goes_with_the_pulled_keyboard(pad, box):
    pad.press("99")
    box.until_shows(typed("99"))
    box.board.scanner.unplug()
    pad.until("missing")
    box.until_shows(of(outages=(Outage(Part.TILL, "pad", ""),)))
    box.board.scanner.plug()
    pad.until("ok")
    box.until_shows(SHOP)
    ref = pad.begin("1.05")
    assert box.payment(ref)["amount"] == 105
    pad.press("\x1b")
    box.until_state(ref, "cancelled")


def test_a_payment_goes_on_while_the_keyboard_is_pulled(pad, box):
    """P12: the payer confirms on the phone, and there is no keyboard."""
    ref = pad.begin("7")
    box.board.hid.scan(fresh_code("password_never", "merchant"))
    box.until_state(ref, "pending")
    box.board.scanner.unplug()
    pad.until("missing")
    box.provider.confirm(box.payment(ref)["attempts"][0]["out_trade_no"])
    order = box.order(box.until_state(ref, "paid"))
    assert (order["charges"], order["revokes"], order["money_in"]) == (1, 0, 700)
    box.board.scanner.plug()
    pad.until("ok")
