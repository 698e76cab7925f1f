"""The simulated credit line: it counts what a machine would have counted."""

import asyncio

import pytest
from virtual_time import in_virtual_time

from hw import factory
from hw.gpio_pulses import GpioPulses
from hw.interfaces import Condition, PulseEnd
from hw.settings import PulseSettings
from hw.simulated_pulses import SimulatedPulses

SETTINGS = PulseSettings("simulated", on_ms=100, off_ms=250, choice_pins=(6,))


@in_virtual_time
async def test_a_pulse_takes_its_time_and_is_counted_once():
    output = SimulatedPulses("machine", SETTINGS)
    counts = []
    output.counters.append(counts.append)
    output.listen(lambda: None, lambda _pin: None, lambda _health: None)
    assert (output.health.condition, output.inhibited, (await output.pulse()).end) == (Condition.MISSING, True, PulseEnd.NOT_GIVEN)
    output.open()
    begun = asyncio.get_running_loop().time()
    ends = await asyncio.gather(output.pulse(), output.pulse())
    assert [pulse.end for pulse in ends] == [PulseEnd.GIVEN] * 2
    assert asyncio.get_running_loop().time() - begun == pytest.approx(0.7), "one after the other"
    assert (output.counted, counts) == (2, [1, 2])
    task = asyncio.get_running_loop().create_task(output.pulse())
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.sleep(1)
    assert output.counted == 3, "once begun it is carried out"


@in_virtual_time
async def test_it_can_go_wrong_as_a_real_one_does():
    output = SimulatedPulses("machine", SETTINGS)
    output.open()
    output.ends.extend([PulseEnd.NOT_GIVEN, PulseEnd.UNSURE])
    assert [(await output.pulse()).end for _ in range(3)] == [PulseEnd.NOT_GIVEN, PulseEnd.UNSURE, PulseEnd.GIVEN]
    assert output.counted == 2


def test_the_machine_inhibits_and_its_buttons_choose():
    output = SimulatedPulses("machine", SETTINGS)
    told, choices, healths = [], [], []
    output.listen(lambda: told.append(output.inhibited), choices.append, healths.append)
    output.choose(6)
    output.open()
    output.inhibit(True)
    output.inhibit(False)
    output.choose(6)
    output.unplug()
    output.plug()
    assert told == [False, True, False, True, False]
    assert choices == [6]
    assert [health.condition for health in healths] == [Condition.OK, Condition.MISSING, Condition.OK]
    with pytest.raises(ValueError, match="pin 7"):
        output.choose(7)
    output.close()
    assert output.inhibited


def test_the_factory_makes_the_one_that_is_named():
    assert isinstance(factory.pulse_output("machine", SETTINGS), SimulatedPulses)
    assert isinstance(factory.pulse_output("machine", PulseSettings("gpio", pin=17)), GpioPulses)
    with pytest.raises(ValueError, match=r"tills\.machine\.pin"):
        factory.pulse_output("machine", PulseSettings("gpio"))
    with pytest.raises(ValueError, match="no kind 'relay'"):
        factory.pulse_output("machine", PulseSettings("relay"))
