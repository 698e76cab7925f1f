"""What every number pad does, the simulated one included: `hw.keypad_evdev` (python-evdev's own reading, on pipes) and
`hw.simulated_keypad`."""

import pytest
from fake_input import FakeInput, Ids
from waiting import settle, until

from hw import factory, keys
from hw.input_reader import InputReader
from hw.interfaces import Condition, PadKey
from hw.keypad_evdev import EvdevKeypad
from hw.simulated_keypad import SimulatedKeypad

PAUSE_S = 0.005
CODES = {char: code for code, char in keys.KEYPAD.items()} | {"\n": keys.KEY_KPENTER, "\b": keys.KEY_BACKSPACE, "\x1b": keys.KEY_ESC}
PAD = {keys.EV_KEY: [*CODES.values()], keys.EV_SYN: [0]}
MEDIA_KEYS = {keys.EV_KEY: [113, 114, 115], keys.EV_SYN: [0]}
SALE = [PadKey.DIGIT_1, PadKey.DIGIT_2, PadKey.POINT, PadKey.DIGIT_5, PadKey.ENTER]


class Ear:
    def __init__(self):
        self.heard = []

    def began(self):
        self.heard.append("began")

    def pressed(self, key):
        self.heard.append(key)

    def lost_keys(self):
        self.heard.append("lost")


class EvdevRig:
    def __init__(self, directory):
        self.input = FakeInput(directory)
        self.device = None
        self.pad = EvdevKeypad("pad", vendor=0x04D9, input_dir=directory, opener=self.input.open, pause_s=PAUSE_S)

    def plug(self):
        self.device = self.input.plug(3, capabilities=PAD, ids=Ids(0x04D9, 0x1702))

    def unplug(self):
        self.input.unplug(self.device)

    def type(self, text):
        for char in text:
            self.device.press(CODES[char])

    def lose(self):
        self.device.events((keys.EV_SYN, keys.SYN_DROPPED, 0), (keys.EV_SYN, keys.SYN_REPORT, 0))

    def finish(self):
        assert self.device is None or self.device.open_nodes == []


class SimulatedRig:
    def __init__(self, _directory):
        self.pad = SimulatedKeypad("pad")
        self.pad.unplug()
        self.plug, self.unplug, self.type, self.lose = self.pad.plug, self.pad.unplug, self.pad.type, self.pad.lose_keys

    def finish(self):
        assert not self.pad.type("1")
        assert self.pad.dropped


@pytest.fixture(params=[EvdevRig, SimulatedRig])
async def rig(request, tmp_path):
    """A pad that is opened, but not plugged in."""
    rig = request.param(tmp_path)
    rig.ear, rig.healths = Ear(), []
    rig.pad.open(rig.ear, rig.healths.append)
    yield rig
    rig.pad.close()
    await settle()
    rig.finish()


async def test_it_is_missing_then_there_and_types(rig):
    await until(lambda: rig.pad.health.condition is Condition.MISSING and rig.pad.health.detail != "not opened yet")
    rig.plug()
    await until(lambda: rig.pad.health.condition is Condition.OK)
    rig.type("12.5\n")
    await until(lambda: len(rig.ear.heard) == 6)
    assert rig.ear.heard == ["began", *SALE]
    assert [health.condition for health in rig.healths][-1] is Condition.OK


async def test_it_begins_anew_when_it_returns(rig):
    rig.plug()
    await until(lambda: rig.pad.health.condition is Condition.OK)
    rig.type("1")
    await until(lambda: rig.ear.heard == ["began", PadKey.DIGIT_1])
    rig.unplug()
    await until(lambda: rig.pad.health.condition is Condition.MISSING)
    rig.plug()
    await until(lambda: rig.pad.health.condition is Condition.OK)
    rig.type("2")
    await until(lambda: rig.ear.heard[2:] == ["began", PadKey.DIGIT_2])


async def test_lost_keys_are_told(rig):
    rig.plug()
    await until(lambda: rig.pad.health.condition is Condition.OK)
    rig.type("1")
    rig.lose()
    await until(lambda: rig.ear.heard == ["began", PadKey.DIGIT_1, "lost"])
    rig.type("2")
    await until(lambda: rig.ear.heard[3:] == [PadKey.DIGIT_2])


async def test_a_closed_pad_is_heard_no_more(rig):
    rig.plug()
    await until(lambda: rig.pad.health.condition is Condition.OK)
    rig.pad.close()
    rig.type("1")
    await settle()
    assert rig.ear.heard == ["began"]


# -- what is particular to the real one --


@pytest.fixture
def machine(tmp_path):
    return FakeInput(tmp_path)


@pytest.fixture
async def make(machine):
    made = []

    def pad(**choice):
        made.append(EvdevKeypad("pad", **choice, input_dir=machine.directory, opener=machine.open, pause_s=PAUSE_S))
        made[-1].ear = Ear()
        made[-1].open(made[-1].ear, lambda _health: None)
        return made[-1]

    yield pad
    for one in made:
        one.close()
    await settle()


async def test_it_is_grabbed_so_that_it_types_on_no_console(make, machine):
    device = machine.plug(3, capabilities=PAD)
    pad = make(device=device.path)
    await until(lambda: pad.health.condition is Condition.OK)
    assert device.holder is not None


async def test_a_pad_whose_digits_are_on_the_keypad_alone_is_one_and_no_scanner(make, machine):
    from hw.input_nodes import NUMBER_PAD, SCANNER

    node = machine.open(machine.plug(3, capabilities=PAD).path)
    assert (NUMBER_PAD(node), SCANNER(node)) == (True, False)
    node.close()


async def test_what_does_not_type_is_refused_in_words(make, machine):
    device = machine.plug(3, capabilities=MEDIA_KEYS)
    pad = make(device=device.path)
    await until(lambda: "is no number pad: it has no digits and Enter" in pad.health.detail)
    assert pad.health.condition is Condition.FAILING


async def test_one_that_a_scanner_holds_is_named(make, machine):
    device = machine.plug(3, capabilities=PAD)
    device.holder = "the scanner"
    pad = make(device=device.path)
    await until(lambda: "in use by another program" in pad.health.detail)


async def test_the_volume_keys_of_a_composite_pad_are_left_alone(make, machine):
    volume, typing = machine.plug(3, capabilities=MEDIA_KEYS), machine.plug(4, capabilities=PAD)
    pad = make(vendor=0x1EAB)
    await until(lambda: pad.health.condition is Condition.OK)
    assert (volume.holder, typing.holder is not None) == (None, True)


async def test_no_such_pad(make):
    pad = make(vendor=0x1EAB, product=0x0022)
    await until(lambda: "no number pad USB 1eab:0022 is plugged in" in pad.health.detail)


def test_a_pad_of_nothing_is_a_mistake():
    with pytest.raises(ValueError, match="an evdev number pad needs `device`, or `vendor` and `product`"):
        EvdevKeypad("pad")


# -- what is particular to the simulated one --


def test_what_no_key_types_presses_nothing():
    pad, ear = SimulatedKeypad("pad"), Ear()
    pad.open(ear, lambda _health: None)
    with pytest.raises(ValueError, match="no key of a number pad types 'x'"):
        pad.type("12x")
    assert ear.heard == ["began"]
    assert (pad.type("12,\r\x7f"), pad.heard) == (True, 5)
    assert ear.heard[1:] == [PadKey.DIGIT_1, PadKey.DIGIT_2, PadKey.POINT, PadKey.ENTER, PadKey.BACKSPACE]


def test_the_factory_makes_the_one_that_is_named():
    assert isinstance(factory.keypad("pad", "simulated", None, None), SimulatedKeypad)
    assert isinstance(factory.keypad("pad", None, 1, 2), EvdevKeypad)
    assert isinstance(factory.keypad("pad", "/dev/input/event0", None, None)._reader, InputReader)
