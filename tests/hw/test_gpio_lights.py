"""Lights on pins, to the millisecond."""

import asyncio

import pytest
from fake_gpio import FakeGpio
from virtual_time import in_virtual_time, pending_timers

from hw.gpio_lights import GpioLights
from hw.interfaces import LIGHTS, Condition, Pattern

PINS = {"green": 17, "amber": 27, "red": 22}
OFF = dict.fromkeys(LIGHTS, Pattern.OFF)


@pytest.fixture
def gpio():
    return FakeGpio()


def changes(gpio, pin, since):
    return [(round(at - since, 6), level) for at, changed, level in gpio.history if changed == pin and at >= since]


@pytest.mark.parametrize(("active_high", "dark"), [(True, 0), (False, 1)])
@in_virtual_time
async def test_the_pins_are_set_up_dark_by_their_bcm_numbers_and_without_warnings(gpio, active_high, dark):
    lights = GpioLights(PINS, active_high=active_high, gpio=gpio)
    lights.open(lambda _health: None)
    assert (gpio.mode, gpio.warnings) == (gpio.BCM, False)
    assert [entry[1:] for entry in gpio.history[:3]] == [(17, dark), (27, dark), (22, dark)]
    lights.close()


@pytest.mark.parametrize(("pattern", "half"), [(Pattern.SLOW, 0.5), (Pattern.FAST, 0.125)])
@in_virtual_time
async def test_blinking_begins_lit_and_keeps_time(gpio, pattern, half):
    lights = GpioLights(PINS, gpio=gpio)
    lights.open(lambda _health: None)
    start = asyncio.get_running_loop().time()
    gpio.history.clear()
    lights.set(OFF | {"green": pattern})
    await asyncio.sleep(half * 4.5)
    assert changes(gpio, 17, start) == [(half * n, (n + 1) % 2) for n in range(5)]
    lights.close()


@in_virtual_time
async def test_a_pattern_set_again_keeps_its_rhythm(gpio):
    lights = GpioLights(PINS, gpio=gpio)
    lights.open(lambda _health: None)
    start = asyncio.get_running_loop().time()
    gpio.history.clear()
    lights.set(OFF | {"green": Pattern.SLOW})
    await asyncio.sleep(0.3)
    lights.set({"green": Pattern.SLOW, "amber": Pattern.ON, "red": Pattern.OFF})
    await asyncio.sleep(0.5)
    assert changes(gpio, 17, start) == [(0.0, 1), (0.5, 0)]
    lights.close()


@in_virtual_time
async def test_what_a_late_loop_missed_is_skipped_and_the_rhythm_is_kept(gpio):
    loop = asyncio.get_running_loop()
    lights = GpioLights(PINS, gpio=gpio)
    lights.open(lambda _health: None)
    start = loop.time()
    lights.set(OFF | {"green": Pattern.SLOW})
    gpio.history.clear()
    loop._jumping.now += 1.2  # in which it would have gone off and on again
    await asyncio.sleep(0.5)
    assert changes(gpio, 17, start) == [(1.2, 1), (1.5, 0)]
    lights.close()


@in_virtual_time
async def test_steady_lights_need_no_timer(gpio):
    lights = GpioLights(PINS, gpio=gpio)
    lights.open(lambda _health: None)
    lights.set({"green": Pattern.FAST, "amber": Pattern.SLOW, "red": Pattern.ON})
    assert pending_timers() == 2
    lights.set(OFF | {"green": Pattern.ON})
    assert pending_timers() == 0
    lights.close()


@in_virtual_time
async def test_only_the_lights_that_are_wired_are_used(gpio):
    lights = GpioLights({"green": 17, "amber": None, "red": None}, gpio=gpio)
    lights.open(lambda _health: None)
    lights.set(dict.fromkeys(LIGHTS, Pattern.FAST))
    await asyncio.sleep(1)
    assert set(gpio.directions) == {17}
    assert pending_timers() == 1
    lights.close()


@in_virtual_time
async def test_at_the_end_they_are_dark_and_only_their_pins_are_given_back(gpio):
    gpio.setmode(gpio.BCM)
    gpio.setup(5, gpio.OUT, initial=1)
    lights = GpioLights(PINS, gpio=gpio)
    lights.open(lambda _health: None)
    lights.set(dict.fromkeys(LIGHTS, Pattern.ON))
    lights.close()
    assert [entry[1:] for entry in gpio.history[-3:]] == [(17, 0), (27, 0), (22, 0)]
    assert gpio.cleaned == [17, 27, 22]
    assert gpio.levels == {5: 1}
    assert pending_timers() == 0


@in_virtual_time
async def test_lights_that_fail_in_mid_blink_come_back_with_their_pattern(gpio):
    healths = []
    lights = GpioLights(PINS, gpio=gpio)
    lights.open(healths.append)
    lights.set(OFF | {"green": Pattern.FAST})
    gpio.error = OSError(5, "Input/output error")
    await asyncio.sleep(1)
    assert lights.health.condition is Condition.FAILING
    assert pending_timers() == 1  # the next attempt, and no blinking
    gpio.error = None
    gpio.history.clear()
    await asyncio.sleep(6)
    assert [health.condition for health in healths] == [Condition.OK, Condition.FAILING, Condition.OK]
    assert len(changes(gpio, 17, 0)) > 10
    lights.close()
