"""Whatever befalls a panel, what it shows after a picture was written without an error is that picture (hw.panel)."""

import pytest
from fake_panel import FakePanel
from hypothesis import given, settings
from hypothesis import strategies as st
from panel_chips import chip_of
from panel_pictures import blotches, painted
from pictures import picture, same

from hw.errors import DeviceError
from hw.luma_panel import open_panel
from hw.panel import DIMMED, REFRESH_S, Frame, Panel
from hw.settings import DisplaySettings

pytestmark = pytest.mark.filterwarnings("ignore:Image.Image.getdata is deprecated:DeprecationWarning")

SIZE = (128, 64)
KINDS = {"ssd1306": 0, "ssd1309": 0, "sh1106": 2}
WHOLE = {"ssd1306": 1034, "ssd1309": 1034, "sh1106": 1080}
CONTRAST = 4  # bytes to set it


class Scene:
    """A panel on a bus that a test holds, in a time that it moves."""

    def __init__(self, kind, patch):
        self.hardware = FakePanel(SIZE, chip_of(kind), KINDS[kind])
        patch.setattr("smbus2.SMBus", self.hardware.bus)
        self.now = 1000.0
        self.panel = Panel(DisplaySettings(kind), open_panel, lambda: self.now)

    def show(self, image, for_cameras=False):
        """Whether it was written; the bytes that it took."""
        before = self.hardware.bytes
        try:
            self.panel.show(Frame(image, for_cameras))
        except DeviceError:
            assert not self.panel.answers
            return None
        assert self.panel.answers
        return self.hardware.bytes - before

    def look(self):
        if self.panel.answers:
            try:
                self.panel.look()
            except DeviceError:
                assert not self.panel.answers


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def scene(kind, monkeypatch):
    return Scene(kind, monkeypatch)


shows = st.tuples(st.just("show"), st.builds(painted, st.just(SIZE), blotches), st.booleans())
breaks = st.tuples(st.just("break"), st.integers(0, 1200))  # anywhere in a picture, or in the set-up before it
passes = st.tuples(st.just("pass"), st.sampled_from((1.0, REFRESH_S + 1)))
events = shows | shows | shows | breaks | passes | st.sampled_from((("pull",), ("plug",), ("power",), ("look",)))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60)
@given(happens=st.lists(events, max_size=25))
def test_after_anything_the_glass_has_the_picture_that_was_written(kind, happens):
    with pytest.MonkeyPatch.context() as patch:
        scene = Scene(kind, patch)
        for what, *how in happens:
            happen(scene, kind, what, how)


def happen(scene, kind, what, how):
    hardware = scene.hardware
    if what == "show":
        show(scene, kind, *how)
    elif what == "break":
        (hardware.breaks_after,) = how
    elif what == "pass":
        scene.now += how[0]
    elif what == "power":  # and a look soon after, as the worker takes one (hw.oled)
        hardware.lose_power()
        scene.look()
    elif what == "look":
        scene.look()
    else:
        hardware.plugged = what == "plug"


def show(scene, kind, image, for_cameras):
    answered = scene.panel.answers
    taken = scene.show(image, for_cameras)
    if taken is None:
        return
    chip = scene.hardware.chip
    assert same(scene.hardware.image, image)
    assert chip.lit
    assert chip.contrast == (DIMMED if for_cameras else 0x7F)
    if answered and scene.hardware.openings == 1:
        assert taken <= WHOLE[kind] + CONTRAST
    before = scene.hardware.bytes
    scene.panel.show(Frame(image, for_cameras))
    assert scene.hardware.bytes == before, "the same picture again takes nothing"


def test_a_panel_set_up_anew_has_the_whole_picture(scene):
    """luma blanks it first, so that what changed since would not be enough."""
    scene.show(picture(5))
    scene.now += REFRESH_S + 1
    scene.show(picture(6))
    assert scene.hardware.openings == 2
    assert same(scene.hardware.image, picture(6))


@pytest.mark.parametrize("after", [0, 3, 6, 7, 100, 1000])
def test_after_an_error_anywhere_in_a_picture_it_is_set_up_and_written_whole(after, scene):
    everything = painted(SIZE, [(0, 0, 128, 64, True)])
    scene.show(picture(5))
    scene.hardware.breaks_after = after
    assert scene.show(everything) is None
    assert scene.show(picture(5)) is not None
    assert scene.hardware.openings == 2
    assert same(scene.hardware.image, picture(5))


def test_one_for_a_phone_that_is_the_same_picture_changes_the_brightness_alone(scene):
    scene.show(picture(5))
    assert scene.show(picture(5), for_cameras=True) == CONTRAST
    assert scene.show(picture(5)) == CONTRAST
