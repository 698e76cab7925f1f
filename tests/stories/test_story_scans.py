"""What people and scanners send that is no payer's code, or none that is wanted now: it never leaves the box."""

import base64

import pytest
from provider_thread import fresh_code


def sells_on(shop, provider, ref, charges):
    """The sale goes on with a payer's own code, and that one is all that the provider ever saw. A scan that comes right after
    noise is lost with it, as at any till: the payer holds the phone up again."""
    codes = []

    def taken():
        codes.append(fresh_code("paid"))
        shop.scan(codes[-1])
        return shop.wait(ref, "awaiting_code", 0.25)["state"] != "awaiting_code"

    shop.until(taken)
    payment = shop.end(ref)
    assert (payment["state"], len(payment["attempts"])) == ("paid", 1)
    assert len(provider.charges()) == charges + 1
    charged = [code for code in codes if provider.call(lambda code=code: provider.sandbox.ledger.charges_with(code))]
    assert len(charged) == 1


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("product", "6901234567892"),
        ("product", "]E0690123456789205"),
        ("receive", "wxp://f2f0AAAABBBBCCCCDDDD"),
        ("receive", "https://qr.alipay.com/fkx00000aaaa"),
        ("url", "https://example.com/13/0000"),
        ("merchant_qr", "00020101021226280016A00000000000000052045812530315654041.005802CN"),
        ("unknown", "902718281828459045"),
        ("unknown", "132718281828459045133141592653589793"),  # two codes that ran together
        ("unknown", "hello"),
    ],
)
def test_something_else_than_a_payers_code_is_refused_on_the_spot(shop, provider, what, text):
    charges = len(provider.charges())
    ref = shop.ask()
    shop.scan(text)
    shop.until(lambda: shop.journal(ref)[-1]["event"] == "code_rejected")
    assert shop.journal(ref)[-1]["detail"] == {"kind": what}
    status = shop.box()
    assert (status["lights"]["red"], status["lights"]["green"]) == ("fast", "on")
    assert shop.payment(ref)["state"] == "awaiting_code"
    sells_on(shop, provider, ref, charges)


@pytest.mark.parametrize("text", ["6227182818284590452", base64.b64encode(b"\x85\x05CPV01" + bytes(40)).decode()])
def test_a_wallet_that_no_route_serves_is_refused_on_the_spot(shop, provider, text):
    charges = len(provider.charges())
    ref = shop.ask()
    shop.scan(text)
    shop.until(lambda: shop.journal(ref)[-1]["event"] == "code_rejected")
    assert shop.journal(ref)[-1]["detail"]["kind"] in ("unionpay", "emvco")
    sells_on(shop, provider, ref, charges)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"1" * 10_240, id="ten kilobytes without an end"),
        pytest.param(bytes(range(256)) * 8, id="binary noise"),
        pytest.param("１３０００００００００００００００００\r".encode(), id="full-width digits"),
        pytest.param(b"13000000\x00000000\xff0017\r", id="a code with dirt in it"),
        pytest.param(b"\r\n\t\r\r\n" * 50, id="ends only"),
        pytest.param(b"\x02" * 300, id="beginnings only"),
        pytest.param(b"130000000000", id="half a code"),
    ],
)
def test_noise_never_reaches_a_gateway_and_stops_nothing(shop, provider, raw):
    charges = len(provider.charges())
    ref = shop.ask()
    shop.scanner.write(raw)
    sells_on(shop, provider, ref, charges)


@pytest.mark.parametrize("between", [b"\r", b"\r\n", b"\t"])
def test_of_two_codes_at_once_the_first_counts(shop, provider, between):
    first, second = fresh_code("paid"), fresh_code("paid")
    ref = shop.ask()
    shop.scanner.codes += [first, second]
    shop.scanner.write(first.encode() + between + second.encode() + between)
    payment = shop.end(ref)
    assert (payment["state"], len(payment["attempts"])) == ("paid", 1)
    ledger = provider.sandbox.ledger
    assert provider.call(lambda: (ledger.charges_with(first), ledger.charges_with(second))) == (1, 0)


def test_the_second_of_two_codes_does_not_wait_for_the_next_sale(shop, provider):
    first, second, third = (fresh_code("paid") for _ in range(3))
    ref = shop.ask()
    shop.scanner.codes += [first, second]
    shop.scanner.write(first.encode() + b"\r" + second.encode() + b"\r")
    assert shop.end(ref)["state"] == "paid"
    assert shop.sell(third)["state"] == "paid"
    ledger = provider.sandbox.ledger
    assert provider.call(lambda: (ledger.charges_with(second), ledger.charges_with(third))) == (0, 1)


@pytest.mark.parametrize("end", ["\r", ""])
def test_a_code_from_before_the_amount_is_never_used(shop, provider, end):
    """Whole or half: the payer was not asked for it yet, and somebody else may have been meant."""
    early = fresh_code("paid")
    shop.scan(early, end)
    ref = shop.ask()
    if not end:
        shop.scanner.write(b"\r")
    sells_on(shop, provider, ref, len(provider.charges()))
    assert provider.call(lambda: provider.sandbox.ledger.charges_with(early)) == 0


def test_a_code_while_the_payer_is_asked_is_not_kept_for_later(shop, provider):
    ref = shop.ask()
    shop.scan(fresh_code("password_never"))
    number = shop.until_state(ref, "pending")["attempts"][0]["out_trade_no"]
    impatient = fresh_code("paid")
    shop.scan(impatient)
    provider.confirm(number)
    assert shop.end(ref)["state"] == "paid"
    assert shop.sell(fresh_code("paid"))["state"] == "paid"
    assert provider.call(lambda: provider.sandbox.ledger.charges_with(impatient)) == 0
