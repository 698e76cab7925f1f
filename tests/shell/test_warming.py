"""Connections are kept warm from the amount until the code, and no longer (daemon.warming)."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from daemon import warming
from daemon.gateways.base import Gateway
from daemon.money import Amount, Minor
from daemon.payment import Mode, Payment, Ref, State
from daemon.runner import Change
from daemon.warming import Warming


class Warm:
    """A gateway that remembers how often it was warmed; `hangs`: its provider does not answer."""

    def __init__(self, *, hangs: bool = False) -> None:
        self.times = 0
        self._hangs = hangs

    async def warm(self) -> None:
        self.times += 1
        if self._hangs:
            await asyncio.Event().wait()


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warming, "LOOK_S", 0.0)


def warming_of(*gateways: Warm) -> Warming:
    return Warming({str(n): cast("Gateway", gateway) for n, gateway in enumerate(gateways)})


def payment(state: State, mode: Mode = Mode.SCAN, ref: str = "A-1") -> Payment:
    return Payment(Ref(ref), "http", Amount(Minor(1250), "CNY"), mode, state, "", "")


def change(before: State | None, after: State, **about: Any) -> Change:
    entry = cast("Any", None)  # nothing here looks at it
    return Change(None if before is None else payment(before, **about), payment(after, **about), entry)


async def turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_an_idle_box_warms_nothing() -> None:
    gateway = Warm()
    warming_of(gateway)
    await turns()
    assert gateway.times == 0


async def test_while_a_code_is_awaited_every_gateway_is_looked_at_again_and_again() -> None:
    one, other = Warm(), Warm()
    subject = warming_of(one, other)
    subject.on_change(change(None, State.AWAITING_CODE))
    await turns()
    assert one.times > 1
    assert other.times > 1
    subject.stop()


async def test_a_provider_that_does_not_answer_keeps_no_other_from_being_warmed() -> None:
    dead, well = Warm(hangs=True), Warm()
    subject = warming_of(dead, well)
    subject.on_change(change(None, State.AWAITING_CODE))
    await turns()
    assert dead.times == 1
    assert well.times > 1
    subject.stop()


@pytest.mark.parametrize("after", [State.SUBMITTING, State.CANCELLED, State.EXPIRED])
async def test_it_ends_with_the_waiting(after: State) -> None:
    gateway = Warm()
    subject = warming_of(gateway)
    subject.on_change(change(None, State.AWAITING_CODE))
    await turns()
    subject.on_change(change(State.AWAITING_CODE, after))
    await turns()
    times = gateway.times
    await turns()
    assert gateway.times == times


async def test_news_of_an_older_payment_does_not_end_it() -> None:
    gateway = Warm()
    subject = warming_of(gateway)
    subject.on_change(change(None, State.AWAITING_CODE, ref="A-2"))
    subject.on_change(change(State.REVOKING, State.REVOKED, ref="A-1"))
    await turns()
    assert gateway.times > 1
    subject.stop()


async def test_a_qr_that_is_shown_needs_no_warm_connection() -> None:
    gateway = Warm()
    subject = warming_of(gateway)
    subject.on_change(change(None, State.AWAITING_CODE, mode=Mode.SHOW))
    await turns()
    assert gateway.times == 0


async def test_a_refusal_that_the_payer_can_mend_warms_again() -> None:
    gateway = Warm()
    subject = warming_of(gateway)
    subject.on_change(change(None, State.AWAITING_CODE))
    await turns()
    subject.on_change(change(State.AWAITING_CODE, State.SUBMITTING))
    times = gateway.times
    subject.on_change(change(State.SUBMITTING, State.AWAITING_CODE))
    await turns()
    assert gateway.times > times
    subject.stop()
