"""An I2C bus that is not there: the kernel's side of smbus2, which counts what would cross the bus and may take as long as that does.

Everything above the system call is real, smbus2 included. A chip that takes everything hangs on it; asked, it says that it is lit.
"""

from __future__ import annotations

import time
from ctypes import Array
from typing import Any

import smbus2
from smbus2 import smbus2 as calls

BITS = 9  # of a byte on the bus: eight, and the acknowledgement
_LIT = 0x03


class Wire:
    """`bytes` and `transfers` count up; a transfer has the chip's address before what is written to it. `hz`: as long as each takes on
    such a bus the caller sleeps, as in the kernel's driver, so that other threads run meanwhile. None takes no time.
    `counts = False`: it does not even count, so that only what calls it costs processor time."""

    def __init__(self, hz: float | None = None) -> None:
        self.bytes = 0
        self.transfers = 0
        self.counts = True
        self._byte_s = BITS / hz if hz else 0.0

    def install(self) -> None:
        """From now on every bus that smbus2 opens in this process is this one."""
        setattr(calls, "ioctl", self.ioctl)  # noqa: B010  # its name for the system call, and nothing that it offers
        setattr(smbus2, "SMBus", _Bus)  # noqa: B010

    def ioctl(self, _file: int, request: int, argument: Any = None) -> int:
        if not self.counts:
            return 0
        if request == calls.I2C_RDWR:
            for number in range(argument.nmsgs):
                self._carry(1 + argument.msgs[number].len)
        elif request == calls.I2C_SMBUS:
            self._smbus(argument)
        return 0

    def _smbus(self, message: Any) -> None:
        if message.read_write == calls.I2C_SMBUS_READ:
            message.data.contents.byte = _LIT
            self._carry(2)
        else:
            block: Array[Any] = message.data.contents.block
            self._carry(2 + block[0])

    def _carry(self, number: int) -> None:
        self.bytes += number
        self.transfers += 1
        if self._byte_s:
            time.sleep(number * self._byte_s)


class _Bus(smbus2.SMBus):  # type: ignore[misc]  # smbus2 has no types
    def open(self, bus: int) -> None:
        self.fd = bus

    def close(self) -> None:
        self.fd = None
