"""The links to the providers: judged by calls, blocked and freed by checks, looked at again ever more slowly."""

import asyncio
import itertools

import pytest
from shell_time import in_virtual_time, settle, timers

from daemon.gateways.base import Problem
from daemon.gateways.settings import SimulatedSettings
from daemon.gateways.simulated import SimulatedGateway
from daemon.health import Board, Link
from daemon.links import AGAIN_MAX_S, AGAIN_S, FIRST_CHECK_S, Links
from daemon.reply import NoAnswer, NotSent, Refusal, Reply, Verdict
from daemon.view import Part
from hw.interfaces import Condition, Health

OK = Link()
REFUSED_BY_US = Reply(Verdict.REFUSED, "NOAUTH", "no permission", refusal=Refusal.OURS)
BLOCKED = Problem("the certificate expired on 2026-11-01", blocking=True)


def failing(text, part=Part.GATEWAY, *, blocked=False):
    return Link(Health(Condition.FAILING, text), part, blocked)


class Checked(SimulatedGateway):
    """`problems` is what a check finds, an exception what it trips over; `takes_s` how long it takes."""

    def __init__(self, name="trial"):
        super().__init__(SimulatedSettings(name))
        self.problems = []
        self.takes_s = 0.0
        self.checks_at = []

    async def check(self):
        self.checks_at.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self.takes_s)
        if isinstance(self.problems, Exception):
            raise self.problems
        return self.problems


class Linked:
    """`async with Linked() as linked:` one gateway, checked and watched."""

    def __init__(self, *problems):
        self.gateway = Checked()
        self.gateway.problems = list(problems)
        self.board = Board()
        self.links = Links({"trial": self.gateway}, self.board)

    async def __aenter__(self):
        await self.links.start()
        return self

    async def __aexit__(self, *_):
        await self.links.stop()

    @property
    def link(self):
        return self.board.links["trial"]

    async def heard(self, outcome):
        self.links.heard("trial", outcome)
        return self.link


# -- at the start --


@in_virtual_time
async def test_a_link_is_well_once_it_was_checked_and_then_nothing_is_done():
    async with Linked() as linked:
        assert linked.link == OK
        await settle()
        assert timers() == 0


@in_virtual_time
async def test_a_start_waits_for_slow_checks_a_little_and_they_go_on():
    linked = Linked()
    linked.gateway.takes_s = 10.0
    before = asyncio.get_running_loop().time()
    async with linked:
        assert asyncio.get_running_loop().time() - before == pytest.approx(FIRST_CHECK_S)
        assert linked.link == failing("not checked yet")
        await asyncio.sleep(9)
        assert linked.link == OK


@in_virtual_time
async def test_all_gateways_are_checked_at_once():
    slow = {name: Checked(name) for name in "abc"}
    for gateway in slow.values():
        gateway.takes_s = 1.0
    links = Links(slow, Board())
    before = asyncio.get_running_loop().time()
    await links.start()
    assert asyncio.get_running_loop().time() - before == pytest.approx(1.0)
    await links.stop()


@pytest.mark.parametrize(
    ("problems", "link"),
    [
        ([Problem("no route to host", blocking=False)], failing("no route to host")),
        ([Problem("the clock is not set", blocking=False)], failing("the clock is not set", Part.CLOCK)),
        ([BLOCKED], failing(BLOCKED.text, Part.CREDENTIALS, blocked=True)),
        (
            [Problem("no route to host", blocking=False), BLOCKED, Problem("key wrong", blocking=True)],
            failing(f"{BLOCKED.text}; key wrong", Part.CREDENTIALS, blocked=True),
        ),
    ],
    ids=["network", "clock", "credentials", "all"],
)
@in_virtual_time
async def test_what_a_check_finds_is_on_the_board(problems, link):
    async with Linked(*problems) as linked:
        assert linked.link == link


@in_virtual_time
async def test_a_check_that_trips_is_a_problem_and_is_made_again(caplog):
    linked = Linked()
    linked.gateway.problems = ZeroDivisionError()
    async with linked:
        assert linked.link == failing("fault while checking")
        assert "gateway_check_fault name=trial" in caplog.text
        linked.gateway.problems = []
        await asyncio.sleep(AGAIN_S + 1)
        assert linked.link == OK


# -- again --


@in_virtual_time
async def test_a_link_with_a_problem_is_looked_at_ever_more_slowly_until_it_is_well():
    async with Linked(BLOCKED) as linked:
        await asyncio.sleep(1500)
        pauses = [round(later - earlier) for earlier, later in itertools.pairwise(linked.gateway.checks_at)]
        assert pauses == [15, 30, 60, 120, 240, 300, 300, 300]
        assert max(pauses) == AGAIN_MAX_S
        linked.gateway.problems = []
        await asyncio.sleep(AGAIN_MAX_S)
        assert linked.link == OK
        assert timers() == 0


# -- calls --


@in_virtual_time
async def test_a_call_without_an_answer_colours_the_link_until_one_goes_well():
    async with Linked() as linked:
        linked.gateway.problems = [Problem("no route", blocking=False)]
        assert await linked.heard(NoAnswer("no answer in time")) == failing("no answer in time")
        assert linked.board.can_charge("trial")
        assert await linked.heard(Reply(Verdict.UNPAID)) == OK


@in_virtual_time
async def test_a_call_without_an_answer_is_followed_by_a_check():
    async with Linked() as linked:
        await linked.heard(NotSent("no route to host"))
        await settle()
        assert linked.link == OK
        linked.gateway.problems = [Problem("no route", blocking=False)]
        await linked.heard(NotSent("no route to host"))
        await settle()
        assert linked.link == failing("no route")
        checks = len(linked.gateway.checks_at)
        await linked.heard(NotSent("no route to host"))
        await settle()
        assert len(linked.gateway.checks_at) == checks  # it is being looked at already


@in_virtual_time
async def test_a_clock_that_is_not_set_is_no_fault_of_the_network():
    async with Linked() as linked:
        linked.gateway.takes_s = 1.0
        assert await linked.heard(NotSent("the clock is not set")) == failing("the clock is not set", Part.CLOCK)
        assert await linked.heard(NoAnswer("clock skew?")) == failing("clock skew?")


@in_virtual_time
async def test_a_provider_that_refuses_this_box_stays_red_until_a_payer_is_served():
    """No check sees a missing permission, and a query is answered all the same."""
    async with Linked() as linked:
        red = failing("refuses this box: NOAUTH no permission", Part.CREDENTIALS)
        assert await linked.heard(REFUSED_BY_US) == red
        await settle()
        assert linked.gateway.checks_at[1:]  # looked at, and found well
        assert linked.link == red
        assert await linked.heard(Reply(Verdict.NOT_KNOWN)) == red
        assert await linked.heard(NoAnswer("no answer in time")) == red
        assert linked.board.can_charge("trial")
        assert await linked.heard(Reply(Verdict.REFUSED, refusal=Refusal.PAYER)) == OK


@in_virtual_time
async def test_a_provider_that_refuses_this_box_for_a_reason_that_a_check_finds_is_blocked():
    async with Linked() as linked:
        linked.gateway.problems = [BLOCKED]
        await linked.heard(REFUSED_BY_US)
        await settle()
        assert linked.link.blocked


@pytest.mark.parametrize("outcome", [Reply(Verdict.PAID), NoAnswer("x"), NotSent("the clock"), REFUSED_BY_US], ids=str)
@in_virtual_time
async def test_what_a_check_has_blocked_no_call_frees(outcome):
    async with Linked(BLOCKED) as linked:
        blocked = linked.link
        assert await linked.heard(outcome) == blocked
        linked.gateway.problems = []
        await asyncio.sleep(AGAIN_S + 1)
        assert linked.link == OK


@in_virtual_time
async def test_after_a_stop_nothing_is_looked_at():
    async with Linked() as linked:
        await linked.links.stop()
        await linked.heard(NoAnswer("no answer in time"))
        await settle()
        assert len(linked.gateway.checks_at) == 1
