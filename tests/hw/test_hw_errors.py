"""What the system says of a device, in words for whoever stands before the box."""

import errno

import pytest

from hw.errors import DeviceError, DeviceFailing, DeviceMissing, as_device_error, device_error
from hw.interfaces import Condition, Health


@pytest.mark.parametrize(
    ("exc", "kind", "text"),
    [
        (FileNotFoundError(errno.ENOENT, "No such file"), DeviceMissing, "/dev/x is not there"),
        (OSError(errno.ENODEV, "No such device"), DeviceMissing, "/dev/x is not there"),
        (OSError(errno.ENXIO, "No such device or address"), DeviceMissing, "/dev/x is not there"),
        (PermissionError(errno.EACCES, "Permission denied"), DeviceFailing, "must be in the group input"),
        (OSError(errno.EBUSY, "busy"), DeviceFailing, "in use by another program (`fuser -v /dev/x`"),
        (BlockingIOError(errno.EAGAIN, "locked"), DeviceFailing, "in use by another program"),
        (OSError(errno.EIO, "Input/output error"), DeviceFailing, "/dev/x: OSError: [Errno 5] Input/output error"),
        (OSError("without a number"), DeviceFailing, "without a number"),
        (RuntimeError("odd"), DeviceFailing, "/dev/x: RuntimeError: odd"),
    ],
)
def test_an_error_says_whether_the_device_is_missing_or_failing_and_what_to_do(exc, kind, text):
    error = device_error(exc, "/dev/x", "input")
    assert type(error) is kind
    assert text in str(error)


def test_without_a_group_none_is_named():
    assert str(device_error(PermissionError(errno.EPERM, "no"), "it")) == "no permission for it"


def test_each_error_is_a_health():
    assert DeviceMissing("gone").health == Health(Condition.MISSING, "gone")
    assert DeviceFailing("odd").health == Health(Condition.FAILING, "odd")
    assert issubclass(DeviceMissing, DeviceError)


def test_what_a_driver_raises_becomes_ours_and_ours_stays():
    ours = DeviceMissing("gone")
    assert as_device_error(ours, "it") is ours
    foreign = as_device_error(RuntimeError("odd"), "it")
    assert type(foreign) is DeviceFailing
    assert str(foreign) == "it: RuntimeError: odd"
