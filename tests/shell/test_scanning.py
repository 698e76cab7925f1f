"""From a scan to a presented code: armed only while one is wanted, and everything else said and forgotten."""

import asyncio
import logging

import pytest
from shell_time import in_virtual_time, settle
from shop import NOTE, Shop, a_payment, code, until

from daemon.events import Cancelled
from daemon.health import Board, Link
from daemon.payment import Mode, OutTradeNo, Ref, State, reserved_order
from daemon.scanning import CODE_LIFE_S, Scanning
from daemon.view import NoticeKind, Part
from hw.interfaces import Condition, Health, Scan, ScanFault
from hw.simulated import SimulatedScanner

A1 = Ref("A-1")


class Scanned(Shop):
    """A shop with a scanner; `notices` is what was said to people."""

    def __init__(self, directory, **more):
        super().__init__(directory, **more)
        self.board = Board()
        self.board.link("trial", Link())
        self.notices = []
        self.scanner = SimulatedScanner(asyncio.get_running_loop().time)
        routes = {"wechat": "trial", "unionpay": "another"}
        self.scanning = Scanning(self.runner, self.scanner, routes, self.board, lambda *notice: self.notices.append(notice), self.number)
        self.scanner.open(self.scanning, lambda health: None)
        self.runner.listeners.append(self.scanning.on_change)

    def shows(self, case):
        """The payer holds a code before the scanner. Whether it was taken."""
        return self.scanner.scan(code(case).reveal())

    @property
    def events(self):
        return [change.entry.event for change in self.changes]


# -- armed while wanted --


@in_virtual_time
async def test_the_scanner_is_armed_from_the_amount_to_the_code(tmp_path):
    async with Scanned(tmp_path) as shop:
        assert not shop.shows("00")
        await shop.sell()
        assert shop.scanner.armed
        assert shop.shows("00")
        assert not shop.scanner.armed  # at once, not when it was stored
        await settle()
        assert shop.told == ["awaiting_code", "submitting", "paid"]
        assert not shop.shows("00")


@in_virtual_time
async def test_the_scanner_is_disarmed_when_the_payment_is_given_up(tmp_path):
    async with Scanned(tmp_path) as shop:
        await shop.sell()
        await shop.runner.feed(A1, Cancelled("till", at=""))
        assert not shop.scanner.armed
        assert not shop.shows("00")


@in_virtual_time
async def test_the_first_code_is_charged_by_the_order_that_waits_for_it_and_the_next_by_another(tmp_path):
    async with Scanned(tmp_path) as shop:
        payment = a_payment()
        await shop.runner.begin(payment.but(reserved=reserved_order(payment, OutTradeNo("R1"), "trial", "")))
        shop.shows("10")
        await until(lambda: shop.scanner.armed)
        shop.shows("00")
        await until(lambda: shop.told[-1] == "paid")
        assert [order.out_trade_no for order in shop.changes[-1].payment.attempts] == ["R1", "T1"]


@in_virtual_time
async def test_a_code_for_another_gateway_is_charged_by_an_order_of_its_own(tmp_path):
    async with Scanned(tmp_path) as shop:
        payment = a_payment()
        await shop.runner.begin(payment.but(reserved=reserved_order(payment, OutTradeNo("R1"), "another", "")))
        shop.shows("00")
        await until(lambda: shop.told[-1] == "paid")
        assert [order.out_trade_no for order in shop.changes[-1].payment.attempts] == ["T1"]


@in_virtual_time
async def test_a_payment_that_shows_a_code_arms_no_scanner(tmp_path):
    async with Scanned(tmp_path) as shop:
        await shop.sell(mode=Mode.SHOW)
        assert not shop.scanner.armed


@in_virtual_time
async def test_a_refused_payer_may_scan_again(tmp_path):
    async with Scanned(tmp_path) as shop:
        await shop.sell()
        shop.shows("10")
        await until(lambda: shop.scanner.armed)
        assert shop.scanner.armed
        shop.shows("00")
        await until(lambda: shop.told[-1] == "paid")
        assert shop.scanner.armings == 2


@in_virtual_time
async def test_a_code_that_never_left_the_box_may_be_shown_again(tmp_path):
    async with Scanned(tmp_path) as shop:
        await shop.sell()
        shop.shows("99")
        await settle()
        assert shop.told == ["awaiting_code", "submitting", "awaiting_code"]
        assert shop.shows("99")
        await settle()
        assert shop.events.count("code_presented") == 2
        assert shop.notices == []  # the presenter says what became of a charge


@in_virtual_time
async def test_what_happens_in_the_background_neither_arms_nor_disarms(tmp_path):
    """An earlier order is being undone while the next code is awaited, or already presented."""
    async with Scanned(tmp_path) as shop:
        await shop.sell()
        shop.shows("13")
        await until(lambda: shop.scanner.armed)
        await until(lambda: "revoke" in shop.asked, 40)
        assert (shop.scanner.armed, shop.scanner.armings) == (True, 2)


@in_virtual_time
async def test_another_payments_background_does_not_disarm(tmp_path):
    async with Scanned(tmp_path) as shop:
        await shop.sell("A-1")
        shop.shows("15")
        await until(lambda: shop.told[-1] == "refused")
        await shop.sell("A-2")
        await until(lambda: "revoke" in shop.asked, 40)
        assert (shop.scanner.armed, shop.scanner.armings) == (True, 2)


# -- what is no payer's code --


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("6901234567892", "product"),
        ("https://example.com/pay", "url"),
        ("wxp://f2f0abc", "receive"),
        ("00020101021129370016A000000677", "merchant_qr"),
        ("hello", "unknown"),
    ],
)
@in_virtual_time
async def test_what_is_no_payers_code_is_said_and_noted_and_never_sent(tmp_path, text, kind):
    async with Scanned(tmp_path) as shop:
        await shop.sell()
        assert shop.scanner.scan(text)
        await settle()
        assert shop.notices == [(NoticeKind.WRONG_CODE, kind)]
        assert (shop.changes[-1].entry.event, shop.changes[-1].entry.detail) == ("code_rejected", {"kind": kind})
        assert shop.scanner.armed
        assert shop.scanner.armings == 1
        assert shop.asked == []
        shop.shows("00")
        await settle()
        assert shop.told[-1] == "paid"


@pytest.mark.parametrize("digits", ["280000000000000017", "6200000000000000017"], ids=["no route", "gateway unknown"])
@in_virtual_time
async def test_a_scheme_without_a_way_is_refused_on_the_spot(tmp_path, digits):
    scheme = "alipay" if digits.startswith("28") else "unionpay"
    async with Scanned(tmp_path) as shop:
        await shop.sell()
        shop.scanner.scan(digits)
        await settle()
        assert shop.notices == [(NoticeKind.NO_ROUTE, scheme)]
        assert shop.changes[-1].entry.detail == {"kind": scheme}
        assert shop.scanner.armed


@in_virtual_time
async def test_a_gateway_with_bad_credentials_is_not_tried(tmp_path):
    async with Scanned(tmp_path) as shop:
        await shop.sell()
        shop.board.link("trial", Link(Health(Condition.FAILING, "key wrong"), Part.CREDENTIALS, blocked=True))
        shop.shows("00")
        await settle()
        assert (shop.notices, shop.asked) == ([(NoticeKind.NO_ROUTE, "wechat")], [])
        shop.board.link("trial", Link(Health(Condition.FAILING, "no answer")))  # that may have passed
        shop.shows("00")
        await settle()
        assert shop.told[-1] == "paid"


@in_virtual_time
async def test_a_scan_that_did_not_become_a_code_is_asked_for_again(tmp_path):
    async with Scanned(tmp_path) as shop:
        shop.scanning.scan_failed(ScanFault.NOISE)
        assert shop.notices == []
        await shop.sell()
        shop.scanner.fault(ScanFault.LOST_KEYS)
        assert shop.notices == [(NoticeKind.SCAN_AGAIN, "lost_keys")]
        assert shop.scanner.armed


# -- codes that are too old, used up, or one too many --


@in_virtual_time
async def test_a_code_that_waited_too_long_is_dropped(tmp_path, caplog):
    """A payer's code lives a minute; the box may have stood still."""
    caplog.set_level(logging.INFO)
    async with Scanned(tmp_path) as shop:
        now = asyncio.get_running_loop().time()
        shop.scanning.scanned(Scan(code("00").reveal(), now))
        await shop.sell()
        shop.scanning.scanned(Scan(code("00").reveal(), now - CODE_LIFE_S - 1))
        await settle()
        assert (shop.notices, shop.events) == ([], ["asked"])
        assert "code_dropped why=none_wanted" in caplog.text
        assert "code_dropped why=too_old" in caplog.text
        assert shop.scanner.armed
        shop.scanning.scanned(Scan(code("00").reveal(), now - CODE_LIFE_S + 1))
        await settle()
        assert shop.told[-1] == "paid"


@in_virtual_time
async def test_a_phone_that_lies_under_the_scanner_does_not_use_up_the_attempts(tmp_path):
    async with Scanned(tmp_path) as shop:
        await shop.sell()
        shop.shows("10")
        await until(lambda: shop.scanner.armed)
        assert shop.shows("10")
        await settle()
        assert shop.notices == [(NoticeKind.WRONG_CODE, "used")]
        assert shop.asked.count("submit") == 1
        await shop.runner.feed(A1, Cancelled("till", at=""))
        await shop.sell("A-2")
        shop.shows("10")
        await settle()
        assert shop.asked.count("submit") == 2  # another payment: who knows


@in_virtual_time
async def test_each_refused_code_is_remembered(tmp_path):
    async with Scanned(tmp_path) as shop:
        await shop.sell()
        for case in ("10", "12"):
            shop.shows(case)
            await until(lambda: shop.scanner.armed)
        for case in ("10", "12"):
            shop.shows(case)
            await settle()
        assert shop.notices == [(NoticeKind.WRONG_CODE, "used")] * 2
        assert shop.asked.count("submit") == 2


@in_virtual_time
async def test_of_two_codes_at_once_one_is_sent(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    async with Scanned(tmp_path) as shop:
        await shop.sell()
        now = asyncio.get_running_loop().time()
        shop.scanning.scanned(Scan(code("02").reveal(), now))
        shop.scanning.scanned(Scan(code("00").reveal(), now))
        await settle()
        assert shop.asked == ["submit"]
        assert shop.provider.orders["T1"].case.turns is None


@in_virtual_time
async def test_a_code_right_after_a_wrong_one_is_the_only_one_that_counts(tmp_path):
    """The note of the wrong one is stored while the right one is under way; a third must not slip in."""
    async with Scanned(tmp_path) as shop:
        asyncio.get_running_loop().disk_s = 0.1
        await shop.sell()
        shop.scanner.scan("6901234567892")
        shop.shows("10")
        assert not shop.scanner.armed
        await asyncio.sleep(0.15)
        assert shop.events[-1] == "code_rejected"
        assert not shop.scanner.armed
        assert not shop.shows("00")
        await until(lambda: shop.scanner.armed)
        shop.shows("10")
        await settle()
        assert shop.notices[-1] == (NoticeKind.WRONG_CODE, "used")
        await asyncio.sleep(1)


@in_virtual_time
async def test_a_code_that_comes_with_the_cancel_is_too_late(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    async with Scanned(tmp_path) as shop:
        await shop.sell()
        asyncio.get_running_loop().disk_s = 0.1
        cancelling = asyncio.create_task(shop.runner.feed(A1, Cancelled("till", at="")))
        await asyncio.sleep(0.01)
        shop.scanner.scan("6901234567892")
        shop.shows("00")
        await cancelling
        await asyncio.sleep(1)
        assert (shop.told[-1], shop.asked) == ("cancelled", [])
        assert "code_dropped why=too_late ref=A-1" in caplog.text
        assert "code_rejected kind=product ref=A-1 unstored=" in caplog.text
        assert not shop.scanner.armed


# -- a failing journal --


@in_virtual_time
async def test_a_code_whose_attempt_cannot_be_stored_is_said_and_wanted_again(tmp_path, impatient):
    async with Scanned(tmp_path) as shop:
        await shop.sell()
        shop.lock()
        shop.shows("00")
        await settle()
        assert shop.notices == [(NoticeKind.NOT_STORED, "")]
        assert (shop.asked, shop.scanner.armed) == ([], True)
        shop.scanner.scan("6901234567892")
        await settle()
        assert shop.notices[1:] == [(NoticeKind.WRONG_CODE, "product")]
        shop.unlock()
        shop.shows("00")
        await settle()
        assert shop.told[-1] == "paid"


@in_virtual_time
async def test_a_code_that_cannot_be_stored_for_a_payment_that_has_ended_is_not_wanted_again(tmp_path, impatient, monkeypatch):
    async with Scanned(tmp_path) as shop:
        await shop.sell()
        shop.lock()
        monkeypatch.setattr(shop.runner, "find", lambda ref: None)
        shop.shows("00")
        await settle()
        assert not shop.scanner.armed


# -- secrets --


@in_virtual_time
async def test_of_a_code_only_a_keyed_hash_stays(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    async with Scanned(tmp_path) as shop:
        await shop.sell()
        shop.shows("10")
        shop.scanner.scan("6901234567892")
        await until(lambda: shop.scanner.armed)
        shop.shows("10")
        await settle()
        kept = repr(vars(shop.scanning))
        assert shop.scanning._used
        for secret in (code("10").reveal(), "6901234567892"):
            assert secret not in kept
            assert secret not in caplog.text
            for file in tmp_path.iterdir():
                assert secret.encode() not in file.read_bytes()


@in_virtual_time
async def test_a_payment_that_was_taken_up_again_wants_no_code(tmp_path):
    async with Shop(tmp_path) as shop:
        await shop.journal.store(a_payment(), NOTE)
        await shop.journal.store(a_payment("A-2", State.IN_DOUBT), NOTE)
    async with Scanned(tmp_path) as again:
        await settle()
        assert not again.scanner.armed
