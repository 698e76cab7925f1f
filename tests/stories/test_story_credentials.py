"""Keys and certificates that will not serve: the box finds out before the first sale, refuses to charge, and says what it is."""

import pytest
from provider_thread import fresh_code

from daemon.sandbox.tls import make_certificates

WECHAT_ONLY = {"gateways.merchant": None, "routes": {"scan.alipay": None}}


def missing(box):
    return {"client_cert_file": "no-such.pem"}, "no such file"


def unreadable(box):
    (box.directory / "folder.pem").mkdir()
    return {"client_cert_file": "folder.pem"}, "cannot be read"


def mismatched(box):
    other = make_certificates(box.directory / "other")
    return {"client_key_file": other.client_key_file}, "is not the key of"


def expired(box):
    old = make_certificates(box.directory / "old", client_days=-1)
    return {"client_cert_file": old.client_cert_file, "client_key_file": old.client_key_file}, "has expired"


def wrong_key(box):
    (box.directory / "wrong.secret").write_text("0" * 16 + "f" * 16)
    (box.directory / "wrong.secret").chmod(0o600)
    return {"key_file": "wrong.secret"}, "签名错误"


@pytest.mark.parametrize("trouble", [missing, unreadable, mismatched, expired, wrong_key])
def test_no_sale_starts_with_credentials_that_will_not_serve(make_box, provider, trouble):
    box = make_box(WECHAT_ONLY)
    changes, says = trouble(box)
    box.reconfigure({"gateways.wechat": changes})
    charges = len(provider.charges())
    box.start(ready=False)
    box.until(lambda: box.box()["not_ready"] and box.box()["devices"]["scanner"]["state"] == "ok")
    (reason,) = box.box()["not_ready"]
    assert reason.startswith("gateway wechat: ")
    assert says in reason
    answer = box.put("no-credentials")
    assert (answer.status, says in answer.body["error"]["text"]) == (503, True)
    assert box.box()["gateways"]["wechat"]["state"] == "failing"
    assert len(provider.charges()) == charges


def test_the_other_gateway_sells_on_and_the_blocked_ones_codes_stay_in_the_box(make_box, provider):
    box = make_box()
    changes, _ = mismatched(box)
    box.reconfigure({"gateways.wechat": changes})
    box.start()
    charges = len(provider.requests("/pay/micropay"))
    ref = box.ask()
    box.scan(fresh_code("paid", "wechat"))
    box.until(lambda: box.journal(ref)[-1]["event"] == "code_rejected")
    box.scan(fresh_code("paid", "merchant"))
    payment = box.end(ref)
    assert (payment["state"], [attempt["gateway"] for attempt in payment["attempts"]]) == ("paid", ["merchant"])
    assert len(provider.requests("/pay/micropay")) == charges


def test_a_backend_with_another_secret_blocks_sales(make_box):
    box = make_box({"gateways.wechat": None, "routes": {"scan.wechat": None}})
    (box.directory / "other.secret").write_text("another-secret-than-the-backend-has")
    (box.directory / "other.secret").chmod(0o600)
    box.reconfigure({"gateways.merchant": {"secret_file": "other.secret"}})
    box.start(ready=False)
    box.until(lambda: box.box()["gateways"]["merchant"]["detail"] not in ("", "not checked yet"))
    assert "secret" in box.box()["gateways"]["merchant"]["detail"]
    assert box.put("wrong-secret").status == 503


def test_the_backends_other_two_ways_of_proving_sell_as_well(make_box, provider):
    """One box with both: a token for Alipay's codes, a certificate for WeChat's."""
    backend = {"kind": "merchant", "base_url": provider.sandbox.merchant_url, "ca_file": provider.sandbox.ca_file}
    files = {"client_cert_file": provider.sandbox.client_cert_file, "client_key_file": provider.sandbox.client_key_file}
    token = {"secret_file": provider.sandbox.merchant.secret_file}
    changes = {
        "gateways.wechat": None,
        "gateways.merchant": None,
        "gateways.by-token": {**backend, "auth": "bearer", **token},
        "gateways.by-certificate": {**backend, "auth": "mtls", **files},
        "routes": {"scan.alipay": "by-token", "scan.wechat": "by-certificate"},
    }
    box = make_box(changes).start()
    for via in ("wechat", "merchant"):
        payment = box.sell(fresh_code("refused_but_paid", via))
        order = provider.order(payment["attempts"][0]["out_trade_no"])
        assert (payment["state"], order["provider"], order["money_in"]) == ("paid", "merchant", 1250)
