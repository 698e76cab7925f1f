"""Sales on the board: the code typed by a USB scanner, the amount over HTTP, the outcome on pins and panel."""

from __future__ import annotations

import zxingcpp
from PIL import Image
from provider_thread import fresh_code

from daemon.money import Amount, Minor
from daemon.payment import State
from daemon.view import View

SHOP = View(ready=True, store_name="Corner Shop")
AMOUNT = Amount(Minor(1250), "CNY")


def of(state: State, **more: object) -> View:
    return View(ready=True, store_name="Corner Shop", state=state, amount=AMOUNT, **more)  # type: ignore[arg-type]  # names checked by View


def test_between_sales_the_panel_has_the_shop_and_green_blinks_slowly(box):
    box.until(lambda: box.box()["busy_ref"] is None)
    box.until_shows(SHOP)
    assert box.lights(3.2) == {"green": "slow", "amber": "off", "red": "off"}


def test_a_scanned_code_is_paid_and_everybody_sees_it(box):
    ref = box.ask(1250)
    box.until_shows(of(State.AWAITING_CODE, left_s=1))
    assert box.lights() == {"green": "on", "amber": "off", "red": "off"}
    code = fresh_code("paid", "merchant")
    box.scan(code)
    box.until_shows(of(State.PAID), 60)
    assert box.lights(1.5)["green"] == "fast"
    payment = box.until_state(ref, "paid")
    order = box.order(payment)
    assert (order["charges"], order["money_in"]) == (1, 1250)
    assert code not in box.log()


def test_a_payer_who_confirms_on_the_phone(box):
    ref = box.ask(1250)
    box.scan(fresh_code("password_never", "wechat"))
    payment = box.until_state(ref, "pending")
    box.until_shows(of(State.PENDING, confirming=True, left_s=1))
    assert box.lights(3.2) == {"green": "off", "amber": "slow", "red": "off"}
    box.provider.confirm(payment["attempts"][0]["out_trade_no"])
    assert box.until_state(ref, "paid")["attempts"][0]["gateway"] == "wechat"


def test_a_till_that_gives_up_has_the_order_revoked(box):
    ref = box.ask(1250)
    box.scan(fresh_code("password_never", "merchant"))
    box.until_state(ref, "pending")
    assert box.request("DELETE", f"/v1/payments/{ref}")[0] == 202
    payment = box.until_state(ref, "revoked")
    assert box.order(payment)["state"] == "revoked"


def test_the_qr_on_the_panel_is_the_providers_and_can_be_paid(box):
    box.provider.next_is("password_never")  # a payer who pays when the story says so, and not as soon as the QR is shown
    ref = box.ask(1250, mode="show")
    payment = box.until_state(ref, "presenting_qr")
    number = payment["attempts"][0]["out_trade_no"]

    def read() -> list[str]:
        face = box.face().convert("L")
        return [code.text for code in zxingcpp.read_barcodes(face.resize((face.width * 4, face.height * 4), Image.Resampling.NEAREST))]

    (text,) = box.until(read, 30)
    assert text.startswith("weixin://")
    box.provider.confirm(number)
    assert box.until_state(ref, "paid")["mode"] == "show"
    assert box.order(payment)["money_in"] == 1250
