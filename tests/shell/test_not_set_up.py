"""The face of a box that is not set up: which devices it uses, and what it shows (as a process: tests/stories/test_story_not_set_up.py)."""

import asyncio

import pytest

from daemon.app import not_set_up as not_set_up_of
from daemon.config import ConfigProblems, load
from daemon.not_set_up import NotSetUp
from daemon.watched import Watched
from hw.simulated import NoDisplay, NoLights, SimulatedDisplay, SimulatedLights

DEVICES = '[display]\nkind = "simulated"\n[lights]\nkind = "simulated"\n'
PORT = '[web]\nlisten = "127.0.0.1:0"\n'


@pytest.fixture
def not_set_up(tmp_path):
    def make(text) -> NotSetUp:
        path = tmp_path / "config.toml"
        path.write_text(text)
        with pytest.raises(ConfigProblems) as wrong:
            load(path, {})
        return not_set_up_of(wrong.value, Watched(path))

    return make


async def test_the_panel_has_the_first_key_and_the_lights_call_for_somebody(not_set_up):
    box = not_set_up('[box]\nterminal_id = "T"\n' + DEVICES + PORT)
    stop = asyncio.Event()
    running = asyncio.create_task(box.run(stop, 0.01))
    await asyncio.sleep(0)
    while not (image := box.hardware.display.image):
        await asyncio.sleep(0.001)
    assert box.view.unset == ("gateways",)
    assert image.getbbox() is not None
    assert box.hardware.lights.patterns["red"] == "slow"
    stop.set()
    await running
    assert box.hardware.display.image.tobytes() != image.tobytes(), "the last picture says that it was stopped"


def test_devices_that_are_configured_right_are_used(not_set_up):
    hardware = not_set_up(DEVICES).hardware
    assert isinstance(hardware.display, SimulatedDisplay)
    assert isinstance(hardware.lights, SimulatedLights)


def test_pins_that_are_configured_wrong_are_not_driven_and_the_usual_panel_is_tried(not_set_up):
    hardware = not_set_up('[display]\nkind = "ssd1234"\n[lights]\nkind = "gpio"\ngreen = 99\n').hardware
    assert type(hardware.display).__name__ == "LumaDisplay"
    assert isinstance(hardware.lights, NoLights)


def test_a_box_without_a_panel_gets_none(not_set_up):
    assert isinstance(not_set_up('[lights]\nkind = "simulated"\n').hardware.display, NoDisplay)


def test_a_file_that_cannot_be_read_is_named_without_its_folders(not_set_up):
    assert not_set_up("= no TOML").view.unset == ("config.toml",)


def test_the_text_is_in_the_configured_language(not_set_up):
    assert not_set_up('[box]\nterminal_id = "T"\nlanguage = "zh"\n').language == "zh"
    assert not_set_up('[box]\nlanguage = "zh"\n').language == "en", "the table is wrong, so it may be meant otherwise"
