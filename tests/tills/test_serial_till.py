"""`daemon.tills.serial` on a real pseudo-terminal, before a desk of the test, in virtual time: minutes pass in no time."""

from __future__ import annotations

import asyncio

import pytest
from serial_counter import NOON, Counter, story

from daemon.money import Amount, Minor
from daemon.payment import Mode, Payment, Ref, State
from daemon.tills.base import Busy, Ended, NotReady, NotStorable
from daemon.tills.http import Terms
from daemon.tills.serial import WAITING_LINES, SerialTerms
from daemon.tills.serial_frames import frame
from daemon.tills.serial_owed import OWED_MOST
from daemon.tills.serial_repeats import Rhythm
from hw.interfaces import Condition

STATE = {"t": "state", "ref": "A-1", "s": "wait_scan", "state": "awaiting_code"}


@story
async def test_pay_is_acknowledged_then_its_state_is_told(counter: Counter) -> None:
    await counter.start()
    assert await counter.say("pay", ref="A-1", amt=5) == [{"t": "ack", "ref": "A-1"}, STATE]
    assert await counter.during(10.5) == [STATE] * 5
    assert await counter.say("pay", ref="A-1", amt=5) == [{"t": "ack", "ref": "A-1"}, STATE]


@story
async def test_each_change_is_told_at_once_and_the_end_until_got(counter: Counter) -> None:
    await counter.start()
    await counter.say("pay", ref="A-1", amt=5)
    heard = await counter.moved("A-1", State.SUBMITTING, State.PENDING, State.REVOKING, State.PAID)
    assert [(one["t"], one["s"]) for one in heard] == [
        ("state", "paying"), ("state", "paying"), ("state", "revoking"), ("end", "paid"),
    ]  # fmt: skip
    end = heard[-1]
    assert await counter.during(60.5) == [end] * 30
    assert len(await counter.during(600)) == 4 + 9, "4, 8, 16, 32, then every 60 seconds"
    assert await counter.say("got", seq=end["seq"]) == []
    assert await counter.during(200) == []
    assert counter.box.acknowledged == [end["seq"]]


@story
async def test_an_end_is_told_before_got_and_stays_told_after_it(counter: Counter) -> None:
    await counter.start()
    end = await counter.sold()
    assert await counter.say("got", seq=end["seq"] + 1) == []
    assert await counter.during(2.5) == [end]
    for _ in range(2):
        assert await counter.say("got", seq=end["seq"]) == []
    assert await counter.say("status", ref="A-1") == await counter.say("last") == [end]
    assert await counter.say("pay", ref="A-1", amt=5) == [{"t": "ack", "ref": "A-1"}, end]
    assert await counter.during(10) == []


@story
async def test_unknown_becomes_one_more_end(counter: Counter) -> None:
    await counter.start()
    unknown = await counter.sold(state=State.IN_DOUBT)
    await counter.say("got", seq=unknown["seq"])
    (end,) = await counter.moved("A-1", State.REVOKED)
    assert (unknown["s"], end["s"], end["seq"] > unknown["seq"]) == ("unknown", "cancelled", True)
    assert await counter.during(2.5) == [end]


@story
async def test_a_pulled_line_comes_back_by_itself_and_hears_everything(counter: Counter) -> None:
    await counter.start()
    await counter.say("pay", ref="A-1", amt=5)
    counter.put(b'{"t":"pay","ref":"B')
    await counter.settle()
    counter.unplug()
    await counter.until(lambda: counter.line.health.condition is Condition.MISSING)
    counter.box.move("A-1", State.PAID)
    assert await counter.during(30) == []
    counter.plug()
    counter.heard.clear()
    await counter.back()
    assert [one["s"] for one in counter.heard][:1] == ["paid"]
    conditions = [health.condition for health in counter.healths]
    assert (conditions[0], set(conditions[1:-1]), conditions[-1]) == (Condition.OK, {Condition.MISSING}, Condition.OK)
    assert (await counter.say("hello"))[0]["t"] == "box", "the half line from before is forgotten"


@story
async def test_hello_says_who_is_there(counter: Counter) -> None:
    await counter.start()
    assert await counter.say("hello", v=1) == [
        {
            "t": "box",
            "v": 1,
            "version": "0.1.0",
            "till": "counter",
            "cur": "CNY",
            "max": 50_000,
            "ready": True,
            "reasons": [],
            "busy_ref": None,
        }
    ]


@story
async def test_what_the_desk_refuses_is_told_with_its_ref(counter: Counter) -> None:
    await counter.start()
    for refusal, code in ((NotReady(["no scanner"]), "not_ready"), (NotStorable("disk full"), "not_storable"), (Busy(Ref("X")), "busy")):
        counter.box.refusal = refusal
        ((error),) = await counter.say("pay", ref="A-1", amt=5)
        assert (error["code"], error["ref"]) == (code, "A-1")
    counter.box.refusal = None
    await counter.sold()
    assert [one["code"] for one in await counter.say("pay", ref="A-1", amt=6)] == ["conflict"]
    assert [one["code"] for one in await counter.say("cancel", ref="A-1")] == ["ended"]
    assert [one["code"] for one in await counter.say("cancel", ref="A-2")] == ["unknown_ref"]
    assert [one["code"] for one in await counter.say("status", ref="A-2")] == ["unknown_ref"]


@story
async def test_cancel_is_acknowledged_and_its_end_told(counter: Counter) -> None:
    await counter.start()
    await counter.say("pay", ref="A-1", amt=5)
    ack, end = await counter.say("cancel", ref="A-1")
    assert (ack, end["t"], end["s"]) == ({"t": "ack", "ref": "A-1"}, "end", "cancelled")


@story
async def test_a_payment_that_is_gone_when_it_is_cancelled_is_unknown(counter: Counter) -> None:
    await counter.start()
    await counter.say("pay", ref="A-1", amt=5)
    counter.box.refusal = KeyError("A-1")
    assert [one["code"] for one in await counter.say("cancel", ref="A-1")] == ["unknown_ref"]


@story
async def test_another_tills_payment_is_nobodys_business(counter: Counter) -> None:
    await counter.start()
    mine = Payment(Ref("H-1"), "http", Amount(Minor(5), "CNY"), Mode.SCAN, State.PAID, NOON, NOON)
    counter.box.others = {Ref("H-1"): mine, Ref("C-1"): mine.but(ref=Ref("C-1"), till="counter")}
    counter.till.changed(mine)
    assert [one["code"] for one in await counter.say("status", ref="H-1")] == ["unknown_ref"]
    (old,) = await counter.say("status", ref="C-1")
    assert (old["t"], old["s"], old["seq"]) == ("end", "paid", 0)
    assert [one["code"] for one in await counter.say("last")] == ["unknown_ref"]


@story
async def test_garbage_gets_one_error_and_the_next_line_its_answer(counter: Counter) -> None:
    await counter.start()
    error, box = await counter.write(b"garbage\r\n\r\n" + frame({"t": "hello"}))
    assert (error["t"], error["code"], box["t"]) == ("error", "no_crc", "box")
    assert await counter.write(frame(error)) == [], "an echo is no garbage"


@story
async def test_more_lines_than_anybody_waits_for_are_told_once(counter: Counter) -> None:
    await counter.start()
    counter.box.hold = asyncio.Event()
    await counter.say("pay", ref="A-1", amt=5)
    assert await counter.write(frame({"t": "hello"}) * (WAITING_LINES + 5)) == []
    counter.box.hold.set()
    await counter.settle()
    kinds = [one["t"] for one in counter.heard]
    assert kinds == ["ack", "state", *["box"] * WAITING_LINES, "error"]
    assert counter.heard[-1]["code"] == "overrun"


@story
async def test_while_the_journal_cannot_be_read_it_is_asked_again_and_again(counter: Counter) -> None:
    await counter.start()
    await counter.say("pay", ref="A-1", amt=5)
    counter.box.trouble = True
    assert [one["code"] for one in await counter.say("got", seq=1)] == ["not_storable"]
    counter.box.move("A-1", State.PAID)
    reads = counter.box.reads
    heard = await counter.during(10)
    assert {one["t"] for one in heard} == {"state"}, "what is not known to be stored is told to nobody"
    assert 4 <= counter.box.reads - reads <= 6
    counter.box.trouble = False
    assert (await counter.during(2.5))[-1]["s"] == "paid"


@story
async def test_a_till_that_never_acknowledges_is_told_the_newest(counter: Counter) -> None:
    await counter.start()
    for number in range(OWED_MOST + 4):
        await counter.sold(f"A-{number}")
    told = {one["ref"] for one in await counter.during(60)}
    assert told == {f"A-{number}" for number in range(4, OWED_MOST + 4)}
    for seq in sorted(one.seq for one in counter.box.tellings.values() if one.seq is not None)[4:]:
        await counter.say("got", seq=seq)
    assert {one["ref"] for one in await counter.during(3)} == {f"A-{number}" for number in range(4)}, "then the older ones"


@story
async def test_a_fault_of_this_program_is_said_and_does_not_end_the_till(counter: Counter) -> None:
    await counter.start()
    counter.box.refusal = RuntimeError("a mistake")
    (error,) = await counter.say("pay", ref="A-1", amt=5)
    assert (error["code"], "a mistake of the box" in error["text"]) == ("internal", True)
    counter.box.refusal = None
    assert await counter.say("pay", ref="A-1", amt=5) == [{"t": "ack", "ref": "A-1"}, STATE]


@story
async def test_a_fault_while_looking_what_is_owed_is_looked_past_later(counter: Counter) -> None:
    await counter.start()
    await counter.say("pay", ref="A-1", amt=5)
    counter.box.fault = RuntimeError("a mistake")
    assert await counter.moved("A-1", State.PAID) == []
    counter.box.fault = None
    assert [one["s"] for one in await counter.during(2.5)] == ["paid"]


@story
async def test_what_changes_while_the_journal_is_read_is_not_told_as_it_was(counter: Counter) -> None:
    await counter.start()
    await counter.say("pay", ref="A-1", amt=5)
    counter.box.slow_s = 0.5
    await counter.say("status", ref="A-1")
    await asyncio.sleep(0.7)  # the first reading is over, the second one under way, and has seen what was
    counter.box.move("A-1", State.SUBMITTING)
    assert {one["s"] for one in await counter.during(5)} == {"paying"}


@story
async def test_the_plain_form_says_its_end_once(counter: Counter) -> None:
    counter.make(crc_required=False)
    await counter.start()
    assert await counter.write(b"LAST\n") == ["NOT PAID unknown_ref: nothing was asked for with PAY, or something else after it"]
    assert await counter.write(b"CANCEL\n") == ["NOT PAID ended: there is nothing to cancel"]
    assert await counter.write(b"PAY 0.05\n") == ["OK"]
    assert await counter.write(b"LAST\n") == ["OK"]
    assert await counter.write(b"PAY 0.05\n") == ["BUSY"]
    assert await counter.during(10) == [], "no heartbeat that it could not read"
    assert await counter.moved("plain-T1", State.SUBMITTING, State.PAID) == ["PAID 0.05"]
    assert await counter.during(10) == []
    assert await counter.write(b"LAST\n") == ["PAID 0.05"]
    assert await counter.write(b"PAY 0.06\n") == ["OK"]
    assert await counter.write(b"CANCEL\n") == ["NOT PAID cancelled: given up by the till"]
    assert await counter.write(b"PAY 5.\n") == ["NOT PAID invalid: expected an amount like 12.50, in CNY"]


@story
async def test_a_plain_till_that_was_away_hears_nothing_unasked(counter: Counter) -> None:
    counter.make(crc_required=False)
    await counter.start()
    await counter.write(b"PAY 0.05\n")
    counter.unplug()
    await counter.until(lambda: counter.line.health.condition is Condition.MISSING)
    counter.plug()
    await counter.back()
    counter.box.move("plain-T1", State.PAID)
    assert await counter.during(10) == []
    assert await counter.write(b"LAST\n") == ["PAID 0.05"]


@story
async def test_a_plain_cancel_that_comes_too_late_is_answered_by_the_end(counter: Counter) -> None:
    counter.make(crc_required=False)
    await counter.start()
    await counter.write(b"PAY 0.05\n")
    counter.box.refusal = Ended("the payment has ended")
    assert await counter.write(b"CANCEL\n") == []
    assert await counter.moved("plain-T1", State.PAID) == ["PAID 0.05"]


@story
async def test_a_plain_cancel_that_cannot_be_stored_is_no_not_paid(counter: Counter) -> None:
    """The payment is open and may yet be paid: NOT PAID would be a lie, and no answer at all would pass for one that was heard."""
    counter.make(crc_required=False)
    await counter.start()
    await counter.write(b"PAY 0.05\n")
    counter.box.refusal = NotStorable("disk full")
    assert [said["code"] for said in await counter.write(b"CANCEL\n")] == ["not_storable"]
    counter.box.refusal = None
    assert await counter.moved("plain-T1", State.PAID) == ["PAID 0.05"]


@story
async def test_a_till_that_is_stopped_tells_what_it_can_and_no_more(counter: Counter) -> None:
    counter.make(rhythm=Rhythm(every_s=1000.0))
    await counter.start()
    await counter.say("pay", ref="A-1", amt=5)
    counter.heard.clear()
    counter.box.move("A-1", State.CANCELLED)
    await counter.till.stop()
    await counter.settle()
    assert [one["s"] for one in counter.heard] == ["cancelled"]
    await counter.till.stop()


def test_its_terms_have_usual_values() -> None:
    with pytest.raises(TypeError):
        SerialTerms()  # type: ignore[call-arg]
    assert SerialTerms("a", Terms("CNY", 1)).crc_required is True
