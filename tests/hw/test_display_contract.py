"""What every display does: the simulated one, and a panel through the real luma.oled on a bus that a test holds."""

import pytest
from fake_panel import FakePanel
from pictures import picture, same
from waiting import settle, until

from hw.interfaces import Condition
from hw.oled import LumaDisplay
from hw.panel import DIMMED
from hw.settings import DisplaySettings
from hw.simulated import SimulatedDisplay

# luma.oled reads pixels with Image.getdata(), which Pillow 12 and later warn of
pytestmark = pytest.mark.filterwarnings("ignore:Image.Image.getdata is deprecated:DeprecationWarning")


class SimulatedRig:
    def __init__(self, _monkeypatch):
        self.display = SimulatedDisplay()
        self.unplug, self.plug = self.display.unplug, self.display.plug

    @property
    def image(self):
        return self.display.image

    @property
    def frames(self):
        return self.display.frames

    @property
    def is_dimmed(self):
        return self.display.for_cameras

    async def notice(self):
        """It notices by itself."""


class LumaRig:
    def __init__(self, monkeypatch):
        self.panel = FakePanel()
        monkeypatch.setattr("smbus2.SMBus", self.panel.bus)
        self.display = LumaDisplay(DisplaySettings("ssd1306"), first_pause_s=0.005)
        self._number = 100

    def unplug(self):
        self.panel.plugged = False

    def plug(self):
        self.panel.plugged = True

    async def notice(self):
        """A panel is found missing when something is written to it."""
        self._number += 1
        self.display.show(picture(self._number))
        await until(lambda: self.display.health.condition is not Condition.OK)

    @property
    def image(self):
        return self.panel.image

    @property
    def frames(self):
        """How often anything was sent to it: a part of a picture, or how bright it is to be."""
        return self.panel.writes + len(self.panel.commands)

    @property
    def is_dimmed(self):
        contrasts = [command[1] for command in self.panel.commands if command[0] == 0x81]
        return contrasts[-1:] == [DIMMED]


@pytest.fixture(params=[SimulatedRig, LumaRig], ids=["simulated", "luma"])
async def closed(request, monkeypatch):
    rig = request.param(monkeypatch)
    rig.healths = []
    yield rig
    await rig.display.close()


@pytest.fixture
async def rig(closed):
    closed.display.open(closed.healths.append)
    await until(lambda: closed.display.health.condition is Condition.OK)
    return closed


async def test_it_is_missing_until_opened_and_then_says_that_it_is_there(closed):
    assert closed.display.health.condition is Condition.MISSING
    closed.display.open(closed.healths.append)
    await until(lambda: closed.healths)
    assert [health.condition for health in closed.healths] == [Condition.OK]


async def test_it_shows_a_picture_pixel_for_pixel(rig):
    rig.display.show(picture(5))
    await until(lambda: same(rig.image, picture(5)))


async def test_what_was_shown_before_it_was_opened_is_shown_then(closed):
    closed.display.show(picture(5))
    closed.display.open(closed.healths.append)
    await until(lambda: same(closed.image, picture(5)))


async def test_an_equal_picture_costs_nothing(rig):
    rig.display.show(picture(5))
    await until(lambda: same(rig.image, picture(5)))
    frames = rig.frames
    for _ in range(5):
        rig.display.show(picture(5))
    await settle()
    assert rig.frames == frames


async def test_while_a_phone_is_to_read_it_the_panel_is_dimmed_and_no_longer(rig):
    """Phones then expose for longer than the panel takes for all its rows, and nothing glows (hardware facts 4.4)."""
    for number, for_cameras in enumerate((False, True, True, False, True), start=1):
        rig.display.show(picture(number), for_cameras=for_cameras)
        await until(lambda: same(rig.image, picture(number)))  # noqa: B023  # awaited within the round
        assert rig.is_dimmed is for_cameras


async def test_an_equal_picture_for_cameras_is_not_the_same(rig):
    rig.display.show(picture(5))
    await until(lambda: same(rig.image, picture(5)))
    before = rig.frames
    rig.display.show(picture(5), for_cameras=True)
    await until(lambda: rig.frames > before)
    assert rig.is_dimmed
    frames = rig.frames
    rig.display.show(picture(5), for_cameras=True)
    await settle()
    assert rig.frames == frames
    rig.display.show(picture(5))
    await until(lambda: not rig.is_dimmed)


async def test_a_panel_that_comes_back_is_dimmed_again_while_a_phone_is_to_read_it(rig):
    rig.display.show(picture(1), for_cameras=True)
    rig.unplug()
    await rig.notice()
    rig.display.show(picture(2), for_cameras=True)
    rig.plug()
    await until(lambda: same(rig.image, picture(2)))
    assert rig.is_dimmed


async def test_the_last_picture_is_for_people(rig):
    rig.display.show(picture(1), for_cameras=True)
    await until(lambda: same(rig.image, picture(1)))
    await rig.display.close(picture(9))
    assert not rig.is_dimmed


async def test_the_picture_may_be_painted_over_after_it_was_given(rig):
    canvas = picture(5)
    rig.display.show(canvas)
    canvas.paste(255, (0, 0, 128, 64))
    await until(lambda: same(rig.image, picture(5)))
    rig.display.show(canvas)
    await until(lambda: same(rig.image, canvas))


@pytest.mark.parametrize("wrong", [picture(1, (64, 128)), picture(1).convert("RGB")])
async def test_a_picture_of_another_size_or_depth_is_refused(rig, wrong):
    with pytest.raises(ValueError, match="128x64"):
        rig.display.show(wrong)


async def test_a_pulled_panel_hinders_nothing_and_shows_the_latest_picture_once_it_is_back(rig):
    rig.display.show(picture(1))
    rig.unplug()
    await rig.notice()
    assert rig.display.health.condition is Condition.MISSING
    for number in (2, 3, 4):
        rig.display.show(picture(number))
    rig.plug()
    await until(lambda: same(rig.image, picture(4)))
    await until(lambda: rig.display.health.condition is Condition.OK)
    assert [health.condition for health in rig.healths] == [Condition.OK, Condition.MISSING, Condition.OK]


async def test_its_last_picture_stays_when_it_is_closed(rig):
    rig.display.show(picture(1))
    await rig.display.close(picture(9))
    assert same(rig.image, picture(9))


async def test_without_a_last_picture_it_ends_blank(rig):
    rig.display.show(picture(1))
    await rig.display.close()
    assert same(rig.image, picture(0))


async def test_a_missing_panel_can_be_closed(rig):
    rig.unplug()
    await rig.notice()
    await rig.display.close(picture(9))


async def test_one_never_opened_can_be_closed(closed):
    await closed.display.close(picture(9))
    assert not same(closed.image, picture(9))
