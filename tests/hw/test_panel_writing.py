"""Of every picture what changed gets to the panel, in the way of its chip, and nothing else does (hw.panel_writing)."""

import luma.oled
import luma.oled.device
import pytest
from fake_panel import FakePanel
from hypothesis import given, settings
from hypothesis import strategies as st
from panel_chips import chip_of
from panel_pictures import blotches, painted
from pictures import picture, same

from hw.luma_panel import open_panel
from hw.panel_writing import writer_for
from hw.settings import DisplaySettings

pytestmark = pytest.mark.filterwarnings("ignore:Image.Image.getdata is deprecated:DeprecationWarning")

# The kind, its size, and the column of the chip's memory where its glass begins
PANELS = [
    ("ssd1306", (128, 64), 0),
    ("ssd1306", (128, 32), 0),
    ("ssd1306", (64, 48), 32),
    ("ssd1309", (128, 64), 0),
    ("ssd1315", (128, 64), 0),
    ("ssd1316", (128, 32), 0),
    ("ssd1305", (128, 64), 0),
    ("ssd1305", (128, 32), 4),
    ("sh1106", (128, 64), 2),
    ("sh1106", (128, 32), 2),
    ("sh1107", (64, 128), 0),
    ("sh1107", (128, 128), 0),
    ("ch1115", (128, 64), 2),
]
FULL = {"ssd1306": 1034, "sh1106": 1080}  # bytes of a whole picture, as luma writes it


class Opened:
    """A panel as luma has set it up on a bus that a test holds, whose memory held noise before; `bytes` are those of the last picture."""

    def __init__(self, kind="ssd1306", size=(128, 64), first_column=0, rotate=0, seed=1):
        if not hasattr(luma.oled.device, kind):
            pytest.skip(f"luma.oled {luma.oled.__version__} is too old for {kind}")
        self.panel = FakePanel(size, chip_of(kind, seed), first_column)
        self.settings = DisplaySettings(kind, width=size[0], height=size[1], rotate=rotate)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("smbus2.SMBus", self.panel.bus)
            self.device = open_panel(self.settings)
        self.writer = writer_for(self.device, kind)
        self.bytes = 0

    def write(self, image):
        before = self.panel.bytes
        self.writer.write(image)
        self.bytes = self.panel.bytes - before
        return self


@pytest.mark.parametrize(("kind", "size", "first_column"), PANELS)
@settings(max_examples=15)
@given(pictures=st.lists(blotches, min_size=1, max_size=5))
def test_whatever_was_shown_before_the_glass_has_the_picture(kind, size, first_column, pictures):
    opened = Opened(kind, size, first_column)
    for some in pictures:
        image = painted(size, some)
        assert same(opened.write(image).panel.image, image)


@pytest.mark.parametrize(("kind", "size", "first_column"), PANELS)
def test_the_memory_is_then_as_luma_itself_would_have_it(kind, size, first_column):
    ours, lumas = Opened(kind, size, first_column), Opened(kind, size, first_column)
    for number in (5, 40, 12):
        image = picture(number, size)
        ours.write(image)
        lumas.device.display(image)
        assert ours.panel.chip.ram == lumas.panel.chip.ram


@pytest.mark.parametrize("kind", ["ssd1306", "sh1106"])
@pytest.mark.parametrize("rotate", [0, 1, 2, 3])
def test_a_turned_panel_shows_it_turned(kind, rotate):
    opened = Opened(kind, (128, 64), 2 if kind == "sh1106" else 0, rotate)
    size = (128, 64) if rotate % 2 == 0 else (64, 128)
    for number in (5, 40, 12):
        image = picture(number, size)
        turned = image.rotate(-90 * rotate, expand=True)
        assert same(opened.write(image).panel.image, turned)


@pytest.mark.parametrize("kind", ["ssd1306", "sh1106"])
def test_the_first_picture_is_written_whole_as_is_one_of_which_all_changed(kind):
    opened = Opened(kind)
    assert opened.write(picture(0)).bytes == FULL[kind]
    everything = painted((128, 64), [(0, 0, 128, 64, True)])
    assert opened.write(everything).bytes == FULL[kind]


@pytest.mark.parametrize("kind", ["ssd1306", "sh1106", "ssd1322"])
def test_nothing_crosses_the_bus_for_the_picture_that_is_there(kind):
    size = (256, 64) if kind == "ssd1322" else (128, 64)
    opened = Opened(kind, size).write(picture(5, size))
    assert opened.bytes > 0
    assert opened.write(picture(5, size)).bytes == 0


def test_one_dot_takes_one_byte_and_its_address():
    assert Opened("ssd1306").write(picture(5)).write(picture(6)).bytes == 10 + 1
    assert Opened("sh1106").write(picture(5)).write(picture(6)).bytes == 7 + 1


@pytest.mark.parametrize("kind", ["sh1106", "ch1115"])
def test_from_any_column_any_other_is_reached_without_leaving_the_memory(kind):
    """Of an SH1106 it is said in two halves, and in between it has an old one."""
    opened = Opened(kind, first_column=2)
    image = picture(0)
    opened.write(image)
    for number, column in enumerate([*range(0, 128, 3), 127, 0, 126, 125, 127, 13, 126, 124, 15, 127]):
        image.putpixel((column, number % 64), 255 - image.getpixel((column, number % 64)))
        assert same(opened.write(image).panel.image, image)


def test_a_picture_that_did_not_get_through_is_written_whole_the_next_time():
    opened = Opened("ssd1306").write(picture(0))
    full = painted((128, 64), [(0, 0, 128, 64, True)])
    opened.panel.breaks_after = 500
    with pytest.raises(OSError, match="Input/output"):
        opened.write(full)
    assert opened.write(picture(0)).bytes == FULL["ssd1306"]
    assert same(opened.panel.image, picture(0))


class Strange:
    """A device with what the box knows of luma's, and no more."""

    mode = "RGB"

    def __init__(self):
        self.shown = []

    def display(self, image):
        self.shown.append(image)


@pytest.mark.parametrize("kind", ["ssd1306", "sh1106", "ssd1351", "anything"])
def test_a_device_of_which_nothing_else_is_known_shows_whole_pictures_in_its_own_colours(kind):
    device = Strange()
    writer = writer_for(device, kind)
    for number in (5, 5, 6):
        writer.write(picture(number))
    assert [image.mode for image in device.shown] == ["RGB", "RGB"]
    assert same(device.shown[-1].convert("1"), picture(6))
