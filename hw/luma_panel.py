"""luma.oled's devices: opened, with what luma leaves undone, and its errors in our words. All of it blocks; `hw.oled` has the thread."""

from __future__ import annotations

import atexit
import contextlib
import errno
from collections.abc import Callable
from typing import Any

from hw.errors import DeviceError, DeviceFailing, DeviceMissing, device_error
from hw.settings import DisplaySettings

_SET_UP_SLOW = frozenset({"ssd1306", "ssd1309"})
_FASTEST_CLOCK = (0xD5, 0xF0)  # the panel redraws 130 times a second instead of 87: a phone's short exposure then sees a whole QR code
_OFF = 0x40  # of the status byte: "display OFF" (data sheets of SSD1306 and SH1106, "status register read"), as after power on


def open_panel(settings: DisplaySettings) -> Any:
    """The luma device, set up and blank. Raises whatever goes wrong (`panel_error` explains it); leaves nothing open when it does."""
    import luma.oled
    import luma.oled.device

    make = getattr(luma.oled.device, settings.kind, None)
    if make is None:
        raise DeviceFailing(f"luma.oled {luma.oled.__version__} does not know the panel {settings.kind}: a newer one may")
    return _set_up(make, settings)


def panel_error(exc: Exception, settings: DisplaySettings) -> DeviceError:
    """Our error for what luma or its bus raised. luma's own errors are no OSErrors."""
    where = _where(settings)
    if isinstance(exc, DeviceError):
        return exc
    if isinstance(exc, ImportError):
        return DeviceFailing(f"luma.oled is not complete (packages python3-luma.oled, for SPI also python3-spidev and RPi.GPIO): {exc}")
    if type(exc).__name__ == "DeviceNotFoundError" or (isinstance(exc, OSError) and exc.errno == errno.EREMOTEIO):
        return DeviceMissing(f"{where} does not answer: {exc}")
    if type(exc).__name__ == "DevicePermissionError":
        return DeviceFailing(f"no permission for {where}: the box's user must be in the group {settings.interface}")
    if isinstance(exc, AssertionError):  # how luma refuses arguments; ssd1325, for one, cannot be set up over I2C
        return DeviceFailing(f"{where}: luma.oled refuses {settings.kind} with this interface, size or rotation: {exc}")
    return device_error(exc, where, settings.interface)


def is_off(settings: DisplaySettings) -> bool:
    """Whether a panel on I2C says that it is switched off. Raises OSError. After pixels a read may give pixels: ask after a command."""
    from smbus2 import SMBus

    with SMBus(settings.bus) as bus:
        return bool(bus.read_byte(settings.address) & _OFF)


def lost_power(settings: DisplaySettings) -> DeviceError:
    """It answers, and is off although it was set up."""
    return DeviceFailing(f"{_where(settings)} was without power: a wire of it may be loose")


def _set_up(make: Callable[..., Any], settings: DisplaySettings) -> Any:
    bus = _open_bus(settings)
    try:
        # mode "1": greyscale panels then take two levels; 1-bit panels ignore it, colour panels have no such mode
        panel = make(bus, width=settings.width, height=settings.height, rotate=settings.rotate, mode="1")
        panel.persist = True  # what was shown last stays when the program ends
        if settings.kind in _SET_UP_SLOW:
            panel.command(*_FASTEST_CLOCK)
        panel.contrast(settings.contrast)
    except BaseException:
        with contextlib.suppress(Exception):
            bus.cleanup()
        raise
    finally:
        _unhook()
    return panel


def _open_bus(settings: DisplaySettings) -> Any:
    """luma opens I2C itself, as it then sends a frame in one transfer instead of 32 bytes at a time."""
    from luma.core.interface import serial

    if settings.interface == "spi":
        return serial.spi(port=settings.bus, device=settings.address if settings.address in {0, 1} else 0)
    return serial.i2c(port=settings.bus, address=settings.address)


def _where(settings: DisplaySettings) -> str:
    if settings.interface == "spi":
        return f"the panel on SPI bus {settings.bus}"
    return f"the panel at address 0x{settings.address:02X} on /dev/i2c-{settings.bus}"


class _LumaHook:
    """Equal to every hook that luma leaves with `atexit`."""

    def __eq__(self, other: object) -> bool:
        return getattr(other, "__module__", None) == "luma.core.device"

    def __hash__(self) -> int:
        return 0


def _unhook() -> None:
    """luma registers a hook for each device object, so also for each failed attempt, which keeps that object alive for ever."""
    hook: Any = _LumaHook()
    atexit.unregister(hook)
