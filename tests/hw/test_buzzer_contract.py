"""What all buzzers do, and on pins to the millisecond: the simulated one, an active and a passive one."""

import asyncio

import pytest
from fake_gpio import FakeGpio
from virtual_time import in_virtual_time, pending_timers

from hw.gpio_buzzer import GpioBuzzer
from hw.interfaces import Condition, Tone
from hw.simulated import SimulatedBuzzer

PIN = 18
RISING = (Tone(2000, 100), Tone(0, 50), Tone(3000, 150))


class SimulatedRig:
    whole = True

    def __init__(self):
        self.buzzer = SimulatedBuzzer()

    def played(self):
        return list(self.buzzer.history)


class GpioRig:
    """`heard`: (seconds since the test began, Hz); an active buzzer has only one tone, here 1."""

    whole = False

    def __init__(self, passive):
        self.gpio = FakeGpio()
        self.passive = passive
        self.buzzer = GpioBuzzer(PIN, passive=passive, gpio=self.gpio)

    def heard(self):
        """Changes only: silence after silence is not heard."""
        raw = self.gpio.sounds if self.passive else self.gpio.history
        changes, last = [], 0
        for at, _pin, tone in raw:
            if tone != last:
                changes.append((round(at - 1000.0, 6), tone))
                last = tone
        return changes

    def tone(self, hz):
        return hz if self.passive else int(hz > 0)


@pytest.fixture(params=["simulated", "active", "passive"])
def rig(request):
    return SimulatedRig() if request.param == "simulated" else GpioRig(passive=request.param == "passive")


@pytest.fixture(params=["active", "passive"])
def on_pin(request):
    return GpioRig(passive=request.param == "passive")


@in_virtual_time
async def test_it_is_well_and_silent_once_opened(rig):
    healths = []
    assert rig.buzzer.health.condition is Condition.MISSING
    rig.buzzer.open(healths.append)
    assert [health.condition for health in healths] == [Condition.OK]
    assert (rig.played() if rig.whole else rig.heard()) == []
    rig.buzzer.close()


@in_virtual_time
async def test_it_plays_what_it_is_given(rig):
    rig.buzzer.open(lambda _health: None)
    rig.buzzer.play(RISING)
    await asyncio.sleep(1)
    if rig.whole:
        assert rig.played() == [RISING]
    else:
        assert rig.heard() == [(0.0, rig.tone(2000)), (0.1, 0), (0.15, rig.tone(3000)), (0.3, 0)]
    assert pending_timers() == 0
    rig.buzzer.close()


@in_virtual_time
async def test_what_is_asked_while_it_is_not_open_is_not_made_up_for(rig):
    rig.buzzer.play(RISING)
    rig.buzzer.open(lambda _health: None)
    await asyncio.sleep(1)
    rig.buzzer.close()
    rig.buzzer.play(RISING)
    await asyncio.sleep(1)
    assert (rig.played() if rig.whole else rig.heard()) == []


@in_virtual_time
async def test_a_new_sound_breaks_off_the_old_one(on_pin):
    on_pin.buzzer.open(lambda _health: None)
    on_pin.buzzer.play((Tone(2000, 1000), Tone(3000, 1000)))
    await asyncio.sleep(0.2)
    on_pin.buzzer.play((Tone(0, 100), Tone(500, 100)))
    await asyncio.sleep(5)
    assert on_pin.heard() == [(0.0, on_pin.tone(2000)), (0.2, 0), (0.3, on_pin.tone(500)), (0.4, 0)]
    on_pin.buzzer.close()


@in_virtual_time
async def test_playing_nothing_is_silence(on_pin):
    on_pin.buzzer.open(lambda _health: None)
    on_pin.buzzer.play((Tone(2000, 1000),))
    await asyncio.sleep(0.2)
    on_pin.buzzer.play(())
    await asyncio.sleep(1)
    assert on_pin.heard() == [(0.0, on_pin.tone(2000)), (0.2, 0)]
    on_pin.buzzer.close()


@in_virtual_time
async def test_it_is_silent_and_its_pin_low_and_given_back_when_closed_in_mid_sound(on_pin):
    on_pin.buzzer.open(lambda _health: None)
    on_pin.buzzer.play((Tone(2000, 1000),))
    await asyncio.sleep(0.2)
    on_pin.buzzer.close()
    assert on_pin.heard()[-1] == (0.2, 0)
    assert on_pin.gpio.history[-1][1:] == (PIN, 0)
    assert on_pin.gpio.cleaned == [PIN]
    assert on_pin.gpio.pwms == {}
    assert pending_timers() == 0


@in_virtual_time
async def test_a_buzzer_that_fails_in_mid_sound_is_taken_again_and_stays_silent(on_pin):
    healths = []
    on_pin.buzzer.open(healths.append)
    on_pin.buzzer.play(RISING)
    on_pin.gpio.error = OSError(5, "Input/output error")
    await asyncio.sleep(0.2)
    on_pin.gpio.error = None
    before = len(on_pin.heard())
    await asyncio.sleep(10)
    assert [health.condition for health in healths] == [Condition.OK, Condition.FAILING, Condition.OK]
    assert [tone for _at, tone in on_pin.heard()[before:] if tone] == []
    on_pin.buzzer.play(RISING)
    await asyncio.sleep(1)
    assert on_pin.heard()[-1][1] == 0
    on_pin.buzzer.close()
