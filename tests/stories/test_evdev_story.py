"""A USB keyboard scanner, as the kernel shows it (played by umockdev with real timing), all the way to the money and back."""

import pytest
from provider_thread import fresh_code
from umockdev_scanner import NODE, PRODUCT, VENDOR, Typed, is_installed, write_scanner

pytestmark = pytest.mark.skipif(not is_installed(), reason="umockdev-run is not installed (Debian package umockdev)")

TIMES = 12  # that the payer holds the phone up again: when the box gets ready is not known to the recording


@pytest.mark.parametrize(("chosen", "via"), [({"device": NODE}, "wechat"), ({"vendor": VENDOR, "product": PRODUCT}, "merchant")])
def test_from_keys_to_a_signed_request_and_back_to_light_sound_and_till(make_box, provider, tmp_path, chosen, via):
    code = fresh_code("password_then_paid", via)
    scanner = write_scanner(tmp_path / "scanner", [Typed(code, after_s=0.5)] * TIMES)
    box = make_box({"scanner": {"kind": "evdev", **chosen}}, scanner=False, before=scanner.command())
    box.start()
    ref = box.ask(888)
    payment = box.end(ref)
    assert (payment["state"], len(payment["attempts"])) == ("paid", 1)
    status = box.box()
    assert (status["devices"]["scanner"]["state"], status["screen"], status["lights"]["green"]) == ("ok", "paid", "fast")
    assert status["sound"]["name"]
    order = provider.order(payment["attempts"][0]["out_trade_no"])
    assert (order["provider"], order["charges"], order["money_in"]) == (via, 1, 888)
    assert provider.call(lambda: provider.sandbox.ledger.charges_with(code)) == 1
    assert code.encode() not in box.output.encode() + box.journal_bytes() + bytes(box.heard)
