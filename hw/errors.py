"""What can be wrong with a device, sorted by what it means for its health.

    DeviceError            it cannot be used now
    ├── DeviceMissing      it is not there: unplugged, never found
    └── DeviceFailing      it is there, but does not do what it should: no permission, in use elsewhere, bus errors

They are raised where a device is opened or spoken to and end in its `health`; nothing above a device ever sees one.
"""

from __future__ import annotations

import errno

from hw.interfaces import Condition, Health

_GONE = frozenset({errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOTDIR})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM})
_TAKEN = frozenset({errno.EBUSY, errno.EAGAIN})  # EBUSY: grabbed; EAGAIN: the lock of an exclusively opened port is held


class DeviceError(Exception):
    """A device cannot be used now. The text says why, in words for whoever stands before the box."""

    condition = Condition.FAILING

    @property
    def health(self) -> Health:
        return Health(self.condition, str(self))


class DeviceMissing(DeviceError):
    """The device is not there."""

    condition = Condition.MISSING


class DeviceFailing(DeviceError):
    """The device is there, but cannot be used."""


def device_error(exc: Exception, name: str, group: str = "") -> DeviceError:
    """Our error for what the system said about the device called `name`; `group` is the one whose members may open it."""
    number = exc.errno if isinstance(exc, OSError) else None
    if number in _GONE:
        return DeviceMissing(f"{name} is not there")
    if number in _FORBIDDEN:
        return DeviceFailing(f"no permission for {name}" + (f": the box's user must be in the group {group}" if group else ""))
    if number in _TAKEN:
        return DeviceFailing(f"{name} is in use by another program (`fuser -v {name}` shows which)")
    return DeviceFailing(f"{name}: {type(exc).__name__}: {exc}")


def as_device_error(exc: Exception, name: str) -> DeviceError:
    """What came out of an attempt to open the device called `name`, as our error: its own, or whatever else a driver raised."""
    return exc if isinstance(exc, DeviceError) else DeviceFailing(f"{name}: {type(exc).__name__}: {exc}")
