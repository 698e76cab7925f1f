"""What cannot be proven: the next sale waits, people are called, and the box goes on asking."""

import json
import subprocess
import sys

from box_config import write_config
from provider_thread import fresh_code
from story_timing import HASTY


def number_of(payment):
    return payment["attempts"][-1]["out_trade_no"]


def test_paid_but_not_what_was_asked_holds_back_the_next_sale_and_calls_for_somebody(make_box, provider):
    box = make_box().start()
    payment = box.sell(fresh_code("wrong_amount"))
    assert (payment["state"], payment["final"], payment["reason"]["code"]) == ("in_doubt", False, "mismatch")
    assert "1251" in payment["reason"]["text"]
    refused = box.put("another")
    assert (refused.status, refused.body["error"]["fields"]) == (423, {"busy_ref": payment["ref"]})
    box.until(lambda: box.box()["in_doubt"] == 1)
    status = box.box()
    assert (status["busy_ref"], status["lights"]["red"]) == (payment["ref"], "slow")
    order = provider.until(lambda: o if (o := provider.order(number_of(payment)))["queries"] > 1 else None)
    assert (order["revokes"], order["refunds"]) == (0, 0)
    assert box.stop() == 0


def test_where_the_operator_says_so_the_next_sale_starts_all_the_same(shop):
    doubtful = shop.sell(fresh_code("wrong_currency"))
    assert doubtful["state"] == "in_doubt"
    assert shop.sell(fresh_code("paid"))["state"] == "paid"
    assert shop.payment(doubtful["ref"])["state"] == "in_doubt"
    shop.until(lambda: shop.box()["in_doubt"] == 1)


def test_a_revoke_refused_for_good_is_in_doubt_until_the_provider_ends_the_order(make_box, provider):
    box = make_box(HASTY).start()
    payment = box.sell(fresh_code("revoke_forbidden", "merchant"))
    assert (payment["state"], payment["reason"]["code"]) == ("in_doubt", "revoke_refused")
    assert "TRADE_ERROR" in payment["reason"]["text"]
    provider.call(lambda: provider.sandbox.ledger.close(number_of(payment)))
    assert box.until_state(payment["ref"], "revoked")["reason"]["code"] == "closed_by_provider"
    box.until(lambda: box.box()["in_doubt"] == 0)
    assert box.sell(fresh_code("paid"))["state"] == "paid"


def test_a_doubt_outlives_restarts_and_is_asked_about_again(make_box, provider):
    box = make_box().start()
    payment = box.sell(fresh_code("wrong_number"))
    queries = provider.order(number_of(payment))["queries"]
    box.restart()
    assert box.box()["busy_ref"] == payment["ref"]
    assert box.put("another").status == 423
    provider.until(lambda: provider.order(number_of(payment))["queries"] > queries)
    assert box.payment(payment["ref"])["reason"]["code"] == "mismatch"


def act(box, ref, **wanted):
    answer = box.request("POST", f"/v1/payments/{ref}/acts", json.dumps(wanted).encode())
    return answer.status, answer.body


def test_a_person_asks_again_and_then_settles_what_nothing_can_prove(make_box, provider):
    box = make_box().start()
    ref = box.sell(fresh_code("wrong_amount"))["ref"]
    asked = provider.order(number_of(box.payment(ref)))["queries"]
    box.until(lambda: act(box, ref, act="ask", by="Ann")[0] == 202)
    provider.until(lambda: provider.order(number_of(box.payment(ref)))["queries"] > asked)
    assert act(box, ref, act="refund", by="Ann", reason="the payer is cross")[0] == 409
    status, payment = act(box, ref, act="settle", by="Ann", reason="paid back in cash")
    assert (status, payment["state"], payment["reason"]) == (202, "in_doubt", {"code": "settled", "text": "Ann: paid back in cash"})
    box.until(lambda: box.box()["in_doubt"] == 0 and box.box()["lights"]["red"] == "off")
    assert box.box()["screen"] == "ready"
    assert box.sell(fresh_code("paid"))["state"] == "paid"
    box.restart()
    assert (box.box()["busy_ref"], box.box()["in_doubt"]) == (None, 0)
    assert [entry["event"] for entry in box.journal(ref) if entry["event"] == "settled"] == ["settled"]


def test_a_person_sends_late_money_back_from_the_command_line(make_box, provider):
    box = make_box({**HASTY, "policy": {"late_payment": "report"}}).start()
    ref = box.sell(fresh_code("paid_late"))["ref"]
    payment = box.until_payment(ref, lambda p: p["reason"]["code"] == "paid_late")
    known = box.config_path.with_name("known.toml")  # the box took any free port, which its own configuration does not name
    write_config(known, {**box.tables, "web": {"listen": f"127.0.0.1:{box.port}"}})
    where = ["--config", str(known)]
    done = subprocess.run(
        [sys.executable, "-m", "daemon", "payments", "refund", ref, "--by", "Ann", "--reason", "paid late", *where],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert box.until_state(ref, "refunded")["reason"]["code"] == "paid_late"
    order = provider.order(number_of(payment))
    assert (order["money_in"], order["money_out"], order["refunds"]) == (1250, 1250, 1)
