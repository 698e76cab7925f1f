"""A panel through luma.oled: its thread, its errors, its return."""

import asyncio
import errno
import subprocess
import sys
import threading
import time
from pathlib import Path

import luma.oled.device
import pytest
from fake_panel import FakePanel
from panel_chips import chip_of
from pictures import picture, same
from waiting import settle, until

from hw.factory import display_kinds
from hw.interfaces import Condition
from hw.oled import STUCK_S, LumaDisplay
from hw.panel import DIMMED, REFRESH_S
from hw.settings import DisplaySettings

pytestmark = pytest.mark.filterwarnings("ignore:Image.Image.getdata is deprecated:DeprecationWarning")

SIZES = {"ssd1305": (128, 32), "ssd1316": (128, 32), "sh1107": (64, 128), "ssd1322": (256, 64), "ssd1362": (256, 64), "ssd1363": (256, 128)}
SIZES |= {"ssd1327": (128, 128), "ssd1331": (96, 64), "ssd1351": (128, 128)}


@pytest.fixture
def panel(monkeypatch):
    panel = FakePanel()
    monkeypatch.setattr("smbus2.SMBus", panel.bus)
    return panel


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
async def make(panel):
    """Displays that are closed again after the test."""
    made = []

    def display(settings=None, **more):
        made.append(LumaDisplay(settings or DisplaySettings("ssd1306"), **({"first_pause_s": 0.005, "close_s": 0.5} | more)))
        return made[-1]

    yield display
    panel.free.set()
    for one in made:
        await one.close()


async def is_ok(display):
    await until(lambda: display.health.condition is Condition.OK)


@pytest.mark.parametrize("kind", [kind for kind in display_kinds() if kind != "ssd1325"])
async def test_every_panel_that_can_be_configured_is_one_of_lumas(kind, panel, make):
    if not hasattr(luma.oled.device, kind):
        pytest.skip(f"luma.oled {luma.oled.__version__} is too old for {kind}")
    panel.chip = chip_of(kind)
    width, height = SIZES.get(kind, (128, 64))
    display = make(DisplaySettings(kind, width=width, height=height))
    display.open(lambda _health: None)
    await is_ok(display)
    writes = panel.writes
    display.show(picture(5, (width, height)))
    await until(lambda: panel.writes > writes)
    assert display.health.condition is Condition.OK


@pytest.mark.parametrize("rotate", [1, 3])
async def test_a_panel_turned_by_a_quarter_is_as_wide_as_it_was_high(rotate, make, panel):
    display = make(DisplaySettings("ssd1306", rotate=rotate))
    assert (display.width, display.height) == (64, 128)
    display.open(lambda _health: None)
    display.show(picture(5, (64, 128)))
    await until(lambda: panel.image is not None and sum(panel.image.tobytes()) > 0)
    assert panel.image.size == (128, 64)


async def test_contrast_and_the_fast_clock_are_set_after_luma_has_set_the_panel_up(make, panel):
    display = make(DisplaySettings("ssd1306", contrast=0x2A))
    display.open(lambda _health: None)
    await is_ok(display)
    assert panel.commands[-2:] == [(0xD5, 0xF0), (0x81, 0x2A)]


def contrasts(panel):
    return [command[1] for command in panel.commands if command[0] == 0x81]


async def test_the_contrast_is_lowered_before_the_qr_is_written_and_set_back_after(make, panel):
    display = make(DisplaySettings("ssd1306", contrast=0x7F))
    display.open(lambda _health: None)
    await is_ok(display)
    panel.commands.clear()
    for number, for_cameras in ((1, True), (2, True), (3, False), (4, False)):
        display.show(picture(number), for_cameras=for_cameras)
        await until(lambda: same(panel.image, picture(number)))  # noqa: B023  # awaited within the round
    assert contrasts(panel) == [DIMMED, 0x7F], "once each, not with every picture"


async def test_a_panel_that_is_darker_already_is_not_made_brighter(make, panel):
    display = make(DisplaySettings("ssd1306", contrast=DIMMED - 1))
    display.open(lambda _health: None)
    display.show(picture(1), for_cameras=True)
    await until(lambda: same(panel.image, picture(1)))
    assert max(contrasts(panel)[1:]) == DIMMED - 1  # the first is luma's own


@pytest.mark.parametrize("for_cameras", [True, False])
async def test_a_panel_set_up_anew_has_the_contrast_that_its_picture_wants(for_cameras, make, panel):
    """Setting up sets the configured one, whatever was before; so does an error in the middle of a QR."""
    clock = Clock()
    display = make(DisplaySettings("ssd1306", contrast=0x7F), clock=clock)
    display.open(lambda _health: None)
    display.show(picture(1), for_cameras=True)
    await until(lambda: same(panel.image, picture(1)))
    clock.now += REFRESH_S + 1
    display.show(picture(2), for_cameras=for_cameras)
    await until(lambda: same(panel.image, picture(2)))
    assert panel.openings == 2
    assert contrasts(panel)[-1] == (DIMMED if for_cameras else 0x7F)
    panel.error = OSError(errno.EIO, "Input/output error")
    display.show(picture(3), for_cameras=for_cameras)
    await until(lambda: display.health.condition is not Condition.OK)
    panel.error = None
    await until(lambda: same(panel.image, picture(3)))
    assert contrasts(panel)[-1] == (DIMMED if for_cameras else 0x7F)


async def test_only_the_latest_of_many_pictures_is_sent_while_the_bus_is_slow(make, panel):
    display = make()
    display.open(lambda _health: None)
    await is_ok(display)
    panel.free.clear()
    for number in range(1, 50):
        display.show(picture(number))
    writes = panel.writes
    panel.free.set()
    await until(lambda: same(panel.image, picture(49)))
    assert panel.writes - writes <= 2


async def test_showing_never_waits_for_a_bus_that_hangs(make, panel):
    clock = Clock()
    display = make(clock=clock)
    display.open(lambda _health: None)
    await is_ok(display)
    panel.free.clear()
    before = time.perf_counter()
    display.show(picture(1))
    assert time.perf_counter() - before < 0.05
    await settle()
    clock.now += STUCK_S + 1
    display.show(picture(2))
    assert display.health.condition is Condition.FAILING
    assert "hangs" in display.health.detail
    panel.free.set()
    await until(lambda: same(panel.image, picture(2)))
    await is_ok(display)


async def test_closing_a_hanging_panel_ends_in_time_and_leaves_it(make, panel, caplog):
    display = make(close_s=0.02)
    display.open(lambda _health: None)
    await is_ok(display)
    panel.free.clear()
    display.show(picture(1))
    async with asyncio.timeout(10):
        await display.close(picture(9))
    assert "display_close_timeout" in caplog.text
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "display")


@pytest.mark.parametrize(
    ("error", "condition", "words"),
    [
        (OSError(errno.EREMOTEIO, "Remote I/O error"), Condition.MISSING, "address 0x3C on /dev/i2c-1"),
        (OSError(errno.ETIMEDOUT, "Connection timed out"), Condition.FAILING, "timed out"),
        (BlockingIOError(errno.EAGAIN, "bus busy"), Condition.FAILING, "/dev/i2c-1"),
        (FileNotFoundError(errno.ENOENT, "No such file", "/dev/i2c-1"), Condition.MISSING, "/dev/i2c-1"),
        (PermissionError(errno.EACCES, "Permission denied", "/dev/i2c-1"), Condition.FAILING, "group i2c"),
        (AssertionError("what a driver may do"), Condition.FAILING, "what a driver may do"),
    ],
)
async def test_every_error_becomes_health_and_ends_when_the_panel_answers(error, condition, words, make, panel):
    panel.error = error
    healths = []
    display = make()
    display.open(healths.append)
    display.show(picture(3))
    await until(lambda: healths)
    assert healths[0].condition is condition
    assert words in healths[0].detail
    panel.error = None
    await until(lambda: same(panel.image, picture(3)))
    await is_ok(display)
    assert panel.open_buses == 1


async def test_an_error_in_mid_frame_sets_the_panel_up_from_the_start(make, panel):
    display = make()
    display.open(lambda _health: None)
    await is_ok(display)
    panel.error = OSError(errno.EIO, "Input/output error")
    display.show(picture(3))
    await until(lambda: display.health.condition is not Condition.OK)
    panel.error = None
    panel.commands.clear()
    await until(lambda: same(panel.image, picture(3)))
    assert panel.commands[0][0] == 0xAE  # display off: the first of luma's set-up


async def test_a_later_picture_sets_the_panel_up_anew_as_it_may_have_lost_its_power(make, panel):
    clock = Clock()
    display = make(clock=clock)
    display.open(lambda _health: None)
    display.show(picture(1))
    await until(lambda: same(panel.image, picture(1)))
    assert panel.openings == 1
    clock.now += REFRESH_S + 1
    await settle()
    assert panel.openings == 1  # nothing happens by itself
    display.show(picture(2))
    await until(lambda: same(panel.image, picture(2)))
    assert panel.openings == 2
    assert panel.open_buses == 1


async def test_attempts_grow_rarer_while_the_panel_is_away(make, panel):
    panel.plugged = False
    display = make(first_pause_s=0.002)
    display.open(lambda _health: None)
    await asyncio.sleep(0.1)
    assert 2 <= panel.openings <= 7  # after 2, 4, 8, 16, 32, 64 ms
    assert panel.open_buses == 0


async def test_without_luma_the_display_says_what_to_install(make, monkeypatch):
    monkeypatch.setitem(sys.modules, "luma.oled.device", None)
    display = make()
    display.open(lambda _health: None)
    await until(lambda: display.health.condition is Condition.FAILING)
    assert "python3-luma.oled" in display.health.detail


async def test_a_panel_that_this_luma_does_not_know_says_so(make):
    display = make(DisplaySettings("ssd9999"))
    display.open(lambda _health: None)
    await until(lambda: display.health.condition is Condition.FAILING)
    assert "ssd9999" in display.health.detail


async def test_a_panel_that_luma_cannot_reach_this_way_says_so(make):
    display = make(DisplaySettings("ssd1325"))
    display.open(lambda _health: None)
    await until(lambda: display.health.condition is Condition.FAILING)
    assert "refuses ssd1325" in display.health.detail


async def test_a_size_that_the_panel_cannot_have_says_so(make):
    display = make(DisplaySettings("ssd1306", width=100, height=50))
    display.open(lambda _health: None)
    await until(lambda: display.health.condition is Condition.FAILING)
    assert "100 x 50" in display.health.detail


async def test_spi_off_a_pi_fails_with_words_and_without_harm(make):
    display = make(DisplaySettings("ssd1306", interface="spi", bus=0))
    display.open(lambda _health: None)
    await until(lambda: display.health.detail != "not opened yet")
    assert display.health.condition is Condition.FAILING


def test_luma_is_not_imported_by_importing_this_module():
    script = "import hw.oled, hw.factory, sys; sys.exit(any(name.startswith('luma') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).resolve().parents[2], check=False).returncode == 0
