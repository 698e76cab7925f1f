"""Simulated devices remember what the contracts do not ask for: what was dropped, shown, sounded and pressed."""

from pictures import picture, same
from scanner_rigs import Ear

from hw.interfaces import LIGHTS, Condition, Pattern, ScanFault, Tone
from hw.simulated import (
    NoButton,
    NoBuzzer,
    NoDisplay,
    NoLights,
    SimulatedButton,
    SimulatedBuzzer,
    SimulatedDisplay,
    SimulatedLights,
    SimulatedScanner,
)

CODE = "13" + "0" * 16


def opened_scanner():
    scanner, ear = SimulatedScanner(clock=lambda: 42.0), Ear()
    scanner.open(ear, lambda _health: None)
    return scanner, ear


def test_a_scanner_says_whether_a_code_was_passed_on_and_counts_those_that_were_not():
    scanner, ear = opened_scanner()
    assert not scanner.scan(CODE)
    scanner.arm()
    assert scanner.scan(CODE)
    assert scanner.fault(ScanFault.LOST_KEYS)
    assert not scanner.scan("")
    scanner.unplug()
    assert not scanner.scan(CODE)
    scanner.plug()
    scanner.disarm()
    assert not scanner.fault(ScanFault.NOISE)
    assert (scanner.delivered, scanner.dropped, scanner.armings, scanner.armed) == (2, 4, 1, False)
    assert [scan.at for scan in ear.scans] == [42.0]
    assert ear.faults == [ScanFault.LOST_KEYS]


def test_a_scanner_keeps_no_code_it_dropped():
    scanner, _ear = opened_scanner()
    scanner.scan(CODE)
    assert all(CODE not in repr(value) for value in vars(scanner).values())


def test_a_scanner_unplugged_before_it_is_opened_is_missing_then():
    scanner = SimulatedScanner()
    scanner.unplug()
    scanner.open(Ear(), lambda _health: None)
    assert scanner.health.condition is Condition.MISSING


async def test_a_display_counts_frames_and_is_dark_without_power():
    display = SimulatedDisplay(64, 32)
    display.open(lambda _health: None)
    assert (display.image, display.frames) == (None, 0)
    for number in (1, 1, 2):
        display.show(picture(number, (64, 32)))
    assert display.frames == 2
    display.unplug()
    assert display.image is None
    display.plug()
    assert same(display.image, picture(2, (64, 32)))
    await display.close()
    assert display.closed


def test_lights_keep_each_change():
    lights = SimulatedLights()
    lights.open(lambda _health: None)
    off = dict.fromkeys(LIGHTS, Pattern.OFF)
    lights.set(off)
    for _ in range(2):
        lights.set(off | {"green": Pattern.SLOW})
    lights.close()
    assert list(lights.history) == [off | {"green": Pattern.SLOW}, off]


def test_a_buzzer_keeps_what_it_played():
    buzzer = SimulatedBuzzer()
    buzzer.open(lambda _health: None)
    buzzer.play((Tone(1000, 10),))
    buzzer.play((Tone(2000, 10),))
    assert list(buzzer.history) == [(Tone(1000, 10),), (Tone(2000, 10),)]


def test_a_button_says_whether_anybody_saw_it_pressed():
    button, presses = SimulatedButton(), []
    assert not button.press()
    button.open(lambda: presses.append(1), lambda _health: None)
    button.watch(True)
    assert button.press()
    button.close()
    assert not button.press()
    assert (len(presses), button.ignored) == (1, 2)


async def test_what_a_box_has_not_is_well_and_does_nothing():
    display, lights, buzzer, button = NoDisplay(64, 32), NoLights(), NoBuzzer(), NoButton()
    told = []
    for device in (display, lights, buzzer):
        device.open(told.append)
    button.open(lambda: told.append("pressed"), told.append)
    display.show(picture(1, (64, 32)))
    lights.set(dict.fromkeys(LIGHTS, Pattern.ON))
    buzzer.play((Tone(1000, 10),))
    button.watch(True)
    assert all(device.health.condition is Condition.OK for device in (display, lights, buzzer, button))
    assert (display.width, display.height) == (64, 32)
    await display.close(picture(1, (64, 32)))
    for device in (lights, buzzer, button):
        device.close()
    assert told == []
