"""luma.oled's devices leave nothing behind, and its errors are put in our words."""

import atexit
import errno

import pytest
from fake_panel import FakePanel
from luma.core.error import DeviceNotFoundError, DevicePermissionError, UnsupportedPlatform

from hw.interfaces import Condition
from hw.luma_panel import open_panel, panel_error
from hw.settings import DisplaySettings

pytestmark = pytest.mark.filterwarnings("ignore:Image.Image.getdata is deprecated:DeprecationWarning")

I2C = DisplaySettings("ssd1306", bus=3, address=0x3D)
SPI = DisplaySettings("ssd1306", interface="spi", bus=0)


@pytest.mark.parametrize(
    ("settings", "exc", "condition", "words"),
    [
        (I2C, DeviceNotFoundError("x"), Condition.MISSING, "the panel at address 0x3D on /dev/i2c-3 does not answer"),
        (I2C, OSError(errno.EREMOTEIO, "Remote I/O error"), Condition.MISSING, "does not answer"),
        (I2C, DevicePermissionError("x"), Condition.FAILING, "group i2c"),
        (
            SPI,
            PermissionError(errno.EACCES, "no"),
            Condition.FAILING,
            "no permission for the panel on SPI bus 0: the box's user must be in the group spi",
        ),
        (SPI, UnsupportedPlatform("GPIO access not available"), Condition.FAILING, "GPIO access not available"),
        (SPI, ModuleNotFoundError("No module named 'spidev'"), Condition.FAILING, "python3-spidev"),
        (I2C, TimeoutError(errno.ETIMEDOUT, "timed out"), Condition.FAILING, "timed out"),
    ],
)
def test_an_error_says_which_panel_and_what_to_do(settings, exc, condition, words):
    error = panel_error(exc, settings)
    assert error.condition is condition
    assert words in str(error)


@pytest.fixture
def panel(monkeypatch):
    panel = FakePanel()
    monkeypatch.setattr("smbus2.SMBus", panel.bus)
    return panel


def hooks_of_luma():
    """How many of luma's hooks the interpreter holds: it compares each of its hooks with what is to be unregistered."""
    modules = []
    spy = type("Spy", (), {"__eq__": lambda _self, hook: modules.append(hook.__module__), "__hash__": object.__hash__})()
    atexit.unregister(spy)
    return modules.count("luma.core.device")


def test_no_hook_of_luma_stays_with_the_interpreter(panel):
    open_panel(DisplaySettings("ssd1306")).cleanup()
    assert hooks_of_luma() == 0
    panel.plugged = False
    with pytest.raises(Exception, match="0x3C"):
        open_panel(DisplaySettings("ssd1306"))
    assert hooks_of_luma() == 0


def test_a_failed_attempt_leaves_no_bus_open(panel):
    panel.plugged = False
    with pytest.raises(DeviceNotFoundError):
        open_panel(DisplaySettings("ssd1306"))
    assert panel.open_buses == 0
