"""The promises of the cycle, held against whatever payers, tills, providers, lines and power may do.

Hypothesis looks for a course of events after which a promise is broken, and shows the shortest; many random courses, drawn from
fixed seeds, reach the far corners of the table.
"""

from __future__ import annotations

from random import Random

import hypothesis.strategies as st
import pytest
from cycle_provider import Charge, Fate
from cycle_world import SCHEDULES, Luck, Setting, World
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from daemon.cycle import Cycle
from daemon.news import News, Row
from daemon.payment import State

FATES = (Fate.ANSWERED, Fate.ANSWERED, Fate.ANSWERED, *Fate)  # mostly the line is good
SELDOM = (False, False, False, False, True)
AFTER_S = (0.0, 0.2, 1.5, 4.0)
OFF_S = (0.0, 3.0, 50.0)

LUCK = st.builds(
    Luck,
    presents=st.booleans(),
    charge=st.sampled_from(Charge),
    mendable=st.booleans(),
    irrevocable=st.sampled_from(SELDOM),
    odd=st.sampled_from(SELDOM),
    which=st.integers(0, 4),
    fate=st.sampled_from(FATES),
    after_s=st.sampled_from(AFTER_S),
    delay=st.floats(0.05, 0.95),
)
SETTING = st.builds(
    Setting,
    schedule=st.sampled_from(SCHEDULES),
    refunds=st.booleans(),
    report=st.booleans(),
    holds=st.booleans(),
    revokes_unknown=st.booleans(),
    closes_itself=st.booleans(),
    reserves=st.booleans(),
)


class Machine(RuleBasedStateMachine):
    """The world's steps, for hypothesis to put in any order."""

    world: World | None = None

    @initialize(setting=SETTING)
    def begin(self, setting: Setting) -> None:
        self.world = World(setting)

    @rule(lucks=st.lists(LUCK, min_size=1, max_size=10))
    def go_on(self, lucks: list[Luck]) -> None:
        for luck in lucks:
            self.world.step(luck)

    @rule()
    def present_nonsense(self) -> None:
        self.world.present_nonsense()

    @precondition(lambda self: self.world.payment.attempts)
    @rule()
    def cancel(self) -> None:
        self.world.cancel()

    @rule(which=st.integers(0, 4), pays=st.booleans())
    def payer_decides(self, which: int, pays: bool) -> None:
        self.world.decide(which, pays)

    @precondition(lambda self: self.world.payment.attempts)
    @rule(fate=st.sampled_from(Fate), off_s=st.sampled_from(OFF_S), delay=st.floats(0.05, 0.95), same_boot=st.booleans())
    def restart(self, fate: Fate, off_s: float, delay: float, same_boot: bool) -> None:
        self.world.restart(fate, off_s, delay, same_boot=same_boot)

    @precondition(lambda self: self.world.payment.reserved)
    @rule(luck=LUCK, off_s=st.sampled_from(OFF_S), same_boot=st.booleans())
    def die_charging(self, luck: Luck, off_s: float, same_boot: bool) -> None:
        self.world.die_charging(luck, off_s, same_boot=same_boot)

    @rule()
    def fail_to_store(self) -> None:
        self.world.fail_to_store()

    @invariant()
    def promises_hold(self) -> None:
        if self.world is not None:
            self.world.check()

    def teardown(self) -> None:
        if self.world is not None:
            self.world.end()


def test_the_promises_hold_whatever_happens():
    run_state_machine_as_test(Machine, settings=settings(max_examples=60, stateful_step_count=20, derandomize=True, deadline=None))


# -- at random --

WALKS = 600


def _luck(random: Random) -> Luck:
    return Luck(
        presents=random.random() < 0.8,
        charge=random.choice(list(Charge)),
        mendable=random.random() < 0.7,
        irrevocable=random.choice(SELDOM),
        odd=random.random() < 0.1,
        which=random.randrange(5),
        fate=random.choice(FATES),
        after_s=random.choice(AFTER_S),
        delay=random.uniform(0.05, 0.95),
    )


def _disturb(world: World, random: Random) -> None:
    if world.payment.reserved is not None:
        world.die_charging(_luck(random), random.choice(OFF_S), same_boot=random.random() < 0.7)
        return
    match random.randrange(8):
        case 0:
            world.cancel()
        case 1:
            world.restart(random.choice(list(Fate)), random.choice(OFF_S), random.uniform(0.05, 0.95), same_boot=random.random() < 0.7)
        case 2:
            world.fail_to_store()
        case 3:
            world.present_nonsense()
        case _:
            world.decide(random.randrange(5), pays=random.random() < 0.8)


def walk(seed: int) -> World:
    """A random course of events, to its end."""
    random = Random(seed)
    switches = [random.random() < 0.5 for _ in range(6)]
    world = World(Setting(random.choice(SCHEDULES), *switches))
    for _ in range(random.randrange(3, 60)):
        if random.random() < 0.2:
            _disturb(world, random)
        else:
            world.step(_luck(random))
        world.check()
    world.end()
    return world


def test_the_promises_hold_on_random_walks(monkeypatch: pytest.MonkeyPatch):
    """And the walks go through nearly all of the table, or they would prove little."""
    seen: set[tuple[State, News]] = set()

    def look_up(cycle: Cycle, state: State, news: News) -> Row:
        row = look_it_up(cycle, state, news)
        seen.add((state, news))
        return row

    look_it_up = Cycle._look_up
    monkeypatch.setattr(Cycle, "_look_up", look_up)
    for seed in range(WALKS):
        try:
            walk(seed)
        except Exception as error:
            raise AssertionError(f"walk({seed}) broke a promise") from error
    assert len(seen) >= 70  # of the 93 that Quick Pay has
