"""P12: the scanner's plug is pulled, at rest and in the middle of a sale; the box says so and takes it back."""

from provider_thread import fresh_code


def scanner_is(box, state):
    return box.until(lambda: box.box()["devices"]["scanner"]["state"] == state)


def test_pulled_while_the_payer_confirms_it_changes_nothing(shop, provider):
    ref = shop.ask()
    shop.scan(fresh_code("password_never"))
    number = shop.until_state(ref, "pending")["attempts"][0]["out_trade_no"]
    shop.scanner.unplug()
    scanner_is(shop, "missing")
    assert shop.payment(ref)["state"] == "pending"
    provider.confirm(number)
    assert shop.end(ref)["state"] == "paid"
    status = shop.box()
    assert status["ready"] is False
    assert "unplugged" in status["devices"]["scanner"]["detail"]
    refused = shop.put("without-scanner")
    assert (refused.status, "scanner missing" in refused.body["error"]["text"]) == (503, True)
    shop.scanner.plug()
    scanner_is(shop, "ok")
    assert shop.sell(fresh_code("paid"))["state"] == "paid"


def test_pulled_and_plugged_in_again_while_a_code_is_awaited_the_code_is_read(shop):
    ref = shop.ask()
    shop.scanner.write(b"1300000")
    shop.scanner.unplug()
    scanner_is(shop, "missing")
    assert shop.payment(ref)["state"] == "awaiting_code"
    shop.scanner.plug()
    scanner_is(shop, "ok")
    shop.scan(fresh_code("paid"))
    assert shop.end(ref)["state"] == "paid"


def test_a_box_that_starts_without_scanner_says_so_and_sells_when_it_comes(make_box):
    box = make_box()
    box.scanner.unplug()
    box.start(ready=False)
    scanner_is(box, "missing")
    assert box.put("too-early").status == 503
    box.scanner.plug()
    box.until(lambda: box.box()["ready"])
    assert box.sell(fresh_code("paid"))["state"] == "paid"
