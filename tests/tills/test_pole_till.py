"""`daemon.tills.pole` and `daemon.tills.refusals`: bytes of a display's line before a desk and a front of the test. In virtual time."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "hw"))
from virtual_time import VirtualLoop

from daemon import texts
from daemon.money import Amount, Minor
from daemon.payment import Mode, Payment, Ref, State
from daemon.tills.base import Busy, Conflict, Ended, NotReady, NotStorable, Offer, Request
from daemon.tills.http import Terms, is_ref
from daemon.tills.pole import POLE, PoleTerms, PoleTill
from daemon.tills.pole_sale import STABLE_S
from daemon.tills.refusals import word_for
from hw.interfaces import Condition, Health
from hw.simulated_tap import SimulatedTap

NOON = "2026-11-27T12:00:00.000Z"


class Counter:
    """The line, the till that hears it, a desk and a front of the test."""

    def __init__(self, **terms: Any) -> None:
        self.tap = SimulatedTap("pole")
        self.payments: list[Payment] = []
        self.requests: list[Request] = []
        self.cancelled: list[tuple[str, bool]] = []
        self.refusal: Exception | None = None
        self.unreadable = 0
        self.refused: list[str] = []
        self.offered: Offer | None = None
        self.offers = 0
        self.has_button = bool(terms.pop("has_button", True))
        self.healths: list[Health] = []
        self._numbers = iter(range(1, 100))
        self._terms = PoleTerms("pole", Terms("CNY", 100_000), **terms)
        self.till = self.made()

    def made(self) -> PoleTill:
        return PoleTill(self._terms, self.tap, self, self, lambda: f"T{next(self._numbers)}")  # type: ignore[arg-type]  # as much of a desk as it needs

    # -- the desk --

    async def ask(self, request: Request) -> tuple[Payment, bool]:
        known = await self.find(request.ref)
        if known is not None:
            return known, False
        self.requests.append(request)
        await asyncio.sleep(0)
        if self.refusal is not None:
            raise self.refusal
        return self.add(request.ref, State.AWAITING_CODE, amount=request.amount), True

    async def cancel(self, ref: Ref, by: str, *, unsent: bool = False) -> Payment:
        self.cancelled.append((by, unsent))
        await asyncio.sleep(0)
        payment = await self.find(ref)
        if payment is None or payment.state is not State.AWAITING_CODE:
            raise Ended("a code was presented")
        return self.move(ref, State.CANCELLED)

    async def find(self, ref: Ref) -> Payment | None:
        return next((payment for payment in self.payments if payment.ref == ref), None)

    async def recent(self, limit: int, before: str | None) -> list[Payment]:
        assert before is None
        if self.unreadable:
            self.unreadable -= 1
            raise NotStorable("the journal cannot be read")
        return self.payments[::-1][:limit]

    # -- the front --

    def offer(self, till: str, offer: Offer | None) -> None:
        assert till == "pole"
        self.offered = offer
        self.offers += 1

    def refuse(self, till: str, why: str) -> None:
        assert till == "pole"
        assert why in texts.NOT_TAKEN
        self.refused.append(why)

    # -- the world --

    def add(self, ref: str, state: State, till: str = "pole", **more: Any) -> Payment:
        amount = more.pop("amount", Amount(Minor(1250), "CNY"))
        payment = Payment(Ref(ref), till, amount, Mode.SCAN, state, NOON, NOON).but(**more)
        self.payments.append(payment)
        self.till.changed(payment)
        return payment

    def move(self, ref: str, state: State) -> Payment:
        (old,) = [payment for payment in self.payments if payment.ref == ref]
        new = old.but(state=state)
        self.payments[self.payments.index(old)] = new
        self.till.changed(new)
        return new

    async def shows(self, upper: str, lower: str = "", seconds: float = STABLE_S + 0.01) -> None:
        for name, row in (("A", upper), ("B", lower)):
            self.tap.hear(b"\x1bQ" + name.encode() + row.encode("gb18030") + b"\r")
        await asyncio.sleep(seconds)
        await self.settle()

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    async def take(self) -> Payment | None:
        assert self.offered is not None
        return await self.offered.take()

    @property
    def offers_now(self) -> tuple[int, bool] | None:
        return None if self.offered is None else (self.offered.amount.minor, self.offered.by_scan)

    @property
    def asked(self) -> list[int]:
        return [request.amount.minor for request in self.requests]


Story = Callable[[Counter], Awaitable[None]]


def story(**terms: Any) -> Callable[[Story], Callable[[], None]]:
    def decorated(play: Story) -> Callable[[], None]:
        @wraps(play)
        def test() -> None:
            loop = VirtualLoop()

            async def whole() -> None:
                counter = Counter(**terms)
                counter.till.start(counter.healths.append)
                await counter.settle()
                await play(counter)
                await counter.till.stop()
                assert counter.offered is None

            try:
                loop.run_until_complete(whole())
            finally:
                loop.close()

        del test.__wrapped__  # type: ignore[attr-defined]  # pytest would look for its arguments
        return test

    return decorated


@story()
async def test_a_total_is_offered_and_whoever_takes_it_takes_it_once(counter: Counter) -> None:
    await counter.shows("TEA", "3.50")
    assert counter.offers_now is None
    await counter.shows("TOTAL", "12.50")
    assert counter.offers_now == (1250, True)
    offer = counter.offered
    assert offer is not None
    one, two = await offer.take(), await offer.take()
    assert one == two
    assert one is not None
    assert (one.ref, one.till, one.amount.minor) == (f"{POLE}T1", "pole", 1250)
    assert is_ref(one.ref)
    assert counter.asked == [1250]
    assert counter.offered is None


@story()
async def test_the_line_may_be_cut_anywhere_and_is_drawn_again(counter: Counter) -> None:
    for byte in b"\x1bQATOTAL\r\x1bQB12.50\r" * 3:
        counter.tap.hear(bytes([byte]))
        await asyncio.sleep(0.001)
    await asyncio.sleep(STABLE_S)
    assert counter.offers_now == (1250, True)
    assert counter.offers == 1


@story()
async def test_a_redraw_after_paid_sells_nothing_and_the_next_sale_does(counter: Counter) -> None:
    await counter.shows("TOTAL", "12.50")
    await counter.take()
    counter.move("pole-T1", State.SUBMITTING)
    counter.move("pole-T1", State.PAID)
    for _ in range(3):
        await counter.shows("TOTAL", "12.50")
    assert counter.offers_now is None
    await counter.shows("THANK YOU")
    await counter.shows("TOTAL", "12.50")
    assert counter.offers_now == (1250, True)


@story()
async def test_another_total_while_a_code_is_awaited_gives_up_only_what_was_not_sent(counter: Counter) -> None:
    await counter.shows("TOTAL", "12.50")
    await counter.take()
    await counter.shows("TOTAL", "15.50")
    assert counter.cancelled == [("till pole, whose total changed", True)]
    assert counter.offers_now == (1550, True)


@story()
async def test_one_that_a_code_was_presented_for_this_very_moment_goes_on(counter: Counter) -> None:
    await counter.shows("TOTAL", "12.50")
    await counter.take()
    await counter.shows("TOTAL", "15.50", STABLE_S - 0.1)
    asyncio.get_running_loop().call_later(0.1, lambda: counter.move("pole-T1", State.SUBMITTING))
    await asyncio.sleep(0.2)
    await counter.settle()
    assert (await counter.find(Ref("pole-T1"))).state is State.SUBMITTING  # type: ignore[union-attr]  # it is there
    assert counter.offers_now is None


@story()
async def test_what_changed_after_something_was_sent_is_ignored_and_logged(counter: Counter) -> None:
    await counter.shows("TOTAL", "12.50")
    await counter.take()
    counter.move("pole-T1", State.SUBMITTING)
    await counter.shows("TOTAL", "15.50")
    assert (counter.cancelled, counter.offers_now) == ([], None)


@story(confirm=False)
async def test_without_confirmation_it_is_asked_for_at_once(counter: Counter) -> None:
    await counter.shows("TOTAL", "12.50")
    assert counter.asked == [1250]
    await counter.shows("TOTAL", "15.50")
    assert counter.asked == [1250, 1550]
    assert [payment.state for payment in counter.payments] == [State.CANCELLED, State.AWAITING_CODE]


@story(confirm=False)
async def test_and_offered_where_the_box_cannot_take_it(counter: Counter) -> None:
    counter.refusal = NotReady(["scanner missing"])
    await counter.shows("TOTAL", "12.50")
    assert counter.refused == ["not_ready"]
    assert counter.offers_now == (1250, True)
    counter.refusal = None
    assert await counter.take() is not None


@story()
async def test_a_take_that_is_refused_says_why_and_is_offered_on(counter: Counter) -> None:
    await counter.shows("TOTAL", "12.50")
    counter.refusal = NotStorable("disk full")
    assert await counter.take() is None
    assert counter.refused == ["not_stored"]
    assert counter.offers_now == (1250, True)
    assert counter.offers == 2, "the scanner is armed once more"
    counter.refusal = None
    assert await counter.take() is not None


@story()
async def test_a_total_that_is_being_drawn_over_is_not_taken(counter: Counter) -> None:
    await counter.shows("TOTAL", "12.50")
    await counter.shows("TOTAL", "15.50", 0.1)
    assert await counter.take() is None
    assert counter.refused == ["changed"]
    assert counter.asked == []
    await asyncio.sleep(STABLE_S)
    assert counter.offers_now == (1550, True)


@story()
async def test_nothing_is_offered_beside_a_payment_of_another_till(counter: Counter) -> None:
    counter.add("A-1", State.AWAITING_CODE, till="web")
    await counter.shows("TOTAL", "12.50")
    assert counter.offers_now is None
    counter.move("A-1", State.PAID)
    assert counter.offers_now == (1250, True)
    counter.add("A-2", State.IN_DOUBT, till="web")
    assert counter.offers_now == (1250, True)


@story()
async def test_more_than_is_allowed_is_not_offered(counter: Counter) -> None:
    await counter.shows("TOTAL", "1,000.01")
    assert counter.offers_now is None
    await counter.shows("TOTAL", "1,000.00")
    assert counter.offers_now == (100_000, True)


@story()
async def test_a_line_that_goes_takes_the_offer_with_it_and_what_half_came_counts_no_more(counter: Counter) -> None:
    await counter.shows("TOTAL", "12.50")
    counter.tap.hear(b"\x1bQB9")
    counter.tap.unplug()
    assert counter.offers_now is None
    assert counter.till.health.condition is Condition.MISSING
    counter.tap.plug()
    counter.tap.hear(b"9.99\r")
    await asyncio.sleep(1)
    assert counter.offers_now is None
    await counter.shows("TOTAL", "12.50")
    assert counter.offers_now == (1250, True)
    assert [health.condition for health in counter.healths] == [Condition.OK, Condition.MISSING, Condition.OK]


@story()
async def test_a_payment_goes_on_when_the_line_goes(counter: Counter) -> None:
    await counter.shows("TOTAL", "12.50")
    await counter.take()
    counter.tap.unplug()
    await counter.settle()
    assert counter.cancelled == []


def restarted(state: State) -> Callable[[Story], Callable[[], None]]:
    """A box that was restarted after a payment of 12.50 came to that end."""

    def decorated(play: Story) -> Callable[[], None]:
        def test() -> None:
            loop = VirtualLoop()

            async def whole() -> None:
                counter = Counter()
                counter.add("pole-0", state)
                counter.add("A-9", State.PAID, till="web")
                counter.till = counter.made()
                counter.till.start(counter.healths.append)
                await counter.settle()
                await play(counter)
                await counter.till.stop()

            try:
                loop.run_until_complete(whole())
            finally:
                loop.close()

        return test

    return decorated


@restarted(State.PAID)
async def _paid_before(counter: Counter) -> None:
    await counter.shows("TOTAL", "12.50")
    assert counter.offers_now is None
    await counter.shows("THANK YOU")
    await counter.shows("TOTAL", "12.50")
    assert counter.offers_now == (1250, True)


@restarted(State.CANCELLED)
async def _cancelled_before(counter: Counter) -> None:
    await counter.shows("TOTAL", "12.50")
    assert counter.offers_now == (1250, False)


@pytest.mark.parametrize("play", [_paid_before, _cancelled_before])
def test_what_was_asked_for_before_a_restart_is_spent(play: Callable[[], None]) -> None:
    play()


def test_a_box_that_cannot_read_its_journal_does_not_listen_yet() -> None:
    loop = VirtualLoop()

    async def play() -> None:
        counter = Counter()
        counter.unreadable = 2
        counter.till.start(counter.healths.append)
        await counter.settle()
        assert not counter.tap.hear(b"x")
        await asyncio.sleep(10)
        assert counter.tap.hear(b"x")
        await counter.till.stop()

    try:
        loop.run_until_complete(play())
    finally:
        loop.close()


@pytest.mark.parametrize(
    ("dialect", "terms", "data"),
    [
        ("led8", {"implied": True}, b"\x1bs2\x1bQA1250\r"),
        ("escpos", {}, b"\x0cTOTAL\x1f$\x01\x0212.50"),
        ("cd5220", {"words": ("ENDBETRAG",)}, b"\x0cEndbetrag 12,50"),
        ("cd5220", {"pattern": r"= *([0-9.,]+)"}, b"\x0c= 12.50"),
    ],
)
def test_dialect_words_and_point_are_those_of_the_configuration(dialect: str, terms: dict[str, Any], data: bytes) -> None:
    @story(dialect=dialect, **terms)
    async def play(counter: Counter) -> None:
        counter.tap.hear(data)
        await asyncio.sleep(STABLE_S)
        assert counter.offers_now == (1250, True)

    play()


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (NotStorable("x"), "not_stored"),
        (NotReady(["x"]), "not_ready"),
        (Conflict("x"), "busy"),
        (Busy(Ref("A-1")), "busy_other"),
        (Busy(Ref("A-2")), "doubt"),
        (Busy(Ref("pole-1")), "busy"),
        (Busy(Ref("gone")), "busy_other"),
    ],
)
def test_words_for_a_refusal(error: Any, word: str) -> None:
    async def play() -> None:
        counter = Counter()
        counter.add("A-1", State.PENDING, till="web")
        counter.add("A-2", State.IN_DOUBT, till="web")
        counter.add("pole-1", State.PENDING)
        assert await word_for(error, counter, "pole") == word  # type: ignore[arg-type]  # as much of a desk as it needs

    asyncio.run(play())
