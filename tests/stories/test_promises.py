"""The twelve promises, each from the provider's ledger and requests, the till's view and the journal, of the real box."""

import itertools
from dataclasses import replace
from datetime import datetime

import pytest
import story_timing
from provider_thread import fresh_code
from resealed import reseal
from secrets_told import Discretion

from daemon.errands import most_requests
from daemon.sandbox.cases import CASES
from daemon.sandbox.scenario import Fault, Step, Steps
from daemon.timing import Schedule

BOTH = pytest.mark.parametrize("via", ["wechat", "merchant"])
HASTY = story_timing.HASTY

UNCLEAR = ["unknown_code", "answer_lost", "malformed", "bad_signature_always"]
UNTRUE = ["wrong_amount", "wrong_currency", "wrong_merchant", "wrong_number", "number_paid"]

JUMPING = """
import datetime, itertools, sys
import daemon.app as app
years = itertools.cycle([1971, 2090, 2001, 2026])
app._wall = lambda: datetime.datetime.now(datetime.UTC).replace(month=1, day=1, year=next(years))
from daemon.cli import main
sys.exit(main())
"""

CLOCK_NOT_SET = """
import sys, time
time.time = lambda: 1000.0
from daemon.cli import main
sys.exit(main())
"""


def number_of(payment):
    return payment["attempts"][-1]["out_trade_no"]


def order_of(provider, payment):
    return provider.order(number_of(payment))


def calls_about(provider, number):
    """What was asked about an order, in the order in which it arrived: "charge", "query", "revoke", "refund"."""
    words = {"micropay": "charge", "charges": "charge", "orderquery": "query", "reverse": "revoke", "revoke": "revoke", "refund": "refund"}
    return [words.get(str(r["path"]).rsplit("/", 1)[-1], "query") for r in provider.requests() if r["number"] == number]


@BOTH
@pytest.mark.parametrize("charge", [Step(fault=Fault.CUT), Step(act=False, fault=Fault.CUT), Step(fault=Fault.SILENT)])
def test_p1_one_attempt_is_one_number_and_one_charge_whatever_becomes_of_its_answer(hasty, provider, via, charge):
    """On a kept connection too, where an HTTP library might send a request again by itself."""
    assert hasty.sell(fresh_code("paid", via))["state"] == "paid"
    provider.next_is(replace(CASES["paid"], charge=Steps((charge,))))
    payment = hasty.sell(fresh_code("paid", via))
    assert len(payment["attempts"]) == 1
    assert calls_about(provider, number_of(payment)).count("charge") == 1
    assert order_of(provider, payment)["charges"] == 1


@BOTH
def test_p2_the_attempt_is_on_disk_before_the_charge_is_at_the_provider(shop, provider, via):
    found = []
    ledger = provider.sandbox.ledger

    def look(order):
        if order.calls and not found:
            found.append((order.number, shop.sql("SELECT state, errand FROM attempts WHERE out_trade_no = ?", order.number)))

    ref = shop.ask()
    stop_looking = provider.call(lambda: ledger.subscribe(look))
    shop.scan(fresh_code("paid", via))
    payment = shop.end(ref)
    provider.call(stop_looking)
    ((number, rows),) = found
    assert number == number_of(payment)
    assert [row["state"] for row in rows] == ["submitting"]


@BOTH
def test_p3_after_a_crash_the_attempt_is_asked_about_first_and_no_sale_starts_before_its_end(make_box, provider, via):
    box = make_box({"timing": {"give_up_s": 20}}).start()
    ref = box.ask()
    box.scan(fresh_code("password_never", via))
    number = number_of(box.until_state(ref, "pending"))
    box.kill9()
    before = len(calls_about(provider, number))
    box.start()
    assert box.payment(ref)["state"] == "pending"
    assert box.put("too-early").body["error"]["fields"] == {"busy_ref": ref}
    provider.until(lambda: calls_about(provider, number)[before:])
    assert calls_about(provider, number)[before] == "query"
    provider.confirm(number)
    assert box.end(ref)["state"] == "paid"
    assert calls_about(provider, number).count("charge") == 1
    assert box.put("now").status == 201


@BOTH
@pytest.mark.parametrize("case", UNCLEAR)
def test_p4_what_is_not_understood_is_asked_about_and_never_refused(hasty, provider, via, case):
    payment = hasty.sell(fresh_code(case, via))
    assert payment["state"] in ("paid", "revoked")
    assert "refused" not in hasty.states(payment["ref"])
    calls = calls_about(provider, number_of(payment))
    assert calls[1] == "query"
    order = order_of(provider, payment)
    assert order["money_in"] - order["money_out"] == (1250 if payment["state"] == "paid" else 0)


@BOTH
def test_p5_a_refusal_is_told_after_one_query_has_confirmed_it_and_its_order_is_revoked(hasty, provider, via):
    payment = hasty.sell(fresh_code("refused_rulelimit", via))
    number = number_of(payment)
    heard = [entry for entry in hasty.journal(payment["ref"]) if entry["event"] == "replied"]
    first_told = next(i for i, entry in enumerate(heard) if entry["state"] == "refused")
    assert [entry["detail"]["call"] for entry in heard[: first_told + 1]] == ["submit", "query"]
    provider.until(lambda: provider.order(number)["state"] == "revoked")


def test_p5_every_order_of_this_module_ended_at_the_provider(hasty, provider):
    """Whatever timed out or was refused before this: nothing is left that a payer could still pay."""
    for case in ("password_never", "not_paid", "refused_notenough"):
        ref = hasty.ask(ttl_s=1)
        hasty.scan(fresh_code(case))
        payment = hasty.end(ref)
        number = number_of(payment)
        order = provider.until(lambda number=number: o if (o := provider.order(number))["state"] == "revoked" else None)
        assert order["money_in"] == 0


@BOTH
@pytest.mark.parametrize("case", UNTRUE)
def test_p6_paid_is_said_only_of_what_was_asked(hasty, provider, via, case):
    payment = hasty.sell(fresh_code(case, via))
    assert (payment["state"], payment["reason"]["code"], payment["paid_at"]) == ("in_doubt", "mismatch", None)
    assert "paid" not in hasty.states(payment["ref"])
    order = order_of(provider, payment)
    assert (order["revokes"], order["refund_requests"]) == (0, 0)


def test_p7_what_was_told_paid_is_never_undone_by_itself(make_box, provider):
    """Not by a cancel that comes late, not by a crash, not while later sales are undone."""
    box = make_box(HASTY).start()
    payments = [box.sell(fresh_code("paid", via)) for via in ("wechat", "merchant")]
    assert [box.delete(payment["ref"]).status for payment in payments] == [409, 409]
    box.kill9()
    box.start()
    assert box.sell(fresh_code("password_never"))["state"] == "revoked"
    assert [box.payment(payment["ref"]) for payment in payments] == payments
    assert [calls_about(provider, number_of(payment)) for payment in payments] == [["charge"], ["charge"]]


@BOTH
def test_p7_money_after_not_paid_was_told_is_found_and_given_back(hasty, provider, via):
    payment = hasty.sell(fresh_code("paid_late", via))
    assert hasty.until_state(payment["ref"], "refunded")["reason"]["code"] == "paid_late"
    order = order_of(provider, payment)
    assert (order["money_in"], order["money_out"], order["refunds"]) == (1250, 1250, 1)


@BOTH
def test_p8_each_revoke_comes_right_after_a_query_and_pauses_grow_until_it_is_confirmed(hasty, provider, via):
    payment = hasty.sell(fresh_code("revoke_silent", via))
    number = number_of(payment)
    calls = calls_about(provider, number)
    revokes = [i for i, call in enumerate(calls) if call == "revoke"]
    assert (payment["state"], len(revokes)) == ("revoked", 4)
    assert all(calls[i - 1] == "query" for i in revokes)
    at = [
        request["at"]
        for request in provider.requests()
        if request["number"] == number and str(request["path"]).endswith(("reverse", "revoke"))
    ]
    pauses = [after - before for before, after in itertools.pairwise(at)]
    retry_s = story_timing.BOX["revoke_retry_s"]
    assert all(pause >= retry_s * 2**n for n, pause in enumerate(pauses))
    assert order_of(provider, payment)["early_revokes"] == 0


def test_p8_a_revoke_is_repeated_across_restarts_until_the_provider_confirms_it(make_box, provider):
    box = make_box({"timing": {**HASTY["timing"], "in_doubt_s": 60}}).start()
    provider.next_is(replace(CASES["revoke_silent"], revoke=Steps((Step(act=False, fault=Fault.CUT),) * 4)))
    ref = box.ask()
    box.scan(fresh_code("password_never"))
    number = number_of(box.until_state(ref, "revoking"))
    provider.until(lambda: provider.order(number)["revokes"] >= 1)
    box.kill9()
    box.start()
    provider.until(lambda: provider.order(number)["revokes"] >= 3)
    box.restart()
    assert box.end(ref)["state"] == "revoked"
    order = provider.order(number)
    assert (order["state"], order["revokes"], order["charges"], order["early_revokes"]) == ("revoked", 5, 1, 0)


def test_p9_what_one_order_can_cause_has_a_bound_and_ended_orders_cause_nothing(hasty, provider):
    payments = [hasty.sell(fresh_code(case)) for case in ("paid", "password_never", "revoke_again", "revoke_silent")]
    most = most_requests(Schedule(**{**story_timing.BOX, **HASTY["timing"]}))
    asked = {number_of(payment): len(calls_about(provider, number_of(payment))) for payment in payments}
    assert all(count <= most for count in asked.values())
    assert asked[number_of(payments[0])] == 1
    hasty.sell(fresh_code("password_never", "merchant"))
    assert {number: len(calls_about(provider, number)) for number in asked} == asked


@BOTH
def test_p10_nothing_given_in_confidence_is_told(hasty, via):
    """After every story of this tier the same is looked for; here it is looked for once more, in all that was told so far."""
    code = fresh_code("refused_notenough", via)
    ref = hasty.ask()
    hasty.scan(code)
    hasty.until_payment(ref, lambda p: p["state"] == "awaiting_code" and p["attempts"])
    hasty.delete(ref)
    assert Discretion(hasty).check() == []
    assert code not in hasty.output + str(hasty.get("/v1/payments").body)


@pytest.mark.parametrize("place", ["output", "journal", "http"])
def test_p10_the_search_for_what_was_told_finds_it(make_box, place):
    """A search that finds nothing proves nothing, unless it would have found something."""
    box, code = make_box(), fresh_code("paid")
    box.scanner.codes.append(code)
    telling = {"output": ("-c", f"print('charging {code}')"), "journal": ("-c", f"open({str(box.journal_path)!r}, 'w').write('{code}')")}
    box.program = telling.get(place, ("-c", ""))
    box.launch()
    box.wait_exit()
    if place == "http":
        box.heard += code.encode()
    assert Discretion(box).check() == [f"a payer's code {code[:2]}…{code[-2:]} in {place}"]
    box.scanner.codes.clear()


def test_p11_a_wall_clock_that_jumps_by_years_changes_no_outcome(make_box, provider):
    box = make_box(HASTY, program=("-c", JUMPING)).start()
    for via in ("wechat", "merchant"):
        ends = {case: box.sell(fresh_code(case, via)) for case in ("paid", "refused_but_paid", "password_never", "refused_rulelimit")}
        assert [payment["state"] for payment in ends.values()] == ["paid", "paid", "revoked", "refused"]
        assert order_of(provider, ends["password_never"])["early_revokes"] == 0
    years = {datetime.fromisoformat(entry["at"]).year for entry in box.journal()}
    assert len(years) > 1, "the clock did jump"


def test_p11_where_a_signature_needs_the_time_the_box_says_that_its_clock_is_not_set(make_box, provider):
    """WeChat's signature does not: it sells on."""
    box = make_box(program=("-c", CLOCK_NOT_SET)).start()
    assert "clock not set" in box.box()["gateways"]["merchant"]["detail"]
    charges = len(provider.requests("/v1/charges"))
    ref = box.ask()
    box.scan(fresh_code("paid", "merchant"))
    box.until(lambda: box.journal(ref)[-1]["event"] == "code_rejected")
    box.scan(fresh_code("paid", "wechat"))
    assert box.end(ref)["state"] == "paid"
    assert len(provider.requests("/v1/charges")) == charges


@pytest.mark.parametrize(("moments", "via"), [(1e12, "wechat"), (0.0, "merchant")])
def test_p11_moments_of_another_boot_mean_nothing_and_the_payment_ends_in_its_time(make_box, provider, moments, via):
    """The monotonic clock begins anew with every boot of the machine: stored moments may lie in the far future, or long ago."""
    box = make_box(HASTY).start()
    ref = box.ask()
    box.scan(fresh_code("password_never", via))
    number = number_of(box.until_state(ref, "pending"))
    box.kill9()
    box.sql("UPDATE payments SET boot = 'another boot', expires_at = ? WHERE ref = ?", moments, ref)
    shift = "json_set(errand, '$.sent_at', ?1, '$.next_at', ?1, '$.asked_at', ?1, '$.since_at', ?1)"
    box.sql(f"UPDATE attempts SET errand = {shift} WHERE out_trade_no = ?2", moments, number)
    reseal(box.journal_path)
    box.start()
    assert box.end(ref)["state"] == "revoked"
    order = provider.order(number)
    assert (order["charges"], order["early_revokes"], order["state"]) == (1, 0, "revoked")


@BOTH
def test_p12_a_device_that_goes_away_never_changes_a_payment(shop, provider, via):
    ref = shop.ask()
    shop.scan(fresh_code("password_never", via))
    number = number_of(shop.until_state(ref, "pending"))
    shop.scanner.unplug()
    shop.until(lambda: shop.box()["devices"]["scanner"]["state"] == "missing")
    provider.confirm(number)
    assert shop.end(ref)["state"] == "paid"
    assert not shop.box()["ready"]
    shop.scanner.plug()
    shop.until(lambda: shop.box()["ready"])
    assert shop.sell(fresh_code("paid", via))["state"] == "paid"
