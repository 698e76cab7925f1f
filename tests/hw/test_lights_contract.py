"""What all lights do: the simulated ones, and those on pins, looked at for as long as their slowest pattern needs."""

import asyncio

import pytest
from fake_gpio import FakeGpio
from virtual_time import in_virtual_time

from hw.gpio_lights import GpioLights
from hw.interfaces import LIGHTS, Condition, Pattern
from hw.simulated import SimulatedLights

PINS = {"green": 17, "amber": 27, "red": 22}
OFF = dict.fromkeys(LIGHTS, Pattern.OFF)


class SimulatedRig:
    def __init__(self):
        self.lights = SimulatedLights()

    async def seen(self):
        return self.lights.patterns


class GpioRig:
    def __init__(self, active_high):
        self.gpio = FakeGpio()
        self.on = int(active_high)
        self.lights = GpioLights(dict(PINS), active_high=active_high, gpio=self.gpio)

    async def seen(self):
        """What somebody sees who watches for a second: a light is on, off, or changes so and so often."""
        begin = len(self.gpio.history)
        await asyncio.sleep(0.01)
        before = dict(self.gpio.levels)
        await asyncio.sleep(1.0)
        changes = {pin: sum(entry[1] == pin for entry in self.gpio.history[begin:]) for pin in PINS.values()}
        return {name: self._pattern(before.get(pin, -1), changes[pin]) for name, pin in PINS.items()}

    def _pattern(self, level, changes):
        if changes <= 1:
            return Pattern.ON if level == self.on else Pattern.OFF
        return Pattern.SLOW if changes <= 3 else Pattern.FAST


@pytest.fixture(params=["simulated", "gpio", "gpio active low"])
def rig(request):
    rig = SimulatedRig() if request.param == "simulated" else GpioRig(active_high=request.param == "gpio")
    rig.healths = []
    return rig


@in_virtual_time
async def test_they_are_off_and_well_once_opened(rig):
    assert rig.lights.health.condition is Condition.MISSING
    rig.lights.open(rig.healths.append)
    assert [health.condition for health in rig.healths] == [Condition.OK]
    assert await rig.seen() == OFF
    rig.lights.close()


@pytest.mark.parametrize("pattern", list(Pattern))
@in_virtual_time
async def test_each_light_does_what_it_was_told_and_no_other_does(rig, pattern):
    rig.lights.open(rig.healths.append)
    for name in LIGHTS:
        rig.lights.set(OFF | {name: pattern})
        assert await rig.seen() == OFF | {name: pattern}
    rig.lights.close()


@in_virtual_time
async def test_all_may_differ(rig):
    wanted = {"green": Pattern.ON, "amber": Pattern.SLOW, "red": Pattern.FAST}
    rig.lights.open(rig.healths.append)
    rig.lights.set(wanted)
    assert await rig.seen() == wanted
    rig.lights.close()


@in_virtual_time
async def test_what_was_asked_before_they_were_opened_is_shown_then(rig):
    rig.lights.set(OFF | {"red": Pattern.SLOW})
    rig.lights.open(rig.healths.append)
    assert await rig.seen() == OFF | {"red": Pattern.SLOW}
    rig.lights.close()


@in_virtual_time
async def test_a_closed_box_is_dark(rig):
    rig.lights.open(rig.healths.append)
    rig.lights.set(dict.fromkeys(LIGHTS, Pattern.FAST))
    rig.lights.close()
    assert await rig.seen() == OFF


@in_virtual_time
async def test_a_light_that_is_not_named_is_an_error_of_the_program(rig):
    with pytest.raises(KeyError):
        rig.lights.set({"green": Pattern.ON})
