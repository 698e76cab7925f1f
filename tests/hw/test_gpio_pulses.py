"""Credit pulses on a pin, through libgpiod: at rest from the beginning to the end, and two looks make a level."""

import asyncio
import sys

import fake_gpiod
import pytest
from virtual_time import VirtualLoop, in_virtual_time, pending_timers

from hw.gpio_lines import load_lines
from hw.gpio_pulses import LOOK_S, GpioPulses
from hw.interfaces import Condition, PulseEnd
from hw.pulse_shape import Watch
from hw.settings import PulseSettings

PATH = "/dev/gpiochip0"
MACHINE = PulseSettings("gpio", pin=17, inhibit_pin=5, choice_pins=(6, 13))


@pytest.fixture
def chip():
    return fake_gpiod.FakeChip(PATH)


@pytest.fixture(params=[fake_gpiod.version_1, fake_gpiod.version_2], ids=["libgpiod 1.6", "libgpiod 2"])
def gpio(request, chip, monkeypatch):
    for name, module in request.param(chip).items():
        monkeypatch.setitem(sys.modules, name, module)
    return load_lines(lambda: PATH)


class Told:
    def __init__(self):
        self.inhibits, self.choices, self.healths = [], [], []


def opened(gpio, settings=MACHINE, **more):
    """In its own thread the clock of the pulse is a counted one."""
    now = [0.0]

    def sleep(seconds):
        now[0] += seconds

    output = GpioPulses("machine", settings, gpio=gpio, watch=Watch(lambda: now[0], sleep), **more)
    told = Told()
    output.listen(lambda: told.inhibits.append(output.inhibited), told.choices.append, told.healths.append)
    output.open()
    return output, told


async def pulsed(output):
    """The thread's answer needs real time, of which a virtual loop gives none."""
    task = asyncio.get_running_loop().create_task(output.pulse())
    while not task.done():
        await asyncio.sleep(0.001)
    return task.result()


@pytest.mark.parametrize(("active_low", "rest"), [(False, 0), (True, 1)])
@in_virtual_time
async def test_the_line_is_at_rest_from_the_beginning_and_active_only_in_a_pulse(gpio, chip, active_low, rest):
    written = []
    write = chip.write
    chip.write = lambda number, level: (written.append((number, level)), write(number, level))
    output, told = opened(gpio, PulseSettings("gpio", pin=17, active_low=active_low))
    assert (chip.taken, chip.levels, output.health.condition) == ({17: "tillbox"}, {17: rest}, Condition.OK)
    assert (await pulsed(output)).end is PulseEnd.GIVEN
    assert written == [(17, 1 - rest), (17, rest)]
    output.close()
    assert chip.taken == {}
    assert told.healths[0].condition is Condition.OK


@in_virtual_time
async def test_without_an_inhibit_line_a_machine_takes_credit_as_long_as_the_pin_is_there(gpio):
    output, told = opened(gpio, PulseSettings("gpio", pin=17))
    assert not output.inhibited
    assert pending_timers() == 0, "nothing is to be looked at"
    await asyncio.sleep(0)
    assert told.inhibits == [False]
    output.close()
    assert output.inhibited


@pytest.mark.parametrize("low", [True, False])
@in_virtual_time
async def test_inhibited_is_believed_after_two_equal_looks(gpio, chip, low):
    output, told = opened(gpio, PulseSettings("gpio", pin=17, inhibit_pin=5, inhibit_active_low=low))
    assert chip.pulls[5] == 1
    assert output.inhibited, "not known yet"
    chip.levels[5] = int(low)
    await asyncio.sleep(3 * LOOK_S)
    assert (output.inhibited, told.inhibits[-1]) == (False, False)
    chip.levels[5] = int(not low)
    await asyncio.sleep(0.9 * LOOK_S)
    assert not output.inhibited, "one look may have met a contact that bounces"
    await asyncio.sleep(2 * LOOK_S)
    assert (output.inhibited, told.inhibits) == (True, [False, True])
    output.close()


@in_virtual_time
async def test_a_product_button_is_told_once_however_long_it_is_held(gpio, chip):
    chip.levels[13] = 0  # held from the beginning
    output, told = opened(gpio)
    await asyncio.sleep(5 * LOOK_S)
    assert told.choices == []
    for level in (0, 1, 0, 1):
        chip.levels[6] = level
        await asyncio.sleep(10 * LOOK_S)
    assert told.choices == [6, 6]
    chip.levels[13] = 1
    await asyncio.sleep(5 * LOOK_S)
    chip.levels[13] = 0
    await asyncio.sleep(5 * LOOK_S)
    assert told.choices == [6, 6, 13]
    output.close()


@in_virtual_time
async def test_a_pin_that_somebody_else_has_is_taken_when_it_is_free(gpio, chip):
    chip.taken[17] = "another"
    output, told = opened(gpio, retry_s=5.0)
    assert (output.health.condition, output.inhibited) == (Condition.FAILING, True)
    assert "GPIO 17" in output.health.detail
    assert (await output.pulse()).end is PulseEnd.NOT_GIVEN
    del chip.taken[17]
    await asyncio.sleep(6)
    assert output.health.condition is Condition.OK
    output.close()
    assert told.healths[-1].condition is Condition.OK


@in_virtual_time
async def test_a_pin_that_is_gone_gives_no_pulse_and_says_so(gpio, chip):
    output, _ = opened(gpio)
    chip.outputs.clear()
    pulse = await pulsed(output)
    assert pulse.end is PulseEnd.NOT_GIVEN
    assert output.health.condition is Condition.FAILING
    output.close()


def test_pulses_are_carried_out_whoever_stops_waiting(gpio, chip):
    """On a real clock: a caller that is broken off leaves no half pulse, and closing waits for it."""
    loop = VirtualLoop()

    async def story():
        output = GpioPulses("machine", PulseSettings("gpio", pin=17, on_ms=30, off_ms=1), gpio=gpio)
        output.listen(lambda: None, lambda _pin: None, lambda _health: None)
        output.open()
        task = loop.create_task(output.pulse())
        while chip.levels[17] == 0:
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert chip.levels[17] == 1
        output.close()
        assert chip.levels[17] == 0

    loop.run_until_complete(story())
    loop.close()
