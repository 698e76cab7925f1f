"""Pins through the kernel's chip: as RPi.GPIO has them, by both interfaces of libgpiod."""

import errno
import sys

import fake_gpiod
import pytest
from virtual_time import in_virtual_time, pending_timers

from hw.errors import DeviceFailing, DeviceMissing
from hw.gpio_buzzer import GpioBuzzer
from hw.gpio_lights import GpioLights
from hw.gpio_lines import load_lines
from hw.interfaces import Condition, Pattern

PATH = "/dev/gpiochip0"


@pytest.fixture
def chip():
    return fake_gpiod.FakeChip(PATH)


@pytest.fixture(params=[fake_gpiod.version_1, fake_gpiod.version_2], ids=["libgpiod 1.6", "libgpiod 2"])
def gpio(request, chip, monkeypatch):
    for name, module in request.param(chip).items():
        monkeypatch.setitem(sys.modules, name, module)
    return load_lines(lambda: PATH)


def test_an_output_begins_at_the_level_asked_for_and_follows(gpio, chip):
    gpio.setup(17, gpio.OUT, initial=gpio.HIGH)
    assert (chip.taken, chip.levels) == ({17: "tillbox"}, {17: 1})
    gpio.output(17, gpio.LOW)
    assert chip.levels[17] == 0
    gpio.output(17, gpio.HIGH)
    assert chip.levels[17] == 1


@pytest.mark.parametrize(("word", "pull"), [("PUD_UP", 1), ("PUD_DOWN", -1), ("PUD_OFF", 0)])
def test_an_input_has_its_pull_and_is_read(gpio, chip, word, pull):
    gpio.setup(23, gpio.IN, pull_up_down=getattr(gpio, word))
    assert chip.pulls[23] == pull
    chip.levels[23] = 1
    assert gpio.input(23) == 1
    chip.levels[23] = 0
    assert gpio.input(23) == 0


def test_only_the_pins_named_are_given_back_and_nothing_stays_open(gpio, chip):
    gpio.setup(17, gpio.OUT)
    gpio.setup(27, gpio.OUT)
    gpio.cleanup([17, 4])
    assert set(chip.taken) == {27}
    gpio.cleanup([27])
    assert chip.open_chips == 0


def test_a_pin_can_be_taken_again_by_the_same_part(gpio, chip):
    gpio.setup(17, gpio.OUT)
    gpio.setup(17, gpio.OUT, initial=gpio.HIGH)
    assert chip.levels == {17: 1}


def test_a_pin_that_somebody_else_has_is_refused_and_the_chip_is_let_go(gpio, chip):
    chip.taken[17] = "somebody else"
    with pytest.raises(OSError, match="busy") as refused:
        gpio.setup(17, gpio.OUT)
    assert refused.value.errno == errno.EBUSY
    assert chip.open_chips == 0


def test_a_pin_that_was_not_set_up_cannot_be_used(gpio):
    with pytest.raises(RuntimeError, match="27 was not set up"):
        gpio.output(27, 1)


def test_only_bcm_numbers(gpio):
    gpio.setmode(gpio.BCM)
    with pytest.raises(ValueError, match="BCM"):
        gpio.setmode(10)


def test_without_the_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "gpiod", None)
    with pytest.raises(DeviceFailing, match="python3-libgpiod"):
        load_lines(lambda: PATH)


def test_without_a_pin_header_it_is_missing(gpio):
    def none():
        raise FileNotFoundError(2, "no GPIO chip")

    with pytest.raises(DeviceMissing, match="pin header"):
        load_lines(none)


@pytest.fixture
def no_rpi(monkeypatch):
    monkeypatch.setitem(sys.modules, "RPi", None)
    monkeypatch.setattr("hw.gpio_lines.header_chip", lambda: PATH)


@in_virtual_time
async def test_lights_work_through_the_chip_where_there_is_no_rpi_gpio(gpio, chip, no_rpi):
    lights = GpioLights({"green": 17, "amber": 27, "red": 22})
    lights.open(lambda _health: None)
    assert lights.health.condition is Condition.OK
    lights.set({"green": Pattern.ON, "amber": Pattern.OFF, "red": Pattern.OFF})
    assert chip.levels == {17: 1, 27: 0, 22: 0}
    lights.close()
    assert chip.taken == {}
    assert pending_timers() == 0


@in_virtual_time
async def test_a_passive_buzzer_says_what_it_needs(gpio, no_rpi):
    buzzer = GpioBuzzer(18, passive=True)
    buzzer.open(lambda _health: None)
    assert buzzer.health.condition is Condition.FAILING
    assert "square wave" in buzzer.health.detail
    buzzer.close()
