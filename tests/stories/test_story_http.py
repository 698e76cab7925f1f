"""The till's side over real HTTP: a sale as it should be, every answer that a request for money can get, and the stream of events."""

import json

import pytest
from event_stream import EventStream
from provider_thread import fresh_code


def error_of(answer):
    return answer.status, answer.body["error"]["code"]


@pytest.mark.parametrize("via", ["wechat", "merchant"])
def test_a_code_is_scanned_and_paid_and_everybody_is_told(shop, provider, via):
    ref = shop.ask(1250)
    assert shop.box()["screen"] == "awaiting_code"
    shop.scan(fresh_code("paid", via))
    payment = shop.end(ref)
    assert (payment["state"], payment["amount"], payment["reason"]) == ("paid", 1250, None)
    (attempt,) = payment["attempts"]
    order = provider.order(attempt["out_trade_no"])
    assert (order["state"], order["money_in"], order["money_out"], order["charges"]) == ("paid", 1250, 0, 1)
    assert attempt["trade_no"] == order["trade_no"]
    assert (attempt["gateway"], order["provider"]) == (via, via)
    box = shop.box()
    assert box["screen"] == "paid"
    assert box["lights"]["green"] == "fast"
    assert shop.states(ref) == ["awaiting_code", "submitting", "paid"]


@pytest.fixture
def awaiting(shop):
    """A payment that waits for its payer; given up afterwards."""
    ref = shop.ask(700, description="two coffees")
    yield ref
    shop.delete(ref)


def test_the_same_request_again_is_the_same_payment(shop, awaiting):
    again = shop.put(awaiting, 700, description="two coffees", currency="CNY", mode="scan")
    assert (again.status, again.body) == (200, shop.payment(awaiting))


def test_the_same_ref_with_another_amount_is_a_conflict(shop, awaiting):
    assert error_of(shop.put(awaiting, 701, description="two coffees")) == (409, "conflict")
    assert shop.payment(awaiting)["amount"] == 700


def test_a_second_asker_is_told_who_is_busy(shop, awaiting):
    answer = shop.put("second")
    assert (answer.status, answer.body["error"]["fields"]) == (423, {"busy_ref": awaiting})
    assert shop.get("/v1/payments/second").status == 404


def test_the_same_request_after_the_end_is_answered_with_the_end_and_charges_nothing(shop, provider):
    payment = shop.sell(fresh_code("paid"), 300)
    charges = len(provider.charges())
    again = shop.put(payment["ref"], 300)
    assert (again.status, again.body) == (200, payment)
    assert error_of(shop.delete(payment["ref"])) == (409, "ended")
    assert len(provider.charges()) == charges


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_unknown_ref_is_404(shop, method):
    assert error_of(shop.request(method, "/v1/payments/nobody-asked")) == (404, "unknown")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"amount": 0}, {"amount"}),
        ({"amount": 1_000_001}, {"amount"}),
        ({"amount": 12.5}, {"amount"}),
        ({"amount": "1250"}, {"amount"}),
        ({"amount": True}, {"amount"}),
        ({"amount": 10**40}, {"amount"}),
        ({}, {"amount"}),
        ({"amount": 1, "currency": "USD"}, {"currency"}),
        ({"amount": 1, "mode": "magic", "ttl_s": -1, "surprise": 1}, {"mode", "ttl_s", "surprise"}),
        ({"amount": 1, "description": "x" * 129}, {"description"}),
    ],
)
def test_what_cannot_be_sold_is_422_and_names_each_field(shop, fields, wrong):
    answer = shop.request("PUT", "/v1/payments/impossible", json.dumps(fields).encode())
    assert (answer.status, set(answer.body["error"]["fields"])) == (422, wrong)
    assert shop.get("/v1/payments/impossible").status == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"amount=1250", 400),
        (b'{"amount": 1250', 400),
        (b'{"amount": 1250, "amount": 1}', 400),
        (b'{"amount": NaN}', 400),
        (b"[1250]", 400),
        (b'{"amount": 1250, "description": "\xff"}', 400),
        (b'{"amount": 1' + b" " * 20_000 + b"}", 413),
    ],
)
def test_what_is_no_json_or_too_large_asks_for_nothing(shop, body, status):
    assert shop.request("PUT", "/v1/payments/nonsense", body).status == status
    assert shop.get("/v1/payments/nonsense").status == 404


def test_a_qr_cannot_be_asked_for_where_no_route_shows_one(shop):
    answer = shop.put("show-1", mode="show")
    assert answer.status in (422, 503)
    assert shop.get("/v1/payments/show-1").status == 404


def test_the_list_is_newest_first_and_goes_on_before_a_payment(shop):
    refs = [shop.sell(fresh_code("paid"), amount)["ref"] for amount in (1, 2, 3)]
    newest = shop.get("/v1/payments?limit=2").body["payments"]
    assert [payment["ref"] for payment in newest] == [refs[2], refs[1]]
    older = shop.get(f"/v1/payments?limit=1&before={refs[1]}").body["payments"]
    assert [payment["ref"] for payment in older] == [refs[0]]


def test_a_till_sees_each_event_as_it_is_stored_and_resumes_where_it_was(shop):
    with EventStream(shop) as live:
        ref = shop.ask()
        shop.scan(fresh_code("password_then_paid"))
        seen = live.until(ref, "paid")
    assert [event["state"] for event in seen if event["event"] == "asked"] == ["awaiting_code"]
    assert [event["seq"] for event in seen] == [entry["seq"] for entry in shop.journal(ref)]
    middle = len(seen) // 2
    with EventStream(shop, seen[middle]["seq"]) as resumed:
        assert resumed.until(ref, "paid") == seen[middle + 1 :]
        again = shop.ask()
        assert resumed.next()["ref"] == again
        shop.delete(again)
        assert resumed.next()["state"] == "cancelled"


def test_a_till_that_was_away_over_a_restart_misses_nothing(make_box):
    box = make_box().start()
    first = box.sell(fresh_code("paid"))
    seen = box.journal(first["ref"])[0]["seq"]
    box.restart()
    second = box.sell(fresh_code("paid"))
    with EventStream(box, seen) as resumed:
        events = resumed.until(second["ref"], "paid")
    assert [event["seq"] for event in events] == [entry["seq"] for entry in box.journal()[1:]]


def test_with_a_token_only_who_shows_it_is_served(make_box):
    box = make_box(scanner=True)
    token = "story-token-of-nobody-0123456789"
    (box.directory / "web.secret").write_text(token)
    (box.directory / "web.secret").chmod(0o600)
    box.reconfigure({"web": {"token_file": "web.secret"}})
    box.start(ready=False)
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": token}):
        for method, path in (("GET", "/v1/box"), ("GET", "/v1/events"), ("PUT", "/v1/payments/a"), ("GET", "/v1/panel.png")):
            assert box.request(method, path, b'{"amount": 1}', headers).status == 401
    right = {"Authorization": f"Bearer {token}"}
    box.until(lambda: box.request("GET", "/v1/box", headers=right).body["ready"])
    assert box.request("PUT", "/v1/payments/a", b'{"amount": 1}', right).status == 201
    assert box.get("/healthz").status == 200
