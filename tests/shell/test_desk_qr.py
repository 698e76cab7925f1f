"""The desk (daemon.desk): what a till may ask of a box that shows QRs, and what providers' notifications bring about."""

import asyncio
from dataclasses import replace

import pytest
from counted_shop import Counted, a_request
from shell_time import in_virtual_time, settle
from shop import until

from daemon.gateways.base import Push
from daemon.gateways.settings import SimulatedSettings
from daemon.gateways.simulated import SimulatedGateway
from daemon.health import Link
from daemon.payment import Mode, OutTradeNo, Ref, State
from daemon.tills.base import Busy, Conflict, Ended, NotReady, NotStorable
from daemon.timing import Schedule
from hw.interfaces import Condition, Health

A1 = Ref("A-1")


# -- QR payments --


SHOW = {"default": "trial"}


def a_show(ref="A-1", **more):
    return a_request(ref, mode=Mode.SHOW, **more)


class Numbering(SimulatedGateway):
    """A provider that numbers its QR orders at once, as Smart2Pay does."""

    async def create_qr(self, attempt):
        return replace(await super().create_qr(attempt), trade_no=f"P-{attempt.out_trade_no}")


@in_virtual_time
async def test_a_request_to_show_is_an_order_from_the_start(tmp_path):
    async with Counted(tmp_path, show=SHOW) as shop:
        payment, is_new = await shop.desk.ask(a_show(description="two teas"))
        (order,) = payment.attempts
        assert (is_new, payment.state, payment.mode) == (True, State.CREATING_QR, Mode.SHOW)
        assert (order.out_trade_no, order.gateway, order.scheme, order.description) == ("T1", "trial", "trial", "two teas")
        await until(lambda: shop.told[-1] == "paid")
        assert shop.told == ["creating_qr", "presenting_qr", "paid"]
        assert shop.asked == ["create_qr", "query", "query", "query"]
        assert shop.runner.live == []


@pytest.mark.parametrize(("scheme", "gateway"), [(None, "trial"), ("wechat", "trial"), ("alipay", "other"), ("unionpay", "trial")], ids=str)
@in_virtual_time
async def test_the_scheme_says_who_makes_the_qr_and_the_default_who_else(tmp_path, scheme, gateway):
    providers = {name: SimulatedGateway(SimulatedSettings(name)) for name in ("trial", "other")}
    async with Counted(tmp_path, show={"default": "trial", "alipay": "other"}, gateways=providers) as shop:
        shop.board.link("other", Link())
        payment, _ = await shop.desk.ask(a_show(scheme=scheme))
        assert (payment.attempts[0].gateway, payment.attempts[0].scheme) == (gateway, scheme or "trial")
        await until(lambda: shop.told[-1] == "paid")
        assert [name for name, provider in providers.items() if provider.calls] == [gateway]


@pytest.mark.parametrize(
    ("show", "request_", "why"),
    [
        ({"alipay": "trial"}, {}, "no gateway serves mode 'show'"),
        ({"alipay": "trial"}, {"scheme": "wechat"}, "no gateway serves mode 'show'"),
        ({"default": "away"}, {}, "gateway away: not checked yet"),
        ({"default": "blocked"}, {"scheme": "alipay"}, "gateway blocked: key wrong"),
    ],
    ids=str,
)
@in_virtual_time
async def test_what_nobody_can_show_is_not_taken_and_says_why(tmp_path, show, request_, why):
    """A gateway that cannot is never stood in for by another: the till asked for that wallet."""
    async with Counted(tmp_path, show=show) as shop:
        shop.board.link("blocked", Link(Health(Condition.FAILING, "key wrong"), blocked=True))
        with pytest.raises(NotReady, match=why):
            await shop.desk.ask(a_show(**request_))
        assert await shop.desk.find(A1) is None
        assert shop.asked == []


@in_virtual_time
async def test_without_a_panel_nothing_is_shown_but_codes_are_still_taken(tmp_path):
    async with Counted(tmp_path, show=SHOW) as shop:
        shop.board.device("display", Health(Condition.MISSING, "no answer at 0x3c"))
        with pytest.raises(NotReady, match="display missing: no answer at 0x3c"):
            await shop.desk.ask(a_show())
        assert shop.desk.not_ready() == []
        assert (await shop.desk.ask(a_request("A-2")))[1]


@in_virtual_time
async def test_without_a_scanner_nothing_is_scanned_but_a_qr_is_still_shown(tmp_path):
    async with Counted(tmp_path, show=SHOW) as shop:
        del shop.board.devices["scanner"]
        assert shop.desk.status()["ready"]  # a box without a scanner is one that shows
        with pytest.raises(NotReady, match="scanner: none is configured"):
            await shop.desk.ask(a_request())
        assert (await shop.desk.ask(a_show()))[1]


@in_virtual_time
async def test_a_qr_that_cannot_be_stored_is_not_asked_for(tmp_path, impatient):
    """P2."""
    async with Counted(tmp_path, show=SHOW) as shop:
        shop.lock()
        with pytest.raises(NotStorable):
            await shop.desk.ask(a_show())
        shop.unlock()
        await settle()
        assert (shop.asked, shop.runner.live) == ([], [])


@in_virtual_time
async def test_the_same_qr_asked_for_again_is_the_same_order(tmp_path):
    async with Counted(tmp_path, show=SHOW) as shop:
        asyncio.get_running_loop().disk_s = 0.2
        outcomes = await asyncio.gather(*(shop.desk.ask(a_show(ttl_s=30.0)) for _ in range(3)))
        assert [is_new for _, is_new in outcomes] == [True, False, False]
        await until(lambda: shop.told[-1] == "paid")
        payment, is_new = await shop.desk.ask(a_show(ttl_s=30.0))
        assert (is_new, payment.state, shop.asked.count("create_qr")) == (False, State.PAID, 1)
        with pytest.raises(Conflict):
            await shop.desk.ask(a_request(ttl_s=30.0))


@in_virtual_time
async def test_no_sale_starts_while_a_qr_can_still_be_paid_here(tmp_path):
    """While the order is made, shown and closed, whichever way the next one would be paid."""
    async with Counted(tmp_path, show=SHOW, closing=frozenset({"trial"})) as shop:
        asyncio.get_running_loop().disk_s = 0.2
        await shop.desk.ask(a_show())
        for state in ("creating_qr", "presenting_qr", "closing"):
            await until(lambda state=state: shop.told[-1] == state)
            for another in (a_request("A-2"), a_show("A-2")):
                with pytest.raises(Busy, match="A-1"):
                    await shop.desk.ask(another)
            if state == "presenting_qr":
                await shop.desk.cancel(A1, "till")
        await until(lambda: shop.told[-1] == "cancelled")
        assert (await shop.desk.ask(a_request("A-2")))[1]


@pytest.mark.parametrize("end", ["expired", "cancelled"])
@in_virtual_time
async def test_an_end_that_the_provider_has_not_confirmed_holds_up_nobody(tmp_path, end):
    """This provider has no close: the old order is asked about in the background, beside the next sale."""
    async with Counted(tmp_path, show=SHOW, refunding=frozenset()) as shop:
        await shop.desk.ask(a_show(ttl_s=2.0))
        await until(lambda: shop.told[-1] == "presenting_qr")
        if end == "cancelled":
            await shop.desk.cancel(A1, "till")
        await until(lambda: shop.told[-1] == end)
        assert [payment.ref for payment in shop.runner.live] == [A1]
        assert (await shop.desk.ask(a_show("A-2")))[1]
        with pytest.raises(Ended):
            await shop.desk.cancel(A1, "till")
        await until(lambda: shop.state("A-2") is State.PAID)
        await until(lambda: shop.runner.live == [])
        late = await shop.desk.find(A1)
        assert (late.state.value, late.reason.code) == (end, "paid_late")


# -- hints --


@in_virtual_time
async def test_a_hint_asks_now_what_would_be_asked_later(tmp_path):
    """And proves nothing: paid is what the query says."""
    async with Counted(tmp_path, show=SHOW, schedule=Schedule(qr_query_every_s=50.0)) as shop:
        await shop.desk.ask(a_show())
        await asyncio.sleep(2.0)
        await shop.desk.hint(Push(200, "T1"))
        await settle()
        assert (shop.asked, shop.told[-1]) == (["create_qr", "query"], "presenting_qr")
        shop.provider.pay(OutTradeNo("T1"))
        await asyncio.sleep(2.0)
        await shop.desk.hint(Push(200, "T1"))
        await settle()
        assert (shop.asked, shop.told[-1]) == (["create_qr", "query", "query"], "paid")


@in_virtual_time
async def test_a_hint_may_name_the_order_by_the_providers_number(tmp_path):
    async with Counted(tmp_path, show=SHOW, gateways={"trial": (provider := Numbering(SimulatedSettings("trial")))}) as shop:
        await shop.desk.ask(a_show())
        await asyncio.sleep(2.0)
        await shop.desk.hint(Push(204, None, "P-T2"))
        await shop.desk.hint(Push(204, None, "P-T1"))
        await settle()
        assert [call.name for call in provider.calls] == ["create_qr", "query"]


@in_virtual_time
async def test_a_flood_of_hints_asks_once_a_second(tmp_path):
    """P9: the provider's own notifications, or replayed ones, do not turn the box into a flood."""
    async with Counted(tmp_path, show=SHOW, schedule=Schedule(qr_query_every_s=50.0)) as shop:
        await shop.desk.ask(a_show())
        await asyncio.sleep(1.5)
        for _ in range(50):
            await shop.desk.hint(Push(200, "T1"))
            await asyncio.sleep(0.05)
        assert shop.asked == ["create_qr", "query", "query", "query"]


@in_virtual_time
async def test_a_hint_that_is_no_use_changes_nothing(tmp_path, impatient):
    """An order of somebody else's, of a payment that awaits its code, of one at its end; or the journal fails just then."""
    async with Counted(tmp_path, show=SHOW) as shop:
        await shop.desk.hint(Push(200, "T1"))
        await shop.desk.ask(a_request())
        await shop.desk.hint(Push(200, "T1"))
        await shop.desk.cancel(A1, "till")
        await shop.desk.ask(a_show("A-2"))
        await asyncio.sleep(2.0)
        seen = len(shop.changes)
        await shop.desk.hint(Push(200, "T9", "P-9"))
        shop.lock()
        await shop.desk.hint(Push(200, "T1"))
        shop.unlock()
        assert (len(shop.changes), shop.told[-1]) == (seen, "presenting_qr")
        await until(lambda: shop.told[-1] == "paid")
        asked = len(shop.asked)
        await shop.desk.hint(Push(200, "T1"))
        await settle()
        assert len(shop.asked) == asked


@in_virtual_time
async def test_a_hint_finds_money_that_comes_late(tmp_path):
    """The order was told expired, and is asked about ever more slowly: the notification need not wait for the next time."""
    async with Counted(tmp_path, show=SHOW, schedule=Schedule(chase_s=3000.0)) as shop:
        await shop.desk.ask(a_show(ttl_s=2.0))
        await until(lambda: shop.told[-1] == "expired")
        shop.provider.pay(OutTradeNo("T1"))
        await asyncio.sleep(5.0)
        await shop.desk.hint(Push(200, "T1"))
        await settle()
        assert shop.told[-1] == "refunded"
        assert shop.asked[-2:] == ["query", "refund"]
