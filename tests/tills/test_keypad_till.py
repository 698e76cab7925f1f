"""`daemon.tills.keypad`: keys are dealt with in order before a desk of the test; what the panel says; a pad that goes. In virtual time."""

from __future__ import annotations

import asyncio

import pytest
from keypad_counter import NOON, Counter, story

from daemon import texts
from daemon.errands import PAID_LATE
from daemon.money import Amount, Minor
from daemon.payment import Mode, Payment, Reason, Ref, State
from daemon.tills.base import Busy, Ended, NotReady, NotStorable, Played, Request
from daemon.tills.http import is_ref
from daemon.tills.keypad import LAST_SHOWN_S, PAD, WAITING_KEYS
from daemon.tills.keypad_typing import FORGET_S
from daemon.view import Prompt, PromptKind
from hw.interfaces import Condition


def typed(figure: str, before: str = "") -> Prompt:
    return Prompt(PromptKind.TYPED, figure, before=before)


@story
async def test_what_is_typed_is_shown_asked_for_and_gone(counter: Counter) -> None:
    assert await counter.type("12.5") == []
    assert counter.prompt == typed("12.5")
    await counter.type("\n")
    (request,) = counter.requests
    assert request == Request(Ref(f"{PAD}T1"), "pad", Amount(Minor(1250), "CNY"))
    assert is_ref(request.ref)
    assert counter.prompt is None


@story
async def test_a_sum_is_shown_as_it_grows(counter: Counter) -> None:
    await counter.type("12.50+")
    assert counter.prompt == typed("12.50", "12.50 +")
    await counter.type("3*2")
    assert counter.prompt == typed("2", "12.50 + 3 ×")
    await counter.type("\n")
    assert counter.asked == [1850]


@story
async def test_esc_gives_up_the_payment_that_was_asked_for_here(counter: Counter) -> None:
    await counter.type("5\n")
    assert await counter.type("1\n") == ["busy"], "and a second Enter is nothing"
    await counter.type("\x1b")
    assert counter.cancelled == [("pad-T1", "till pad")]
    assert await counter.type("\x1b6\n") == []
    assert counter.asked == [500, 600]


@story
async def test_esc_while_the_payment_ends_by_itself_is_nothing(counter: Counter) -> None:
    for late in (Ended("ended"), KeyError("pad-T1")):
        counter.add("pad-1", State.AWAITING_CODE)
        counter.refusal = late
        assert await counter.type("\x1b") == []
        counter.move("pad-1", State.PAID)
        counter.payments.clear()


@story
async def test_a_payment_of_another_till_is_not_given_up_and_nothing_is_typed_beside_it(counter: Counter) -> None:
    counter.add("A-1", State.PENDING, till="web")
    assert await counter.type("\x1b1") == ["busy_other"]
    assert counter.cancelled == []
    counter.move("A-1", State.PAID)
    assert await counter.type("1\n") == []
    assert counter.asked == [100]


@pytest.mark.parametrize("state", [State.IN_DOUBT, State.REFUSED])
def test_what_is_in_doubt_or_undone_in_the_background_blocks_no_typing(state: State) -> None:
    @story
    async def play(counter: Counter) -> None:
        counter.add("pad-1", State.PENDING)
        counter.move("pad-1", state)
        assert await counter.type("1\n") == []
        assert counter.asked == [100]

    play()


REFUSALS = {
    "busy_other": Busy(Ref("A-1")),
    "doubt": Busy(Ref("A-2")),
    "busy": Busy(Ref("pad-3")),
    "not_ready": NotReady(["scanner missing"]),
    "not_stored": NotStorable("disk full"),
}


@pytest.mark.parametrize("word", REFUSALS)
def test_a_request_that_is_not_taken_says_why_and_the_line_stays(word: str) -> None:
    @story
    async def play(counter: Counter) -> None:
        counter.payments = [
            Payment(Ref(ref), till, Amount(Minor(5), "CNY"), Mode.SCAN, state, NOON, NOON)
            for ref, till, state in (("A-1", "web", State.PENDING), ("A-2", "web", State.IN_DOUBT), ("pad-3", "pad", State.PENDING))
        ]
        counter.refusal = REFUSALS[word]
        assert await counter.type("12.50\n") == [word]
        assert word in texts.NOT_TAKEN
        assert counter.prompt == typed("12.50")
        counter.refusal = None
        await counter.type("\n")
        assert counter.asked == [1250, 1250]

    play()


@story
async def test_too_much_is_refused_at_the_line_and_never_asked_for(counter: Counter) -> None:
    assert await counter.type("1000.01\n") == ["too_much"]
    assert await counter.type("\x1b900+200+") == ["too_much"]
    assert counter.asked == []
    assert counter.prompt == typed("200", "900.00 +")


@story
async def test_the_last_payment_is_shown_for_some_seconds_or_until_the_next_key(counter: Counter) -> None:
    assert await counter.type("\n") == ["no_last"]
    counter.add("pad-1", State.PAID)
    counter.add("A-1", State.REFUSED, till="web")
    await counter.type("\n")
    assert counter.prompt == Prompt(PromptKind.LAST, "¥12.50", state=State.PAID)
    await asyncio.sleep(LAST_SHOWN_S - 0.1)
    assert counter.prompt is not None
    await asyncio.sleep(0.2)
    assert counter.prompt is None
    await counter.type("/")
    assert counter.prompt is not None
    await counter.type("5")
    assert counter.prompt == typed("5")


@story
async def test_money_that_came_late_is_no_plain_no(counter: Counter) -> None:
    counter.add("pad-1", State.REVOKED, reason=Reason(PAID_LATE.code, ""))
    await counter.type("\n")
    assert counter.prompt is not None
    assert counter.prompt.state is State.IN_DOUBT


@story
async def test_star_types_the_last_amount_again(counter: Counter) -> None:
    assert await counter.type("*") == ["no_last"]
    counter.add("pad-1", State.PAID)
    await counter.type("*")
    assert counter.prompt == typed("12.50")
    await counter.type("+1\n")
    assert counter.asked == [1350]


@story
async def test_a_journal_that_cannot_be_read_is_said(counter: Counter) -> None:
    counter.fault = NotStorable("the journal cannot be read")
    assert await counter.type("*") == ["not_stored"]


@story
async def test_a_fault_of_the_program_stops_nobody_from_typing_on(counter: Counter) -> None:
    counter.fault = RuntimeError("broken")
    await counter.type("*")
    counter.fault = None
    assert await counter.type("5\n") == []
    assert counter.asked == [500]


@story
async def test_keys_that_come_while_the_desk_is_asked_wait_for_its_answer(counter: Counter) -> None:
    counter.hold = asyncio.Event()
    await counter.type("5\n7")
    assert counter.asked == [500]
    counter.hold.set()
    await counter.settle()
    assert counter.refused == ["busy"], "the 7 came to an open payment"


@story
async def test_too_many_of_them_are_lost_keys(counter: Counter) -> None:
    counter.hold = asyncio.Event()
    await counter.type("5\n")
    assert await counter.type("1" * (WAITING_KEYS + 1)) == ["lost_keys"]
    counter.hold.set()
    await counter.settle()
    assert counter.refused == ["lost_keys"]


@story
async def test_half_an_amount_is_dropped_when_the_pad_is_pulled(counter: Counter) -> None:
    await counter.type("12+3")
    counter.pad.unplug()
    assert counter.prompt is None
    assert counter.till.health.condition is Condition.MISSING
    counter.pad.plug()
    await counter.type("4\n")
    assert counter.asked == [400]
    assert [health.condition for health in counter.healths] == [Condition.OK, Condition.MISSING, Condition.OK]


@story
async def test_and_when_keys_were_lost(counter: Counter) -> None:
    await counter.type("12")
    counter.pad.lose_keys()
    assert counter.refused == ["lost_keys"]
    assert counter.prompt is None


@story
async def test_a_line_that_is_left_alone_is_forgotten(counter: Counter) -> None:
    await counter.type("12")
    await asyncio.sleep(FORGET_S - 1)
    assert counter.prompt == typed("12")
    await asyncio.sleep(2)
    assert counter.prompt is None


@story
async def test_a_payment_goes_on_when_the_pad_is_pulled(counter: Counter) -> None:
    await counter.type("5\n")
    counter.pad.unplug()
    await counter.settle()
    assert counter.cancelled == []


def test_a_pad_that_is_only_looked_at_types_nothing() -> None:
    async def play() -> None:
        counter = Counter()
        counter.till.look(counter.healths.append)
        counter.pad.lose_keys()
        assert await counter.type("5\n") == []
        assert [health.condition for health in counter.healths] == [Condition.OK]
        await counter.till.stop()
        assert counter.requests == []

    asyncio.run(play())


def test_only_a_simulated_pad_can_be_played() -> None:
    counter = Counter()
    assert isinstance(counter.till, Played)
    assert counter.till.played == counter.pad.type
    counter.till._pad = object()  # type: ignore[assignment]  # any other pad
    assert counter.till.played is None
