"""What a till does over HTTP: ask for an amount, follow it, give it up.

Through the whole server, `daemon.web.api`, with the long polls of `daemon.web.waiting`.
"""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from scripted_desk import ScriptedDesk, a_payment, refusing, until

from daemon.money import Amount, Minor
from daemon.payment import Attempt, Mode, OutTradeNo, Reason, State
from daemon.tills.base import Busy, NotReady, NotStorable, Request
from daemon.web.settings import Limits


async def test_a_till_asks_for_an_amount_and_is_told_the_payment(box):
    status, payment = await box.put("A-17", {"amount": 1250, "currency": "CNY", "mode": "scan"})
    assert status == 201
    assert payment == {
        "ref": "A-17",
        "amount": 1250,
        "currency": "CNY",
        "mode": "scan",
        "state": "awaiting_code",
        "final": False,
        "reason": None,
        "attempts": [],
        "created_at": "2025-03-01T12:00:00Z",
        "updated_at": "2025-03-01T12:00:00Z",
        "paid_at": None,
    }
    assert box.desk.asked == [Request("A-17", "http", Amount(Minor(1250), "CNY"))]


async def test_everything_a_till_may_say_reaches_the_desk(box):
    body = {"amount": 1, "currency": "CNY", "mode": "show", "scheme": "wechat", "description": "两杯茶", "ttl_s": 90}
    status, payment = await box.put("x", body)
    assert (status, payment["mode"]) == (201, "show")
    assert box.desk.asked == [Request("x", "http", Amount(Minor(1), "CNY"), Mode.SHOW, "wechat", "两杯茶", 90.0)]


async def test_the_same_again_is_200_and_the_same_payment(box):
    _, first = await box.put("A-17", {"amount": 1250})
    status, second = await box.put("A-17", {"amount": 1250})
    assert (status, second) == (200, first)


async def test_the_same_ref_with_another_body_is_409(box):
    await box.put("A-17", {"amount": 1250})
    status, body = await box.put("A-17", {"amount": 1251})
    assert (status, body["error"]["code"]) == (409, "conflict")


async def test_a_busy_box_says_which_payment_is_open(serve):
    box = await serve(desk=refusing(Busy("A-16")))
    status, body = await box.put("A-17", {"amount": 1250})
    assert status == 423
    assert body["error"]["code"] == "busy"
    assert "A-16" in body["error"]["text"]
    assert body["error"]["fields"] == {"busy_ref": "A-16"}


@pytest.mark.parametrize(
    ("rejected", "code", "said"),
    [
        (NotReady(["the scanner is missing", "no route for show"]), "not_ready", "the scanner is missing; no route for show"),
        (NotStorable("the journal cannot be written: disk full"), "not_storable", "the journal cannot be written: disk full"),
    ],
)
async def test_a_box_that_cannot_sell_says_why(serve, rejected, code, said):
    box = await serve(desk=refusing(rejected))
    status, body = await box.put("A-17", {"amount": 1250})
    assert (status, body["error"]["code"], body["error"]["text"]) == (503, code, said)


async def test_a_body_needs_no_content_type(box):
    status, _ = await box.call("PUT", "/v1/payments/A-1", data=b'{"amount": 5}', headers={"Content-Type": "text/plain"})
    assert status == 201
    status, _ = await box.call("PUT", "/v1/payments/A-2", data=b'{"amount": 5}', skip_auto_headers=["Content-Type"])
    assert status == 201


async def test_a_box_without_an_http_till_takes_no_amounts(serve):
    box = await serve(till=None)
    status, body = await box.put("A-17", {"amount": 1250})
    assert (status, body["error"]["code"]) == (503, "not_ready")
    assert box.desk.asked == []


async def test_a_name_that_nobody_knows_is_told_to_the_caller_and_not_to_the_log(box, caplog):
    """Found by fuzzing: it may be anything, a token in the wrong place among it."""
    caplog.set_level("INFO")
    status, body = await box.put("A-17", {"amount": 0, "open-sesame-0123": 1})
    assert status == 422
    assert body["error"]["fields"].keys() == {"open-sesame-0123", "amount"}
    assert "fields=?,amount" in caplog.text
    assert "sesame" not in caplog.text


async def test_a_mistake_of_the_box_is_500_and_tells_nothing(serve, caplog):
    desk = ScriptedDesk()
    desk.refusal = RuntimeError("secret inner working")
    box = await serve(desk=desk)
    status, body = await box.put("A-17", {"amount": 1250})
    assert (status, body["error"]["code"]) == (500, "internal")
    assert "inner" not in str(body)
    assert "http_fault method=PUT route=/v1/payments/{ref}" in caplog.text


async def test_a_request_once_begun_comes_to_its_end_though_the_till_hangs_up(serve):
    desk = ScriptedDesk()
    desk.hold = asyncio.Event()
    box = await serve(desk=desk)
    with pytest.raises(asyncio.TimeoutError):
        await box.session.put(box.url("/v1/payments/A-17"), json={"amount": 5}, timeout=aiohttp.ClientTimeout(total=0.05))
    desk.hold.set()
    await until(lambda: "A-17" in desk.payments)


async def test_nor_does_a_stop_of_the_box_tear_a_request(serve):
    desk = ScriptedDesk()
    desk.hold = asyncio.Event()
    box = await serve(desk=desk, limits=Limits(stop_s=0.2))
    asking = asyncio.ensure_future(box.put("A-17", {"amount": 5}))
    await until(lambda: desk.asked)
    asyncio.get_running_loop().call_later(0.3, desk.hold.set)
    await box.web.stop()
    assert "A-17" in desk.payments
    await asyncio.gather(asking, return_exceptions=True)  # whether the answer still got out does not matter


# -- following


async def test_an_unknown_ref_is_404(box):
    for ref in ("A-99", "no%20ref", "%2e%2e%2f", "x" * 65, "付款"):
        status, body = await box.call("GET", f"/v1/payments/{ref}")
        assert (status, body["error"]["code"]) == (404, "unknown"), ref


async def test_a_payment_carries_its_attempts(box):
    attempt = Attempt(
        OutTradeNo("T1"), "bank", "wechat", Amount(Minor(1250), "CNY"), State.REFUSED, 0.0, reason=Reason("NOTENOUGH", "余额不足")
    )
    box.desk.payments["A-17"] = a_payment(attempts=(attempt,))
    _, payment = await box.call("GET", "/v1/payments/A-17")
    assert payment["attempts"] == [
        {
            "out_trade_no": "T1",
            "gateway": "bank",
            "scheme": "wechat",
            "trade_no": None,
            "state": "refused",
            "reason": {"code": "NOTENOUGH", "text": "余额不足"},
        }
    ]


async def test_a_long_poll_answers_as_soon_as_the_state_differs(box):
    await box.put("A-17", {"amount": 1250})
    poll = asyncio.ensure_future(box.call("GET", "/v1/payments/A-17?wait=25&after=awaiting_code"))
    await until(lambda: box.desk.waiters)
    box.desk.move("A-17", State.SUBMITTING)
    status, payment = await poll
    assert (status, payment["state"]) == (200, "submitting")


async def test_a_long_poll_after_another_state_answers_at_once(box):
    await box.put("A-17", {"amount": 1250})
    _, payment = await box.call("GET", "/v1/payments/A-17?wait=25&after=pending")
    assert payment["state"] == "awaiting_code"


async def test_without_a_state_a_long_poll_waits_for_a_change_from_now(box):
    await box.put("A-17", {"amount": 1250})
    poll = asyncio.ensure_future(box.call("GET", "/v1/payments/A-17?wait=25"))
    await until(lambda: box.desk.waiters)
    box.desk.move("A-17", State.PAID)
    assert (await poll)[1]["state"] == "paid"


async def test_without_a_state_an_outcome_is_told_at_once(box):
    """A till that missed the last change must not wait for one that never comes."""
    box.desk.payments["A-17"] = a_payment(state=State.PAID)
    _, payment = await box.call("GET", "/v1/payments/A-17?wait=25")
    assert payment["final"] is True


async def test_a_long_poll_that_sees_no_change_answers_when_its_time_is_up(box):
    await box.put("A-17", {"amount": 1250})
    status, payment = await box.call("GET", "/v1/payments/A-17?wait=0.01&after=awaiting_code")
    assert (status, payment["state"]) == (200, "awaiting_code")


async def test_a_till_that_wants_to_wait_longer_than_a_minute_gets_a_minute(box):
    await box.put("A-17", {"amount": 1250})
    await box.call("GET", "/v1/payments/A-17?wait=90&after=pending")
    assert box.desk.waited == [("A-17", "pending", 60.0)]


@pytest.mark.parametrize("wait", ["-1", "soon", "nan", "inf", "", "٣"])
async def test_a_wait_that_is_none_is_422(box, wait):
    status, body = await box.call("GET", "/v1/payments/A-17", params={"wait": wait})
    assert status == 422
    assert "wait" in body["error"]["fields"]


async def test_an_unknown_state_is_422_and_lists_the_states(box):
    status, body = await box.call("GET", "/v1/payments/A-17?wait=25&after=payed")
    assert status == 422
    assert all(state.value in body["error"]["fields"]["after"] for state in State)


async def test_too_many_long_polls_are_told_so_and_those_who_hung_up_do_not_count(serve):
    box = await serve(limits=Limits(polls=1))
    await box.put("A-17", {"amount": 1250})
    path = "/v1/payments/A-17?wait=25&after=awaiting_code"
    async with aiohttp.ClientSession() as other:
        first = asyncio.ensure_future(other.get(box.url(path)))
        await until(lambda: box.desk.waiters)
        status, body = await box.call("GET", path)
        assert (status, body["error"]["code"]) == (503, "too_many")
        first.cancel()
        await asyncio.wait({first})
    await asyncio.sleep(0.01)
    second = asyncio.ensure_future(box.call("GET", path))
    await until(lambda: box.desk.waiters == 2)
    box.desk.move("A-17", State.PAID)
    assert (await second)[0] == 200


async def test_a_stop_answers_long_polls_at_once(serve):
    box = await serve()
    await box.put("A-17", {"amount": 1250})
    poll = asyncio.ensure_future(box.call("GET", "/v1/payments/A-17?wait=60&after=awaiting_code"))
    await until(lambda: box.desk.waiters)
    async with asyncio.timeout(10):
        await box.web.stop()
        status, payment = await poll
    assert (status, payment["state"]) == (200, "awaiting_code")
    assert box.desk.waiters == 0


# -- giving up


async def test_a_cancel_is_taken_and_the_truth_comes_by_get(box):
    await box.put("A-17", {"amount": 1250})
    status, payment = await box.call("DELETE", "/v1/payments/A-17")
    assert (status, payment["ref"]) == (202, "A-17")
    assert box.desk.cancelled == [("A-17", "till")]


async def test_a_cancel_of_an_unknown_payment_is_404(box):
    for ref in ("A-99", "no%20ref"):
        assert (await box.call("DELETE", f"/v1/payments/{ref}"))[0] == 404


async def test_a_cancel_of_an_ended_payment_is_409(box):
    box.desk.payments["A-17"] = a_payment(state=State.PAID)
    status, body = await box.call("DELETE", "/v1/payments/A-17")
    assert (status, body["error"]["code"]) == (409, "ended")


async def test_a_cancel_that_cannot_be_stored_is_503(serve):
    box = await serve(desk=refusing(NotStorable("disk full")))
    status, body = await box.call("DELETE", "/v1/payments/A-17")
    assert (status, body["error"]["text"]) == (503, "disk full")


# -- looking back


async def test_payments_are_listed_newest_first(box):
    for ref in ("A-1", "A-2", "A-3"):
        await box.put(ref, {"amount": 5})
    status, body = await box.call("GET", "/v1/payments?limit=2&before=A-9")
    assert status == 200
    assert [payment["ref"] for payment in body["payments"]] == ["A-3", "A-2"]
    await box.call("GET", "/v1/payments")
    assert box.desk.listed == [(2, "A-9"), (50, None)]


@pytest.mark.parametrize("limit", ["0", "501", "-1", "many", "1e2", "", "１"])
async def test_a_limit_that_is_none_is_422(box, limit):
    status, body = await box.call("GET", "/v1/payments", params={"limit": limit})
    assert (status, list(body["error"]["fields"])) == (422, ["limit"])


async def test_a_before_that_nobody_knows_is_422(box):
    status, body = await box.call("GET", "/v1/payments?before=nobody")
    assert (status, list(body["error"]["fields"])) == (422, ["before"])
