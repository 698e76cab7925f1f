"""A panel on an I2C bus, in place of smbus2's: what luma.oled and the box write to it is on its glass (`panel_chips`), and it can be
pulled, lose its power, hang, or stop in the middle of anything."""

import errno
import threading

from panel_chips import Ssd1306


class FakePanel:
    """`writes` counts transfers of pixels, the blank ones that luma begins with included; `openings` are those that luma made to write,
    `reads` the times that it was asked, `bytes` everything that crossed the bus to be written, addresses included."""

    def __init__(self, size=(128, 64), chip=None, first_column=0):
        self.size = size
        self.chip = chip or Ssd1306()
        self.first_column = first_column
        self.writes = self.openings = self.reads = self.bytes = 0
        self.commands = []
        self.can_be_read = True
        self.open_buses = 0
        self.plugged = True
        self.error = None
        self.breaks_after = None  # so many more bytes, then the chip acknowledges no more of this transfer
        self.free = threading.Event()  # cleared: the bus hangs
        self.free.set()

    def bus(self, _number, force=False):
        """In place of smbus2.SMBus."""
        if isinstance(self.error, PermissionError | FileNotFoundError):
            raise self.error
        self.open_buses += 1
        return _Bus(self)

    @property
    def image(self):
        """What is on the glass; nothing before anything was written."""
        return self.chip.picture(self.size, self.first_column) if self.writes else None

    @property
    def lit(self):
        return self.chip.lit

    def lose_power(self):
        """For a moment: it answers again, but is off, and has forgotten everything."""
        self.chip.power_on()

    def transfer(self):
        self.free.wait(10)
        if self.error is not None:
            raise self.error
        if not self.plugged:
            raise OSError(errno.EREMOTEIO, "Remote I/O error")

    def written(self, take, data):
        self.bytes += 2 + len(data)
        for byte in data:
            if self.breaks_after == 0:
                self.breaks_after = None
                raise OSError(errno.EIO, "Input/output error")
            if self.breaks_after is not None:
                self.breaks_after -= 1
            take(byte)


class _Bus:
    def __init__(self, panel):
        self.panel = panel
        self.is_written_to = False

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.close()

    def write_i2c_block_data(self, _address, mode, data):
        assert mode == 0x00
        assert len(data) <= 32
        self.panel.openings += not self.is_written_to
        self.is_written_to = True
        self.panel.transfer()
        self.panel.commands.append(tuple(data))
        self.panel.written(self.panel.chip.command, data)

    def read_byte(self, _address):
        """The status: 0x40 while it is off; the other bits tell kinds of panels apart."""
        self.panel.transfer()
        self.panel.reads += 1
        if not self.panel.can_be_read:
            raise OSError(errno.EREMOTEIO, "Remote I/O error")
        return 0x03 if self.panel.lit else 0x43

    def i2c_rdwr(self, message):
        self.panel.transfer()
        control, *data = bytes(list(message))
        assert control == 0x40
        self.panel.written(self.panel.chip.data, data)
        self.panel.writes += 1

    def close(self):
        self.panel.open_buses -= 1
