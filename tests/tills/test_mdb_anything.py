"""`daemon.tills.mdb` and `daemon.tills.mdb_vending`: whatever the adapter says, and whatever else befalls, before a whole box.

No vend is approved that was not paid for and stored; never two for one payment; and what was paid for is given, in doubt, or goes back.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vending import MdbShop, in_virtual_time, settle

from daemon.goods import Stand
from daemon.payment import State

LINES = (
    "c,STATUS,INACTIVE", "c,STATUS,DISABLED", "c,STATUS,ENABLED", "c,STATUS,IDLE,5.00", "c,STATUS,VEND,5.00,1", "c,STATUS,VEND,3.00,2",
    "c,STATUS,VEND,x", "c,VEND,SUCCESS", "c,ERR,VEND 3", "c,ERR,VEND 1", 'c,ERR,"cashless is off"', "c,SET,OK", "v,4.0", "?",
)  # fmt: skip
CASES = ("00", "01", "02", "15", "48", "99")
ACTS = st.one_of(
    st.sampled_from(LINES).map(lambda line: ("hear", line)),
    st.sampled_from(CASES).map(lambda case: ("pay", case)),
    st.sampled_from([0.1, 1.0, 7.0, 40.0]).map(lambda seconds: ("wait", seconds)),
    st.sampled_from([("pull", ""), ("plug", ""), ("hear", "c,STATUS,VEND,5.00,1"), ("pay", "00")]),
)
MODES: tuple[dict[str, Any], ...] = ({}, {"always_idle": False}, {"always_idle": False, "price": 500, "max_vend_wait_s": 5.0})


class Silent:
    """An adapter that says only what the test says."""

    def opened(self, _now: float) -> None:
        pass

    def received(self, _data: bytes, _now: float) -> None:
        pass

    def next_deadline(self) -> float | None:
        return None

    def take(self) -> bytes:
        return b""


async def play(shop: MdbShop, act: tuple[str, Any]) -> None:
    what, more = act
    if what == "hear":
        shop.line._arrive(f"{more}\n".encode())
    elif what == "wait":
        await asyncio.sleep(more)
    elif what == "pull":
        shop.line.unplug()
    elif what == "plug":
        shop.line.plug()
    elif shop.changes and (waiting := shop.runner.find(shop.ref)) is not None and waiting.state is State.AWAITING_CODE:
        await shop.scan(more, shop.ref)
    await settle()


async def check(shop: MdbShop, approvals: list[list[str]]) -> None:
    """`approvals`: the payments whose vend was begun, on disk, at each approval."""
    for number, begun in enumerate(approvals, start=1):
        assert len(begun) >= number, "approved without a payment of its own"
    for payment in {change.payment.ref: change.payment for change in shop.changes}.values():
        owing = await shop.goods.find(payment.ref)
        if payment.state in (State.PAID, State.REFUNDED):
            assert owing is not None, "paid, and nothing is known of its goods"
            assert not owing.is_open
            assert (payment.state is State.REFUNDED) is (owing.stands is Stand.FAILED)
        else:
            assert owing is None


def played(mode: dict[str, Any], acts: list[tuple[str, Any]]) -> int:
    """How many vends were approved; AssertionError where anything was broken."""
    approvals: list[list[str]] = []

    @in_virtual_time
    async def whole() -> None:
        with tempfile.TemporaryDirectory() as place:
            async with MdbShop(Path(place), machine=Silent(), sell_while_in_doubt=True, **mode) as shop:  # type: ignore[arg-type]  # all of a machine that is asked for
                watch(shop, approvals)
                for line in ("c,STATUS,INACTIVE", *["c,SET,OK"] * 5, "c,STATUS,INACTIVE", "c,STATUS,ENABLED"):
                    await play(shop, ("hear", line))
                for act in acts:
                    await play(shop, act)
                await asyncio.sleep(300)
                shop.line.plug()
                await asyncio.sleep(900)
                await shop.till.stop()
                await settle()
                await check(shop, approvals)

    whole()
    return len(approvals)


def watch(shop: MdbShop, approvals: list[list[str]]) -> None:
    send = shop.line.send

    def watched(data: bytes) -> bool:
        taken = send(data)
        if taken and data.startswith(b"C,VEND,") and data != b"C,VEND,-1\n":
            rows = shop.journal._file._db.execute("SELECT payment FROM goods WHERE begun = 1")  # type: ignore[union-attr]  # it is open
            approvals.append([row[0] for row in rows])
        return taken

    shop.line.send = watched  # type: ignore[method-assign]  # the same, watched


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(MODES), st.lists(ACTS, max_size=25))
def test_whatever_comes_paid_approved_and_given_agree(mode: dict[str, Any], acts: list[tuple[str, Any]]) -> None:
    played(mode, acts)


VEND, PAY = ("hear", "c,STATUS,VEND,5.00,1"), ("pay", "00")
SOLD = [("hear", "c,VEND,SUCCESS"), ("hear", "c,STATUS,ENABLED")]


@pytest.mark.parametrize(
    ("mode", "acts", "approved"),
    [
        (MODES[0], [VEND, PAY, *SOLD, ("wait", 7.0), VEND, PAY], 2),
        (MODES[0], [VEND, PAY, ("pull", "")], 1),
        (MODES[0], [VEND, ("pay", "48"), ("hear", "c,STATUS,ENABLED")], 0),
        (MODES[2], [PAY, ("hear", "c,STATUS,IDLE,5.00"), ("hear", "c,STATUS,VEND,3.00,2"), VEND, ("hear", "c,ERR,VEND 3")], 1),
    ],
    ids=["two", "pulled", "gave up", "paid first"],
)
def test_some_of_what_may_come(mode: dict[str, Any], acts: list[tuple[str, Any]], approved: int) -> None:
    assert played(mode, acts) == approved
