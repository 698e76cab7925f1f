"""`/v1/payments/{ref}/acts` (daemon.web.acts): what can be done about a doubt, by whom, and what is refused before anybody is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from scripted_desk import a_payment

from daemon.attending import Act
from daemon.payment import Payment, Reason, Ref, State
from daemon.secret import Secret
from daemon.tills.base import NotPossible, NotStorable

PATH = "/v1/payments/A-17/acts"
SETTLED = {"act": "settle", "by": "Ann", "reason": "paid back in cash"}


class Scripted:
    """Does what it is told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.done: list[tuple[str, Act, str, str]] = []
        self.refusal: Exception | None = None

    async def possible(self, ref: Ref) -> Mapping[Act, str | None]:
        if ref != "A-17":
            raise KeyError(ref)
        return {Act.ASK: None, Act.REFUND: "gateway bank cannot refund", Act.SETTLE: None}

    async def carry_out(self, ref: Ref, act: Act, by: str, text: str) -> Payment:
        if ref != "A-17":
            raise KeyError(ref)
        if self.refusal is not None:
            raise self.refusal
        self.done.append((ref, act, by, text))
        return a_payment(ref, State.IN_DOUBT, reason=Reason("settled", f"{by}: {text}"))


@pytest.fixture
def staff() -> Scripted:
    return Scripted()


@pytest.fixture
async def attended(serve: Any, staff: Scripted) -> Any:
    return await serve(attendance=staff)


async def test_what_can_be_done_is_told_with_why_not(attended: Any) -> None:
    status, body = await attended.call("GET", PATH)
    assert status == 200
    assert body == {
        "acts": {
            "ask": {"possible": True, "why_not": None},
            "refund": {"possible": False, "why_not": "gateway bank cannot refund"},
            "settle": {"possible": True, "why_not": None},
        }
    }


async def test_what_is_wanted_is_done_in_somebodys_name(attended: Any, staff: Scripted) -> None:
    status, body = await attended.call("POST", PATH, json=SETTLED)
    assert (status, body["state"], body["reason"]) == (202, "in_doubt", {"code": "settled", "text": "Ann: paid back in cash"})
    await attended.call("POST", PATH, json={"act": "ask", "by": "小王"})
    assert staff.done == [("A-17", Act.SETTLE, "Ann", "paid back in cash"), ("A-17", Act.ASK, "小王", "")]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["act", "by", "reason"]),
        ({**SETTLED, "act": "forget"}, ["act"]),
        ({**SETTLED, "act": ["settle"]}, ["act"]),
        ({**SETTLED, "by": "  "}, ["by"]),
        ({**SETTLED, "by": "x" * 41}, ["by"]),
        ({**SETTLED, "by": 7}, ["by"]),
        ({**SETTLED, "reason": "two\nlines"}, ["reason"]),
        ({**SETTLED, "reason": "x" * 161}, ["reason"]),
        ({"act": "settle", "by": "Ann"}, ["reason"]),
        ({"act": "refund", "by": "Ann"}, ["reason"]),
        ({"act": "ask", "by": "Ann", "reason": ""}, ["reason"]),
        ({**SETTLED, "amount": 5}, ["amount"]),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_done(attended: Any, staff: Scripted, body: dict[str, Any], fields: list[str]) -> None:
    status, answer = await attended.call("POST", PATH, json=body)
    assert (status, answer["error"]["code"], sorted(answer["error"]["fields"])) == (422, "invalid", sorted(fields))
    assert staff.done == []


async def test_a_code_that_somebody_typed_is_kept_nowhere(attended: Any, staff: Scripted) -> None:
    """P10: to say which payment it was, somebody may well scan its code into the field."""
    code = "13" + "0123456789012345"
    await attended.call("POST", PATH, json={"act": "settle", "by": code, "reason": f"it was {code}"})
    assert staff.done == [("A-17", Act.SETTLE, "13…45", "it was 13…45")]


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [(NotPossible("it is not in doubt: it is paid"), 409, "not_possible"), (NotStorable("the disk is full"), 503, "not_storable")],
)
async def test_what_cannot_be_done_says_why(attended: Any, staff: Scripted, refusal: Exception, status: int, code: str) -> None:
    staff.refusal = refusal
    told, body = await attended.call("POST", PATH, json=SETTLED)
    assert (told, body["error"]["code"], body["error"]["text"]) == (status, code, str(refusal))


@pytest.mark.parametrize("ref", ["A-18", "no%20ref"])
async def test_nobody_knows_it(attended: Any, ref: str) -> None:
    for method, more in (("GET", {}), ("POST", {"json": SETTLED})):
        status, body = await attended.call(method, f"/v1/payments/{ref}/acts", **more)
        assert (status, body["error"]["code"]) == (404, "unknown")


async def test_only_who_may_call_may_act(serve: Any, staff: Scripted) -> None:
    box = await serve(attendance=staff, token=Secret("a-token-for-tests"))
    assert (await box.call("POST", PATH, json=SETTLED))[0] == 401
    assert (await box.call("POST", PATH, json=SETTLED, headers={"Authorization": "Bearer a-token-for-tests"}))[0] == 202


async def test_no_other_sites_page_may_act(attended: Any, staff: Scripted) -> None:
    status, _ = await attended.call("POST", PATH, json=SETTLED, headers={"Origin": "https://evil.example"})
    assert status == 403
    assert staff.done == []
