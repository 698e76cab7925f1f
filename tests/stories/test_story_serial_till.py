"""A till on a serial line sells with the whole box: the real daemon, a pseudo-terminal, and everything that can befall the line."""

from __future__ import annotations

import itertools
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from box_process import ROOT, BoxProcess
from provider_thread import Provider, fresh_code
from pty_till import PtyTill, crc16, framed
from story_timing import HASTY

_refs = itertools.count(1)

Counter = tuple[BoxProcess, PtyTill]


def new_ref() -> str:
    return f"K-{next(_refs)}"


@pytest.fixture
def make_counter(make_box: Callable[..., BoxProcess], tmp_path: Path) -> Iterator[Callable[..., Counter]]:
    tills: list[PtyTill] = []

    def make(changes: Any = None, **keys: Any) -> Counter:
        till = PtyTill(tmp_path / f"counter-{len(tills)}")
        tills.append(till)
        table = {"kind": "serial", "port": till.path, **keys}
        return make_box({"tills.http": {"kind": "http"}, "tills.counter": table, **(changes or {})}), till

    yield make
    for till in tills:
        till.unplug()


@pytest.fixture
def counter(make_counter: Callable[..., Counter]) -> Counter:
    """A box that runs, with a serial till and one over HTTP."""
    box, till = make_counter()
    box.start()
    line_is(box, "ok")
    return box, till


@pytest.fixture(scope="module")
def shared(make_shared_box: Callable[..., BoxProcess], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """The same for stories that leave nothing behind."""
    till = PtyTill(tmp_path_factory.mktemp("shared-counter"))
    tables = {"tills.http": {"kind": "http"}, "tills.counter": {"kind": "serial", "port": till.path}}
    box = make_shared_box({**tables, "policy": {"sell_while_in_doubt": True}}).start()
    line_is(box, "ok")
    yield box, till
    till.unplug()


def line_is(box: BoxProcess, state: str) -> None:
    box.until(lambda: box.box()["devices"]["counter"]["state"] == state)


def begin(till: PtyTill, **fields: Any) -> str:
    ref = new_ref()
    till.say("pay", **{"ref": ref, "amt": 1250, "cur": "CNY", **fields})
    till.next("ack", ref=ref)
    till.next("state", ref=ref, s="wait_scan")
    return ref


def sell(box: BoxProcess, till: PtyTill, case: str = "paid") -> dict[str, Any]:
    """A sale to its end, which is not acknowledged."""
    ref = begin(till)
    box.scan(fresh_code(case))
    end: dict[str, Any] = till.next("end", ref=ref)
    return end


def settle(till: PtyTill, end: dict[str, Any]) -> None:
    till.say("got", seq=end["seq"])
    till.ask("hello")


def one_error(till: PtyTill, raw: bytes) -> dict[str, Any]:
    """What is written has no answer but one error."""
    till.forget()
    till.write(raw)
    error: dict[str, Any] = till.next()
    assert error["t"] == "error"
    till.say("hello")
    assert till.next()["t"] == "box", "nothing comes between"
    return error


# -- a sale --


def test_pay_is_acknowledged_first_and_ends_paid(counter: Counter) -> None:
    box, till = counter
    ref = new_ref()
    assert till.ask("pay", ref=ref, amt=1250, cur="CNY", ttl=60) == {"t": "ack", "ref": ref}
    assert till.next() == {"t": "state", "ref": ref, "s": "wait_scan", "state": "awaiting_code"}
    box.scan(fresh_code("paid"))
    assert till.next("state")["s"] == "paying"
    end = till.next("end")
    paid = box.payment(ref)
    order = paid["attempts"][0]
    assert end == {
        "t": "end", "ref": ref, "s": "paid", "state": "paid", "amt": 1250, "cur": "CNY",
        "txn": order["trade_no"], "order": order["out_trade_no"], "reason": None, "seq": end["seq"],
    }  # fmt: skip
    assert end["seq"] in {entry["seq"] for entry in box.journal(ref) if entry["state"] == "paid"}
    assert till.next("end") == end, "told again"
    settle(till, end)
    assert till.silence(2.5) == []


def test_a_state_is_repeated_as_long_as_it_lasts(shared: Counter) -> None:
    _, till = shared
    ref = begin(till)
    heard = till.silence(4.5)
    assert [(message["t"], message["s"]) for message in heard] == [("state", "wait_scan")] * 2
    till.say("cancel", ref=ref)
    settle(till, till.next("end", ref=ref, s="cancelled"))


def test_the_same_ref_again_is_the_same_payment_and_the_same_answer(counter: Counter) -> None:
    box, till = counter
    end = sell(box, till)
    for _ in range(2):
        assert till.ask("pay", ref=end["ref"], amt=1250, cur="CNY") == {"t": "ack", "ref": end["ref"]}
        assert till.next() == end
    settle(till, end)
    assert box.restart()
    line_is(box, "ok")
    assert till.ask("pay", ref=end["ref"], amt=1250) == {"t": "ack", "ref": end["ref"]}
    assert till.next() == end
    assert till.silence(2.5) == [], "acknowledged stays acknowledged"
    assert len(box.payment(end["ref"])["attempts"]) == 1


def test_the_same_ref_with_something_else_is_a_conflict(shared: Counter) -> None:
    box, till = shared
    end = sell(box, till)
    settle(till, end)
    error = till.ask("pay", ref=end["ref"], amt=1251)
    assert (error["t"], error["code"], error["ref"]) == ("error", "conflict", end["ref"])
    assert box.put(end["ref"], 1250).status == 409, "another till's ref"


def test_of_two_tills_one_is_served_and_the_other_told_who_is_busy(shared: Counter) -> None:
    box, till = shared
    over_http = box.ask()
    error = till.ask("pay", ref=new_ref(), amt=500)
    assert (error["code"], error["busy_ref"]) == ("busy", over_http)
    assert till.ask("hello")["busy_ref"] == over_http
    assert till.ask("cancel", ref=over_http)["code"] == "unknown_ref", "another till's payment is nobody's business"
    assert box.delete(over_http).status == 202
    ref = begin(till)
    assert box.put("second", 500).body["error"]["fields"]["busy_ref"] == ref
    till.say("cancel", ref=ref)
    settle(till, till.next("end", ref=ref))


def test_cancel_before_the_payer_and_after_the_end(shared: Counter) -> None:
    _, till = shared
    ref = begin(till)
    assert till.ask("cancel", ref=ref) == {"t": "ack", "ref": ref}
    end = till.next("end")
    assert (end["s"], end["reason"]["code"], end["txn"]) == ("cancelled", "cancelled", None)
    settle(till, end)
    assert till.ask("cancel", ref=ref)["code"] == "ended"
    assert till.ask("cancel", ref="nobody")["code"] == "unknown_ref"


def test_a_refusal_says_why(shared: Counter) -> None:
    box, till = shared
    end = sell(box, till, "refused_rulelimit")
    assert (end["s"], end["state"]) == ("declined", "refused")
    assert end["reason"]["code"]
    settle(till, end)


def test_status_last_and_hello(counter: Counter) -> None:
    box, till = counter
    assert till.ask("last")["code"] == "unknown_ref"
    hello = till.ask("hello")
    assert (hello["t"], hello["till"], hello["cur"], hello["max"], hello["ready"]) == ("box", "counter", "CNY", 1_000_000, True)
    end = sell(box, till)
    settle(till, end)
    assert till.ask("status", ref=end["ref"]) == end
    box.sell(fresh_code("paid"))
    assert till.ask("last") == end, "of this till"
    assert till.ask("status", ref="nobody") == {
        "t": "error", "code": "unknown_ref", "text": "this till has asked for no such payment", "ref": "nobody",
    }  # fmt: skip
    ref = begin(till)
    assert till.ask("status", ref=ref)["s"] == "wait_scan"


def test_a_box_that_cannot_sell_says_why(counter: Counter) -> None:
    box, till = counter
    assert box.scanner is not None
    box.scanner.unplug()
    box.until(lambda: not box.box()["ready"])
    error = till.ask("pay", ref=new_ref(), amt=500)
    assert error["code"] == "not_ready"
    assert any("scanner" in reason for reason in error["reasons"])
    assert till.ask("hello")["ready"] is False


# -- ends are told until they are acknowledged --


def test_an_end_is_told_again_after_the_power_went_and_never_after_got(counter: Counter) -> None:
    box, till = counter
    end = sell(box, till)
    box.kill9()
    till.forget()
    box.start()
    assert till.next("end") == end
    till.say("got", seq=end["seq"])
    assert till.ask("hello")["t"] == "box"
    box.kill9()
    till.forget()
    box.start()
    line_is(box, "ok")
    assert till.silence(2.5) == []


def test_an_end_that_came_while_the_line_was_away_is_told_when_it_is_back(counter: Counter) -> None:
    box, till = counter
    ref = begin(till)
    till.unplug()
    line_is(box, "missing")
    assert box.box()["ready"] is True, "other tills sell on"
    box.scan(fresh_code("paid"))
    assert box.end(ref)["state"] == "paid"
    assert box.sell(fresh_code("paid"))["state"] == "paid"
    till.plug()
    end = till.next("end", ref=ref, s="paid")
    line_is(box, "ok")
    settle(till, end)


def test_a_box_that_dies_while_it_awaits_a_code_tells_that_end_after_its_start(counter: Counter) -> None:
    box, till = counter
    ref = begin(till)
    box.kill9()
    till.forget()
    box.start()
    end = till.next("end")
    assert (end["ref"], end["s"], end["reason"]["code"]) == (ref, "cancelled", "restarted")


def test_a_box_that_is_stopped_says_so_with_its_last_words(counter: Counter) -> None:
    box, till = counter
    ref = begin(till)
    assert box.stop() == 0
    assert till.next("end", ref=ref)["s"] == "cancelled"


def test_unknown_is_an_end_for_now_and_one_more_follows(make_counter: Callable[..., Counter], provider: Provider) -> None:
    box, till = make_counter(HASTY)
    box.start()
    line_is(box, "ok")
    ref = begin(till)
    box.scan(fresh_code("revoke_forbidden", "merchant"))
    assert till.next("state", s="revoking")["ref"] == ref
    unknown = till.next("end")
    assert (unknown["s"], unknown["state"]) == ("unknown", "in_doubt")
    settle(till, unknown)
    assert till.ask("pay", ref=new_ref(), amt=5)["code"] == "busy"
    provider.call(lambda: provider.sandbox.ledger.close(unknown["order"]))
    end = till.next("end", ref=ref)
    assert (end["s"], end["state"], end["seq"] > unknown["seq"]) == ("cancelled", "revoked", True)
    till.say("got", seq=unknown["seq"])
    assert till.next("end") == end, "what was acknowledged before is another end"
    settle(till, end)


@pytest.mark.parametrize(("policy", "words"), [("refund", ["cancelled"]), ("report", ["unknown"])])
def test_money_that_comes_late_is_one_more_end(make_counter: Callable[..., Counter], policy: str, words: list[str]) -> None:
    """The provider's late payment comes after the till was told something else, and acknowledged it."""
    box, till = make_counter({**HASTY, "policy": {"late_payment": policy}})
    box.start()
    line_is(box, "ok")
    ref = begin(till)
    box.scan(fresh_code("paid_late", "merchant"))
    heard = []
    while not heard or heard[-1]["reason"]["code"] != "paid_late" or heard[-1]["s"] != words[-1]:
        heard.append(till.next("end", ref=ref))
        till.say("got", seq=heard[-1]["seq"])
    assert [end["s"] for end in heard][:1] == ["unknown"]
    assert sorted({end["seq"] for end in heard}) == [end["seq"] for end in heard], "each is told once where it is acknowledged"
    assert till.silence(2.5) == []


# -- what is no message --


GARBAGE = {
    "words": b"hello box\r\n",
    "no JSON": b"{]\n",
    "no object": b"[1]\n",
    "binary": bytes(range(1, 9)) + bytes(range(14, 256)) + b"\n",
    "wrong CRC": b'{"t":"hello"}*0000\n',
    "half a CRC": b'{"t":"hello"}*12\n',
    "no CRC": b'{"t":"hello"}\n',
    "plain form without CRC": b"PAY 12.50\n",
    "too long": b"x" * 5000 + b"\n",
    "unknown kind": framed({"t": "sell"}),
    "no kind": framed({}),
    "kind that is no text": framed({"t": ["pay"]}),
    "no amount": framed({"t": "pay", "ref": "garbage"}),
    "amount with a point": framed({"t": "pay", "ref": "garbage", "amt": 12.5}),
    "amount as text": framed({"t": "pay", "ref": "garbage", "amt": "1250"}),
    "another currency": framed({"t": "pay", "ref": "garbage", "amt": 5, "cur": "EUR"}),
    "too much": framed({"t": "pay", "ref": "garbage", "amt": 1_000_001}),
    "no ref": framed({"t": "pay", "amt": 5}),
    "unknown field": framed({"t": "pay", "ref": "garbage", "amt": 5, "ttl_s": 5}),
    "another version": framed({"v": 2, "t": "pay", "ref": "garbage", "amt": 5}),
    "twice": b'{"t":"pay","ref":"garbage","amt":1,"amt":2}*%04X\n' % crc16(b'{"t":"pay","ref":"garbage","amt":1,"amt":2}'),
    "seq that is none": framed({"t": "got", "seq": "17"}),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_is_answered_by_one_error_and_has_no_effect(shared: Counter, name: str) -> None:
    box, till = shared
    error = one_error(till, GARBAGE[name])
    assert error["text"]
    assert error["code"] in ("not_json", "bad_crc", "no_crc", "too_long", "invalid")
    assert box.get("/v1/payments/garbage").status == 404


def test_a_line_that_is_cut_anywhere_has_no_effect_and_the_next_is_read(shared: Counter) -> None:
    box, till = shared
    line = framed({"t": "pay", "ref": "cut", "amt": 5})
    whole = framed({"t": "hello"})
    for cut in range(1, len(line) - 1):
        till.forget()
        till.write(line[:cut] + b"\n" + whole)
        assert till.next()["t"] == "error"
        assert till.next()["t"] == "box"
    assert box.get("/v1/payments/cut").status == 404


def test_a_line_that_is_cut_and_goes_on_with_another_has_no_effect(shared: Counter) -> None:
    box, till = shared
    line = framed({"t": "pay", "ref": "cut", "amt": 5})
    for cut in range(1, len(line) - 1):
        assert one_error(till, line[:cut] + line)["code"] in ("bad_crc", "not_json")
    assert box.get("/v1/payments/cut").status == 404


def test_one_bit_of_noise_anywhere_has_no_effect(shared: Counter) -> None:
    box, till = shared
    line = framed({"t": "pay", "ref": "noise", "amt": 5})
    for place in range(len(line) - 1):
        noisy = bytearray(line)
        noisy[place] ^= 1 << place % 8
        till.forget()
        till.write(bytes(noisy))
        till.say("hello")
        errors = list(itertools.takewhile(lambda message: message["t"] != "box", iter(till.next, None)))
        assert errors, noisy
        assert all(error["t"] == "error" for error in errors), noisy
    assert box.get("/v1/payments/noise").status == 404


def test_a_line_that_is_pulled_in_mid_message_begins_anew(counter: Counter) -> None:
    box, till = counter
    till.write(framed({"t": "pay", "ref": "pulled", "amt": 5})[:20])
    till.unplug()
    line_is(box, "missing")
    till.plug()
    line_is(box, "ok")
    assert till.ask("hello")["t"] == "box"
    end = sell(box, till)
    settle(till, end)
    assert box.get("/v1/payments/pulled").status == 404


def test_a_line_that_echoes_gets_no_answers_to_answers(shared: Counter) -> None:
    box, till = shared
    end = sell(box, till)
    settle(till, end)
    till.forget()
    for message in {message["t"]: message for message in till.heard}.values():
        till.write(framed(message))
    assert till.ask("hello")["t"] == "box"
    assert till.silence(0.5) == []


def test_a_till_that_does_not_read_holds_up_nobody(counter: Counter) -> None:
    box, till = counter
    for _ in range(300):
        try:
            os.write(till.fd, framed({"t": "hello"}))
        except BlockingIOError:
            break
        time.sleep(0.001)
    assert box.sell(fresh_code("paid"))["state"] == "paid"
    till.silence(1.0)
    assert till.ask("hello")["t"] == "box"


def test_the_till_of_the_guide_sells(shared: Counter) -> None:
    """docs/serial-till.md, "A till in Python": the very text that people copy."""
    box, till = shared
    guide = (ROOT / "docs" / "serial-till.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec("\n".join(re.findall(r"```python\n(.*?)```", guide, re.DOTALL)), names)
    till.forget()
    os.set_blocking(till.fd, True)
    ref = new_ref()
    scan = threading.Timer(0.5, lambda: box.scan(fresh_code("paid")))
    scan.start()
    with os.fdopen(os.dup(till.fd), "r+b", buffering=0) as line:
        end = names["sell"](line, ref, 1250)
    scan.join()
    os.set_blocking(till.fd, False)
    assert (end["ref"], end["s"]) == (ref, "paid")
    assert till.silence(2.5) == [], "it said that it got it"


# -- the plain form --


def test_the_plain_form(make_counter: Callable[..., Counter]) -> None:
    box, till = make_counter(crc="optional")
    box.start()
    line_is(box, "ok")
    till.write(b"PAY 12.50\r\n")
    assert till.next_plain() == "OK"
    till.write(b"PAY 12.50\r\n")
    assert till.next_plain() == "BUSY"
    box.scan(fresh_code("paid"))
    assert till.next_plain() == "PAID 12.50"
    (sold,) = box.get("/v1/payments?limit=1").body["payments"]
    assert (sold["amount"], sold["state"]) == (1250, "paid")
    till.write(b"LAST\r\n")
    assert till.next_plain() == "PAID 12.50"
    till.write(b"PAY 0.05\r\n")
    assert till.next_plain() == "OK"
    till.write(b"CANCEL\r\n")
    assert till.next_plain().startswith("NOT PAID cancelled")
    till.write(b"PAY 1,50\r\n")
    assert till.next_plain().startswith("NOT PAID invalid: expected an amount like 12.50")
    assert till.silence(2.5) == [], "an end in plain words is said once"
    till.write(b'{"t":"hello"}\n')
    assert till.next("box")["till"] == "counter"


def test_what_was_said_is_on_disk_first(counter: Counter) -> None:
    box, till = counter
    end = sell(box, till)
    (owed,) = box.sql("SELECT * FROM tellings")
    assert (owed["till"], owed["told"], owed["seq"], owed["got"]) == ("counter", "paid", end["seq"], 0)
    settle(till, end)
    assert box.sql("SELECT got FROM tellings") == [{"got": 1}]
    assert json.dumps(till.heard).count(end["order"]) >= 1
