"""Taking pins: what can go wrong, in words that help, and again until it works."""

import asyncio
import sys
import types

import pytest
from fake_gpio import FakeGpio
from virtual_time import in_virtual_time, pending_timers

from hw.gpio import RETRY_S, Pins, load_rpi
from hw.health import HealthNote
from hw.interfaces import Condition


class Part:
    """A part with one pin, that notes what is asked of it."""

    def __init__(self, gpio=None):
        self.healths, self.set_ups, self.let_gos = [], 0, 0
        self.pins = Pins(HealthNote("part"), [4], self._set_up, self._let_go, gpio)

    def _set_up(self, gpio):
        self.set_ups += 1
        gpio.setup(4, gpio.OUT, initial=0)

    def _let_go(self, _gpio):
        self.let_gos += 1


@in_virtual_time
async def test_failing_pins_are_tried_again_every_five_seconds():
    gpio = FakeGpio()
    gpio.error = RuntimeError("No access to /dev/mem. Try running as root!")
    part = Part(gpio)
    part.pins.open(part.healths.append)
    assert part.pins.health.condition is Condition.FAILING
    assert "/dev/mem" in part.pins.health.detail
    assert "group gpio" in part.pins.health.detail
    await asyncio.sleep(RETRY_S * 3 - 0.1)
    assert part.set_ups == 3
    gpio.error = None
    await asyncio.sleep(0.2)
    assert [health.condition for health in part.healths] == [Condition.FAILING, Condition.OK]
    assert pending_timers() == 0


@in_virtual_time
async def test_a_pin_that_is_none_is_told_by_its_number():
    gpio = FakeGpio()
    pins = Pins(HealthNote("part"), [99], lambda gpio: gpio.setup(99, gpio.OUT), lambda _gpio: None, gpio)
    pins.open(lambda _health: None)
    assert "GPIO 99" in pins.health.detail
    assert "BCM" in pins.health.detail
    pins.close()
    assert pending_timers() == 0


@in_virtual_time
async def test_an_error_in_use_gives_the_pins_back_and_takes_them_again():
    gpio = FakeGpio()
    part = Part(gpio)
    part.pins.open(part.healths.append)
    part.pins.use(lambda gpio: gpio.output(5, 1))
    assert not part.pins.taken
    assert gpio.cleaned == [4]
    assert part.let_gos == 1
    await asyncio.sleep(RETRY_S)
    assert part.pins.taken
    assert [health.condition for health in part.healths] == [Condition.OK, Condition.FAILING, Condition.OK]


@in_virtual_time
async def test_an_error_within_the_set_up_is_not_taken_for_success():
    gpio = FakeGpio()
    pins = Pins(HealthNote("part"), [4], lambda _gpio: pins.use(lambda gpio: gpio.output(4, 1)), lambda _gpio: None, gpio)
    pins.open(lambda _health: None)
    assert pins.health.condition is Condition.FAILING
    assert pending_timers() == 1
    pins.close()


@in_virtual_time
async def test_pins_are_given_back_even_when_the_part_cannot_be_silenced(caplog):
    gpio = FakeGpio()

    def fail(_gpio):
        raise OSError(5, "Input/output error")

    pins = Pins(HealthNote("part"), [4], lambda gpio: gpio.setup(4, gpio.OUT), fail, gpio)
    pins.open(lambda _health: None)
    pins.close()
    assert gpio.cleaned == [4]
    assert "gpio_not_given_back" in caplog.text


@in_virtual_time
async def test_nothing_is_done_with_pins_that_are_not_ours():
    Part(FakeGpio()).pins.use(lambda _gpio: pytest.fail("they were never taken"))


@pytest.fixture
def rpi(monkeypatch):
    """A package RPi with whatever a test puts in its place."""
    package = types.ModuleType("RPi")
    package.__path__ = []
    monkeypatch.setitem(sys.modules, "RPi", package)
    return package


def test_without_the_library_it_says_what_to_install(rpi):
    with pytest.raises(Exception, match="python3-rpi-lgpio"):
        load_rpi()


def test_the_real_module_is_used_where_there_is_one(rpi):
    rpi.GPIO = FakeGpio()
    assert load_rpi() is rpi.GPIO


def test_a_machine_that_the_library_does_not_know_is_told_with_what_does(rpi, monkeypatch, tmp_path):
    (tmp_path / "GPIO.py").write_text("raise RuntimeError('Cannot determine SOC peripheral base address')")
    rpi.__path__ = [str(tmp_path)]
    with pytest.raises(Exception, match=r"peripheral base address.*rpi-lgpio"):
        load_rpi()


@in_virtual_time
async def test_a_box_without_the_library_goes_on_and_keeps_trying(rpi):
    part = Part()
    part.pins.open(part.healths.append)
    assert part.pins.health.condition is Condition.FAILING
    rpi.GPIO = FakeGpio()
    await asyncio.sleep(RETRY_S)
    assert part.pins.health.condition is Condition.OK
