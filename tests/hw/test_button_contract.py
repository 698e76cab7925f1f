"""What all buttons do: the simulated one, and one on a pin pulled up or down."""

import asyncio

import pytest
from fake_gpio import FakeGpio
from virtual_time import in_virtual_time, pending_timers

from hw.gpio_button import GpioButton
from hw.interfaces import Condition
from hw.simulated import SimulatedButton

PIN = 23


class SimulatedRig:
    def __init__(self):
        self.button = SimulatedButton()

    async def press(self, _seconds=0.2):
        self.button.press()


class GpioRig:
    def __init__(self, active_low):
        self.gpio = FakeGpio()
        self.button = GpioButton(PIN, active_low=active_low, gpio=self.gpio)

    def hold(self, down):
        self.gpio.pressed[PIN] = down

    async def press(self, seconds=0.2):
        await asyncio.sleep(0.2)
        self.hold(True)
        await asyncio.sleep(seconds)
        self.hold(False)
        await asyncio.sleep(0.2)


@pytest.fixture(params=["simulated", "pulled up", "pulled down"])
def rig(request):
    rig = SimulatedRig() if request.param == "simulated" else GpioRig(active_low=request.param == "pulled up")
    rig.presses = 0
    rig.healths = []
    return rig


@pytest.fixture(params=[True, False], ids=["pulled up", "pulled down"])
def on_pin(request):
    rig = GpioRig(active_low=request.param)
    rig.presses = 0
    rig.healths = []
    return rig


def opened(rig):
    def count():
        rig.presses += 1

    rig.button.open(count, rig.healths.append)
    return rig.button


@in_virtual_time
async def test_it_is_well_once_opened(rig):
    assert rig.button.health.condition is Condition.MISSING
    opened(rig).close()
    assert [health.condition for health in rig.healths] == [Condition.OK]


@in_virtual_time
async def test_each_press_is_told_once_while_it_is_watched(rig):
    button = opened(rig)
    button.watch(True)
    await rig.press()
    await rig.press(5.0)
    assert rig.presses == 2
    button.close()


@in_virtual_time
async def test_nobody_sees_a_press_while_it_is_not_watched(rig):
    button = opened(rig)
    await rig.press()
    button.watch(True)
    button.watch(False)
    await rig.press()
    assert rig.presses == 0
    button.close()
    await rig.press()
    assert rig.presses == 0


@in_virtual_time
async def test_whoever_stops_watching_on_a_press_hears_no_other(rig):
    def stop():
        rig.presses += 1
        rig.button.watch(False)

    rig.button.open(stop, rig.healths.append)
    rig.button.watch(True)
    await rig.press()
    await rig.press()
    assert rig.presses == 1
    rig.button.close()


@in_virtual_time
async def test_a_button_held_from_before_counts_only_when_it_is_pressed_again(on_pin):
    button = opened(on_pin)
    on_pin.hold(True)
    button.watch(True)
    await asyncio.sleep(5)
    assert on_pin.presses == 0
    on_pin.hold(False)
    await on_pin.press()
    assert on_pin.presses == 1
    button.close()


@in_virtual_time
async def test_bouncing_contacts_are_one_press(on_pin):
    button = opened(on_pin)
    button.watch(True)
    await asyncio.sleep(0.2)
    for down in (True, False, True, False, True):
        on_pin.hold(down)
        await asyncio.sleep(0.002)
    await asyncio.sleep(0.3)
    for down in (False, True, False):
        on_pin.hold(down)
        await asyncio.sleep(0.002)
    await asyncio.sleep(0.3)
    assert on_pin.presses == 1
    button.close()


@in_virtual_time
async def test_a_spike_is_no_press(on_pin):
    button = opened(on_pin)
    button.watch(True)
    await asyncio.sleep(0.2)
    on_pin.hold(True)
    await asyncio.sleep(0.049)
    on_pin.hold(False)
    await asyncio.sleep(1)
    assert on_pin.presses == 0
    button.close()


@in_virtual_time
async def test_it_is_looked_at_only_while_watched(on_pin):
    button = opened(on_pin)
    assert pending_timers() == 0
    button.watch(True)
    await asyncio.sleep(1.01)
    button.watch(True)
    looks = on_pin.gpio.calls
    await asyncio.sleep(1)
    assert on_pin.gpio.calls - looks == 20
    button.watch(False)
    assert pending_timers() == 0
    button.close()
    assert on_pin.gpio.cleaned == [PIN]


@in_virtual_time
async def test_a_button_that_fails_is_watched_again_once_it_is_back(on_pin):
    button = opened(on_pin)
    button.watch(True)
    await asyncio.sleep(0.2)
    on_pin.gpio.error = OSError(5, "Input/output error")
    await asyncio.sleep(1)
    assert button.health.condition is Condition.FAILING
    on_pin.gpio.error = None
    await asyncio.sleep(6)
    await on_pin.press()
    assert on_pin.presses == 1
    assert [health.condition for health in on_pin.healths] == [Condition.OK, Condition.FAILING, Condition.OK]
    button.close()
