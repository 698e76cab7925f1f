"""`GET /metrics` of the real box: what was sold, refused and doubted is counted, what is away is told, and reading it changes nothing."""

from __future__ import annotations

import re
import threading
import time

import pytest
from provider_thread import Provider, fresh_code
from scraped import Scrape, queried
from test_footprint import MOST_RESIDENT_KB, MOST_WAKE_UPS, quiet_wake_ups, resident_kb

from daemon.metrics.families import FAMILIES, FLEET_TOLD, Kind

PAID_WECHAT = ("wechat", "paid", "http")
SELLS_ON = {"policy": {"sell_while_in_doubt": True}}
# All that can be measured at once: a machine that is owed goods, a certificate, a till over HTTP that goes before the machine,
# a fleet whose broker is not there.
EVERYTHING = {
    "button": {"kind": "simulated"},
    "tills.http": {"kind": "http", "priority": 1},
    "tills.kiosk": {"kind": "pulse", "output": "simulated", "price": 200, "value_per_pulse": 100},
    "mqtt": {"host": "127.0.0.1", "port": 1},
}


@pytest.fixture
def own_provider(tmp_path):
    """One whose network may be cut without cutting off other stories' boxes."""
    with Provider(tmp_path / "own-sandbox") as running:
        yield running


def ended(scrape):
    """Payments by gateway, state and kind of till."""
    return scrape.counted("tillbox_payments_total")


def requests(scrape, gateway="wechat"):
    """Requests by call and outcome."""
    counted = scrape.counted("tillbox_gateway_requests_total")
    return {(call, outcome): count for (call, name, outcome), count in counted.items() if name == gateway}


def test_everything_that_rules_and_dashboard_ask_for_is_told_by_a_real_box(make_box):
    box = make_box(EVERYTHING).start()
    assert box.sell(fresh_code("password_then_paid"))["state"] == "paid"
    scrape = Scrape(box)
    assert {name for name in scrape.families if name.startswith("tillbox")} == {family.name for family in FAMILIES}
    assert all(scrape.families[family.name].type == family.kind.value for family in FAMILIES)
    assert all(scrape.families[family.name].documentation == family.help for family in FAMILIES)
    sampled = {name for name, _ in scrape.series}
    assert queried() <= sampled, "each with a sample, so that the queries find something"


def test_sold_refused_and_in_doubt_are_counted_each_as_what_it_was(make_box, provider):
    box = make_box(SELLS_ON).start()
    before = Scrape(box)
    assert (ended(before), requests(before)) == ({}, {}), "a new box has counted nothing"
    assert before.value("tillbox_ready") == 1

    assert box.sell(fresh_code("paid"))["state"] == "paid"
    assert box.sell(fresh_code("password_then_paid", "merchant"))["state"] == "paid"
    refused = box.ask(ttl_s=1)
    box.scan(fresh_code("refused_notenough"))
    assert box.end(refused)["state"] == "refused"
    nobody = box.ask()
    box.delete(nobody)
    assert box.end(nobody)["state"] == "cancelled"
    assert box.sell(fresh_code("wrong_amount"))["state"] == "in_doubt"
    box.until(lambda: box.box()["in_doubt"] == 1)

    scrape = Scrape(box)
    assert ended(scrape) == {
        ("merchant", "paid", "http"): 1,
        ("none", "cancelled", "http"): 1,
        ("wechat", "in_doubt", "http"): 1,
        PAID_WECHAT: 1,
        ("wechat", "refused", "http"): 1,
    }
    assert scrape.value("tillbox_payments_asked_total", till="http") == 5
    assert scrape.value("tillbox_in_doubt") == 1
    assert scrape.value("tillbox_open_payments") == 0
    assert requests(scrape)[("submit", "answered")] == 3
    assert requests(scrape, "merchant")[("submit", "answered")] == 1


def test_each_stage_of_a_sale_has_its_time(make_box):
    box = make_box().start()
    began = time.monotonic()
    assert box.sell(fresh_code("password_then_paid"))["state"] == "paid"
    took_s = time.monotonic() - began
    scrape = Scrape(box)
    for name in ("tillbox_scan_to_request_seconds", "tillbox_confirm_wait_seconds", "tillbox_payment_duration_seconds"):
        assert scrape.value(f"{name}_count") == 1, name
    assert scrape.value("tillbox_gateway_request_duration_seconds_count", gateway="wechat", call="submit") == 1
    assert 0 < scrape.value("tillbox_scan_to_request_seconds_sum") < took_s
    # The provider's payer confirms after half a second.
    assert (
        0.3
        < scrape.value("tillbox_confirm_wait_seconds_sum", mode="scan")
        < scrape.value("tillbox_payment_duration_seconds_sum", mode="scan")
    )
    assert scrape.value("tillbox_payment_duration_seconds_sum", mode="scan") < took_s


def test_requests_are_those_that_the_provider_saw(make_box, own_provider):
    box = make_box(provider=own_provider).start()
    sold = [box.sell(fresh_code(case)) for case in ("paid", "password_then_paid")]
    numbers = {payment["attempts"][0]["out_trade_no"] for payment in sold}
    counted = requests(Scrape(box))
    assert counted[("submit", "answered")] == len(own_provider.requests("/pay/micropay")) == 2
    asked = [request for request in own_provider.requests("/pay/orderquery") if request["number"] in numbers]  # not what looks at the link
    assert counted[("query", "answered")] == len(asked) > 0


@pytest.mark.parametrize(
    ("case", "outcome"),
    [
        ("answer_lost", "no_answer"),
        ("bad_signature", "unintelligible"),
        ("html_502", "unintelligible"),
        ("refused_signerror", "refused_box"),
    ],
)
def test_an_answer_that_proves_nothing_is_told_from_none_and_from_a_refusal_of_the_box(shop, case, outcome):
    before = requests(Scrape(shop)).get(("submit", outcome), 0)
    shop.sell(fresh_code(case))
    assert requests(Scrape(shop))[("submit", outcome)] == before + 1


def test_a_new_start_counts_anew_and_still_knows_what_is_in_doubt(make_box):
    box = make_box(SELLS_ON).start()
    assert box.sell(fresh_code("wrong_amount"))["state"] == "in_doubt"
    started = Scrape(box).value("process_start_time_seconds")
    box.restart()
    box.until(lambda: box.box()["in_doubt"] == 1)
    scrape = Scrape(box)
    assert ended(scrape) == {}
    assert scrape.value("tillbox_in_doubt") == 1
    assert scrape.value("process_start_time_seconds") > started


def test_a_gateway_that_is_away_and_a_scanner_that_is_pulled_are_told(make_box, own_provider):
    box = make_box(provider=own_provider).start()
    own_provider.network(up=False)
    ref = box.ask()
    box.scan(fresh_code("paid"))
    box.until(lambda: box.journal(ref)[-1]["event"] == "failed")
    scrape = Scrape(box)
    assert (scrape.value("tillbox_gateway_up", gateway="wechat"), scrape.value("tillbox_gateway_up", gateway="merchant")) == (0, 1)
    assert scrape.value("tillbox_gateway_problem", gateway="wechat", problem="gateway") == 1
    assert requests(scrape) == {("submit", "not_sent"): 1}
    assert scrape.value("tillbox_open_payments") == 1
    assert scrape.value("tillbox_device_up", device="scanner") == 1
    box.scanner.unplug()
    box.until(lambda: Scrape(box).value("tillbox_device_up", device="scanner") == 0)
    assert Scrape(box).value("tillbox_ready") == 0


def test_with_a_token_it_must_be_shown_and_is_not_told(make_box):
    box = make_box()
    token = "a-made-up-token-of-this-story"
    (box.directory / "web.secret").write_text(token, encoding="ascii")
    box.reconfigure({"web": {"token_file": "web.secret"}})
    box.launch()
    box.port = int(box.stderr.until(re.compile(r"web_listening .*port=(\d+)"))[1])
    assert box.get("/metrics").status == 401
    assert "tillbox_ready" in Scrape(box, {"Authorization": f"Bearer {token}"}).text


def test_neither_what_identifies_a_payment_nor_what_anybody_chose_is_in_it(make_box):
    """Codes and keys are looked for after every story, here as everywhere; this is about the rest."""
    box = make_box(SELLS_ON).start()
    sold = [box.sell(fresh_code(case)) for case in ("paid", "refused_trade_error", "wrong_amount")]
    box.put("chosen-by-a-till", 7, description="chosen by a till")
    text = Scrape(box).text
    for payment in sold:
        order = payment["attempts"][0]
        said = [payment["ref"], order["out_trade_no"], order["trade_no"], (payment["reason"] or {}).get("text")]
        assert not [word for word in said if word and word in text]
    assert "chosen" not in text
    assert str(box.directory) not in text


def test_however_much_is_sold_there_are_no_more_series(make_box):
    box = make_box({**SELLS_ON, "timing": {"give_up_s": 0.5, "revoke_not_before_s": 0.5}}).start()
    cases = ["paid", "password_then_paid", "wrong_amount", "password_never"]
    for case in cases:
        box.sell(fresh_code(case))
    before = set(Scrape(box).series)
    for case in cases:
        box.sell(fresh_code(case))
        ref = box.ask()
        box.scan("not a payer's code")
        box.delete(ref)
    # A call that was not made before has its times from then on: six for each gateway at most.
    new = {name for name, _ in set(Scrape(box).series) - before}
    assert new <= {f"tillbox_gateway_request_duration_seconds_{end}" for end in ("bucket", "count", "sum")}


def test_reading_it_all_the_time_changes_no_sale(make_box, provider):
    """Four readers that never rest, and the same sales once more without them: the journal has the same, and the provider one charge."""
    read, quiet = make_box().start(), make_box().start()
    stop = threading.Event()

    def scrape() -> None:
        while not stop.is_set():
            assert Scrape(read).value("tillbox_ready") == 1

    readers = [threading.Thread(target=scrape) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        stories = [story(read), story(quiet)]
    finally:
        stop.set()
        for reader in readers:
            reader.join(30)
    assert stories[0] == stories[1]
    for box in (read, quiet):
        orders = [attempt["out_trade_no"] for payment in box.get("/v1/payments").body["payments"] for attempt in payment["attempts"]]
        assert [provider.order(number)["charges"] for number in orders] == [1, 1]


def story(box):
    """What the journal has of two sales, but numbers, times and how often it was asked."""
    refs = [box.sell(fresh_code(case))["ref"] for case in ("paid", "password_then_paid")]
    return [(box.states(ref), box.payment(ref)["state"]) for ref in refs]


def test_a_box_that_was_read_sleeps_again_and_stays_small(make_box):
    box = make_box(EVERYTHING).start()
    box.sell(fresh_code("password_then_paid", "merchant"))
    for _ in range(20):
        Scrape(box)
    resident = resident_kb(box.pid)
    print(f"resident: {resident} kB")
    assert resident < MOST_RESIDENT_KB


def test_an_idle_box_that_was_read_once_sleeps(make_box):
    box = make_box({"button": {"kind": "simulated"}}).start()
    box.until(lambda: all(gateway["state"] == "ok" for gateway in box.box()["gateways"].values()))
    Scrape(box)
    assert quiet_wake_ups(box) <= MOST_WAKE_UPS


def test_openmetrics_is_told_to_who_asks_for_it(shop):
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as read

    answer = shop.request("GET", "/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    told = {family.name for family in read(answer.body.decode())}
    assert {family.name for family in FAMILIES} <= told
    assert answer.body.endswith(b"# EOF\n")
    counters = {family for family in FAMILIES if family.kind is Kind.COUNTER} - {FLEET_TOLD}  # this box has no fleet
    assert {f"{family.name}_total" for family in counters} <= set(answer.body.decode().replace("{", " ").split())
