"""A panel that has nothing new to show: pulled, dead or dark, it is noticed all the same, for next to nothing."""

import asyncio
from types import SimpleNamespace

import pytest
from fake_panel import FakePanel
from moments import Moments
from pictures import picture, same
from waiting import settle, until

from hw.interfaces import Condition
from hw.oled import FIRST_PAUSE_S, LOOK_S, STUCK_S, LumaDisplay
from hw.panel import DIMMED
from hw.settings import DisplaySettings

pytestmark = pytest.mark.filterwarnings("ignore:Image.Image.getdata is deprecated:DeprecationWarning")

MINUTE = round(60 / LOOK_S)  # looks in it


@pytest.fixture
def panel(monkeypatch):
    panel = FakePanel()
    monkeypatch.setattr("smbus2.SMBus", panel.bus)
    return panel


@pytest.fixture
def moments():
    return Moments()


@pytest.fixture
async def make(panel, moments):
    """Displays in a time that the test moves; closed again after it."""
    made = []

    def display(settings=None, **more):
        made.append(LumaDisplay(settings or DisplaySettings("ssd1306"), clock=moments, condition=moments.condition, **more))
        return made[-1]

    yield display
    panel.free.set()
    for one in made:
        await one.close()


@pytest.fixture
async def idle(make, panel, moments):
    """A display that has shown its picture, and has nothing else to show; `healths` is what it said of itself."""
    display = make()
    display.healths = []
    await show(display, panel, moments)
    return display


async def show(display, panel, moments, **how):
    display.show(picture(5), **how)
    display.open(getattr(display, "healths", []).append)
    await until(lambda: same(panel.image, picture(5)))
    await moments.rest()
    await until(lambda: display.health.condition is Condition.OK)


async def is_noticed(display):
    await until(lambda: display.health.condition is not Condition.OK)
    return display.health


async def is_shown_again(display, panel, moments):
    writes = panel.writes
    await moments.pass_by(FIRST_PAUSE_S)
    assert panel.writes > writes
    assert same(panel.image, picture(5))
    assert panel.lit
    await until(lambda: display.health.condition is Condition.OK)


async def test_a_panel_pulled_while_nothing_happens_is_noticed_and_has_its_picture_when_it_is_back(idle, panel, moments):
    panel.plugged = False
    await moments.pass_by(LOOK_S)
    assert (await is_noticed(idle)).condition is Condition.MISSING
    panel.plugged = True
    panel.lose_power()
    await is_shown_again(idle, panel, moments)
    assert [health.condition for health in idle.healths] == [Condition.OK, Condition.MISSING, Condition.OK]


async def test_a_panel_on_a_bus_that_fails_is_noticed(idle, panel, moments):
    panel.error = TimeoutError(110, "Connection timed out")
    await moments.pass_by(LOOK_S)
    assert (await is_noticed(idle)).condition is Condition.FAILING
    panel.error = None
    await is_shown_again(idle, panel, moments)


async def test_a_panel_that_was_without_power_for_a_moment_is_dark_and_says_so(idle, panel, moments):
    panel.lose_power()
    await moments.pass_by(LOOK_S)
    health = await is_noticed(idle)
    assert health.condition is Condition.FAILING
    assert "was without power" in health.detail
    await is_shown_again(idle, panel, moments)
    assert panel.open_buses == 1


async def test_an_idle_minute_takes_six_looks_that_draw_nothing_and_wake_nobody(idle, panel, moments, monkeypatch):
    woken = []
    monkeypatch.setattr(asyncio.get_running_loop(), "call_soon_threadsafe", woken.append)
    writes, waits = panel.writes, len(moments.timeouts)
    panel.commands.clear()
    panel.reads = 0
    for _ in range(MINUTE):
        await moments.pass_by(LOOK_S)
    assert panel.commands == [(0x81, DisplaySettings("ssd1306").contrast)] * MINUTE  # the brightness that it has
    assert (panel.reads, panel.writes, woken) == (MINUTE, writes, [])
    assert moments.timeouts[waits:] == [LOOK_S] * MINUTE
    assert MINUTE <= 6


async def test_it_is_looked_at_no_sooner_than_it_is_due(idle, panel, moments):
    panel.commands.clear()
    await moments.pass_by(LOOK_S - 0.1)
    assert panel.commands == []


async def test_a_panel_that_a_phone_is_to_read_stays_dimmed(make, panel, moments):
    await show(make(DisplaySettings("ssd1306", contrast=0x7F)), panel, moments, for_cameras=True)
    panel.commands.clear()
    await moments.pass_by(LOOK_S)
    assert panel.commands == [(0x81, DIMMED)]


@pytest.mark.parametrize("how", ["not at all", "wrongly"])
async def test_one_that_cannot_be_read_is_left_alone_until_it_is_away(how, make, panel, moments, monkeypatch):
    """Copies of chips differ: whatever is read from one that does not say that it is on when it is, nothing follows from it."""
    if how == "not at all":
        panel.can_be_read = False
    else:
        monkeypatch.setattr("fake_panel._Bus.read_byte", lambda _bus, _address: 0xFF)
    display = make()
    await show(display, panel, moments)
    writes = panel.writes
    for _ in range(MINUTE):
        await moments.pass_by(LOOK_S)
    assert (panel.writes, display.health.condition) == (writes, Condition.OK)
    panel.plugged = False
    await moments.pass_by(LOOK_S)
    assert (await is_noticed(display)).condition is Condition.MISSING


async def test_a_bus_that_hangs_at_a_look_is_noticed_by_the_next_picture_and_well_again_after_it(idle, panel, moments):
    panel.free.clear()
    hanging = asyncio.create_task(moments.pass_by(LOOK_S))
    await settle()
    moments.now += STUCK_S + 1
    idle.show(picture(6))
    assert idle.health.condition is Condition.FAILING
    panel.free.set()
    await hanging
    await until(lambda: same(panel.image, picture(6)))
    await until(lambda: idle.health.condition is Condition.OK)


async def test_a_panel_on_spi_is_not_looked_at_as_it_could_not_answer(make, panel, moments):
    told = []
    device = SimpleNamespace(mode="1", display=told.append, contrast=told.append, cleanup=lambda: None)
    display = make(DisplaySettings("ssd1306", interface="spi", bus=0), connect=lambda _settings: device)
    display.open(lambda _health: None)
    display.show(picture(5))
    await until(lambda: told)
    await moments.rest()
    await moments.pass_by(3600)
    assert len(told) == 1
    assert set(moments.timeouts) == {None}
    assert panel.reads == 0
