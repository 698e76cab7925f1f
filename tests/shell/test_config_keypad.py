"""`[tills.NAME] kind = "keypad"` in the configuration (`daemon.tables.tills`)."""

from __future__ import annotations

import pytest
from config_data import problems, read

from daemon.tables.tills import KeypadTillSettings

PAD = "[tills.pad]\nkind = 'keypad'\n"


@pytest.mark.parametrize(
    ("keys", "settings"),
    [
        ("device = 'usb-Maker_Pad-event-kbd'", KeypadTillSettings("pad", device="usb-Maker_Pad-event-kbd")),
        ("device = 'simulated'", KeypadTillSettings("pad", device="simulated")),
        ("vendor = 0x04d9\nproduct = '1702'", KeypadTillSettings("pad", vendor=0x04D9, product=0x1702)),
    ],
)
def test_a_pad_is_named_by_its_device_or_its_numbers(keys: str, settings: KeypadTillSettings) -> None:
    assert read(PAD + keys).tills == {"pad": settings}
    assert settings.acknowledges is False


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("", 'device: is missing; expected a path, a name in /dev/input/by-id, or "simulated"; or vendor and product instead'),
        ("vendor = 1", 'device: is missing; expected a path, a name in /dev/input/by-id, or "simulated"; or vendor and product instead'),
        ("device = 'x'\nvendor = 1", "device: is not the only way to find the number pad; expected either device, or vendor and product"),
        ("device = 'x'\nport = '/dev/ttyS0'", "port: is not known here"),
        ("device = 5", 'device: is a number; expected a path, a name in /dev/input/by-id, or "simulated", of at most 256 characters'),
        ("vendor = 'zz'\nproduct = 1", "vendor: is 'zz'; expected a USB id such as 0x0c2e"),
    ],
)
def test_what_is_wrong_with_a_pad(keys: str, line: str) -> None:
    (told,) = problems(PAD + keys)
    assert told.startswith(f"tills.pad.{line}")


@pytest.mark.parametrize("name", ["device = '/dev/input/event3'", "vendor = 1\nproduct = 2"])
def test_a_pad_is_not_the_scanner(name: str) -> None:
    key = name.split(maxsplit=1)[0]
    wrong = [f"tills.pad.{key}: is the scanner's as well; expected a number pad of its own"]
    assert problems(f"[scanner]\nkind = 'evdev'\n{name}\n{PAD}{name}") == wrong
    assert read(f"[scanner]\nkind = 'hidpos'\n{name}\n{PAD}{name}").tills, "that one does not type"
    several = "[scanner]\nkind = 'evdev'\ndevice = ['/dev/input/event2', '/dev/input/event3']\n"
    if key == "device":
        assert problems(several + PAD + name) == wrong
    else:
        assert read(several + PAD + name).tills


def test_a_pad_has_one_till_but_simulated_ones_are_many() -> None:
    two = "[tills.{0}]\nkind = 'keypad'\ndevice = '{1}'\n"
    told = ["tills.b.device: is that of till a as well; expected a number pad of its own"]
    assert problems(two.format("a", "pad-kbd") + two.format("b", "pad-kbd")) == told
    assert len(read(two.format("a", "simulated") + two.format("b", "simulated")).tills) == 2


def test_a_pad_bears_no_name_of_a_part() -> None:
    (line,) = problems("[tills.scanner]\nkind = 'keypad'\ndevice = 'simulated'")
    assert line.endswith("as a part of the box is; expected another NAME in [tills.NAME]")
